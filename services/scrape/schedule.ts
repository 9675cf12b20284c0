// When boards are visited: due ones are put in the queue in the transaction that claims them, and workers take them from there.

import { fromKnex, type Queue } from '../../ops/queue.ts'
import type { Worker } from '../../ops/worker.ts'
import { currentTraceParent, span, type TraceParent, type Watch } from '../../ops/telemetry.ts'
import { claimDue, findBoards, type Board } from '../store/boards.ts'
import type { Database } from '../store/database.ts'
import type { RunRecord, Trigger } from '../store/runs.ts'
import { visit, type RunParts } from './run.ts'

/** The queue of visits. */
export const VISITS = 'visit'
/** Visits asked for by a person go before those that are merely due. */
export const URGENT = 10

/** What waits in the queue. */
export interface VisitTask {
  board_id: number
  trigger: Trigger
  traceparent: TraceParent | null
}

/** The task for one board; its own trace begins where it is asked for. */
export async function visitTask(board: { id: number; source: string; ident: string }, trigger: Trigger, priority = 0) {
  const attributes = { 'rolewatch.source': board.source, 'rolewatch.board': board.ident, 'rolewatch.trigger': trigger }
  const traceparent = await span('enqueue', { parent: null, attributes }, () => currentTraceParent() ?? null)
  return { key: String(board.id), data: { board_id: board.id, trigger, traceparent } satisfies VisitTask, priority }
}

/** Works on visits until stopped; `onRun` hears of each run. */
export function startVisits(parts: RunParts, queue: Queue, concurrency: number, onRun: (run: RunRecord) => void = () => {}): Worker {
  const read = createBoardReader(parts.database)
  return queue.work(VISITS, { concurrency }, async (data) => {
    const task = data as VisitTask
    const board = await read(task.board_id)
    // A board may have left the configuration while its task waited.
    if (!board || !board.enabled || !board.configured) return
    onRun(await visit(parts, { board, trigger: task.trigger, traceparent: task.traceparent }))
  })
}

/** Reads boards, those that are asked for at the same moment in one statement. */
function createBoardReader(database: Database): (id: number) => Promise<Board | undefined> {
  let asked: number[] = []
  let answer: Promise<Map<number, Board>> | undefined
  return async (id) => {
    asked.push(id)
    answer ??= Promise.resolve().then(async () => {
      const ids = asked
      asked = []
      answer = undefined
      const boards = await findBoards(database.db, { ids })
      return new Map(boards.map((board) => [board.id, board]))
    })
    return (await answer).get(id)
  }
}

export interface Schedule {
  /** Claims what is due now and returns how many boards that were. */
  tick(): Promise<number>
  close(): Promise<void>
}

export interface ScheduleOptions {
  watch: Watch
  database: Database
  queue: Queue
  everyMs?: number
  /** Boards claimed at once at the most. */
  batch?: number
}

/** Looks for due boards again and again. Any number of processes may do so: a board is claimed once. */
export function startSchedule(options: ScheduleOptions): Schedule {
  let last: Promise<unknown> = Promise.resolve()
  const tick = () =>
    options.database.inTransaction(async (trx) => {
      const due = await claimDue(trx, options.batch ?? 500)
      const tasks = await Promise.all(due.map((board) => visitTask(board, 'schedule')))
      await options.queue.add(VISITS, tasks, fromKnex(trx))
      return due.length
    })
  const quietly = () => {
    last = tick().catch((error: unknown) => {
      options.watch.log.error('schedule', { error })
    })
  }
  quietly()
  const timer = setInterval(quietly, options.everyMs ?? 5000)
  return {
    tick,
    async close() {
      clearInterval(timer)
      await last
    },
  }
}
