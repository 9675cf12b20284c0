// Tallies of a process against a plain count: what is bad, for any course of events, is what the specification says in words.

import { expect } from 'chai'
import fc from 'fast-check'
import { createMetrics, DETECTIONS, OUTCOMES, REJECTIONS, type Metrics, type Samples } from '../../../ops/metrics.ts'
import { readSlo, type Slo } from '../../../ops/slo/spec.ts'
import { boundsOf, keyOf, seriesOf, tallyEvents, tallyTime, textOf, type Tally } from '../../../ops/slo/tally.ts'
import { houseSpecs } from './specs.ts'

const SOURCES = ['ashby', 'greenhouse', 'lever']
const BAD_OUTCOMES = new Set(
  'empty_suspect partial drift blocked throttled timeout network server_error rejected'.split(' ').map((outcome) => outcome),
)

const fresh = (): Metrics => createMetrics({ sources: SOURCES, queues: ['visit'], version: '0' })

/** Samples by hand: `name{label=value}` → value. */
function samplesOf(...given: [name: string, labels: Record<string, string>, value: number][]): Samples {
  const found = new Map<string, { labels: Record<string, string>; value: number }[]>()
  for (const [name, labels, value] of given) found.set(`rolewatch_${name}`, [...(found.get(`rolewatch_${name}`) ?? []), { labels, value }])
  return found
}

const brief = (tallies: readonly Tally[]) => tallies.map(({ labels, bound, bad, total }) => [labels, bound, bad, total])

