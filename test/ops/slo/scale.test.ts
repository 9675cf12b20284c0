// Quicker time: the same specifications divided by a factor, and what of them then still holds.

import { expect } from 'chai'
import fc from 'fast-check'
import { refuse } from '../../../ops/slo/refuse.ts'
import { piecesOf, readPromql } from '../../../ops/slo/promql.ts'
import { ruleGroup } from '../../../ops/slo/rules.ts'
import { scaledGroups, scaleSpecs } from '../../../ops/slo/scale.ts'
import { print } from '../../../ops/slo/decimal.ts'
import type { Specs } from '../../../ops/slo/generate.ts'
import { symptomGroup } from '../../../ops/slo/symptom.ts'
import { houseSpecs } from './specs.ts'

const FACTOR = 60

function symptomOf(specs: Specs, alert: string) {
  const found = specs.symptoms.find((one) => one.alert === alert)
  if (!found) throw new Error(`there is no ${alert}`)
  return found
}

function sloOf(specs: Specs, name: string) {
  const found = specs.slos.find(({ spec }) => spec.slo === name)
  if (!found) throw new Error(`there is no ${name}`)
  return found.spec
}

/** The house's symptoms with another expression for the first. */
function withExpression(specs: Specs, expr: string): Specs {
  const [first] = specs.symptoms
  if (!first) throw new Error('there are no symptoms')
  return { slos: [], symptoms: [{ ...first, expr }] }
}

describe('scaled specifications', () => {
  let specs: Specs
  let faultsOf: (specs: Specs) => string[]
  before(async () => {
    const house = await houseSpecs()
    specs = house.specs
    faultsOf = ({ slos, symptoms }) =>
      refuse(slos, { file: 'alerts/symptoms.yaml', spec: symptoms }, house.world).map(({ file, path }) => `${file} ${path}`)
  })

  it('are the same when the factor is 1', () => {
    expect(scaleSpecs(specs, 1)).to.deep.equal(specs)
    expect(scaledGroups(specs, 1)).to.deep.equal([...specs.slos.map(({ spec }) => ruleGroup(spec)), symptomGroup(specs.symptoms)])
  })

  it('keep the ratios of their windows', () => {
    for (const { spec } of specs.slos) {
      const scaled = sloOf(scaleSpecs(specs, FACTOR), spec.slo)
      expect(scaled.period, spec.slo).to.equal(spec.period / FACTOR)
      for (const [index, tier] of spec.tiers.entries()) {
        const [long, short, keep] = [tier.long, tier.short, tier.keepFiring].map((seconds) => seconds / FACTOR)
        expect(scaled.tiers[index], tier.alert).to.include({ long, short, keepFiring: keep, errorAbove: tier.errorAbove })
      }
    }
  })

  it('divide what an age may be', () => {
    const scaled = scaleSpecs(specs, FACTOR)
    expect(sloOf(scaled, 'freshness').sli).to.deep.include({ plus: 10, expected: { metric: 'source_expected_interval_seconds' } })
    expect(sloOf(scaled, 'restore-drill').sli).to.deep.include({ plus: 1440, expected: { every: 10_080 } })
  })

  it('never fall below a second, nor are they evaluated more often', () => {
    const scaled = scaleSpecs(specs, 1_000_000)
    const [slo] = scaled.slos
    expect(slo?.spec.tiers[0]).to.include({ long: 1, short: 1, keepFiring: 1, detectWithin: 1 })
    expect(symptomOf(scaled, 'TargetAbsent')).to.include({ for: 1, keepFiring: 1 })
    expect(new Set(scaledGroups(scaled, 1_000_000).map(({ interval }) => interval))).to.deep.equal(new Set(['1s']))
    expect(scaledGroups(scaleSpecs(specs, 2), 2)[0]?.interval).to.equal('15s')
  })

  it('divide ranges, steps and offsets in expressions, and nothing else', () => {
    const expr = 'sum(increase(a{b="10m"}[10m])) > 600 and max_over_time(c[1h30m:5m] offset 2m) > 1'
    const [scaled] = scaleSpecs(withExpression(specs, expr), 10).symptoms
    expect(scaled?.expr).to.equal('sum(increase(a{b="10m"}[60s])) > 600 and max_over_time(c[540s:30s] offset 12s) > 1')
  })

  it('stay PromQL with the same series, whatever the factor', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(...specs.symptoms), (factor, one) => {
        const { expr } = symptomOf(scaleSpecs(specs, factor), one.alert)
        expect(readPromql(expr)).to.deep.equal(readPromql(one.expr))
        const ranges = piecesOf(expr).filter(({ name }) => name === 'NumberDurationLiteralInDurationContext')
        expect(ranges.every(({ text }) => /^[1-9]\d*[smhd]$/.test(text))).to.equal(true)
      }),
      { numRuns: 60 },
    )
  })

  it('replace bounds and numbers that are named, and no others', () => {
    const scaled = scaleSpecs(specs, FACTOR, {
      bounds: { 'alert-delivery': { '30': '0.5', '60': '1', '120': '2' } },
      numbers: { OutboxStuck: { '300': '5' } },
    })
    const { sli, tiers } = sloOf(scaled, 'alert-delivery')
    expect(sli.kind === 'latency' && print(sli.within)).to.equal('0.5')
    expect(tiers.map((tier) => tier.slowerThan && print(tier.slowerThan))).to.deep.equal(['2', '1'])
    expect(symptomOf(scaled, 'OutboxStuck').expr).to.equal('max by (channel) (rolewatch_outbox_oldest_seconds) > 5')
    expect(symptomOf(scaled, 'OutboxSlow').expr).to.equal(symptomOf(specs, 'OutboxSlow').expr)
    expect(sloOf(scaled, 'api-latency').sli).to.deep.equal(sloOf(specs, 'api-latency').sli)
  })

  it('say what is to be replaced and is not there', () => {
    expect(() => scaleSpecs(specs, 2, { numbers: { OutboxStuck: { '301': '5' } } })).to.throw('OutboxStuck has no 301: it has 300')
    expect(() => scaleSpecs(specs, 2, { bounds: { freshness: { '30': '5' } } })).to.throw('freshness has no 30: it has no numbers')
  })

  it('are refused only for what real time asks for: a known period, two minutes of scrapes, an evaluation in the promised time', () => {
    expect(faultsOf(specs)).to.deep.equal([])
    const bounds = { 'alert-delivery': { '30': '0.5', '60': '1', '120': '2' } }
    const faults = faultsOf(scaleSpecs(specs, FACTOR, { bounds }))
    expect(faults).to.include('alerts/slo/scrape-success.slo.yaml period')
    expect(faults.filter((fault) => !/ (period|tiers\.\d+\.(short|detectWithin))$/.test(fault))).to.deep.equal([])
    const unknown = faultsOf(scaleSpecs(specs, 1, { bounds: { 'alert-delivery': { '30': '7' } } }))
    expect(unknown).to.deep.equal(['alerts/slo/alert-delivery.slo.yaml sli.within'])
  })
})
