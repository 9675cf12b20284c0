// The only door to pg-boss: tasks that survive their worker, one at a time per key, with the rest visible as dead letters.

import { fromKnex, PgBoss, type Db as QueueDatabase, type JobWithMetadata } from 'pg-boss'
import type { Log } from './log.ts'

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

export interface WorkOptions {
  /** Tasks worked on at once. As many again are taken ahead, so that none waits for the database between two. */
  concurrency: number
  /** How long to wait before asking again when there was nothing to do, in milliseconds. */
  idleMs?: number
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
  /** Sends dead letters back to their queue; returns how many. */
  redrive(queue: string): Promise<number>
  close(): Promise<void>
}

export interface Worker {
  /** Looks for work at once. */
  wake(): void
  active(): number
  /** Takes nothing new, waits for what is in hand, at most so long (ms); what is left then comes back by its heartbeat. */
  stop(withinMs?: number): Promise<void>
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
      const worker = startWorker(boss, queue, work, handle, options.log)
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
    redrive: (queue) => boss.redrive(dead(queue)),
    async close() {
      await Promise.all([...workers].map((worker) => worker.stop()))
      await boss.stop({ graceful: true, close: false, timeout: 5000 })
    },
  }
}

/**
 * Keeps `concurrency` tasks in hand: free places are filled as they come free, so that one slow task holds up nothing but itself.
 * pg-boss's own worker takes a batch and waits for all of it.
 */
function startWorker(boss: PgBoss, queue: string, options: WorkOptions, handle: (data: unknown) => Promise<void>, log: Log): Worker {
  const inHand = new Map<string, { id: string; retryCount: number }>()
  const ahead: JobWithMetadata<unknown>[] = []
  const idleMs = options.idleMs ?? 1000
  let running = 0
  let stopping = false
  const isStopping = () => stopping
  let woken = false
  let wakeUp = () => {}
  let finished: { id: string; retryCount: number }[] = []
  let flushing = false

  const wake = () => {
    woken = true
    wakeUp()
  }

  /** Finished tasks are reported together: one statement for all that ended meanwhile. */
  async function flush(): Promise<void> {
    if (flushing) return
    flushing = true
    try {
      while (finished.length > 0) {
        const batch = finished
        finished = []
        await boss.complete(queue, batch).catch((error: unknown) => {
          log.error('queue.complete', { queue, tasks: batch.length, error })
        })
        for (const job of batch) inHand.delete(job.id)
      }
    } finally {
      flushing = false
    }
  }

  /** Begins what was taken ahead, as far as there are places. */
  function begin(): void {
    while (running < options.concurrency && !isStopping()) {
      const job = ahead.shift()
      if (!job) return
      running++
      void run(job).finally(() => {
        running--
        begin()
        if (ahead.length * 2 <= options.concurrency) wake()
      })
    }
  }

  async function run(job: { id: string; retryCount: number; data: unknown }): Promise<void> {
    try {
      await handle(job.data)
      finished.push(job)
      void flush()
    } catch (error) {
      log.error('queue.task_failed', { queue, task: job.data, attempt: job.retryCount + 1, error })
      await boss
        .fail(queue, job, { message: error instanceof Error ? error.message : String(error) })
        .catch((failure: unknown) => log.error('queue.fail', { queue, error: failure }))
      inHand.delete(job.id)
    }
  }

  async function loop(): Promise<void> {
    while (!isStopping()) {
      const wanted = options.concurrency * 2 - running - ahead.length
      let taken = 0
      woken = false
      if (wanted * 2 >= options.concurrency) {
        const jobs = await boss.fetch(queue, { batchSize: wanted, includeMetadata: true }).catch((error: unknown) => {
          log.error('queue.fetch', { queue, error })
          return []
        })
        taken = jobs.length
        for (const job of jobs) {
          inHand.set(job.id, { id: job.id, retryCount: job.retryCount })
          ahead.push(job)
        }
        // What one fetch brings is in no order.
        ahead.sort((a, b) => b.priority - a.priority || Number(a.createdOn) - Number(b.createdOn))
        begin()
      }
      if (taken === 0 || taken < wanted) await pause()
    }
  }

  /** What was taken ahead and not begun goes back to the queue at once. */
  async function giveBack(): Promise<void> {
    const unbegun = ahead.splice(0)
    if (unbegun.length === 0) return
    for (const job of unbegun) inHand.delete(job.id)
    const attempts = unbegun.map((job) => `${job.id}:${job.retryCount}`)
    await boss
      .getDb()
      .executeSql(GIVE_BACK, [queue, attempts])
      .catch((error: unknown) => log.error('queue.give_back', { queue, error }))
  }

  function pause(): Promise<void> {
    if (woken) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, idleMs)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const beat = setInterval(
    () => {
      if (inHand.size > 0)
        void boss.touch(queue, [...inHand.values()]).catch((error: unknown) => log.warn('queue.heartbeat', { queue, error }))
    },
    (HEARTBEAT_SECONDS * 1000) / 3,
  )
  const looping = loop()

  return {
    wake,
    active: () => inHand.size,
    async stop(withinMs = 20_000) {
      if (stopping) return
      stopping = true
      wake()
      await looping
      await giveBack()
      const deadline = Date.now() + withinMs
      while (inHand.size > 0 && Date.now() < deadline) {
        await flush()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      clearInterval(beat)
    },
  }
}
