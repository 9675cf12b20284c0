// The schedule: what is due is put in the queue in the transaction that claims it, once, and people go before the clock.

import { expect } from 'chai'
import { openQueue, type Queue } from '../../../ops/queue.ts'
import { quietLog } from '../../../ops/log.ts'
import { startSchedule, startVisits, URGENT, visitTask, VISITS, type Schedule, type VisitTask } from '../../../services/scrape/schedule.ts'
import { pauseBoards } from '../../../services/store/boards.ts'
import { queueDatabase } from '../../../services/store/queue.ts'
import { countRows, openTown, type Town } from '../../journey/town.ts'
import { seedBoard } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

interface Target {
  id: number
  source: string
  ident: string
}

interface Job {
  data: VisitTask
  priority: number
  state: string
}

describe('the schedule', function () {
  this.timeout(30_000)
  let world: World
  let queue: Queue
  const schedules: Schedule[] = []
  before(async () => {
    world = await openWorld()
    queue = openQueue({ database: queueDatabase(world.database), log: quietLog, queues: [VISITS], supervise: false })
    await queue.start()
  })
  after(async () => {
    await queue.close()
    await world.close()
  })
  beforeEach(async () => {
    await world.db.raw('truncate boards cascade')
    await world.db.raw('delete from pgboss.job')
    for (let n = 0; n < 30; n++) await seedBoard(world.db, n % 2 ? 'lever' : 'greenhouse', `board-${n}`, 'Acme')
    await allDue()
  })
  afterEach(async () => {
    for (const schedule of schedules.splice(0)) await schedule.close()
  })

  const jobs = (): Promise<Job[]> =>
    world.db('pgboss.job').where({ name: VISITS }).orderBy('priority', 'desc').select<Job[]>('data', 'priority', 'state')
  const due = () => countRows(world.db('boards').where('next_at', '<=', new Date()))
  /** A schedule that ticks only when it is told to; its first tick is over. */
  const quiet = async (options: { batch?: number; queue?: Queue } = {}) => {
    const schedule = startSchedule({ watch: world.watch, database: world.database, queue, everyMs: 3_600_000, ...options })
    schedules.push(schedule)
    await schedule.close()
    return schedule
  }
  const nothingDue = () => world.db('boards').update({ next_at: new Date(Date.now() + 3_600_000) })
  const allDue = () => world.db('boards').update({ next_at: new Date(Date.now() - 1000) })

  it('puts every due board into the queue and puts it off, without being asked', async () => {
    await quiet()
    const tasks = await jobs()
    expect(tasks.map(({ data }) => data.board_id).toSorted((a, b) => a - b)).to.deep.equal(
      await world.db('boards').orderBy('id').pluck('id'),
    )
    for (const { data, priority } of tasks) {
      expect(data.trigger).to.equal('schedule')
      expect(priority).to.equal(0)
    }
    expect(await due()).to.equal(0)
  })

  it('leaves alone what is not due, paused, switched off or no longer configured', async () => {
    await nothingDue()
    const schedule = await quiet()
    expect(await jobs()).to.deep.equal([])
    await allDue()
    await pauseBoards(world.db, { source: 'lever' }, new Date(Date.now() + 60_000), 'by hand')
    await world.db('boards').where({ ident: 'board-0' }).update({ enabled: false })
    await world.db('boards').where({ ident: 'board-2' }).update({ configured: false })
    expect(await schedule.tick()).to.equal(13)
    expect(await jobs()).to.have.length(13)
  })

  it('claims no more than a batch at once, the longest overdue first', async () => {
    await nothingDue()
    const schedule = await quiet({ batch: 10 })
    await allDue()
    await world
      .db('boards')
      .where({ ident: 'board-7' })
      .update({ next_at: new Date(0) })
    const claimed: number[] = []
    for (let n = await schedule.tick(); n > 0; n = await schedule.tick()) {
      claimed.push(n)
      if (claimed.length === 1)
        expect((await jobs()).map(({ data }) => data.board_id)).to.include(
          (await world.db('boards').where({ ident: 'board-7' }).first('id')).id,
        )
    }
    expect(claimed).to.deep.equal([10, 10, 10])
  })

  it('never puts a board into the queue twice, however many schedules look at once', async () => {
    await nothingDue()
    const many = await Promise.all(Array.from({ length: 4 }, () => quiet({ batch: 7 })))
    await allDue()
    const claimed = await Promise.all([...many, ...many].map((schedule) => schedule.tick()))
    for (let n = 1; n > 0;) claimed.push((n = (await many[0]?.tick()) ?? 0))
    expect(claimed.reduce((sum, n) => sum + n, 0)).to.equal(30)
    const ids = (await jobs()).map(({ data }) => data.board_id)
    expect(ids).to.have.length(30)
    expect(new Set(ids).size).to.equal(30)
  })

  it('claims and enqueues together or not at all', async () => {
    await nothingDue()
    const broken: Queue = {
      ...queue,
      async add(name, tasks, transaction) {
        await queue.add(name, tasks, transaction)
        throw new Error('the queue is away')
      },
    }
    const schedule = await quiet({ queue: broken })
    await allDue()
    expect(await schedule.tick().catch((error: unknown) => error)).to.have.property('message', 'the queue is away')
    expect(await due()).to.equal(30)
    expect(await jobs()).to.deep.equal([])
  })

  it('lets what a person asks for go before it, and raises what waits already', async () => {
    await quiet()
    const asked = await world.db('boards').where({ ident: 'board-29' }).first<Target | undefined>('id', 'source', 'ident')
    if (!asked) throw new Error('no board')
    await queue.add(VISITS, [await visitTask(asked, 'refresh', URGENT)])
    expect(await jobs(), 'it is not there twice').to.have.length(30)
    const order: number[] = []
    const worker = queue.work(VISITS, { concurrency: 1, idleMs: 20 }, async (data) => void order.push((data as VisitTask).board_id))
    while (order.length < 30) await new Promise((resolve) => setTimeout(resolve, 10))
    await worker.stop()
    expect(order[0]).to.equal(asked.id)
  })

  it('begins a trace for every task', async () => {
    const board = { id: 7, source: 'lever', ident: 'acme' }
    const [one, other] = [await visitTask(board, 'schedule'), await visitTask(board, 'refresh', URGENT)]
    expect(one).to.deep.include({ key: '7', priority: 0 })
    expect(other).to.deep.include({ key: '7', priority: URGENT })
    expect(one.data.traceparent).to.match(/^00-[\da-f]{32}-[\da-f]{16}-0\d$/)
    expect(one.data.traceparent?.slice(3, 35)).not.to.equal(other.data.traceparent?.slice(3, 35))
  })
})

