// PromQL of the dashboards: it parses, promtool takes it, and the closed world holds what it reads, used as what it is.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { expand } from '../../../ops/dashboard/expand.ts'
import type { Catalogue } from '../../../ops/slo/catalogue.ts'
import { piecesOf, readPromql } from '../../../ops/slo/promql.ts'
import { refuseExpression } from '../../../ops/slo/refuse-symptom.ts'
import { ruleGroup, type RecordRule } from '../../../ops/slo/rules.ts'
import { needTool } from '../../tools.ts'
import { houseSpecs, promtool } from '../slo/specs.ts'
import { houseDashboards, promqlOf, type Made } from './made.ts'

const ASKING = {
  from: new Date('2026-03-01T00:00:00Z'),
  to: new Date('2026-03-02T00:00:00Z'),
  interval: 60,
  source: ['ashby', 'greenhouse'],
}

/** What a counter may stand in, so that a restart is no fall. */
const RISES = /^(?:rate|increase)\($/

/** Faults of use: counters that are not asked for their rise, gauges that are, quantiles of what has no buckets. */
function misuse(expression: string, catalogue: Catalogue): string[] {
  const pieces = piecesOf(expression)
  return pieces.flatMap(({ name, from, to, text, inside }) => {
    const series = name === 'VectorSelector' ? catalogue.get(/^\w+/.exec(text)?.[0] ?? '') : undefined
    if (!series) return []
    const calls = pieces.filter((one) => one.name === 'FunctionCall' && one.from <= from && one.to >= to).map((one) => one.text)
    const innermost = /^\w+\(/.exec(calls.at(-1) ?? '')?.[0] ?? ''
    const rises = inside[0] === 'MatrixSelector' && RISES.test(innermost)
    if (series.part === 'value') return rises ? [`${text} is a gauge, and is asked for its rise`] : []
    if (!rises) return [`${text} is counted, and is not asked for its rise`]
    const buckets = calls.some((call) => call.startsWith('histogram_quantile('))
    return buckets === (series.part === 'bucket') ? [] : [`${text} is asked for a quantile, or has buckets and is not`]
  })
}

describe('ops/dashboard: PromQL', () => {
  let made: Made
  let catalogue: Catalogue
  let asked: { where: string; expr: string }[]
  /** Recorded series: what each is called, and the labels that its rules give it. */
  const recorded = new Map<string, string[]>()
  let rules: RecordRule[]

  before(async () => {
    made = await houseDashboards()
    catalogue = (await houseSpecs()).world.catalogue
    asked = Object.values(made.dashboards)
      .flatMap(promqlOf)
      .map(({ where, expr }) => ({ where, expr: expand(expr, ASKING) }))
    rules = made.slos.flatMap((slo) => ruleGroup(slo).rules.filter((rule) => 'record' in rule))
    for (const slo of made.slos)
      for (const rule of ruleGroup(slo).rules)
        if ('record' in rule)
          recorded.set(rule.record, [...new Set([...(recorded.get(rule.record) ?? []), ...Object.keys(rule.labels), ...slo.sli.by])])
  })

  it('has no variable left, and parses', () => {
    expect(asked.length).to.be.greaterThan(150)
    for (const { where, expr } of asked) {
      expect(expr, where).not.to.contain('$')
      expect(readPromql(expr).brokenAt, `${where}: ${expr}`).to.equal(null)
    }
  })

  it('is taken by promtool', async function () {
    this.timeout(30_000)
    needTool(this, 'promtool')
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-dashboards-'))
    try {
      const asRules = asked.map(({ expr }, number) => ({ record: `dashboard:query:${number}`, expr }))
      writeFileSync(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'dashboards', rules: asRules }] }))
      const { code, stderr } = await promtool('check', 'rules', join(folder, 'rules.yml'))
      expect(stderr.slice(0, 2000)).to.equal('')
      expect(code).to.equal(0)
      writeFileSync(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'x', rules: [{ record: 'a:b', expr: 'rate(up[0s])' }] }] }))
      expect((await promtool('check', 'rules', join(folder, 'rules.yml'))).code).not.to.equal(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('reads nothing that is not declared or recorded, by no label that it has not', () => {
    for (const { where, expr } of asked) expect(refuseExpression(expr, catalogue, recorded), where).to.deep.equal([])
  })

  it('asks for recorded series that some rule makes, with those very labels', () => {
    const selectors = asked.flatMap(({ where, expr }) => readPromql(expr).selectors.map((selector) => ({ where, ...selector })))
    const ours = selectors.filter(({ metric }) => metric.startsWith('slo:'))
    expect(ours.length).to.be.greaterThan(80)
    for (const { where, metric, matchers } of ours) {
      const fits = ({ record, labels }: RecordRule) => record === metric && matchers.every(({ label, value }) => labels[label] === value)
      expect(rules.some(fits), `${where}: ${metric} ${JSON.stringify(matchers)}`).to.equal(true)
    }
  })

  it('asks counters for their rise, gauges for their value, and histograms for quantiles', () => {
    for (const { where, expr } of asked) expect(misuse(expr, catalogue), where).to.deep.equal([])
  })

  it('would find each of these misuses', () => {
    const wrong = (expr: string) => misuse(expr, catalogue)
    expect(wrong('sum(rolewatch_matches_total)')).to.have.length(1)
    expect(wrong('avg_over_time(rolewatch_matches_total[5m])')).to.have.length(1)
    expect(wrong('rate(rolewatch_dead_letters[5m])')).to.have.length(1)
    expect(wrong('sum(rate(rolewatch_database_seconds_bucket[5m]))')).to.have.length(1)
    expect(wrong('histogram_quantile(0.9, sum by (le) (rate(rolewatch_database_seconds_sum[5m])))')).to.have.length(1)
    expect(wrong('histogram_quantile(0.9, sum by (le) (rate(rolewatch_database_seconds_bucket[5m])))')).to.deep.equal([])
    expect(wrong('max(rolewatch_dead_letters) + sum(increase(rolewatch_matches_total[5m]))')).to.deep.equal([])
  })

  it('keeps le where quantiles are made, and asks for exemplars there alone', () => {
    for (const dashboard of Object.values(made.dashboards))
      for (const panel of dashboard.panels)
        for (const target of panel.type === 'row' ? [] : panel.targets) {
          if (!('expr' in target)) continue
          const quantile = target.expr.includes('histogram_quantile(')
          if (quantile) expect(target.expr, panel.title).to.match(/sum by \([^)]*\ble\)/)
          expect(target.exemplar, panel.title).to.equal(quantile && target.range)
        }
  })

  it('asks for rates over the interval that four scrapes fit in', () => {
    for (const dashboard of Object.values(made.dashboards))
      for (const { where, expr } of promqlOf(dashboard)) {
        for (const [, range] of expr.matchAll(/\brate\([^[]*\[([^\]]+)\]/g)) expect(range, where).to.equal('$__rate_interval')
        for (const [, range] of expr.matchAll(/\bincrease\([^[]*\[([^\]]+)\]/g))
          expect(['$__interval', '$__rate_interval', '5m', '1h', '24h', '1d'], where).to.include(range)
      }
  })

  it('has bars that are wide enough for rare things to be counted', () => {
    for (const dashboard of Object.values(made.dashboards))
      for (const panel of dashboard.panels)
        for (const target of panel.type === 'row' ? [] : panel.targets)
          if ('expr' in target && target.expr.includes('[$__interval]') && panel.type !== 'row')
            expect(panel.interval, panel.title).to.match(/^\d+m$/)
  })
})
