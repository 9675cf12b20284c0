// What processes write of what they counted: several of them, restarts, a database that is away, and the last minute before the end.

import { Writable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { createLog } from '../../../ops/log.ts'
import { createMetrics, OUTCOMES, type Metrics } from '../../../ops/metrics.ts'
import { passes } from '../../../ops/slo/query.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import { openTallies, type Tallies } from '../../../services/slo/tallies.ts'
import { openWorld, type World } from '../../world.ts'

const START = Date.parse('2026-03-10T12:00:00Z')
const MINUTE = 60_000

describe('services/slo/tallies', () => {
  let world: World
  let slos: readonly Slo[]
  let lines: string[] = []
  let clock = START
  const now = () => new Date(clock)
  before(async () => {
    world = await openWorld()
    slos = await readSlos(world.metrics)
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('slo_tallies').delete()
    lines = []
    clock = START
  })

  interface Process {
    metrics: Metrics
    tallies: Tallies
  }
  /** A process that has just begun. */
  function begin(names: readonly string[] = ['scrape-success', 'freshness']): Process {
    const metrics = createMetrics({ sources: ['ashby', 'lever'], queues: [], version: '0' })
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString())
        done()
      },
    })
    const watch = createWatch(metrics, createLog({ format: 'json', level: 'warn', stream }))
    return { metrics, tallies: openTallies({ watch, db: world.db, slos: slos.filter(({ slo }) => names.includes(slo)), now }) }
  }
  const visit = ({ metrics }: Process, outcome: (typeof OUTCOMES)[number], times = 1) =>
    metrics.scrapeRuns.inc({ source: 'lever', outcome }, times)
  const rows = async (slo: string): Promise<unknown[]> => {
    const found: { at: Date; bad: number; total: number }[] = await world.db('slo_tallies').where({ slo }).orderBy('at')
    return found.map(({ at, bad, total }) => [at.toISOString().slice(11, 16), bad, total])
  }

  it('writes what happened in each minute, and nothing where nothing happened', async () => {
    const one = begin()
    visit(one, 'ok', 3)
    visit(one, 'timeout')
    clock += MINUTE
    await one.tallies.flush()
    clock += MINUTE
    await one.tallies.flush()
    visit(one, 'drift', 2)
    clock += MINUTE
    await one.tallies.flush()
    expect(await rows('scrape-success')).to.deep.equal([
      ['12:00', 1, 4],
      ['12:02', 2, 2],
    ])
  })

  it('adds up over any number of processes, however often each begins again', async () => {
    const action = fc.record({ process: fc.nat(2), outcome: fc.constantFrom(...OUTCOMES), times: fc.nat(4), wait: fc.nat(9) })
    const spec = slos.find(({ slo }) => slo === 'scrape-success')
    if (spec?.sli.kind !== 'ratio') throw new Error('no ratio')
    const { bad, total } = spec.sli
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (course) => {
        await world.db('slo_tallies').delete()
        clock = START
        const all = [begin(), begin(), begin()]
        const expected = { bad: 0, total: 0 }
        for (const { process, outcome, times, wait } of course) {
          const one = all[process] as Process
          visit(one, outcome, times)
          if (passes(bad, { outcome })) expected.bad += times
          if (passes(total, { outcome })) expected.total += times
          clock += wait * 7000
          if (wait % 3 === 0) await one.tallies.flush()
          if (wait === 9) {
            await one.tallies.close()
            all[process] = begin()
          }
        }
        for (const one of all) await one.tallies.close()
        const sums = await world.db('slo_tallies').where({ slo: 'scrape-success' }).sum({ bad: 'bad', total: 'total' }).first()
        expect([sums?.['bad'] ?? 0, sums?.['total'] ?? 0]).to.deep.equal([expected.bad, expected.total])
      }),
      { numRuns: 15 },
    )
  })

  it('counts what happened before it was opened: the metrics are as old as the process', async () => {
    const metrics = createMetrics({ sources: ['lever'], queues: [], version: '0' })
    metrics.scrapeRuns.inc({ source: 'lever', outcome: 'network' })
    const watch = { ...world.watch, metrics }
    await openTallies({ watch, db: world.db, slos, now }).close()
    expect(await rows('scrape-success')).to.deep.equal([['12:00', 1, 1]])
  })

  it('has one slice of time a minute for all processes together, and the worst of them counts', async () => {
    const [one, other] = [begin(), begin()]
    for (const [{ metrics }, age] of [
      [one, 100],
      [other, 9000],
    ] as const) {
      metrics.expectedInterval.set({ source: 'lever' }, 3600)
      metrics.lastSuccess.set({ source: 'lever' }, clock / 1000 - age)
    }
    clock += MINUTE
    await Promise.all([one.tallies.flush(), other.tallies.flush()])
    await one.tallies.flush()
    expect(await rows('freshness')).to.deep.equal([
      ['12:00', 60, 60],
      ['12:01', 0, 60],
    ])
  })

  it('reads the gauges afresh for each slice', async () => {
    const one = begin(['freshness'])
    let read = 0
    one.metrics.onCollect(() => {
      read++
      one.metrics.expectedInterval.set({ source: 'lever' }, 60)
    })
    one.metrics.onCollect(() => expect.fail('too dear'), ['rolewatch_field_coverage_ratio'])
    clock += MINUTE
    await one.tallies.flush()
    expect(read).to.equal(1)
    expect(await rows('freshness')).to.deep.equal([['12:00', 60, 60]])
  })

  it('keeps what cannot be written, says so, and writes it when the database is back, each minute as it was', async () => {
    const one = begin()
    await world.db.raw('alter table slo_tallies rename to slo_away')
    for (const times of [1, 2]) {
      visit(one, 'blocked', times)
      clock += MINUTE
      await one.tallies.flush()
    }
    await world.db.raw('alter table slo_away rename to slo_tallies')
    expect(await rows('scrape-success')).to.deep.equal([])
    visit(one, 'ok')
    clock += MINUTE
    await one.tallies.flush()
    expect(await rows('scrape-success')).to.deep.equal([
      ['12:00', 1, 1],
      ['12:01', 2, 2],
      ['12:02', 0, 1],
    ])
    const said = lines.map((line) => JSON.parse(line) as { event: string; waiting: number })
    expect(said.map(({ event, waiting }) => [event, waiting])).to.deep.equal([
      ['slo.tallies', 1],
      ['slo.tallies', 2],
    ])
  })

  it('goes on after a look that failed, and loses nothing by it', async () => {
    const one = begin()
    let broken = true
    one.metrics.onCollect(() => {
      if (broken) throw new Error('a bug')
    })
    visit(one, 'timeout')
    clock += MINUTE
    await one.tallies.flush()
    broken = false
    clock += MINUTE
    await one.tallies.flush()
    expect(await rows('scrape-success')).to.deep.equal([['12:01', 1, 1]])
    expect(lines).to.have.length(1)
  })

  it('writes once more at its end, and not after it', async () => {
    const one = begin()
    one.tallies.start()
    visit(one, 'ok', 5)
    clock += 10_000
    await one.tallies.close()
    expect(await rows('scrape-success')).to.deep.equal([['12:00', 0, 5]])
    visit(one, 'ok', 5)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await rows('scrape-success')).to.deep.equal([['12:00', 0, 5]])
  })

  it('writes at the end of every stretch by itself', async () => {
    const metrics = createMetrics({ sources: ['lever'], queues: [], version: '0' })
    const watch = { ...world.watch, metrics }
    const tallies = openTallies({ watch, db: world.db, slos: slos.filter(({ slo }) => slo === 'scrape-success'), seconds: 1 })
    tallies.start()
    metrics.scrapeRuns.inc({ source: 'lever', outcome: 'ok' })
    for (let tries = 0; tries < 200 && (await rows('scrape-success')).length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await rows('scrape-success')).to.have.length(1)
    await tallies.close()
  })

  it('puts what came after a long sleep into the minute in which it is seen', async () => {
    const one = begin()
    visit(one, 'ok')
    clock += 5 * 3_600_000 + 1000
    await one.tallies.flush()
    expect(await rows('scrape-success')).to.deep.equal([['16:59', 0, 1]])
  })

  it('makes hours of old minutes once an hour', async () => {
    const one = begin()
    visit(one, 'ok')
    await one.tallies.flush()
    const seconds = async () => (await world.db('slo_tallies').where({ slo: 'scrape-success' }).pluck('seconds')) as number[]
    expect(await seconds()).to.deep.equal([60])
    clock += 3 * 86_400_000
    await one.tallies.flush()
    expect(await seconds()).to.deep.equal([3600])
  })
})
