// Processes and their orders: heard of, forgotten, told, and each order taken once by each.

import { expect } from 'chai'
import {
  beat,
  endedVisits,
  giveOrder,
  leave,
  listWorkers,
  newestOrder,
  orderTakers,
  takeOrders,
  type Beat,
} from '../../../services/store/workers.ts'
import { listenTo } from '../../../services/store/listen.ts'
import { ORDERS_CHANNEL } from '../../../services/store/workers.ts'
import { CANARY } from '../../../services/store/canary-marks.ts'
import { seedBoard } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

const ROW: Beat = {
  owner: 'one:1',
  role: 'worker',
  version: '1.0.0',
  host: 'one',
  pid: 1,
  started_at: new Date('2026-01-01T00:00:00Z'),
  state: { event_loop_p99_seconds: 0.01, rss_bytes: 2, heap_bytes: 1, heap_limit_bytes: 4, concurrency: 8, active: 2 },
}

describe('services/store/workers', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db.raw('truncate workers, worker_orders, runs, boards, companies restart identity cascade'))

  it('keeps one row per process, by the clock of PostgreSQL, those heard of last first', async () => {
    await beat(world.db, ROW)
    await beat(world.db, { ...ROW, owner: 'two:2' })
    await beat(world.db, { ...ROW, state: { ...ROW.state, active: 5 } })
    const rows = await listWorkers(world.db)
    expect(rows.map(({ owner, state }) => [owner, state.active])).to.deep.equal([
      ['one:1', 5],
      ['two:2', 2],
    ])
    expect(rows[0]).to.deep.include({ ...ROW, state: { ...ROW.state, active: 5 } })
    await world
      .db('workers')
      .where({ owner: 'two:2' })
      .update({ beat_at: world.db.raw(`clock_timestamp() - interval '90 seconds'`) })
    expect((await listWorkers(world.db))[1]?.silent_seconds).to.be.within(90, 95)
    await leave(world.db, 'one:1')
    expect((await listWorkers(world.db)).map(({ owner }) => owner)).to.deep.equal(['two:2'])
  })

  it('forgets processes after a day of silence, and orders after a month', async () => {
    await beat(world.db, { ...ROW, owner: 'old:1' })
    await world.db('workers').update({ beat_at: new Date(Date.now() - 90_000_000) })
    await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'ann' })
    await world.db('worker_orders').update({ given_at: new Date(Date.now() - 31 * 86_400_000) })
    await beat(world.db, ROW)
    expect((await listWorkers(world.db)).map(({ owner }) => owner)).to.deep.equal(['one:1'])
    expect(await newestOrder(world.db)).to.equal(0)
  })

  it('hands each order to each process that is meant, once, even when many ask at the same time', async () => {
    const mine = await giveOrder(world.db, { owner: 'one:1', kind: 'concurrency', value: 4, by: 'ann' })
    const all = await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'ann' })
    expect(await newestOrder(world.db)).to.equal(all)
    const asked = await Promise.all(['one:1', 'one:1', 'two:2', 'two:2', 'three:3'].map((owner) => takeOrders(world.db, owner, 0)))
    const count = (id: number) => asked.flat().filter((order) => order.id === id).length
    expect([count(mine), count(all)]).to.deep.equal([1, 3])
    expect(asked.flat().find(({ id }) => id === mine)).to.deep.equal({ id: mine, kind: 'concurrency', value: 4 })
    expect(await orderTakers(world.db, mine)).to.deep.equal(['one:1'])
    expect(await orderTakers(world.db, all)).to.have.members(['one:1', 'two:2', 'three:3'])
    expect(await orderTakers(world.db, 999)).to.deep.equal([])
  })

  it('gives nobody what was ordered before it began, or lay for ten minutes', async () => {
    const first = await giveOrder(world.db, { owner: null, kind: 'restart', value: null, by: 'ann' })
    expect(await takeOrders(world.db, 'one:1', first)).to.deep.equal([])
    await world.db('worker_orders').update({ given_at: new Date(Date.now() - 601_000) })
    expect(await takeOrders(world.db, 'one:1', 0)).to.deep.equal([])
  })

  it('wakes those who listen when, and only when, the order is committed', async () => {
    const heard: string[] = []
    const listener = await listenTo(world.database, ORDERS_CHANNEL, (payload) => void heard.push(payload), { onConnect: () => {} })
    try {
      const order = { owner: null, kind: 'restart', value: null, by: 'ann' } as const
      await world.database
        .inTransaction(async (trx) => {
          await giveOrder(trx, order)
          throw new Error('rolled back')
        })
        .catch(() => {})
      expect(await takeOrders(world.db, 'one:1', 0)).to.deep.equal([])
      await giveOrder(world.db, order)
      while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      expect(heard).to.deep.equal([''])
    } finally {
      await listener.close()
    }
  })

  it('counts visits that ended lately, by their end, without the canary', async () => {
    const now = new Date('2026-05-01T12:00:00Z')
    const board = await seedBoard(world.db, 'greenhouse', 'acme')
    const ended = (secondsAgo: number, lasting: number, source = 'greenhouse') =>
      world.db('runs').insert({
        id: world.db.raw('gen_random_uuid()'),
        board_id: board.id,
        source,
        trigger: 'schedule',
        outcome: 'ok',
        complete: true,
        started_at: new Date(now.getTime() - (secondsAgo + lasting) * 1000),
        seconds: lasting,
      })
    await ended(599, 1)
    await ended(590, 500)
    await ended(601, 1)
    await ended(10, 1, CANARY)
    expect(await endedVisits(world.db, 600, now)).to.equal(2)
  })
})
