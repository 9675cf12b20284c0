// A refresh: visits that a person asks for, ahead of the schedule, followed until the last of them has ended.

import type { Queue } from '../../ops/queue.ts'
import { findBoards, type Board } from '../store/boards.ts'
import type { Database } from '../store/database.ts'
import { newerRuns, type RunRecord, type RunRow } from '../store/runs.ts'
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

/** Runs that this very process makes, told as they end. */
export interface RunFeed {
  tell: (run: RunRecord) => void
  /** Everything told since the last call; waits for news at most so long. */
  next(withinMs: number): Promise<RunRecord[]>
}

/** A feed that nobody has told anything yet. */
export function createRunFeed(): RunFeed {
  let told: RunRecord[] = []
  let news = () => {}
  return {
    tell(run) {
      told.push(run)
      news()
    },
    async next(withinMs) {
      if (told.length === 0)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          news = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      const runs = told
      told = []
      return runs
    },
  }
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
  await enqueue(queue, active)
  return active
}

async function enqueue(queue: Queue, boards: readonly Board[]): Promise<void> {
  await queue.add(VISITS, await Promise.all(boards.map((board) => visitTask(board, 'refresh', URGENT))))
}

/**
 * Asks for visits and waits for their runs, whichever process makes them: a run answers when it is another than the board's last one
 * at the time of asking. A visit that became a dead letter is no longer waited for.
 */
export async function refresh(
  database: Database,
  queue: Queue,
  selection: Selection,
  feed: RunFeed,
  onProgress: (progress: RefreshProgress) => void = () => {},
): Promise<RefreshSummary> {
  const started = performance.now()
  const dead = new Set((await queue.deadLetters(VISITS)).map((letter) => letter.id))
  const boards = await askForVisits(database, queue, selection)
  const waiting = new Map(boards.map((board) => [board.id, board]))
  const runs: RunRow[] = []
  let silences = 0
  while (waiting.size > 0) {
    const own = await feed.next(ELSEWHERE_MS)
    const others =
      own.length > 0 ? [] : await newerRuns(database.db, new Map([...waiting.values()].map((board) => [board.id, board.last_run_id])))
    const fresh: RunRow[] = []
    for (const run of [...own, ...others]) {
      const board = waiting.get(run.board_id)
      if (!board || run.id === board.last_run_id) continue
      waiting.delete(run.board_id)
      fresh.push({ ...run, board: board.ident, undone_at: null })
    }
    runs.push(...fresh)
    if (fresh.length > 0) onProgress({ done: boards.length - waiting.size, total: boards.length, fresh })
    else if (own.length === 0) {
      await dropLost(queue, waiting, dead)
      // A task is not taken in while the one before, just done, is not yet out of the queue: ask again for whoever stays away.
      if (++silences % ASK_AGAIN === 0) await askAgain(database, queue, waiting)
    }
  }
  return summarise(runs, (performance.now() - started) / 1000)
}

/** A board that was disabled, or left the configuration, while its task waited is no longer waited for. */
async function askAgain(database: Database, queue: Queue, waiting: Map<number, Board>): Promise<void> {
  for (const board of await findBoards(database.db, { ids: [...waiting.keys()] }))
    if (!board.enabled || !board.configured) waiting.delete(board.id)
  await enqueue(queue, [...waiting.values()])
}

/** How long this process may be silent before the database is asked what others did. */
const ELSEWHERE_MS = 300
/** After how many such silences the visits that stay away are asked for again. */
const ASK_AGAIN = 4

/** What the runs come to. */
export function summarise(runs: RunRow[], seconds: number): RefreshSummary {
  const totals: Record<string, number> = {}
  for (const run of runs) totals[run.outcome] = (totals[run.outcome] ?? 0) + 1
  const seen = runs.reduce((sum, run) => sum + run.seen, 0)
  return {
    runs,
    totals,
    seconds: Number(seconds.toFixed(3)),
    postings_per_second: Math.round(seen / Math.max(seconds, 0.001)),
    // In kilobytes, whatever the platform calls them.
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}

/** Stops waiting for boards whose task died since the refresh began. */
async function dropLost(queue: Queue, waiting: Map<number, Board>, known: ReadonlySet<string>): Promise<void> {
  for (const letter of await queue.deadLetters(VISITS)) {
    const id = (letter.data as { board_id?: number } | null)?.board_id
    if (id !== undefined && !known.has(letter.id)) waiting.delete(id)
  }
}
