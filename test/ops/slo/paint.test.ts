// From courses of events to series and verdicts: notation, counters, and the plain model of an alert.

import { expect } from 'chai'
import fc from 'fast-check'
import { course, simulate } from '../../../ops/slo/model.ts'
import { byTwo, counter, runs } from '../../../ops/slo/paint.ts'
import { passes } from '../../../ops/slo/query.ts'
import type { Slo, Tier } from '../../../ops/slo/spec.ts'
import { houseSpecs } from './specs.ts'

/** What promtool reads: `a` once, `a+bxn` n + 1 times. */
function expand(notation: string): number[] {
  return notation.split(' ').flatMap((part) => {
    const [, start = '', rise, times] = /^(-?[\d.]+)(?:([+-]-?[\d.]+)x(\d+))?$/.exec(part) ?? []
    if (rise === undefined) return [Number(start)]
    return Array.from({ length: Number(times) + 1 }, (_, n) => Number(start) + n * Number(rise.replace('+-', '-')))
  })
}

describe('ops/slo/paint', () => {
  it('writes values so that promtool reads the same', () => {
    expect(runs([0, 5, 10, 10, 10, 7])).to.equal('0+5x2 10+0x1 7')
    expect(runs([3])).to.equal('3')
    expect(runs([9, 6, 3])).to.equal('9-3x2')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 }), (values) => {
        expect(expand(runs(values))).to.deep.equal(values)
      }),
    )
  })

  it('lets a counter rise by the events of each step, and begin anew after a restart', () => {
    expect(expand(counter([0, 2, 0, 3]))).to.deep.equal([0, 2, 2, 5])
    expect(expand(counter([0, 2, 1, 3, 1], 3))).to.deep.equal([0, 2, 3, 3, 4])
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 2, maxLength: 30 }), fc.nat(29), (rises, reset) => {
        const values = expand(counter([0, ...rises], reset + 1))
        // What increase() makes of it: after a fall all of the new value is a rise.
        const risen = values.slice(1).reduce((sum, value, at) => sum + (value < (values[at] ?? 0) ? value : value - (values[at] ?? 0)), 0)
        const all = rises.reduce((sum, rise) => sum + rise, 0)
        expect(risen).to.be.at.most(all)
        if (reset >= rises.length || (rises[reset] ?? 0) < (values[reset] ?? 0)) expect(risen).to.equal(all)
      }),
    )
  })

  it('tells of one thing by two processes', () => {
    const [a, b] = byTwo([{ series: 'x{kind="k"}', values: '5+1x3 9' }], true)
    expect(a).to.deep.equal({ series: 'x{kind="k",instance="a"}', values: '5+1x3 9' })
    expect(b).to.deep.equal({ series: 'x{kind="k",instance="b"}', values: '-999995+1x3 -999991' })
    expect(byTwo([{ series: 'x{}', values: '1' }], false)[1]).to.deep.equal({ series: 'x{instance="b"}', values: '1' })
  })

  it('anchors patterns, as Prometheus does', () => {
    const filter = { where: { status: ['5..'] }, not: {} }
    expect(['500', '503', '1500', '50', '200'].map((status) => passes(filter, { status }))).to.deep.equal([true, true, false, false, false])
    expect(passes({ where: {}, not: { outcome: ['skipped', 'gone'] } }, { outcome: 'gone' })).to.equal(false)
    expect(passes({ where: {}, not: { outcome: ['skipped', 'gone'] } }, { outcome: 'ok' })).to.equal(true)
  })
})

describe('ops/slo/model', () => {
  let slo: Slo
  let tier: Tier
  before(async () => {
    const { specs } = await houseSpecs()
    const found = specs.slos.find(({ spec }) => spec.slo === 'scrape-success')?.spec
    if (!found?.tiers[0]) throw new Error('no such SLO')
    ;[slo, tier] = [found, { ...found.tiers[0], long: 600, short: 240, keepFiring: 120, minBad: 4 }]
  })

  it('fires above the threshold in both windows, and stops when the short one is good and the time to keep is over', () => {
    const verdicts = simulate(slo, tier, course([20, 0, 10], [6, 10, 10], [10, 0, 10]), 60)
    expect(verdicts.slice(0, 24).includes(true)).to.equal(false)
    expect(verdicts.slice(24, 29)).to.deep.equal([true, true, true, true, true])
    expect(verdicts.at(-1)).to.equal(false)
  })

  it('does not decide what is exactly on the threshold', () => {
    expect(simulate(slo, tier, course([20, 35, 100]), 60).at(-1)).to.equal(undefined)
    expect(simulate(slo, tier, course([20, 34, 100]), 60).at(-1)).to.equal(false)
    expect(simulate(slo, tier, course([20, 36, 100]), 60).at(-1)).to.equal(true)
  })

  it('never fires with fewer bad events than it waits for, whatever their share', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1), { minLength: 1, maxLength: 30 }), (flags) => {
        let left = 3
        const bad = flags.map((flag) => (flag && left-- > 0 ? 1 : 0))
        const verdicts = simulate(slo, tier, { bad: [0, ...bad], total: [0, ...bad] }, 60)
        expect(verdicts.includes(true)).to.equal(false)
      }),
    )
  })

  it('never fires later when more goes wrong', () => {
    const events = fc.array(fc.tuple(fc.nat(10), fc.nat(10)), { minLength: 25, maxLength: 40 })
    fc.assert(
      fc.property(events, (pairs) => {
        const total = [0, ...pairs.map(() => 10)]
        const first = (bad: number[]) => simulate(slo, tier, { bad: [0, ...bad], total }, 60).indexOf(true)
        const [less, more] = [first(pairs.map(([a, b]) => Math.min(a, b))), first(pairs.map(([a, b]) => Math.max(a, b)))]
        if (less >= 0) expect(more).to.be.within(0, less)
      }),
    )
  })
})
