// The presence of a process: its beat, the orders that it takes once, and that it is woken for them.

import { hostname } from 'node:os'
import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { startPresence, type Obeying, type Presence } from '../../../services/runbook/presence.ts'
import { giveOrder, listWorkers, orderTakers } from '../../../services/store/workers.ts'
import { openWorld, type World } from '../../world.ts'

interface TestWorker extends Obeying {
  restarts: number[]
  /** A restart waits for it. */
  gate: Promise<void>
}

function createWorker(): TestWorker {
  let atOnce = 8
  const worker: TestWorker = {
    restarts: [],
    gate: Promise.resolve(),
    concurrency: () => atOnce,
    active: () => 3,
    async restart(wanted) {
      worker.restarts.push(wanted)
      await worker.gate
      atOnce = wanted
    },
  }
  return worker
}

describe('the presence of a process', () => {
  let world: World
  const open: Presence[] = []
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    await world.db.raw('truncate workers, worker_orders restart identity')
  })

  /** Beats only when asked, and hears of orders by itself. */
  const start = (owner: string, worker?: Obeying, role = 'worker', beatSeconds = 3600): Presence => {
    const process = { owner, role, version: '1.2.3', host: hostname(), pid: 4711 }
    const presence = startPresence({ database: world.database, log: quietLog, process, worker, beatSeconds })
    open.push(presence)
    return presence
  }
  const until = async (look: () => boolean | Promise<boolean>) => {
    while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const rowOf = async (owner: string) => (await listWorkers(world.db)).find((one) => one.owner === owner)

  it('says that it lives and how it is, and leaves when it ends', async () => {
    const worker = createWorker()
    const presence = start('one:1', worker)
    await presence.now()
    const row = await rowOf('one:1')
    expect(row).to.deep.include({ role: 'worker', version: '1.2.3', pid: 4711 })
    expect(row?.silent_seconds).to.be.within(0, 5)
    expect(row?.state).to.include({ concurrency: 8, active: 3 })
    expect(row?.state.heap_bytes).to.be.within(1e6, row?.state.heap_limit_bytes ?? 0)
    expect(row?.state.rss_bytes).to.be.above(1e7)
    expect(row?.state.event_loop_p99_seconds).to.be.within(0, 10)
    await open.pop()?.close()
    expect(await rowOf('one:1')).to.equal(undefined)
  })

  it('beats again and again', async () => {
    start('one:1', undefined, 'api', 0.05)
    await until(async () => (await rowOf('one:1')) !== undefined)
    const first = (await rowOf('one:1'))?.beat_at ?? new Date()
    await until(async () => ((await rowOf('one:1'))?.beat_at ?? first) > first)
    expect((await rowOf('one:1'))?.state).to.include({ concurrency: null, active: 0 })
  })

  it('takes an order once, woken by it, and tells at once how it is then', async () => {
    const worker = createWorker()
    const presence = start('one:1', worker)
    await presence.now()
    const id = await giveOrder(world.db, { owner: 'one:1', kind: 'concurrency', value: 2, by: 'test' })
    await until(async () => (await rowOf('one:1'))?.state.concurrency === 2)
    expect(worker.restarts).to.deep.equal([2])
    expect(await orderTakers(world.db, id)).to.deep.equal(['one:1'])
    await presence.now()
    await presence.now()
    expect(worker.restarts).to.deep.equal([2])
  })

  it('obeys what is meant for it or for all, each process once, and nothing else', async () => {
    const workers = [createWorker(), createWorker()]
    for (const [n, worker] of workers.entries()) await start(`w:${n}`, worker).now()
    await start('api:9', undefined, 'api').now()
    await giveOrder(world.db, { owner: 'w:1', kind: 'concurrency', value: 5, by: 'test' })
    await giveOrder(world.db, { owner: 'elsewhere:1', kind: 'restart', value: null, by: 'test' })
    await until(() => workers[1]?.restarts.length === 1)
    const all = await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    await until(() => workers[0]?.restarts.length === 1 && workers[1]?.restarts.length === 2)
    for (const one of open) await one.now()
    expect(workers.map(({ restarts }) => restarts)).to.deep.equal([[8], [5, 5]])
    expect(await orderTakers(world.db, all)).to.have.members(['w:0', 'w:1'])
  })

  it('does several orders by one restart, the last word counting', async () => {
    const worker = createWorker()
    let leave = () => {}
    worker.gate = new Promise((resolve) => (leave = resolve))
    const presence = start('one:1', worker)
    await presence.now()
    await giveOrder(world.db, { owner: 'one:1', kind: 'restart', value: null, by: 'test' })
    await until(() => worker.restarts.length === 1)
    for (const value of [1, 4]) await giveOrder(world.db, { owner: 'one:1', kind: 'concurrency', value, by: 'test' })
    await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    leave()
    await until(() => worker.restarts.length === 2)
    await presence.now()
    expect(worker.restarts).to.deep.equal([8, 4])
  })

  it('goes on beating while a worker drains for long', async () => {
    const worker = createWorker()
    let leave = () => {}
    worker.gate = new Promise((resolve) => (leave = resolve))
    await start('one:1', worker, 'worker', 0.05).now()
    await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    await until(() => worker.restarts.length === 1)
    const first = (await rowOf('one:1'))?.beat_at ?? new Date()
    await until(async () => ((await rowOf('one:1'))?.beat_at ?? first) > first)
    leave()
  })

  it('takes no order that is older than itself, or was left lying', async () => {
    await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    const worker = createWorker()
    const presence = start('one:1', worker)
    await presence.now()
    await world.db('worker_orders').insert({ kind: 'restart', given_by: 'test', given_at: new Date(Date.now() - 700_000) })
    await presence.now()
    expect(worker.restarts).to.deep.equal([])
  })

  it('goes on after a restart that failed, and when the database was away', async () => {
    const worker = createWorker()
    const presence = start('one:1', worker)
    await presence.now()
    worker.gate = Promise.reject(new Error('it would not drain'))
    worker.gate.catch(() => {})
    await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'test' })
    await until(() => worker.restarts.length === 1)
    worker.gate = Promise.resolve()
    await world.db.raw('alter table workers rename to workers_away')
    await presence.now()
    await world.db.raw('alter table workers_away rename to workers')
    await giveOrder(world.db, { owner: null, kind: 'concurrency', value: 3, by: 'test' })
    await until(async () => (await rowOf('one:1'))?.state.concurrency === 3)
  })
})
