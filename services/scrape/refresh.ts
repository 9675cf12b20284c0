// A refresh: visits that a person asks for, ahead of the schedule, followed until the last of them has ended.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue } from '../../ops/queue.ts'
import { findBoards, type Board } from '../store/boards.ts'
import type { Database } from '../store/database.ts'
import { runsSince, type RunRow } from '../store/runs.ts'
import { URGENT, visitTask, VISITS } from './schedule.ts'

export interface Selection {
  sources?: string[]
  /** `stripe` or `greenhouse/stripe`. */
  boards?: string[]
  limit?: number | undefined
}

export interface RefreshSummary {
  runs: RunRow[]
  totals: Record<string, number>
  seconds: number
  postings_per_second: number
  peak_rss_mb: number
}

export interface RefreshProgress {
  done: number
  total: number
  /** The runs that ended since the last call. */
  fresh: RunRow[]
}

/** Puts the chosen boards at the head of the queue. */
export async function askForVisits(database: Database, queue: Queue, selection: Selection): Promise<Board[]> {
  const boards = await findBoards(database.db, {
    ...(selection.sources?.length ? { sources: selection.sources } : {}),
    ...(selection.boards?.length ? { idents: selection.boards } : {}),
    ...(selection.limit === undefined ? {} : { limit: selection.limit }),
  })
  const active = boards.filter((board) => board.enabled && board.configured)
  await queue.add(VISITS, await Promise.all(active.map((board) => visitTask(board, 'refresh', URGENT))))
  return active
}

/**
 * Asks for visits and waits for their runs, whichever process makes them. A visit that became a dead letter is no longer waited for.
 */
export async function refresh(
  database: Database,
  queue: Queue,
  selection: Selection,
  onProgress: (progress: RefreshProgress) => void = () => {},
): Promise<RefreshSummary> {
  const started = performance.now()
  const since = await databaseTime(database)
  const boards = await askForVisits(database, queue, selection)
  const waiting = new Set(boards.map((board) => board.id))
  const runs: RunRow[] = []
  let peak = process.memoryUsage.rss()
  while (waiting.size > 0) {
    await sleep(waiting.size > 50 ? 200 : 50)
    peak = Math.max(peak, process.memoryUsage.rss())
    const fresh = await runsSince(database.db, [...waiting], since)
    for (const run of fresh) waiting.delete(run.board_id)
    runs.push(...fresh)
    if (fresh.length > 0) onProgress({ done: boards.length - waiting.size, total: boards.length, fresh })
    else await dropLost(queue, waiting, since)
  }
  return summarise(runs, (performance.now() - started) / 1000, peak)
}

/** What the runs come to. */
export function summarise(runs: RunRow[], seconds: number, peakRss: number): RefreshSummary {
  const totals: Record<string, number> = {}
  for (const run of runs) totals[run.outcome] = (totals[run.outcome] ?? 0) + 1
  const seen = runs.reduce((sum, run) => sum + run.seen, 0)
  return {
    runs,
    totals,
    seconds: Number(seconds.toFixed(3)),
    postings_per_second: Math.round(seen / Math.max(seconds, 0.001)),
    peak_rss_mb: Math.round(peakRss / 1_048_576),
  }
}

/** The database's clock, with a little slack because runs are dated by the process that makes them. */
async function databaseTime(database: Database): Promise<Date> {
  const { rows } = await database.db.raw<{ rows: { now: Date }[] }>('select clock_timestamp() as now')
  return new Date((rows[0]?.now ?? new Date()).getTime() - 50)
}

async function dropLost(queue: Queue, waiting: Set<number>, since: Date): Promise<void> {
  for (const letter of await queue.deadLetters(VISITS)) {
    const id = (letter.data as { board_id?: number } | null)?.board_id
    if (id !== undefined && letter.at >= since) waiting.delete(id)
  }
}
