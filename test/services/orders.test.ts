// Orders to the running product: what is told to its processes, by whoever may, is done by them while visits go on.

import { hostname } from 'node:os'
import { expect } from 'chai'
import { readConfig } from '../../services/config.ts'
import { start, type Role, type Running } from '../../services/main.ts'
import { giveOrder, listWorkers, orderTakers, type WorkerRow } from '../../services/store/workers.ts'
import type { Database } from '../../services/store/database.ts'
import { countRows, openGround, openTownDatabase, type Ground } from '../journey/town.ts'
import { askWith, partsOf } from './runbook/bench.ts'

describe('orders to the product', function () {
  this.timeout(60_000)
  let ground: Ground
  let database: Database
  let running: Running | undefined
  before(async () => {
    ground = await openGround({ boards: 6, postingsPerBoard: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  beforeEach(() => database.db.raw('truncate boards, runs, workers, worker_orders cascade'))
  afterEach(async () => {
    await running?.stop()
    running = undefined
  })

  const open = async (role: Role) => {
    running = await start(readConfig({ ...ground.env, ROLEWATCH_CONCURRENCY: '5', METRICS_PORT: '0' }), role)
    return running
  }
  const until = async (look: () => Promise<boolean>) => {
    while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const runs = () => countRows(database.db('runs'))
  const here = async (): Promise<WorkerRow | undefined> => (await listWorkers(database.db))[0]
  const visitAgain = async () => {
    const before = await runs()
    await database.db('boards').update({ next_at: new Date(0) })
    await until(async () => (await runs()) >= before + 6)
  }

  it('every process says that it is here, one that makes no visits too, and leaves when it stops', async () => {
    for (const role of ['api', 'worker', 'all'] as const) {
      const product = await open(role)
      await until(async () => (await here()) !== undefined)
      const row = await here()
      expect(row, role).to.deep.include({
        owner: product.works.owner,
        role,
        host: hostname(),
        pid: process.pid,
        version: product.works.config.version,
      })
      expect(row?.state.concurrency, role).to.equal(role === 'api' ? null : 5)
      await product.stop()
      running = undefined
      expect(await here(), role).to.equal(undefined)
    }
  })

  it('a worker begins anew when it is told to, and visits go on', async () => {
    await open('worker')
    await until(async () => (await runs()) === 6 && (await here()) !== undefined)
    const id = await giveOrder(database.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    await until(async () => (await orderTakers(database.db, id)).length === 1)
    await visitAgain()
    expect((await here())?.state.concurrency).to.equal(5)
  })

  it('a runbook lets it make fewer visits at once, which it says and does, and gives that back', async () => {
    const { works } = await open('all')
    await until(async () => (await runs()) === 6 && (await here())?.state.concurrency === 5)
    const ask = askWith(await partsOf(works))
    const deed = await ask.act('worker.slow', { concurrency: '1' })
    expect(deed.words).to.equal(`${works.owner} told to make 1 visit at once at the most.`)
    await until(async () => (await here())?.state.concurrency === 1)
    ground.sandbox.market.clearRequests()
    const slow = ground.sandbox.market.fault({ kind: 'slow', ms: 30 })
    await visitAgain()
    const times = ground.sandbox.market.requests().map(({ at, ms }) => [Date.parse(at), Date.parse(at) + (ms ?? 0)] as const)
    for (const [n, [from]] of times.entries()) expect(from).to.be.at.least((times[n - 1]?.[1] ?? 0) - 1, 'one after the other')
    ground.sandbox.market.clearFaults(slow)
    expect((await ask.plan('worker.slow', { concurrency: '1' })).idle).to.equal('No worker makes more visits at once than that.')
    expect(await ask.undo('worker.slow', deed)).to.equal('1 worker told to work as before.')
    await until(async () => (await here())?.state.concurrency === 5)
    await visitAgain()
  })

  it('a process that makes no visits takes no orders', async () => {
    await open('api')
    await until(async () => (await here()) !== undefined)
    const id = await giveOrder(database.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await orderTakers(database.db, id)).to.deep.equal([])
  })
})
