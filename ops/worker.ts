// A worker: keeps so many tasks in hand, and fills each place as it comes free.

import type { Log } from './log.ts'

/** A task as it was taken; `retryCount` tells this attempt from the next. */
export interface TakenTask {
  id: string
  retryCount: number
  /** Higher goes first. */
  priority: number
  data: unknown
}

/** Where tasks come from and where is told what became of them. */
export interface TaskDesk {
  /** What the log calls it. */
  readonly name: string
  /** At most so many, the most urgent there are, in the order in which they were added. */
  take(most: number): Promise<TakenTask[]>
  finish(tasks: readonly TakenTask[]): Promise<unknown>
  fail(task: TakenTask, error: unknown): Promise<unknown>
  /** Says that these are still worked on. */
  keep(tasks: readonly TakenTask[]): Promise<unknown>
  /** Puts tasks back as if never taken. */
  giveBack(tasks: readonly TakenTask[]): Promise<unknown>
}

export interface WorkOptions {
  /** Tasks worked on at once. As many again are taken ahead, so that none waits for the database between two. */
  concurrency: number
  /** How long to wait before asking again when there was nothing to do, in milliseconds. */
  idleMs?: number
}

export interface Worker {
  /** Looks for work at once. */
  wake(): void
  active(): number
  /** Takes nothing new, waits for what is in hand, at most so long (ms); what is left then comes back by its heartbeat. */
  stop(withinMs?: number): Promise<void>
}

/** Whether the worker goes on, and what is on its desk. */
interface Hands {
  readonly inHand: Map<string, TakenTask>
  readonly ahead: TakenTask[]
  running: number
  stopping: boolean
}

/**
 * Starts working. One slow task holds up nothing but itself: pg-boss's own worker takes a batch and waits for all of it.
 * @param beatMs how often the desk hears that tasks are still worked on
 */
export function startWorker(
  desk: TaskDesk,
  options: WorkOptions,
  beatMs: number,
  handle: (data: unknown) => Promise<void>,
  log: Log,
): Worker {
  const hands: Hands = { inHand: new Map(), ahead: [], running: 0, stopping: false }
  const bell = createBell(options.idleMs ?? 1000)
  const finish = createFinisher(desk, hands, log)
  const begin = createBeginner(options.concurrency, hands, bell, async (task) => {
    try {
      await handle(task.data)
    } catch (error) {
      log.error('queue.task_failed', { queue: desk.name, task: task.data, attempt: task.retryCount + 1, error })
      await desk.fail(task, error).catch((failure: unknown) => log.error('queue.fail', { queue: desk.name, error: failure }))
      hands.inHand.delete(task.id)
      return
    }
    void finish(task)
  })
  const looping = loop(desk, options.concurrency, hands, bell, begin, log)
  const beat = setInterval(() => {
    if (hands.inHand.size > 0)
      void desk.keep([...hands.inHand.values()]).catch((error: unknown) => log.warn('queue.heartbeat', { queue: desk.name, error }))
  }, beatMs)
  return {
    wake: () => bell.ring(),
    active: () => hands.inHand.size,
    async stop(withinMs = 20_000) {
      if (hands.stopping) return
      hands.stopping = true
      bell.ring()
      await looping
      await putBack(desk, hands, log)
      const deadline = Date.now() + withinMs
      while (hands.inHand.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
      clearInterval(beat)
    },
  }
}

async function loop(desk: TaskDesk, concurrency: number, hands: Hands, bell: Bell, begin: () => void, log: Log): Promise<void> {
  const goesOn = () => !hands.stopping
  while (goesOn()) {
    const wanted = concurrency * 2 - hands.running - hands.ahead.length
    let taken = 0
    bell.hush()
    if (wanted * 2 >= concurrency) {
      const tasks = await desk.take(wanted).catch((error: unknown) => {
        log.error('queue.fetch', { queue: desk.name, error })
        return []
      })
      taken = tasks.length
      for (const task of tasks) hands.inHand.set(task.id, task)
      hands.ahead.push(...tasks)
      hands.ahead.sort((a, b) => b.priority - a.priority)
      begin()
    }
    if (taken === 0 || taken < wanted) await bell.wait()
  }
}

/** Begins what was taken ahead, as far as there are places. */
function createBeginner(concurrency: number, hands: Hands, bell: Bell, run: (task: TakenTask) => Promise<void>): () => void {
  return function begin() {
    while (hands.running < concurrency && !hands.stopping) {
      const task = hands.ahead.shift()
      if (!task) return
      hands.running++
      void run(task).finally(() => {
        hands.running--
        begin()
        if (hands.ahead.length * 2 <= concurrency) bell.ring()
      })
    }
  }
}

/** Finished tasks are told together: one statement for all that ended while the one before was on its way. */
function createFinisher(desk: TaskDesk, hands: Hands, log: Log): (task: TakenTask) => Promise<void> {
  let finished: TakenTask[] = []
  let telling = false
  return async (task) => {
    finished.push(task)
    if (telling) return
    telling = true
    while (finished.length > 0) {
      const batch = finished
      finished = []
      await desk.finish(batch).catch((error: unknown) => log.error('queue.complete', { queue: desk.name, tasks: batch.length, error }))
      for (const one of batch) hands.inHand.delete(one.id)
    }
    telling = false
  }
}

/** What was taken ahead and not begun goes back at once. */
async function putBack(desk: TaskDesk, hands: Hands, log: Log): Promise<void> {
  const unbegun = hands.ahead.splice(0)
  if (unbegun.length === 0) return
  for (const task of unbegun) hands.inHand.delete(task.id)
  await desk.giveBack(unbegun).catch((error: unknown) => log.error('queue.give_back', { queue: desk.name, error }))
}

/** Something to wait at; a ring while nobody waits is not lost. */
interface Bell {
  ring(): void
  hush(): void
  wait(): Promise<void>
}

function createBell(idleMs: number): Bell {
  let rung = false
  let wakeUp = () => {}
  return {
    ring() {
      rung = true
      wakeUp()
    },
    hush() {
      rung = false
    },
    wait() {
      if (rung) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, idleMs)
        wakeUp = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
  }
}
