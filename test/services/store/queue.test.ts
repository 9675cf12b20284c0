// The queue over the product's own pool: tasks live and die with the store's transactions.

import { expect } from 'chai'
import { PgBoss, type Job } from 'pg-boss'
import { fromKnex } from '../../../ops/queue.ts'
import { queueDatabase } from '../../../services/store/queue.ts'
import { openWorld, type World } from '../../world.ts'

/** Resolves when `check` gives something. */
async function eventually<T>(check: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let n = 0; n < 500; n++) {
    const value = await check()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come')
}

describe('services/store/queue', () => {
  let world: World
  let boss: PgBoss
  before(async () => {
    world = await openWorld()
    boss = new PgBoss({ db: queueDatabase(world.database), schema: 'pgboss', useListenNotify: true, supervise: false, schedule: false })
    boss.on('error', () => {})
    await boss.start()
  })
  after(async () => {
    await boss.stop({ graceful: true, timeout: 2000 })
    await world.close()
  })

  const waiting = async (queue: string) => (await boss.findJobs(queue, { queued: true })).length

  it('adds a task only when the transaction of the store commits', async () => {
    await boss.createQueue('first')
    await world.database
      .inTransaction(async (trx) => {
        await boss.send('first', { n: 1 }, { db: fromKnex(trx) })
        throw new Error('no')
      })
      .catch(() => {})
    expect(await waiting('first')).to.equal(0)
    await world.database.inTransaction(async (trx) => {
      await boss.send('first', { n: 2 }, { db: fromKnex(trx) })
    })
    expect(await waiting('first')).to.equal(1)
  })

  it('rolls back what a failed attempt wrote and keeps what the next one did, with the end of the task', async () => {
    await boss.createQueue('second', { retryLimit: 2, retryDelay: 0 })
    await world.db.schema.createTable('written', (table) => {
      table.integer('attempt')
    })
    let attempts = 0
    await boss.work('second', { transactional: true, pollingIntervalSeconds: 0.5 }, async (_jobs: Job[], db) => {
      await db.executeSql('insert into written (attempt) values ($1)', [++attempts])
      if (attempts === 1) throw new Error('the first time it fails')
    })
    const id = await boss.send('second', {})
    const done = await eventually(async () => {
      const [job] = await boss.findJobs('second', { id: id ?? '' })
      return job?.state === 'completed' ? job : undefined
    })
    expect(done.state).to.equal('completed')
    expect(await world.db('written').pluck('attempt')).to.deep.equal([2])
    await boss.offWork('second')
  })

  it('wakes a worker that would have slept for half a minute, also after its connection was lost', async () => {
    await boss.createQueue('third', { notify: true })
    const seen: number[] = []
    await boss.work('third', { pollingIntervalSeconds: 30, notifyPollingIntervalSeconds: 30 }, async ([job]: Job<{ n: number }>[]) => {
      seen.push(job?.data.n ?? -1)
    })
    await boss.send('third', { n: 1 })
    await eventually(() => (seen.includes(1) ? true : undefined))

    const ear = `select pid from pg_stat_activity where application_name = 'rolewatch listen' and datname = current_database()`
    const pids = async () => (await world.db.raw<{ rows: { pid: number }[] }>(ear)).rows.map((row) => row.pid)
    const [lost] = await pids()
    await world.db.raw('select pg_terminate_backend(?)', [lost ?? 0])
    await eventually(async () => {
      const now = await pids()
      return now.length > 0 && !now.includes(lost ?? 0) ? true : undefined
    })
    await boss.send('third', { n: 2 })
    await eventually(() => (seen.includes(2) ? true : undefined))
    expect(seen).to.deep.equal([1, 2])
  })

  it('leaves no listening connection behind', async () => {
    const adapter = queueDatabase(world.database)
    const count = async () =>
      Number(
        (
          await world
            .db('pg_stat_activity')
            .where({ application_name: 'rolewatch listen' })
            .whereRaw('datname = current_database()')
            .count('* as n')
        )[0]?.['n'],
      )
    const before = await count()
    const handle = await adapter.listen?.(
      'anything',
      () => {},
      () => {},
    )
    expect(await count()).to.equal(before + 1)
    await handle?.close()
    await eventually(async () => ((await count()) === before ? true : undefined))
  })

  it('may be rolled back twice', async () => {
    const transaction = await queueDatabase(world.database).beginTransaction?.()
    await transaction?.rollback()
    await transaction?.rollback()
    expect(await world.database.ping()).to.be.above(0)
  })
})
