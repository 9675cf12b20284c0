// Runs: kept with what their board remembers of them, and listed page by page.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { Outcome } from '../../../ops/metrics.ts'
import { getBoard } from '../../../services/store/boards.ts'
import { getRun, listRuns, newerRuns, recordRun, type BoardUpdate, type RunRecord } from '../../../services/store/runs.ts'
import { seedBoard, type SeededBoard } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

const AT = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute))

function record(board: SeededBoard, fields: Partial<RunRecord> = {}): RunRecord {
  return {
    id: randomUUID(),
    board_id: board.id,
    source: board.source,
    trigger: 'schedule',
    outcome: 'ok',
    complete: true,
    seen: 5,
    new: 1,
    changed: 2,
    closed: 3,
    reopened: 4,
    rejected: 6,
    unlisted: 7,
    duplicates: 8,
    pages: 9,
    bytes: 3_000_000_000,
    attempts: 10,
    guard: { name: 'drop', seen: 5, median: 9, would_close: 4 },
    started_at: AT(0),
    seconds: 0.125,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    error: 'it is told',
    error_path: 'jobs[3].title',
    ...fields,
  }
}

const FRESH: BoardUpdate = { fresh: true, failed: false }

describe('runs', () => {
  let world: World
  let acme: SeededBoard
  let globex: SeededBoard
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db.raw('truncate runs, boards cascade')
    acme = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
    globex = await seedBoard(world.db, 'lever', 'globex', 'Globex')
  })
  const board = async () => getBoard(world.db, acme.id)

  it('are kept as they were, with the name of their board', async () => {
    const run = record(acme)
    await recordRun(world.db, run, FRESH)
    expect(await getRun(world.db, run.id)).to.deep.equal({ ...run, board: 'acme', undone_at: null })
    expect(await getRun(world.db, randomUUID())).to.equal(undefined)
  })

  it('leave in their board what it has to remember, and touch nothing else of it', async () => {
    await recordRun(world.db, record(acme), { ...FRESH, open_count: 4, recent_counts: [4, 5], reader: 'greenhouse@1+1', region: 'eu' })
    const page = { url: 'https://x.example', etag: '"1"', last_modified: null, hash: 'h', next: null }
    const second = record(acme, { outcome: 'partial', started_at: AT(1) })
    await recordRun(world.db, second, { fresh: false, failed: true, pages: [page] })
    expect(await board()).to.deep.include({
      last_outcome: 'partial',
      last_run_at: AT(1),
      last_complete_at: AT(0),
      failures: 1,
      open_count: 4,
      recent_counts: [4, 5],
      reader: 'greenhouse@1+1',
      region: 'eu',
      pages: [page],
    })
    await recordRun(world.db, record(acme, { started_at: AT(2) }), { fresh: false, failed: true, pages: null })
    expect(await board()).to.deep.include({ failures: 2, pages: null })
    await recordRun(world.db, record(acme, { started_at: AT(3), guard: null }), FRESH)
    expect(await board()).to.deep.include({ failures: 0, last_complete_at: AT(3) })
    expect(await getBoard(world.db, globex.id)).to.deep.include({ last_outcome: null, failures: 0 })
  })

  it('are written together with that memory or not at all', async () => {
    const failed = await recordRun(world.db, record(acme, { trigger: 'whim' as 'try' }), { ...FRESH, open_count: 77 }).catch(
      (error: unknown) => error,
    )
    expect(failed).to.have.property('code', '23514')
    expect(await board()).to.deep.include({ open_count: 0, last_run_at: null })
  })

  describe('in a list', () => {
    const outcomes: Outcome[] = ['ok', 'unchanged', 'blocked']
    beforeEach(async () => {
      // Three at each moment: the order within one is that of their ids.
      for (let minute = 0; minute < 5; minute++)
        for (const [index, outcome] of outcomes.entries())
          await recordRun(world.db, record(index === 2 ? globex : acme, { outcome, started_at: AT(minute) }), FRESH)
    })

    it('come newest first, narrowed by source, board and outcome', async () => {
      const all = await listRuns(world.db, { limit: 100 })
      expect(all).to.have.length(15)
      expect(all.map((run) => run.started_at.getTime())).to.deep.equal(all.map((run) => run.started_at.getTime()).toSorted((a, b) => b - a))
      expect((await listRuns(world.db, { source: 'lever', limit: 100 })).map((run) => run.board)).to.deep.equal(Array(5).fill('globex'))
      expect(await listRuns(world.db, { board: 'acme', outcome: 'ok', limit: 100 })).to.have.length(5)
      expect(await listRuns(world.db, { source: 'lever', board: 'acme', limit: 100 })).to.deep.equal([])
      expect(await listRuns(world.db, { limit: 4 })).to.deep.equal(all.slice(0, 4))
    })

    it('come page by page without a gap or a repetition, while new ones arrive', async () => {
      const all = (await listRuns(world.db, { limit: 100 })).map(({ id }) => id)
      for (const limit of [1, 2, 4, 7]) {
        const seen: string[] = []
        let page = await listRuns(world.db, { limit })
        while (page.length > 0) {
          seen.push(...page.map(({ id }) => id))
          await recordRun(world.db, record(acme, { started_at: AT(60) }), FRESH)
          const last = page.at(-1)
          page = last ? await listRuns(world.db, { limit, before: { at: last.started_at, id: last.id } }) : []
        }
        expect(seen, `${limit} at a time`).to.deep.equal(all)
        await world
          .db('runs')
          .where({ started_at: AT(60) })
          .delete()
      }
    })

    it('are, for who waits, the newest of each board where it is another than the one known', async () => {
      const lastOf = async (one: SeededBoard) => (await getBoard(world.db, one.id))?.last_run_id ?? null
      const known = new Map([
        [acme.id, await lastOf(acme)],
        [globex.id, null],
      ])
      expect((await newerRuns(world.db, known)).map((run) => [run.board_id, run.board, run.id])).to.deep.equal([
        [globex.id, 'globex', await lastOf(globex)],
      ])
      const newest = record(acme, { started_at: AT(0), outcome: 'gone' })
      await recordRun(world.db, newest, FRESH)
      expect(
        (await newerRuns(world.db, known)).map(({ id }) => id),
        'however its clock goes',
      ).to.include(newest.id)
      expect(await newerRuns(world.db, new Map())).to.deep.equal([])
      expect(await newerRuns(world.db, new Map([[999_999, null]]))).to.deep.equal([])
    })
  })
})
