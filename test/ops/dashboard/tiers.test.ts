// Lines and rows of SLOs: they stand where the specification says, and their arithmetic is that of the budget.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { sloRow } from '../../../ops/dashboard/slo-row.ts'
import { boundSteps, burnOf, burnQueries, burnSteps, findSlo, limitOf, tellTiers } from '../../../ops/dashboard/tiers.ts'
import { budgetLeft, burnRate, timeToExhaustion } from '../../../ops/slo/budget.ts'
import { print, toNumber } from '../../../ops/slo/decimal.ts'
import { printDuration } from '../../../ops/slo/duration.ts'
import { boundOf } from '../../../ops/slo/query.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { needTool } from '../../tools.ts'
import { houseSpecs, promtool } from '../slo/specs.ts'
import { houseDashboards, panelsOf } from './made.ts'

describe('ops/dashboard/tiers', () => {
  let slos: Slo[]
  const of = (name: string): Slo => findSlo(slos, name)
  before(async () => {
    slos = (await houseDashboards()).slos
  })

  it('draws a line at each burn where something fires, in the colour of the most urgent there', () => {
    expect(burnSteps(of('scrape-success'))).to.deep.equal([
      [1.6, 'orange'],
      [2, 'red'],
      [7, 'red'],
    ])
    expect(burnSteps(of('alert-delivery'))).to.deep.equal([[1, 'red']])
    for (const slo of slos) {
      const lines = burnSteps(slo).map(([value]) => value)
      expect(lines, slo.slo).to.deep.equal([...lines].toSorted((a, b) => a - b))
      for (const tier of slo.tiers) {
        const burn = burnRate(toNumber(tier.errorAbove), toNumber(slo.objective))
        expect(toNumber(burnOf(slo, tier)), tier.alert).to.be.closeTo(burn, 0.0006)
        expect(lines).to.include(toNumber(burnOf(slo, tier)))
      }
    }
  })

  it('draws the bound of a latency, and those that tiers shift it to', () => {
    expect(boundSteps(of('alert-delivery'))).to.deep.equal([
      [30, 'yellow'],
      [60, 'orange'],
      [120, 'red'],
    ])
    expect(boundSteps(of('api-latency'))[0]).to.deep.equal([0.4, 'yellow'])
    expect(boundSteps(of('detection'))).to.deep.equal([[900, 'orange']])
    expect(boundSteps(of('scrape-success'))).to.deep.equal([])
  })

  it('reads the limit of a symptom, and refuses one that has none', async () => {
    const { symptoms } = (await houseSpecs()).specs
    expect(limitOf(symptoms, 'OutboxStuck')).to.deep.equal([300, 'red'])
    expect(limitOf(symptoms, 'DiskFilling')).to.deep.equal([0.2, 'orange'])
    expect(() => limitOf(symptoms, 'Watchdog')).to.throw('Watchdog is no symptom that ends in a limit')
    expect(() => limitOf(symptoms, 'Nothing')).to.throw('Nothing is no symptom')
    expect(() => of('nothing')).to.throw('There is no SLO nothing')
  })

  it('asks for the burn over the period and over every window of every tier, each once', () => {
    expect(burnQueries(of('scrape-success')).map(({ legend }) => legend)).to.deep.equal(['4m', '10m', '15m', '1h', '24h'])
    expect(burnQueries(of('alert-delivery')).map(({ legend }) => legend)).to.deep.equal([
      '{{channel}} 10m over 120 s',
      '{{channel}} 10m over 60 s',
      '{{channel}} 15m over 120 s',
      '{{channel}} 15m over 60 s',
      '{{channel}} 1h over 30 s',
    ])
    expect(burnQueries(of('scrape-success'))[0]?.text).to.equal('slo:error:ratio4m{slo="scrape-success"} / 0.05')
    expect(tellTiers(of('alert-delivery'))).to.contain('AlertDeliverySlow at 1 (1% slower than 60 s over 15m and 10m)')
  })

  it('gives every SLO a row of five on the overview, with the objective as the line between red and green', async () => {
    const { dashboards } = await houseDashboards()
    const overview = dashboards['overview'] ?? expect.fail()
    for (const slo of slos) {
      const row = sloRow(slo)
      const at = overview.panels.findIndex(({ type, title }) => type === 'row' && title === row.title)
      expect(at, slo.slo).to.be.greaterThan(0)
      const titles = overview.panels.slice(at + 1, at + 6).map(({ title }) => title)
      expect(titles).to.deep.equal(['Objective', `Kept over ${printDuration(slo.period)}`, 'Budget left', 'Time to exhaustion', 'Burn'])
      const kept = panelsOf(overview).find(({ id }) => id === overview.panels[at + 2]?.id)
      expect(kept?.fieldConfig.defaults.thresholds?.steps.at(-1)).to.deep.equal({ value: toNumber(slo.objective), color: 'green' })
      const left = panelsOf(overview).find(({ id }) => id === overview.panels[at + 3]?.id)
      expect(left?.fieldConfig.defaults.thresholds?.steps.map(({ value }) => value)).to.deep.equal([null, 0, 0.25, 0.5])
    }
  })

  it('says what the arithmetic of budgets says, before promtool', async function () {
    needTool(this, 'promtool')
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-tiers-'))
    try {
      const shares = [
        [0.4, 0.8],
        [0.4, 30],
        [1.3, 0],
      ] as const
      const tests = slos.flatMap((slo) => {
        const budget = 1 - toNumber(slo.objective)
        return shares.map(([over, recent]) => arithmetic(slo, over * budget, recent * budget))
      })
      writeFileSync(join(folder, 'x.test.yml'), stringify({ rule_files: [], evaluation_interval: '30s', tests }))
      const { code, stdout, stderr } = await promtool('test', 'rules', join(folder, 'x.test.yml'))
      expect(`${stdout}${stderr}`.replace(/.*SUCCESS/s, '').trim()).to.equal('')
      expect(code).to.equal(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** Recorded series at one moment, and what the panels of the row make of them. Of two slices the worse one counts. */
function arithmetic(slo: Slo, ratio: number, windowRatio: number): object {
  const bound = boundOf(slo)
  const slice = slo.sli.by[0]
  const objective = toNumber(slo.objective)
  const labels = (name: string) =>
    `{slo="${slo.slo}"${bound ? `,bound="${print(bound)}"` : ''}${slice === undefined ? '' : `,${slice}="${name}"`}}`
  const own = slo.tiers.filter(({ slowerThan }) => slowerThan === undefined).map(({ long }) => long)
  const window = own.length > 0 ? Math.max(...own) : slo.period
  const recent = window === slo.period ? ratio : windowRatio
  const given = [
    [`slo:error:ratio${printDuration(slo.period)}`, ratio, 0],
    [`slo:error:ratio${printDuration(window)}`, recent, 0],
    ['slo:error_budget:remaining_ratio', budgetLeft(ratio, objective), 1],
  ] as const
  const series = new Map<string, string>()
  for (const [name, bad, good] of given) {
    series.set(`${name}${labels('bad')}`, `${bad}`)
    if (slice !== undefined) series.set(`${name}${labels('good')}`, `${good}`)
  }
  const [, kept, left, exhaustion] = sloRow(slo).drafts.map(({ face }) => face.queries[0]?.text ?? '')
  const expected: [string | undefined, number][] = [
    [kept, 1 - ratio],
    [left, budgetLeft(ratio, objective)],
    [exhaustion, timeToExhaustion(budgetLeft(ratio, objective), burnRate(recent, objective), slo.period)],
  ]
  // promtool compares bit by bit, and the rules divide by the decimal budget.
  const near = (expr: string | undefined, value: number) => `abs(${expr} - ${value}) <= bool ${Math.abs(value)} * 1e-9`
  return {
    input_series: [...series].map(([name, values]) => ({ series: name, values })),
    promql_expr_test: expected.map(([expr, value]) => ({
      expr: near(expr, value),
      eval_time: '0s',
      exp_samples: [{ labels: '{}', value: 1 }],
    })),
  }
}
