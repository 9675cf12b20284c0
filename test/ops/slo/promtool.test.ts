// The rules before the judge: promtool loads them, and plays every generated test.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { ROOT } from '../../../services/config.ts'
import { scenariosOf } from '../../../ops/slo/scenario.ts'
import type { TestFile } from '../../../ops/slo/promtool.ts'
import { needTool } from '../../tools.ts'
import { houseSpecs, promtool } from './specs.ts'

const list = (folder: string): string[] => readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name))

describe('ops/slo: promtool', function () {
  this.timeout(120_000)
  before(function () {
    needTool(this, 'promtool')
  })

  it('finds nothing to complain of in the rules', async () => {
    const { code, stdout, stderr } = await promtool('check', 'rules', '--lint=all', '--lint-fatal', ...list('alerts/rules'))
    expect(`${stdout}${stderr}`).not.to.match(/FAILED|duplicate/i)
    expect(code).to.equal(0)
  })

  it('agrees with the model in every scenario of every alert', async () => {
    const { code, stdout, stderr } = await promtool('test', 'rules', ...list('alerts/tests'))
    expect(stderr.slice(0, 3000)).to.equal('')
    expect(code).to.equal(0)
    expect(stdout.match(/SUCCESS/g)).to.have.length(list('alerts/tests').length)
  })

  it('is asked about every alert: that it fires, with all its words, and that it is silent', () => {
    const tests = list('alerts/tests').flatMap((path) => (parse(readFileSync(path, 'utf8')) as TestFile).tests)
    const asked = tests.flatMap((test) => test.alert_rule_test ?? [])
    const alerts = new Set(asked.map(({ alertname }) => alertname))
    expect(alerts.size).to.be.at.least(35)
    for (const alert of alerts) {
      const own = asked.filter(({ alertname }) => alertname === alert)
      const firing = own.flatMap(({ exp_alerts }) => exp_alerts)
      expect(firing, alert).not.to.deep.equal([])
      for (const { exp_annotations } of firing) {
        expect(exp_annotations['runbook_url']).to.equal(`/runbooks/${alert}.md`)
        expect(exp_annotations['summary']).to.match(/^\S(?:(?!\{\{).)*[^.]$/)
      }
      if (alert !== 'Watchdog')
        expect(
          own.some(({ exp_alerts }) => exp_alerts.length === 0),
          alert,
        ).to.equal(true)
    }
  })

  it('is shown every kind of course', async () => {
    const { specs } = await houseSpecs()
    for (const { spec } of specs.slos)
      for (const tier of spec.tiers) {
        const names = scenariosOf(spec, tier)
          .map(({ name }) => name)
          .join('\n')
        const wanted = ['ratio', 'latency'].includes(spec.sli.kind)
          ? [/0\.95/, /1\.05/, /spike/, /burst/, /without traffic/, /restart is/, /restart hides/, /busy/, /sparse/, /just enough/]
          : [/just below/, /just above/, /spike/, /longer/, /in time/]
        for (const course of wanted) expect(names, tier.alert).to.match(course)
      }
  })

  it('sees every total outage told within a quarter of an hour where somebody is woken', async () => {
    const { specs } = await houseSpecs()
    const pages = specs.slos.flatMap(({ spec }) => spec.tiers).filter(({ priority }) => priority === 'P0')
    expect(pages.length).to.be.at.least(6)
    for (const { alert, detectWithin } of pages) expect(detectWithin, alert).to.be.at.most(900)
    expect(pages.find(({ alert }) => alert === 'ScrapeOutage')?.detectWithin).to.equal(300)
  })
})
