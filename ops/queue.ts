// The only door to pg-boss: tasks that survive their worker, one at a time per key, with the rest visible as dead letters.

import { fromKnex, PgBoss, type Db as QueueDatabase } from 'pg-boss'
import type { Log } from './log.ts'
import { startWorker, type TaskDesk, type Worker, type WorkOptions } from './worker.ts'

export { fromKnex }
export type { QueueDatabase }

/** A piece of work as it waits: `key` keeps two of the same kind from waiting or running at once. */
export interface Task {
  key: string
  data: object
  /** Higher goes first. */
  priority?: number
}

export interface QueueOptions {
  database: QueueDatabase
  log: Log
  /** Names of the queues this product has. */
  queues: readonly string[]
  /** Watches over heartbeats of all workers; a short-lived process leaves that to the long-lived ones. */
  supervise?: boolean
  /** How often a task that failed comes again, and after how many seconds the first time; each further wait is longer. */
  retry?: { limit: number; delaySeconds: number }
}

export interface QueueCounts {
  name: string
  ready: number
  active: number
  deferred: number
  failed: number
}

export interface Queue {
  start(): Promise<void>
  /** Adds tasks; those whose key already waits or runs are left out, or raised when they wait at a lower priority. Returns how many are new. */
  add(queue: string, tasks: readonly Task[], transaction?: QueueDatabase): Promise<number>
  /** Takes tasks until stopped. A handler that throws makes its task come back later, and a dead letter in the end. */
  work(queue: string, options: WorkOptions, handle: (data: unknown) => Promise<void>): Worker
  counts(): Promise<QueueCounts[]>
  deadLetters(queue: string): Promise<{ id: string; data: unknown; at: Date; error: unknown }[]>
  /** How long the task that waits longest has been waiting for somebody to take it, in seconds; 0 when none waits. */
  waitingSeconds(queue: string): Promise<number>
  /** Sends dead letters back to their queue; returns how many. */
  redrive(queue: string): Promise<number>
  close(): Promise<void>
}

const HEARTBEAT_SECONDS = 10
/** Raises what waits at a lower priority; pg-boss's own update knows neither "only if lower" nor many at once. */
const RAISE = `update pgboss.job j set priority = w.priority
  from (select j.id, t.priority from pgboss.job j
          join json_to_recordset($2::json) as t ("singletonKey" text, priority integer) on t."singletonKey" = j.singleton_key
         where j.name = $1 and j.state < 'active' and j.priority < t.priority
           for no key update of j skip locked) w
  where j.name = $1 and j.id = w.id`
/** As if never taken: a worker that stops uses up no attempt and puts nothing off. Fenced by the attempt, as pg-boss does it. */
const GIVE_BACK = `update pgboss.job set state = 'created', started_on = null, heartbeat_on = null
  where name = $1 and state = 'active' and id::text || ':' || retry_count = any($2::text[])`
const WAITING = `select greatest(0, extract(epoch from clock_timestamp() - min(start_after)))::float8 as seconds
  from pgboss.job where name = $1 and state < 'active' and start_after <= clock_timestamp()`
const dead = (queue: string) => `${queue}-dead`

/** Opens the queue over the given database; `start` makes its schema and its queues when they are not there. */
export function openQueue(options: QueueOptions): Queue {
  const boss = new PgBoss({
    db: options.database,
    schema: 'pgboss',
    supervise: options.supervise ?? true,
    schedule: false,
    superviseIntervalSeconds: 3,
    monitorIntervalSeconds: 3,
    maintenanceIntervalSeconds: 300,
    persistWarnings: false,
  })
  boss.on('error', (error) => {
    options.log.error('queue.error', { error })
  })
  boss.on('warning', (warning) => {
    options.log.warn('queue.warning', { warning })
  })
  const workers = new Set<Worker>()
  const retry = options.retry ?? { limit: 5, delaySeconds: 5 }

  return {
    async start() {
      await boss.start()
      for (const name of options.queues) {
        await boss.createQueue(dead(name), { retentionSeconds: 30 * 86_400 })
        await boss.createQueue(name, {
          policy: 'exclusive',
          deadLetter: dead(name),
          heartbeatSeconds: HEARTBEAT_SECONDS,
          expireInSeconds: 1800,
          retryLimit: retry.limit,
          retryDelay: retry.delaySeconds,
          retryBackoff: true,
          retryDelayMax: 300,
          deleteAfterSeconds: 3600,
        })
      }
    },
    async add(queue, tasks, transaction) {
      if (tasks.length === 0) return 0
      // In the order of their keys: two that add the same tasks must not wait for each other in a circle.
      const jobs = tasks
        .map((task) => ({ data: task.data, singletonKey: task.key, priority: task.priority ?? 0 }))
        .toSorted((a, b) => (a.singletonKey < b.singletonKey ? -1 : 1))
      const made = await boss.insert(queue, jobs, { returnId: true, ...(transaction ? { db: transaction } : {}) })
      const added = made?.length ?? 0
      const urgent = added < tasks.length ? jobs.filter((job) => job.priority > 0) : []
      if (urgent.length > 0) await (transaction ?? options.database).executeSql(RAISE, [queue, JSON.stringify(urgent)])
      for (const worker of workers) worker.wake()
      return added
    },
    work(queue, work, handle) {
      const worker = startWorker(deskOf(boss, queue), work, (HEARTBEAT_SECONDS * 1000) / 3, handle, options.log)
      workers.add(worker)
      return {
        ...worker,
        stop: async (withinMs) => {
          workers.delete(worker)
          await worker.stop(withinMs)
        },
      }
    },
    async counts() {
      const rows = await boss.getQueues([...options.queues, ...options.queues.map(dead)])
      return rows.map((row) => ({
        name: row.name,
        ready: row.readyCount,
        active: row.activeCount,
        deferred: row.deferredCount,
        failed: row.failedCount,
      }))
    },
    async deadLetters(queue) {
      const jobs = await boss.findJobs(dead(queue), { queued: true })
      return jobs.map((job) => ({ id: job.id, data: job.data, at: job.createdOn, error: job.sourceOutput }))
    },
    async waitingSeconds(queue) {
      const { rows } = await options.database.executeSql(WAITING, [queue])
      return (rows as { seconds: number }[])[0]?.seconds ?? 0
    },
    redrive: (queue) => boss.redrive(dead(queue)),
    async close() {
      await Promise.all([...workers].map((worker) => worker.stop()))
      await boss.stop({ graceful: true, close: false, timeout: 5000 })
    },
  }
}

/** pg-boss as a worker's desk. */
function deskOf(boss: PgBoss, queue: string): TaskDesk {
  return {
    name: queue,
    async take(most) {
      const jobs = await boss.fetch(queue, { batchSize: most, includeMetadata: true })
      // What one fetch brings is in no order.
      return jobs.toSorted((a, b) => Number(a.createdOn) - Number(b.createdOn))
    },
    finish: (tasks) => boss.complete(queue, [...tasks]),
    fail: (task, error) => boss.fail(queue, task, { message: error instanceof Error ? error.message : String(error) }),
    keep: (tasks) => boss.touch(queue, [...tasks]),
    giveBack: (tasks) => boss.getDb().executeSql(GIVE_BACK, [queue, tasks.map((task) => `${task.id}:${task.retryCount}`)]),
  }
}
