// Tallies in the database: many writers, one sum; minutes become hours and nothing is lost.

import { expect } from 'chai'
import fc from 'fast-check'
import { rollUpTallies, sumTallies, writeTallies, type TallyRow } from '../../../services/store/tallies.ts'
import { openWorld, type World } from '../../world.ts'

const NOW = new Date('2026-03-10T12:34:56Z')
const MINUTE = 60_000
const DAY = 86_400_000

const row = (fields: Partial<TallyRow>): TallyRow => ({ slo: 'a', bound: '', labels: {}, bad: 0, total: 1, ...fields })

describe('services/store/tallies', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('slo_tallies').delete()
  })

  const write = (at: Date, rows: { events?: TallyRow[]; slices?: TallyRow[] }, seconds = 60) =>
    writeTallies(world.db, { at, seconds, events: rows.events ?? [], slices: rows.slices ?? [] })
  const sums = async (window: number, now = NOW, slo = 'a', bound = '') =>
    (await sumTallies(world.db, [{ key: 'k', slo, bound, window }], now)).map(({ labels, bad, total }) => [labels, bad, total])
  const rows = async (): Promise<[string, number, number, number][]> =>
    (await world.db('slo_tallies').select('at', 'seconds', 'bad', 'total').orderBy(['at', 'seconds'])).map(
      ({ at, seconds, bad, total }: { at: Date; seconds: number; bad: number; total: number }) => [at.toISOString(), seconds, bad, total],
    )

  it('adds events to what others saw in the same minute', async () => {
    const at = new Date('2026-03-10T12:30:00Z')
    await Promise.all(
      Array.from({ length: 8 }, (_, n) => write(at, { events: [row({ bad: 1, total: 2 }), row({ slo: 'b', total: n + 1 })] })),
    )
    expect(await sums(600)).to.deep.equal([[{}, 8, 16]])
    expect(await sums(600, NOW, 'b')).to.deep.equal([[{}, 0, 36]])
  })

  it('never waits for itself in a circle, whatever the order of what is written', async () => {
    const at = new Date('2026-03-10T12:30:00Z')
    const many = Array.from({ length: 800 }, (_, n) => row({ slo: `s${n}`, bad: 1 }))
    await Promise.all(Array.from({ length: 12 }, (_, n) => write(at, { events: n % 2 === 0 ? many : many.toReversed() })))
    expect(await sums(600, NOW, 's39')).to.deep.equal([[{}, 12, 12]])
  })

  it('has one slice per minute, however many write it, and its worst counts', async () => {
    const at = new Date('2026-03-10T12:30:00Z')
    const slice = (bad: number) => ({ slices: [row({ bad, total: 60, labels: { source: 'lever' } })] })
    await write(at, slice(0))
    await write(at, slice(60))
    await write(at, slice(0))
    expect(await sums(600)).to.deep.equal([[{ source: 'lever' }, 60, 60]])
  })

  it('keeps labels and bounds apart, and labels in any order together', async () => {
    const at = new Date('2026-03-10T12:30:00Z')
    await write(at, {
      events: [row({ labels: { x: '1', y: '2' }, bad: 1 }), row({ labels: { x: '2', y: '2' } }), row({ bound: '8', bad: 1 })],
    })
    await write(at, { events: [row({ labels: { y: '2', x: '1' } })] })
    expect(await sums(600)).to.deep.equal([
      [{ x: '1', y: '2' }, 1, 2],
      [{ x: '2', y: '2' }, 0, 1],
    ])
    expect(await sums(600, NOW, 'a', '8')).to.deep.equal([[{}, 1, 1]])
  })

  it('sums exactly the window: full minutes, and what is there of the one that runs', async () => {
    for (let ago = 0; ago < 20; ago++) await write(new Date(Date.UTC(2026, 2, 10, 12, 34 - ago)), { events: [row({ bad: 2 ** ago })] })
    expect(await sums(300)).to.deep.equal([[{}, 1 + 2 + 4 + 8 + 16 + 32, 6]])
    expect(await sums(60)).to.deep.equal([[{}, 3, 2]])
    expect(await sums(300, new Date('2026-03-10T12:30:00Z')), 'as it was then').to.deep.equal([[{}, 16 + 32 + 64 + 128 + 256 + 512, 6]])
  })

  it('answers many windows at once, each under its key', async () => {
    await write(new Date('2026-03-10T12:30:00Z'), { events: [row({ bad: 1 })] })
    const windows = ['near', 'far', 'none'].map((key, n) => ({
      key,
      slo: n === 2 ? 'nobody' : 'a',
      bound: '',
      window: n === 0 ? 60 : 3600,
    }))
    expect(await sumTallies(world.db, windows, NOW)).to.deep.equal([{ key: 'far', labels: {}, bad: 1, total: 1 }])
    expect(await sumTallies(world.db, [], NOW)).to.deep.equal([])
  })

  it('makes hours of minutes after two days, and the sums stay', async () => {
    const minute = fc.record({
      ago: fc.integer({ min: 0, max: 5 * 1440 }),
      bad: fc.integer({ min: 0, max: 50 }),
      total: fc.integer({ min: 50, max: 100 }),
      source: fc.constantFrom('ashby', 'lever'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(minute, { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(72), { maxLength: 3 }),
        async (minutes, hours) => {
          await world.db('slo_tallies').delete()
          const start = Math.floor(NOW.getTime() / MINUTE) * MINUTE
          for (const { ago, bad, total, source } of minutes)
            await write(new Date(start - ago * MINUTE), { events: [row({ bad, total, labels: { source } })] })
          const before = await sums(30 * 86_400)
          let now = NOW
          for (const later of hours) {
            now = new Date(now.getTime() + later * 3_600_000)
            await rollUpTallies(world.db, now)
          }
          expect(await sums(30 * 86_400, now)).to.deep.equal(before)
          const old = (await rows()).filter(
            ([at, seconds]) => seconds === 60 && new Date(at).getTime() < now.getTime() - 2 * DAY - 3_600_000,
          )
          if (hours.length > 0) expect(old).to.deep.equal([])
        },
      ),
      { numRuns: 25 },
    )
  })

  it('rolls up whole hours alone, adds what comes late, and deletes what is older than a month', async () => {
    const at = (text: string) => new Date(`2026-03-${text}:00Z`)
    for (const time of ['08T11:58', '08T11:59', '08T12:00', '08T12:01']) await write(at(time), { events: [row({ bad: 1, total: 2 })] })
    await rollUpTallies(world.db, NOW)
    expect(await rows()).to.deep.equal([
      ['2026-03-08T11:00:00.000Z', 3600, 2, 4],
      ['2026-03-08T12:00:00.000Z', 60, 1, 2],
      ['2026-03-08T12:01:00.000Z', 60, 1, 2],
    ])
    const untouched = async () =>
      (await world.db('slo_tallies').where({ seconds: 3600 }).select(world.db.raw('xmin::text')).first()) as object
    const written = await untouched()
    await rollUpTallies(world.db, NOW)
    expect(await untouched(), 'an hour is made once').to.deep.equal(written)
    await write(at('08T11:00'), { events: [row({ total: 5 })] })
    await rollUpTallies(world.db, NOW)
    expect((await rows())[0]).to.deep.equal(['2026-03-08T11:00:00.000Z', 3600, 2, 9])
    await rollUpTallies(world.db, new Date('2026-04-08T11:30:00Z'))
    expect(await rows()).to.deep.equal([['2026-03-08T12:00:00.000Z', 3600, 2, 4]])
  })

  it('may be rolled up by many at once', async () => {
    for (let n = 0; n < 120; n++) await write(new Date(Date.UTC(2026, 2, 5, 0, n)), { events: [row({ bad: 1, total: 3 })] })
    await Promise.all(Array.from({ length: 6 }, () => rollUpTallies(world.db, NOW)))
    expect(await rows()).to.deep.equal([
      ['2026-03-05T00:00:00.000Z', 3600, 60, 180],
      ['2026-03-05T01:00:00.000Z', 3600, 60, 180],
    ])
  })
})