describe('a worker on visits', function () {
  this.timeout(30_000)
  let town: Town
  before(async () => {
    town = await openTown({ boards: 3 })
  })
  after(() => town.close())

  it('tells of each run, and passes over what left the configuration while it waited', async () => {
    const { database, queue, runParts } = town.works
    const boards = await database.db('boards').select('id', 'source', 'ident').orderBy('id')
    const [gone, off, left] = boards as Target[]
    if (!gone || !off || !left) throw new Error('three boards were expected')
    await database.db('boards').where({ id: gone.id }).update({ configured: false })
    await database.db('boards').where({ id: off.id }).update({ enabled: false })
    const told: number[] = []
    const worker = startVisits(runParts, queue, 4, (run) => void told.push(run.board_id))
    const nobody = { id: 999_999, source: 'lever', ident: 'nobody' }
    const tasks = [gone, off, left, nobody].map((board) => visitTask(board, 'refresh', URGENT))
    await queue.add(VISITS, await Promise.all(tasks))
    const open = () => countRows(database.db('pgboss.job').where({ name: VISITS }).whereIn('state', ['created', 'retry', 'active']))
    while ((await open()) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await worker.stop()
    // The town's own worker may have taken it: either way there is one run, of the one board that is left.
    expect(told.every((id) => id === left.id)).to.equal(true)
    expect(await database.db('runs').pluck('board_id')).to.deep.equal([left.id])
    expect(await queue.deadLetters(VISITS)).to.deep.equal([])
  })
})
