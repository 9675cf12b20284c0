// The closed world: every metric and every label in rules and tests is declared, with the type that it is used as.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { ROOT } from '../../../services/config.ts'
import { openCatalogue, type Catalogue } from '../../../ops/slo/catalogue.ts'
import { piecesOf } from '../../../ops/slo/promql.ts'
import type { TestFile } from '../../../ops/slo/promtool.ts'
import { refuseExpression } from '../../../ops/slo/refuse-symptom.ts'
import type { RuleGroup } from '../../../ops/slo/rules.ts'

const read = <T>(folder: string): T[] =>
  readdirSync(join(ROOT, folder)).map((name) => parse(readFileSync(join(ROOT, folder, name), 'utf8')) as T)

describe('ops/slo: the closed world', () => {
  let catalogue: Catalogue
  let groups: RuleGroup[]
  /** Recorded series and the labels that they may have. */
  const recorded = new Map<string, string[]>()

  before(async () => {
    catalogue = await openCatalogue()
    groups = read<{ groups: RuleGroup[] }>('alerts/rules').flatMap((file) => file.groups)
    for (const rule of groups.flatMap(({ rules }) => rules))
      if ('record' in rule) recorded.set(rule.record, ['slo', 'bound', 'source', 'channel', 'kind'])
  })

  const expressions = () => groups.flatMap(({ rules }) => rules).map(({ expr }) => expr)

  it('holds every series and label that a rule reads', () => {
    expect(expressions().length).to.be.greaterThan(100)
    expect(expressions().flatMap((expr) => refuseExpression(expr, catalogue, recorded))).to.deep.equal([])
  })

  it('holds every series that a test plays, and every one that it asks for', () => {
    const tests = read<TestFile>('alerts/tests').flatMap((file) => file.tests)
    const played = tests.flatMap(({ input_series }) => input_series.map(({ series }) => series))
    const asked = tests.flatMap((test) => (test.promql_expr_test ?? []).map(({ expr }) => expr))
    expect(played.length).to.be.greaterThan(500)
    expect(asked.length).to.be.greaterThan(30)
    expect([...new Set([...played, ...asked])].flatMap((expr) => refuseExpression(expr, catalogue, recorded))).to.deep.equal([])
  })

  it('has counters where rises are asked for, and gauges where values are compared', () => {
    for (const expr of expressions())
      for (const { name, text, inside } of piecesOf(expr)) {
        if (name !== 'VectorSelector') continue
        const series = catalogue.get(/^\w+/.exec(text)?.[0] ?? '')
        const ranged = inside[0] === 'MatrixSelector'
        if (series) expect(ranged, `${text} in ${expr}`).to.equal(series.part !== 'value')
      }
  })

  it('is not open: what is misspelt is named', () => {
    const wrong = (expr: string) => refuseExpression(expr, catalogue, recorded)
    expect(wrong('rolewatch_scrape_run_total')).to.deep.equal(['rolewatch_scrape_run_total is not declared in ops/metrics.ts.'])
    expect(wrong('rolewatch_scrape_runs_total{board="x"}')).to.deep.equal(['rolewatch_scrape_runs_total has no label board.'])
    expect(wrong('rolewatch_scrape_runs_total{outcome="fine"}')[0]).to.match(/^outcome of rolewatch_scrape_runs_total is never fine: /)
    expect(wrong('rolewatch_alert_delivery_seconds_bucket{le="31"}')[0]).to.match(/^le of .* is never 31: /)
    expect(wrong('sum by (board) (rolewatch_dead_letters)')).to.deep.equal(['No series of the expression has the label board.'])
    expect(wrong('sum(rolewatch_dead_letters')[0]).to.match(/^This is no PromQL: it breaks at character \d+\.$/)
    expect(wrong('{job="rolewatch"}')).to.deep.equal(['A selector names no metric.'])
    expect(wrong('rolewatch_alert_delivery_seconds')).to.have.length(1)
  })
})