describe('ops/slo/tally', () => {
  let slos: Map<string, Slo>
  const slo = (name: string): Slo => {
    const found = slos.get(name)
    if (!found) throw new Error(`no SLO ${name}`)
    return found
  }
  before(async () => {
    slos = new Map((await houseSpecs()).specs.slos.map(({ spec }) => [spec.slo, spec]))
  })

  describe('of events', () => {
    it('counts visits by their outcomes, whatever was counted before', async () => {
      const visits = fc.array(fc.tuple(fc.constantFrom(...SOURCES), fc.constantFrom(...OUTCOMES)), { maxLength: 60 })
      await fc.assert(
        fc.asyncProperty(visits, visits, async (earlier, later) => {
          const metrics = fresh()
          const spec = slo('scrape-success')
          for (const [source, outcome] of earlier) metrics.scrapeRuns.inc({ source, outcome })
          const before = await metrics.samples(seriesOf(spec))
          for (const [source, outcome] of later) metrics.scrapeRuns.inc({ source, outcome })
          const counted = later.filter(([, outcome]) => outcome !== 'skipped' && outcome !== 'gone')
          const bad = later.filter(([, outcome]) => BAD_OUTCOMES.has(outcome)).length
          const expected = counted.length > 0 ? [{ slo: 'scrape-success', bound: '', labels: {}, bad, total: counted.length }] : []
          expect(tallyEvents(spec, before, await metrics.samples(seriesOf(spec)))).to.deep.equal(expected)
        }),
        { numRuns: 40 },
      )
    })

    it('counts what one metric says is bad of what another says there is, per source', async () => {
      const entries = fc.array(
        fc.record({ source: fc.constantFrom(...SOURCES), read: fc.nat(50), reason: fc.constantFrom(...REJECTIONS), rejected: fc.nat(5) }),
        { maxLength: 20 },
      )
      await fc.assert(
        fc.asyncProperty(entries, async (pages) => {
          const metrics = fresh()
          for (const { source, read, reason, rejected } of pages) {
            metrics.postingsRead.inc({ source }, read)
            metrics.postingsRejected.inc({ source, reason }, rejected)
          }
          const spec = slo('extraction')
          const found = tallyEvents(spec, new Map(), await metrics.samples(seriesOf(spec)))
          for (const source of SOURCES) {
            const mine = pages.filter((page) => page.source === source)
            const total = mine.reduce((sum, { read }) => sum + read, 0)
            const bad = mine
              .filter(({ reason }) => reason === 'missing_field' || reason === 'wrong_type')
              .reduce((sum, { rejected }) => sum + rejected, 0)
            const tally = found.find(({ labels }) => labels['source'] === source)
            expect(tally && [tally.bad, tally.total]).to.deep.equal(bad + total > 0 ? [bad, total] : undefined)
          }
        }),
        { numRuns: 40 },
      )
    })

    it('holds a latency against the bound of the SLI and of each tier', async () => {
      const times = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 40 })
      await fc.assert(
        fc.asyncProperty(times, async (seconds) => {
          const metrics = fresh()
          for (const one of seconds) metrics.alertDeliverySeconds.observe({ channel: 'slack' }, one)
          const spec = slo('alert-delivery')
          const found = tallyEvents(spec, new Map(), await metrics.samples(seriesOf(spec)))
          expect(brief(found)).to.deep.equal(
            [30, 120, 60].map((bound) => [
              { channel: 'slack' },
              String(bound),
              seconds.filter((one) => one > bound).length,
              seconds.length,
            ]),
          )
        }),
        { numRuns: 40 },
      )
    })

    it('leaves out what a latency does not count', async () => {
      const metrics = fresh()
      const request = (status: string, seconds: number) =>
        metrics.httpRequestSeconds.observe({ method: 'GET', route: '/api/v1/postings', status }, seconds)
      for (const [status, seconds] of [
        ['200', 0.1],
        ['200', 0.4],
        ['304', 0.5],
        ['404', 2],
        ['500', 3],
        ['503', 0.01],
      ] as const)
        request(status, seconds)
      const latency = slo('api-latency')
      expect(brief(tallyEvents(latency, new Map(), await metrics.samples(seriesOf(latency))))).to.deep.equal([
        [{}, '0.4', 2, 4],
        [{}, '1.6', 1, 4],
        [{}, '0.8', 1, 4],
      ])
      const available = slo('api-availability')
      expect(brief(tallyEvents(available, new Map(), await metrics.samples(seriesOf(available))))).to.deep.equal([[{}, '', 2, 6]])
    })

    it('of any looks in between are those of one look at the end', async () => {
      const steps = fc.array(fc.tuple(fc.constantFrom(...DETECTIONS), fc.integer({ min: 1, max: 2000 }), fc.boolean()), { maxLength: 30 })
      await fc.assert(
        fc.asyncProperty(steps, async (course) => {
          const metrics = fresh()
          const spec = slo('detection')
          const sum = (tallies: readonly Tally[]) =>
            Object.fromEntries(
              [...Map.groupBy(tallies, ({ labels }) => labels['kind'] ?? '')].map(([kind, all]) => [
                kind,
                [all.reduce((n, { bad }) => n + bad, 0), all.reduce((n, { total }) => n + total, 0)],
              ]),
            )
          let before: Samples = new Map()
          const parts: Tally[] = []
          const look = async () => {
            const after = await metrics.samples(seriesOf(spec))
            parts.push(...tallyEvents(spec, before, after))
            before = after
          }
          for (const [kind, seconds, looks] of course) {
            metrics.detectionSeconds.observe({ kind }, seconds)
            if (looks) await look()
          }
          await look()
          expect(sum(parts)).to.deep.equal(sum(tallyEvents(spec, new Map(), before)))
        }),
        { numRuns: 30 },
      )
    })

    it('takes what has fallen for begun again, and what is new for begun at 0', () => {
      const spec = slo('scrape-success')
      const runs = (...values: [outcome: string, value: number][]) =>
        samplesOf(
          ...values.map(([outcome, value]): [string, Record<string, string>, number] => [
            'scrape_runs_total',
            { source: 'lever', outcome },
            value,
          ]),
        )
      expect(brief(tallyEvents(spec, runs(['ok', 100], ['timeout', 7]), runs(['ok', 4], ['timeout', 9])))).to.deep.equal([[{}, '', 2, 6]])
      expect(brief(tallyEvents(spec, runs(), runs(['network', 3])))).to.deep.equal([[{}, '', 3, 3]])
      expect(brief(tallyEvents(spec, runs(['ok', 5]), runs()))).to.deep.equal([])
    })

    it('tells what is bad even where all of it is told a moment later', () => {
      const rejected = samplesOf(['postings_rejected_total', { source: 'ashby', reason: 'wrong_type' }, 2])
      expect(brief(tallyEvents(slo('extraction'), new Map(), rejected))).to.deep.equal([[{ source: 'ashby' }, '', 2, 0]])
    })

    it('are none of time, and time has no events', async () => {
      for (const spec of slos.values()) {
        const samples = await fresh().samples(seriesOf(spec))
        const time = spec.sli.kind === 'level' || spec.sli.kind === 'age'
        expect(time ? tallyEvents(spec, new Map(), samples) : tallyTime(spec, samples, 0, 60), spec.slo).to.deep.equal([])
      }
    })
  })

  describe('of time', () => {
    const NOW = 1_800_000_000

    it('is bad while a level is above what it may be, for the values that count', () => {
      const spec = slo('restore-time')
      const level = (rollback: number) =>
        tallyTime(
          spec,
          samplesOf(['restore_drill_seconds', { kind: 'rollback' }, rollback], ['restore_drill_seconds', { kind: 'disaster' }, 9999]),
          NOW,
          60,
        )
      expect(brief(level(300))).to.deep.equal([[{ kind: 'rollback' }, '', 0, 60]])
      expect(brief(level(300.5))).to.deep.equal([[{ kind: 'rollback' }, '', 60, 60]])
      expect(tallyTime(spec, new Map(), NOW, 60)).to.deep.equal([])
    })

    it('is bad when a moment lies further back than expected by a metric', () => {
      const spec = slo('freshness')
      const age = (seconds: number | undefined, expected: number | undefined) => {
        const last = seconds === undefined ? [] : [['source_last_success_timestamp_seconds', { source: 'lever' }, NOW - seconds] as const]
        const every = expected === undefined ? [] : [['source_expected_interval_seconds', { source: 'lever' }, expected] as const]
        return brief(
          tallyTime(
            spec,
            samplesOf(...[...last, ...every].map(([a, b, c]): [string, Record<string, string>, number] => [a, b, c])),
            NOW,
            60,
          ),
        )
      }
      expect(age(1.5 * 3600 + 600, 3600), 'on the limit').to.deep.equal([[{ source: 'lever' }, '', 0, 60]])
      expect(age(1.5 * 3600 + 601, 3600), 'beyond it').to.deep.equal([[{ source: 'lever' }, '', 60, 60]])
      expect(age(undefined, 3600), 'never read, but expected').to.deep.equal([[{ source: 'lever' }, '', 60, 60]])
      expect(age(999_999, undefined), 'not expected').to.deep.equal([])
    })

    it('is bad when a moment lies further back than a time that is written down', () => {
      const spec = slo('restore-drill')
      const age = (seconds: number) =>
        brief(tallyTime(spec, samplesOf(['restore_drill_last_success_timestamp_seconds', { kind: 'disaster' }, NOW - seconds]), NOW, 60))
      expect(age(8 * 86_400)).to.deep.equal([[{ kind: 'disaster' }, '', 0, 60]])
      expect(age(8 * 86_400 + 1)).to.deep.equal([[{ kind: 'disaster' }, '', 60, 60]])
      expect(tallyTime(spec, new Map(), NOW, 60)).to.deep.equal([])
    })

    it('goes by the newest where several say when', () => {
      const text = `slo: fresh
title: Fresh
journey: Fresh
owner: me
dashboard: overview
objective: 99%
period: 1h
sli: { kind: age, metric: source_last_success_timestamp_seconds, expected: { every: 1h }, times: 1, plus: 1m }
cadence: 1m
tiers:
  - { alert: Stale, priority: P1, errorAbove: 50%, long: 10m, short: 5m, keepFiring: 5m, detectWithin: 10m, summary: s, description: d }
`
      const { spec, faults } = readSlo('fresh.slo.yaml', text)
      expect(faults).to.deep.equal([])
      const last = (...ages: number[]) =>
        samplesOf(
          ...ages.map((age, n): [string, Record<string, string>, number] => [
            'source_last_success_timestamp_seconds',
            { source: `s${n}` },
            NOW - age,
          ]),
        )
      if (!spec) throw new Error('no specification')
      expect(brief(tallyTime(spec, last(9999, 3660), NOW, 60))).to.deep.equal([[{}, '', 0, 60]])
      expect(brief(tallyTime(spec, last(9999, 3661), NOW, 60))).to.deep.equal([[{}, '', 60, 60]])
    })
  })

  it('reads only series that there are', async () => {
    for (const spec of slos.values()) {
      const names = seriesOf(spec)
      const samples = await fresh().samples(names)
      expect([...samples.keys()], spec.slo).to.have.members(names)
    }
  })

  it('knows the bounds of an SLO, each once', () => {
    expect(boundsOf(slo('alert-delivery')).map(textOf)).to.deep.equal(['30', '120', '60'])
    expect(boundsOf(slo('detection')).map(textOf)).to.deep.equal(['900'])
    expect(boundsOf(slo('freshness')).map(textOf)).to.deep.equal([''])
  })

  it('has one key for one set of labels', () => {
    expect(keyOf(['b', 'a'], { a: '1', b: '2', c: '3' })).to.equal('{"a":"1","b":"2"}')
    expect(keyOf(['a', 'b'], { b: '2' })).to.equal('{"b":"2"}')
    expect(keyOf([], { b: '2' })).to.equal('{}')
  })
})
