// Snapshots: what was open at the end of a day, as it was then.

import { expect } from 'chai'
import { takeSnapshot } from '../../../services/store/snapshots.ts'
import { changePostings, closeSeeded, pay, seedBoard, seedPostings } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

describe('snapshots', () => {
  let world: World
  before(async () => {
    world = await openWorld()
    const acme = await seedBoard(world.db, 'greenhouse', 'acme')
    const [, b] = await seedPostings(world.db, acme, '2026-03-01T23:59:59Z', [
      { external_id: 'a', title: 'Engineer', pay: [pay('USD', 100_000, 120_000)] },
      { external_id: 'b', pay: [pay('JPY', 5_000_000, null), pay('EUR', 50_000, 60_000)] },
    ])
    await changePostings(world.db, acme, '2026-03-02T12:00:00Z', [{ external_id: 'a', title: 'Senior Engineer' }])
    await closeSeeded(world.db, acme, '2026-03-03T00:00:00Z', [b ?? ''])
    await seedPostings(world.db, acme, '2026-03-03T00:00:00Z', [{ external_id: 'c' }])
  })
  after(() => world.close())

  const open = async (date: string) =>
    (await world.db('posting_snapshots').where({ snapshot_date: date }).orderBy('external_id').select('external_id', 'title')).map(
      (row: { external_id: string; title: string }) => `${row.external_id}:${row.title}`,
    )

  it('count what was open at the end of the day in UTC, as it was then', async () => {
    const days: [string, string[]][] = [
      ['2026-02-28', []],
      ['2026-03-01', ['a:Engineer', 'b:Engineer']],
      // Closed at midnight: at the end of the second it was still there.
      ['2026-03-02', ['a:Senior Engineer', 'b:Engineer']],
      ['2026-03-03', ['a:Senior Engineer', 'c:Engineer']],
    ]
    for (const [date, rows] of days) {
      expect(await takeSnapshot(world.db, date), date).to.deep.equal({ postings: rows.length })
      expect(await open(date), date).to.deep.equal(rows)
    }
  })

  it('are marked once, however often they are asked for', async () => {
    await takeSnapshot(world.db, '2026-03-01')
    await takeSnapshot(world.db, '2026-03-01')
    expect(await world.db('snapshots').where({ date: '2026-03-01' })).to.have.length(1)
    expect(await open('2026-03-01')).to.have.length(2)
  })

  it('have a row per band of pay, in major units', async () => {
    await takeSnapshot(world.db, '2026-03-01')
    const bands = await world
      .db('comp_snapshots')
      .where({ snapshot_date: '2026-03-01' })
      .orderBy('currency')
      .select('currency', 'min', 'max', 'annual_min')
    expect(
      bands.map((band: Record<string, string | null>) => [band['currency'], Number(band['annual_min']), band['max'] === null]),
    ).to.deep.equal([
      ['EUR', 50_000, false],
      ['JPY', 5_000_000, true],
      ['USD', 100_000, false],
    ])
    const [euro] = bands as { min: string; max: string }[]
    expect([Number(euro?.min), Number(euro?.max)]).to.deep.equal([50_000, 60_000])
  })

  it('are refused for a day that the calendar does not have', async () => {
    expect(await takeSnapshot(world.db, '2026-02-30').catch((error: unknown) => error)).to.have.property('code', '22008')
  })
})
