// Alertmanager's and Prometheus' configuration: they load, every alert of the house goes where it has to, and no secret is in them.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { CHANNELS } from '../../ops/metrics.ts'
import { ruleGroup, type AlertRule } from '../../ops/slo/rules.ts'
import { symptomGroup } from '../../ops/slo/symptom.ts'
import { ROOT } from '../../services/config.ts'
import { needTool } from '../tools.ts'
import { ALERTMANAGER_FILE, houseConfig } from './alertmanager-places.ts'
import { houseSpecs } from './slo/specs.ts'

const run = promisify(execFile)
type Labels = Record<string, string>

/** What the labels that come from series may be. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  channel: CHANNELS,
  integration: ['slack', 'email', 'webhook'],
}

/** Every alert that a rule can make, with each of its labels that decides over a way. */
async function everyAlert(): Promise<Labels[]> {
  const { specs } = await houseSpecs()
  const rules = [...specs.slos.map(({ spec }) => ruleGroup(spec)), symptomGroup(specs.symptoms)].flatMap((group) => group.rules)
  const by = new Map<string, string[]>([
    ...specs.slos.flatMap(({ spec }) => spec.tiers.map(({ alert }): [string, string[]] => [alert, [...spec.sli.by]])),
    ...specs.symptoms.map(({ alert, cases }): [string, string[]] => [
      alert,
      [...new Set(Object.values(cases).flatMap((one) => one.as.flatMap((labels) => Object.keys(labels))))],
    ]),
  ])
  return rules
    .filter((rule): rule is AlertRule => 'alert' in rule)
    .flatMap((rule) =>
      (by.get(rule.alert) ?? []).reduce<Labels[]>(
        (all, label) => all.flatMap((labels) => (VALUES[label] ?? ['some']).map((value) => ({ ...labels, [label]: value }))),
        [{ alertname: rule.alert, ...rule.labels }],
      ),
    )
}

/** Where an alert has to go, said once more and in other words than the routes say it. */
function wanted({ alertname, severity, channel, integration }: Labels): string {
  const slackFails = channel === 'slack' || integration === 'slack'
  if (alertname === 'Watchdog') return 'hook,deadman'
  if (severity === 'page') return 'hook,mail,slack-pages'
  if (severity === 'ticket') return alertname === 'MessagesFailing' && slackFails ? 'hook,mail,slack-tickets' : 'hook,slack-tickets'
  return 'hook'
}

const wordsOf = (labels: Labels) => Object.entries(labels).map(([name, value]) => `${name}=${value}`)

describe('alerts/alertmanager.yml', () => {
  before(function () {
    needTool(this, 'amtool')
  })

  const route = async (receivers: string, labels: Labels) =>
    run('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${ALERTMANAGER_FILE}`,
      `--verify.receivers=${receivers}`,
      ...wordsOf(labels),
    ]).then(
      () => 'right',
      (error: unknown) => (error as { stdout: string }).stdout.trim(),
    )

  it('is what amtool takes', async () => {
    const { stdout } = await run('amtool', ['check-config', ALERTMANAGER_FILE])
    expect(stdout)
      .to.match(/SUCCESS/)
      .and.to.match(/5 receivers/)
      .and.to.match(/1 templates\s+SUCCESS/)
  })

  it('leads every alert of every specification where it has to go', async () => {
    const alerts = await everyAlert()
    const { specs } = await houseSpecs()
    const names = [...specs.slos.flatMap(({ spec }) => spec.tiers), ...specs.symptoms].map(({ alert }) => alert)
    expect(new Set(alerts.map(({ alertname }) => alertname))).to.deep.equal(new Set(names))
    expect(alerts.length).to.be.greaterThan(names.length + 5)
    const wrong: string[] = []
    const left = [...alerts]
    const worker = async () => {
      for (let labels = left.pop(); labels; labels = left.pop()) {
        const answer = await route(wanted(labels), labels)
        if (answer !== 'right') wrong.push(`${wordsOf(labels).join(' ')}: ${answer}`)
      }
    }
    await Promise.all([worker(), worker()])
    expect(wrong).to.deep.equal([])
  }).timeout(60_000)

  it('would be caught leading one astray', async () => {
    expect(await route('hook,slack-tickets', { alertname: 'ScrapeOutage', severity: 'page' })).to.match(/hook,mail,slack-pages/)
    expect(await route('hook', { alertname: 'SourceStale', severity: 'ticket' })).not.to.equal('right')
  })

  it('lets an alert that has no severity reach nobody but the hook, and a page of anybody the people', async () => {
    expect(await route('hook', { alertname: 'Novelty' })).to.equal('right')
    expect(await route('hook,mail,slack-pages', { alertname: 'Novelty', severity: 'page' })).to.equal('right')
  })

  it('uses each receiver, and has each that it uses', () => {
    const { route: top, receivers } = houseConfig()
    const used = (one: typeof top): string[] => [one.receiver ?? '', ...(one.routes ?? []).flatMap(used)]
    expect(new Set(used(top))).to.deep.equal(new Set(receivers.map(({ name }) => name)))
  })

  it('takes no Watchdog that has ended for a sign of life, and tells people of everything that is over', () => {
    for (const { name, webhook_configs = [], slack_configs = [], email_configs = [] } of houseConfig().receivers) {
      for (const one of webhook_configs) expect(one.send_resolved ?? true, name).to.equal(name === 'hook')
      for (const one of [...slack_configs, ...email_configs]) expect(one['send_resolved'], name).to.equal(true)
    }
  })

  it('mutes tickets alone, on the first Sunday from two to four UTC', () => {
    const { route: top, time_intervals } = houseConfig()
    const muted = (one: typeof top): (typeof top)[] => [...(one.mute_time_intervals ? [one] : []), ...(one.routes ?? []).flatMap(muted)]
    expect(muted(top).map(({ receiver, matchers, mute_time_intervals }) => [receiver, matchers?.[0], mute_time_intervals])).to.deep.equal([
      ['mail', 'severity = "ticket"', ['maintenance']],
      ['slack-tickets', 'severity = "ticket"', ['maintenance']],
    ])
    expect(time_intervals).to.deep.equal([
      {
        name: 'maintenance',
        time_intervals: [{ days_of_month: ['1:7'], weekdays: ['sunday'], times: [{ start_time: '02:00', end_time: '04:00' }] }],
      },
    ])
  })

  it('holds no secret: each is in a file of its own, where compose puts it', () => {
    const compose = parse(readFileSync(join(ROOT, 'ops', 'compose.yaml'), 'utf8'), { merge: true }) as {
      services: Record<string, { secrets: string[] }>
    }
    for (const name of ['alertmanager', 'prometheus']) {
      const text = readFileSync(join(ROOT, 'alerts', `${name}.yml`), 'utf8').replaceAll(/^\s*#.*$/gm, '')
      expect(text, name).not.to.match(/api_url:|password:|credentials:|hooks\.slack\.com|\w{40}/)
      const files = [...text.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, file]) => file)
      expect(new Set(files), name).to.deep.equal(new Set(compose.services[name]?.secrets))
    }
  })
})

