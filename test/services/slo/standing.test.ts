// How an SLO stands: figures by hand for one of each kind, and what must hold of them for any counts.

import { expect } from 'chai'
import fc from 'fast-check'
import { createMetrics } from '../../../ops/metrics.ts'
import { minus, decimal, toNumber } from '../../../ops/slo/decimal.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import { standingOf, type Standing } from '../../../services/slo/standing.ts'
import { allViews, keyOfView, paceView, recordedViews, type Counts, type Group } from '../../../services/slo/views.ts'

type Part = [bad: number, total: number, labels?: Record<string, string>]

describe('services/slo/standing', () => {
  let slos: Map<string, Slo>
  before(async () => {
    const metrics = createMetrics({ sources: ['ashby', 'greenhouse', 'lever'], queues: [], version: '0' })
    slos = new Map((await readSlos(metrics)).map((slo) => [slo.slo, slo]))
  })
  const slo = (name: string): Slo => {
    const found = slos.get(name)
    if (!found) throw new Error(`no SLO ${name}`)
    return found
  }
  const groups = (parts: readonly Part[]): Group[] => parts.map(([bad, total, labels = {}]) => ({ bad, total, labels }))
  /** Counts by the window (and the bound) of the view; what is not given has nothing. */
  const counts = (name: string, given: Record<string, Part[]>): Counts =>
    new Map(Object.entries(given).map(([view, parts]) => [`${name} ${view}${view.includes(' ') ? '' : ' '}`, groups(parts)]))
  const standing = (name: string, given: Record<string, Part[]>): Standing => standingOf(slo(name), counts(name, given))

  it('tells the figures of a ratio', () => {
    const found = standing('scrape-success', { '24h': [[20, 1000]], '1h': [[9, 100]], '15m': [[5, 50]], '10m': [[1, 40]], '4m': [[0, 10]] })
    expect(found).to.deep.include({
      objective: 0.95,
      period_seconds: 86_400,
      kind: 'ratio',
      unit: 'events',
      bound: null,
      bad: 20,
      total: 1000,
    })
    expect(found.sli).to.be.closeTo(0.98, 1e-12)
    expect(found.budget_remaining).to.be.closeTo(0.6, 1e-9)
    expect(found.pace.window_seconds).to.equal(3600)
    expect(found.pace.rate).to.be.closeTo(1.8, 1e-9)
    expect(found.exhausted_in_seconds).to.be.closeTo((0.6 * 86_400) / 1.8, 1e-3)
    expect(found.burn.map(({ alert, window_seconds, threshold_burn }) => [alert, window_seconds, threshold_burn])).to.deep.equal([
      ['ScrapeOutage', 600, 7],
      ['ScrapeOutage', 240, 7],
      ['ScrapeFailuresHigh', 3600, 2],
      ['ScrapeFailuresHigh', 900, 2],
      ['ScrapeFailuresRaised', 3600, 1.6],
      ['ScrapeFailuresRaised', 900, 1.6],
    ])
    expect(found.burn.map(({ rate }) => Number(rate.toFixed(6)))).to.deep.equal([0.5, 0, 1.8, 2, 1.8, 2])
    expect(found.state, '9 % and 10 % are above 8 %').to.equal('warning')
    expect(found.by).to.deep.equal([])
    expect(found.runbooks).to.deep.equal([
      '/runbooks/ScrapeOutage.md',
      '/runbooks/ScrapeFailuresHigh.md',
      '/runbooks/ScrapeFailuresRaised.md',
    ])
  })

  it('says page, warning and ok as the alerts would', () => {
    const state = (hour: Part, quarter: Part) => standing('scrape-success', { '24h': [[1, 1e6]], '1h': [hour], '15m': [quarter] }).state
    expect(state([11, 100], [11, 100])).to.equal('page')
    expect(state([10, 100], [11, 100]), 'not above 10 %').to.equal('warning')
    expect(state([11, 100], [8, 100]), 'over already').to.equal('ok')
    expect(state([8, 100], [50, 100]), 'not yet').to.equal('ok')
    expect(state([3, 20], [3, 20]), 'enough for a warning').to.equal('warning')
    expect(state([2, 10], [2, 10]), 'too few to say').to.equal('ok')
  })

  it('warns when the budget is spent, whatever the alerts say', () => {
    expect(standing('scrape-success', { '24h': [[49, 1000]] }).state).to.equal('ok')
    const spent = standing('scrape-success', { '24h': [[60, 1000]] })
    expect(spent.state).to.equal('warning')
    expect(spent.budget_remaining).to.be.closeTo(-0.2, 1e-9)
    expect(spent.exhausted_in_seconds).to.equal(0)
  })

  it('says no data where nothing happened, and neither 0 nor 100 %', () => {
    for (const name of slos.keys()) {
      const found = standing(name, {})
      expect(found, name).to.deep.include({
        state: 'no_data',
        sli: null,
        budget_remaining: null,
        exhausted_in_seconds: null,
        bad: 0,
        total: 0,
        by: [],
      })
      expect(found.burn.every(({ rate }) => rate === 0)).to.equal(true)
    }
  })

  it('takes a quiet hour for a good one', () => {
    const found = standing('scrape-success', { '24h': [[10, 1000]] })
    expect(found).to.deep.include({ state: 'ok', exhausted_in_seconds: null, pace: { window_seconds: 3600, rate: 0 } })
  })

  it('holds a latency against the bound of each of its alerts', () => {
    const parts = (bad: number): Part[] => [[bad, 100, { channel: 'slack' }]]
    const found = standing('alert-delivery', {
      '1h 30': parts(40),
      '15m 60': parts(2),
      '10m 60': parts(2),
      '15m 120': parts(1),
      '10m 120': parts(1),
    })
    expect(found.bound).to.equal(30)
    expect(found.burn.map(({ bound, rate }) => [bound, Number(rate.toFixed(6))])).to.deep.equal([
      [120, 1],
      [120, 1],
      [60, 2],
      [60, 2],
    ])
    expect(found.state, '1 % is not above 1 %').to.equal('warning')
    expect(found.pace, 'its period is an hour').to.deep.equal({ window_seconds: 3600, rate: found.pace.rate })
    expect(found.pace.rate).to.be.closeTo(40, 1e-9)
  })

  it('says the same of each source, and the worst of them counts', () => {
    const found = standing('extraction', {
      '24h': [
        [0, 9000, { source: 'lever' }],
        [5, 1000, { source: 'ashby' }],
        [0, 0, { source: 'greenhouse' }],
      ],
      '1h': [
        [30, 1000, { source: 'ashby' }],
        [0, 9000, { source: 'lever' }],
      ],
      '15m': [
        [25, 1000, { source: 'ashby' }],
        [0, 9000, { source: 'lever' }],
      ],
    })
    expect(found.by.map(({ labels, state, total }) => [labels, state, total])).to.deep.equal([
      [{ source: 'ashby' }, 'warning', 1000],
      [{ source: 'lever' }, 'ok', 9000],
    ])
    expect(found.by[0]?.budget_remaining).to.be.closeTo(0.5, 1e-9)
    expect(found).to.deep.include({ state: 'warning', bad: 5, total: 10_000 })
    expect(found.budget_remaining).to.be.closeTo(0.95, 1e-9)
  })

  it('counts time in seconds, where one bad slice may be enough', () => {
    const bad: Part[] = [[700, 1200, { kind: 'rollback' }]]
    const found = standing('restore-time', { '30d': [[1440, 2_592_000, { kind: 'rollback' }]], '20m': bad, '10m': bad })
    expect(found).to.deep.include({ unit: 'seconds', kind: 'level', state: 'warning' })
  })

  it('looks at an hour for the pace, or at the longest window of an alert where that says more', () => {
    expect(paceView(slo('scrape-success')).window).to.equal(3600)
    expect(paceView(slo('detection')).window).to.equal(7 * 86_400)
    expect(paceView(slo('alert-delivery')).window).to.equal(3600)
  })

  it('asks for every view once, and knows which of them the rules record', () => {
    for (const one of slos.values()) {
      const keys = allViews(one).map(keyOfView)
      expect(new Set(keys).size, one.slo).to.equal(keys.length)
      expect(keys).to.include.members(recordedViews(one).map(keyOfView))
      expect(keys).to.include(keyOfView(paceView(one)))
    }
    expect(recordedViews(slo('alert-delivery')).map(keyOfView)).to.have.members(
      ['1h 30', '15m 120', '10m 120', '15m 60', '10m 60'].map((view) => `alert-delivery ${view}`),
    )
  })

  it('has parts that fit each other, for any counts', () => {
    const part = fc.tuple(fc.nat(1000), fc.nat(1000)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)])
    fc.assert(
      fc.property(fc.constantFrom(...slos.values()), fc.array(part, { minLength: 10, maxLength: 10 }), (one, given) => {
        const views = allViews(one)
        const found = standingOf(
          one,
          new Map(
            views.map((view, index) => [keyOfView(view), [{ labels: {}, bad: given[index]?.[0] ?? 0, total: given[index]?.[1] ?? 0 }]]),
          ),
        )
        const budget = toNumber(minus(decimal('1'), one.objective))
        if (found.sli === null || found.budget_remaining === null) {
          expect(found.total).to.equal(0)
          expect(found.state).to.equal('no_data')
          return
        }
        expect(1 - (1 - found.sli) / budget).to.be.closeTo(found.budget_remaining, 1e-6)
        expect(found.exhausted_in_seconds === 0).to.equal(found.budget_remaining <= 0)
        if (found.budget_remaining <= 0) expect(found.state).not.to.equal('ok')
        if (found.exhausted_in_seconds)
          expect(found.exhausted_in_seconds * found.pace.rate).to.be.closeTo(found.budget_remaining * one.period, 1e-3)
        const over = one.tiers.filter(({ alert }) =>
          found.burn.filter((burn) => burn.alert === alert).every(({ rate, threshold_burn }) => rate > threshold_burn + 1e-9),
        )
        if (over.length === 0 && found.budget_remaining > 0) expect(found.state).to.equal('ok')
        if (found.state === 'page') expect(over.some(({ priority }) => priority === 'P0')).to.equal(true)
      }),
    )
  })
})
