// The presence of a process: it says that it lives and how it is, and takes the orders that are given to it.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Log } from '../../ops/log.ts'
import { listenTo, type Listener } from '../store/listen.ts'
import type { Database } from '../store/database.ts'
import { beat, leave, newestOrder, ORDERS_CHANNEL, takeOrders, type Beat, type WorkerOrder, type WorkerState } from '../store/workers.ts'

/** What can be ordered of a process that makes visits. */
export interface Obeying {
  concurrency(): number
  active(): number
  /** Drains and begins anew, with as many visits at once as told. */
  restart(concurrency: number): Promise<void>
}

export interface PresenceOptions {
  database: Database
  log: Log
  process: Pick<Beat, 'owner' | 'role' | 'version' | 'host' | 'pid'>
  /** Undefined for a process that makes no visits. */
  worker?: Obeying | undefined
  beatSeconds?: number
}

export interface Presence {
  /** Says how it is, takes what was ordered and does it. */
  now(): Promise<void>
  close(): Promise<void>
}

/** How often the event loop is looked at: a loop without any delay is seen late by this. */
const RESOLUTION_MS = 20

/** Begins to beat, and to obey where there is a worker. */
export function startPresence({ database, log, process: self, worker, beatSeconds = 10 }: PresenceOptions): Presence {
  const { db } = database
  const startedAt = new Date()
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  // What was ordered before it began is not meant for it. Told by numbers, because clocks differ.
  let before: number | undefined
  const tell = createTurns('presence.beat', log, async () => {
    before ??= await newestOrder(db)
    await beat(db, { ...self, started_at: startedAt, state: stateOf(delay.percentile(99), worker) })
    delay.reset()
  })
  // Apart from the beat: a worker that drains for long is alive.
  const obey = createTurns('presence.orders', log, async () => {
    if (!worker) return
    before ??= await newestOrder(db)
    const orders = await takeOrders(db, self.owner, before)
    if (orders.length === 0) return
    await carryOut(worker, orders, log)
    await tell()
  })
  void tell()
  const timer = setInterval(() => {
    void tell()
    void obey()
  }, beatSeconds * 1000)
  const listener: Promise<Listener | undefined> = worker
    ? listenTo(database, ORDERS_CHANNEL, () => void obey())
    : Promise.resolve(undefined)
  return {
    now: () => tell().then(obey),
    async close() {
      clearInterval(timer)
      await (await listener)?.close()
      await obey.last()
      await tell.last()
      delay.disable()
      await leave(db, self.owner).catch((error: unknown) => log.warn('presence.leave', { error }))
    },
  }
}

interface Turns {
  /** After what is under way, once, however often it is asked for meanwhile. */
  (): Promise<void>
  last(): Promise<void>
}

/** Does the work one time after the other; what goes wrong is told to the log and tried again with the next turn. */
function createTurns(event: string, log: Log, work: () => Promise<void>): Turns {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const turn = () => {
    next ??= last.then(() => {
      next = undefined
      last = work().catch((error: unknown) => log.warn(event, { error }))
      return last
    })
    return next
  }
  return Object.assign(turn, { last: () => next ?? last })
}

function stateOf(p99: number, worker: Obeying | undefined): WorkerState {
  const heap = getHeapStatistics()
  return {
    event_loop_p99_seconds: Number.isFinite(p99) ? Math.max(0, p99 / 1e9 - RESOLUTION_MS / 1000) : 0,
    rss_bytes: process.memoryUsage.rss(),
    heap_bytes: heap.used_heap_size,
    heap_limit_bytes: heap.heap_size_limit,
    concurrency: worker?.concurrency() ?? null,
    active: worker?.active() ?? 0,
  }
}

/** All of them by one restart: the last word on how many visits at once counts. */
async function carryOut(worker: Obeying, orders: readonly WorkerOrder[], log: Log): Promise<void> {
  const concurrency = orders.findLast(({ kind, value }) => kind === 'concurrency' && value !== null)?.value ?? worker.concurrency()
  log.info('worker.orders', { orders: orders.map(({ id }) => id), kinds: orders.map(({ kind }) => kind), concurrency })
  await worker.restart(concurrency)
}