describe('alerts/prometheus.yml', () => {
  let folder: string
  before(function () {
    needTool(this, 'promtool')
    folder = mkdtempSync(join(tmpdir(), 'rolewatch-prometheus-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  interface PrometheusConfig {
    global: { external_labels: Labels }
    rule_files: string[]
    alerting: { alert_relabel_configs: { action: string; regex: string }[]; alertmanagers: object[] }
    scrape_configs: { job_name: string; authorization?: { credentials_file: string } }[]
  }
  const config = () => parse(readFileSync(join(ROOT, 'alerts', 'prometheus.yml'), 'utf8')) as PrometheusConfig

  it('is what promtool takes, with all rules of the house', async () => {
    const mine = config()
    const token = join(folder, 'token')
    writeFileSync(token, 'rw_some')
    for (const { authorization } of mine.scrape_configs) if (authorization) authorization.credentials_file = token
    mine.rule_files = mine.rule_files.map((path) => join(ROOT, 'alerts', path))
    writeFileSync(join(folder, 'prometheus.yml'), stringify(mine))
    const { stdout } = await run('promtool', ['check', 'config', join(folder, 'prometheus.yml')])
    const rules = [...stdout.matchAll(/SUCCESS: (\d+) rules found/g)].map(([, n]) => Number(n))
    const { specs } = await houseSpecs()
    expect(rules).to.have.length(specs.slos.length + 1)
    expect(Math.min(...rules)).to.be.greaterThan(0)
  })

  it('scrapes the jobs that rules ask for by name', async () => {
    const jobs = config().scrape_configs.map(({ job_name }) => job_name)
    expect(jobs).to.deep.equal(['rolewatch', 'prometheus', 'alertmanager'])
    const { specs } = await houseSpecs()
    const asked = specs.symptoms.flatMap(({ expr }) => [...expr.matchAll(/job="(\w+)"/g)].map(([, job]) => job))
    expect(asked.length).to.be.greaterThan(3)
    for (const job of asked) expect(jobs).to.include(job)
  })

  it('knows the two addresses that links begin with, and makes no label of an alert of them', async () => {
    const { global, alerting } = config()
    const { specs } = await houseSpecs()
    const annotations = symptomGroup(specs.symptoms).rules.flatMap((rule) => ('alert' in rule ? Object.values(rule.annotations) : []))
    const asked = new Set(annotations.flatMap((text) => [...text.matchAll(/\$externalLabels\.(\w+)/g)].map(([, label]) => label ?? '')))
    expect(asked).to.deep.equal(new Set(Object.keys(global.external_labels)))
    for (const url of Object.values(global.external_labels)) expect(url).to.match(/^https:\/\/[^/]+$/)
    const dropped = alerting.alert_relabel_configs.find(({ action }) => action === 'labeldrop')?.regex ?? ''
    for (const label of asked) expect(label).to.match(new RegExp(`^(?:${dropped})$`))
  })
})
