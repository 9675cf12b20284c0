// What every dashboard must have: words, variables, links that lead somewhere, annotations.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { alertsOf, concernsOf } from '../../../ops/dashboard/concerns.ts'
import { instant, sqlRows } from '../../../ops/dashboard/query.ts'
import { MARK } from '../../../ops/dashboard/shell.ts'
import { ruleGroup } from '../../../ops/slo/rules.ts'
import { symptomGroup, type Symptom } from '../../../ops/slo/symptom.ts'
import { houseSpecs } from '../slo/specs.ts'
import { houseDashboards, panelsOf, type Made } from './made.ts'

const RUNBOOK = /^\$\{rolewatch:raw\}\/runbooks\/(\w+)\.md$/

describe('ops/dashboard: every dashboard', () => {
  let made: Made
  let symptoms: readonly Symptom[]
  /** Alert → where its annotation leads. */
  const alerts = new Map<string, { name: string; filtered: boolean }>()

  before(async () => {
    made = await houseDashboards()
    symptoms = (await houseSpecs()).specs.symptoms
    for (const rule of [...made.slos.map(ruleGroup), symptomGroup(symptoms)].flatMap(({ rules }) => rules)) {
      if (!('alert' in rule)) continue
      const [, name = '', view] = /\/d\/rolewatch-([\w-]+)(\?var-source=.+)?$/.exec(rule.annotations['dashboard_url'] ?? '') ?? []
      alerts.set(rule.alert, { name, filtered: view !== undefined })
    }
  })

  it('can be found by its uid, is read only, renews itself and speaks of UTC', () => {
    for (const [name, one] of Object.entries(made.dashboards)) {
      expect(one).to.include({ uid: `rolewatch-${name}`, editable: false, refresh: '30s', timezone: 'utc' })
      expect(one.time).to.deep.equal({ from: name === 'business' ? 'now-30d' : 'now-24h', to: 'now' })
      expect(one.tags).to.include.members(['rolewatch', MARK])
      expect(one.schemaVersion).to.be.at.least(40)
      expect(one.title).to.match(/^Rolewatch: [A-Z]/)
      expect(one.description).to.match(/^[A-Z].{30,}\.$/)
    }
    expect(new Set(Object.values(made.dashboards).map(({ title }) => title)).size).to.equal(5)
  })

  it('explains every panel in sentences, and calls no two in a row the same', () => {
    for (const { panels, uid } of Object.values(made.dashboards)) {
      let row: string[] = []
      for (const panel of panels) {
        if (panel.type === 'row') row = []
        expect(panel.title, uid).to.match(/^\S.*[^.]$/)
        expect(row, `${uid}: ${panel.title}`).not.to.include(panel.title)
        row.push(panel.title ?? '')
        if (panel.type !== 'row') expect(panel.description, `${uid}: ${panel.title}`).to.match(/^[A-Z"].{15,}\.$/s)
      }
    }
  })

  it('names its series, and shows a legend where there is more than one kind of line', () => {
    for (const one of Object.values(made.dashboards))
      for (const panel of panelsOf(one))
        for (const target of panel.targets) {
          if ('expr' in target && target.format !== PromQueryFormat.Table) expect(target.legendFormat, panel.title).not.to.equal('')
          if (panel.type === 'timeseries') expect(panel.options.legend.showLegend, panel.title).to.equal(true)
        }
  })

  it('asks its data by variables alone, each of which it has', () => {
    for (const one of Object.values(made.dashboards)) {
      const variables = new Map(one.templating.list.map((variable) => [variable.name, variable]))
      expect([...variables.keys()]).to.include.members(['prometheus_datasource', 'rolewatch'])
      const used = [...JSON.stringify({ panels: one.panels, annotations: one.annotations, links: one.links }).matchAll(/\$\{?(\w+)/g)].map(
        ([, name]) => name ?? '',
      )
      for (const name of used) if (!name.startsWith('__')) expect([...variables.keys()], one.uid).to.include(name)
      for (const name of variables.keys())
        if (name !== 'prometheus_datasource') expect(used, `${one.uid} has no use for ${name}`).to.include(name)
      for (const panel of panelsOf(one))
        for (const target of panel.targets) expect(target.datasource, panel.title).to.deep.equal(panel.datasource)
    }
    const source = made.dashboards['scrapers']?.templating.list.find(({ name }) => name === 'source')
    expect(source).to.include({ type: 'query', multi: true, includeAll: true, allValue: '.+' })
    expect(source?.query).to.equal('label_values(rolewatch_scrape_runs_total, source)')
  })

  it('leads to the other dashboards, to runbooks that are there, and to nothing else', () => {
    const pages = new Set(readdirSync(join(ROOT, 'runbooks')))
    for (const one of Object.values(made.dashboards)) {
      expect(one.links[0]).to.include({ type: 'dashboards', keepTime: true, includeVars: true })
      expect(one.links[0]?.tags).to.deep.equal(['rolewatch'])
      for (const panel of panelsOf(one))
        for (const { url = '', title } of panel.links) {
          const runbook = RUNBOOK.exec(url)?.[1]
          const other = /^\/d\/rolewatch-([\w-]+)$/.exec(url)?.[1]
          if (runbook !== undefined) {
            expect(pages.has(`${runbook}.md`), url).to.equal(true)
            expect(title).to.equal(`Runbook: ${runbook}`)
          } else expect(Object.keys(made.dashboards), `${panel.title}: ${url}`).to.include(other)
        }
    }
  })

  it('is there for every alert that leads to it, and shows what it is about', () => {
    expect(alerts.size).to.be.at.least(35)
    for (const [alert, { name, filtered }] of alerts) {
      const one = made.dashboards[name]
      if (!one) throw new Error(`${alert} leads to ${name}, which is not there`)
      const linked = panelsOf(one).flatMap(({ links }) => links.map(({ title }) => title))
      expect(linked, `${alert} on ${name}`).to.include(`Runbook: ${alert}`)
      if (filtered)
        expect(
          one.templating.list.map((variable) => variable.name),
          alert,
        ).to.include('source')
    }
  })

  it('marks deploys, alerts and runs of runbooks', () => {
    for (const { annotations } of Object.values(made.dashboards)) {
      expect(annotations.list.map(({ name }) => name)).to.deep.equal(['Deploys', 'Alerts', 'Runbooks'])
      expect(annotations.list.every(({ enable, datasource }) => enable && datasource.type === 'prometheus')).to.equal(true)
      const [deploys, firing, runs] = annotations.list.map(({ expr }) => expr)
      expect(deploys).to.contain('rolewatch_build_info')
      expect(firing).to.contain('ALERTS{alertstate="firing"')
      expect(runs).to.contain('increase(rolewatch_runbook_runs_total')
    }
  })

  it('knows which alerts a panel concerns by what both read', () => {
    const concerns = concernsOf(made.slos, symptoms)
    const of = (expr: string) => alertsOf([instant(expr, '')], concerns)
    expect(of('max(rolewatch_dead_letters)')).to.deep.equal(['DeadLetters'])
    expect(of('slo:error_budget:remaining_ratio{slo="extraction"}')).to.deep.equal(['ExtractionFailing'])
    expect(of('sum(rate(rolewatch_http_request_seconds_count[5m]))')).to.include.members(['ApiErrorsHigh', 'ApiSlow'])
    expect(of('min by (slo) (slo:error_budget:remaining_ratio)')).to.deep.equal([])
    expect(of('count(ALERTS)')).to.deep.equal([])
    expect(alertsOf([sqlRows('select 1 as rolewatch_dead_letters')], concerns)).to.deep.equal([])
  })
})
