// Confirmations: many at once in few statements, each committed when its caller hears of it.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { createConfirmations, type Confirmation } from '../../../services/store/confirmations.ts'
import { getBoard } from '../../../services/store/boards.ts'
import { getRun, type RunRecord } from '../../../services/store/runs.ts'
import { seedBoard, type SeededBoard } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

const AT = new Date('2026-03-01T12:00:00Z')

describe('confirmations', () => {
  let world: World
  let boards: SeededBoard[] = []
  before(async () => {
    world = await openWorld()
    for (let n = 0; n < 200; n++) boards.push(await seedBoard(world.db, 'greenhouse', `board-${n}`, 'Acme'))
  })
  after(() => world.close())

  const confirmation = (board: { id: number; source: string }, seen = 7): Confirmation => ({
    run: {
      id: randomUUID(),
      board_id: board.id,
      source: board.source,
      trigger: 'schedule',
      outcome: 'unchanged',
      complete: true,
      seen,
      pages: 1,
      bytes: 5_000_000_000,
      attempts: 1,
      started_at: AT,
      seconds: 0.25,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      ...NOTHING,
    },
    recentCounts: [6, seen],
  })
  /** The statements that the pool was given while `work` ran. */
  const counted = async (work: () => Promise<unknown>) => {
    let statements = 0
    const count = () => void statements++
    world.db.on('query', count)
    await work()
    world.db.off('query', count)
    return statements
  }

  it('write the run and what its board remembers of it', async () => {
    const [board] = boards
    if (!board) throw new Error('no board')
    await world.db('boards').where({ id: board.id }).update({ failures: 3, pages: '[]', open_count: 7 })
    const given = confirmation(board)
    await createConfirmations(world.db)(given)
    expect(await getRun(world.db, given.run.id)).to.deep.equal({ ...given.run, board: 'board-0', undone_at: null })
    expect(await getBoard(world.db, board.id)).to.deep.include({
      last_outcome: 'unchanged',
      last_run_at: AT,
      last_complete_at: AT,
      failures: 0,
      recent_counts: [6, 7],
      pages: [],
      open_count: 7,
    })
  })

  it('go in few statements when there are many at once, and each is committed when its caller hears of it', async () => {
    const confirm = createConfirmations(world.db)
    const given = boards.map((board) => confirmation(board))
    const missing: string[] = []
    const statements = await counted(() =>
      Promise.all(
        given.map(async (one, index) => {
          // In waves, as visits end.
          for (let turn = 0; turn < index % 5; turn++) await new Promise((resolve) => setImmediate(resolve))
          await confirm(one)
          if (index % 50 === 0 && !(await getRun(world.db, one.run.id))) missing.push(one.run.id)
        }),
      ),
    )
    expect(missing).to.deep.equal([])
    expect(statements - 4, 'for 200 confirmations').to.be.within(1, 10)
    expect(
      await world.db('runs').whereIn(
        'id',
        given.map(({ run }) => run.id),
      ),
    ).to.have.length(200)
  })

  it('gather behind the statement that is on its way: two are enough for any number', async () => {
    const confirm = createConfirmations(world.db)
    const [first, ...others] = boards.map((board) => confirmation(board))
    const statements = await counted(async () => {
      const going = [confirm(first ?? confirmation({ id: 0, source: '' }))]
      await Promise.resolve()
      going.push(...others.map((one) => confirm(one)))
      await Promise.all(going)
    })
    expect(statements).to.equal(2)
  })

  it('that fail tell their own callers, and not those who come after', async () => {
    const confirm = createConfirmations(world.db)
    const [a, b, c] = boards.map((board) => confirmation(board))
    if (!a || !b || !c) throw new Error('no boards')
    const broken = confirmation({ id: 999_999_999, source: 'greenhouse' })
    const settled = await Promise.allSettled([confirm(a), confirm(broken)])
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    expect(await getRun(world.db, a.run.id)).to.equal(undefined)

    const failing = confirm(broken)
    await Promise.resolve()
    const after = confirm(b)
    expect(await failing.catch((error: unknown) => error)).to.have.property('code', '23503')
    await after
    await confirm(c)
    for (const { run } of [b, c]) expect(await getRun(world.db, run.id)).to.include({ outcome: 'unchanged' })
  })

  it('do not make others hasty: the setting ends with their own transaction', async () => {
    const setting = async () =>
      (await world.db.raw<{ rows: { s: string }[] }>(`select current_setting('synchronous_commit') as s`)).rows[0]?.s
    const before = await setting()
    await createConfirmations(world.db)(confirmation(boards[1] ?? { id: 0, source: '' }))
    expect(await setting()).to.equal(before)
  })

  it('hold boards in the order of their ids, so that nobody waits for them in a circle', async () => {
    const confirm = createConfirmations(world.db)
    const [low, ...others] = boards.toSorted((a, b) => a.id - b.id)
    if (!low) throw new Error('no boards')
    const confirming = await world.database.inTransaction(async (trx) => {
      await trx('boards').where({ id: low.id }).forUpdate().first('id')
      const going = Promise.all([...others.toReversed(), low].map((board) => confirm(confirmation(board))))
      await waitForLock(world)
      const ids = others.map(({ id }) => id)
      expect(await trx('boards').whereIn('id', ids).forUpdate().noWait().pluck('id')).to.have.length(others.length)
      return { going }
    })
    await confirming.going
  })
})

/** Until one transaction waits for another. */
async function waitForLock(world: World): Promise<void> {
  for (;;) {
    const { rows } = await world.db.raw<{ rows: { n: number }[] }>(
      `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if ((rows[0]?.n ?? 0) > 0) return
  }
}

const NOTHING: Pick<
  RunRecord,
  'new' | 'changed' | 'closed' | 'reopened' | 'rejected' | 'unlisted' | 'duplicates' | 'guard' | 'error' | 'error_path'
> = { new: 0, changed: 0, closed: 0, reopened: 0, rejected: 0, unlisted: 0, duplicates: 0, guard: null, error: null, error_path: null }
