// Runs: one row per visit, written with what the board's row has to remember of it.

import type { Knex } from 'knex'
import type { Outcome } from '../../ops/metrics.ts'
import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'
import type { PageValidator } from './boards.ts'

export type Trigger = 'schedule' | 'refresh' | 'try' | 'webhook' | 'runbook'

/** One visit to one board, as it is kept. */
export interface RunRecord {
  id: string
  board_id: number
  source: string
  trigger: Trigger
  outcome: Outcome
  /** Whether the whole board was seen. */
  complete: boolean
  seen: number
  new: number
  changed: number
  closed: number
  reopened: number
  rejected: number
  unlisted: number
  duplicates: number
  pages: number
  bytes: number
  attempts: number
  guard: { name: string; seen: number; median: number; would_close: number } | null
  started_at: Date
  seconds: number
  trace_id: string | null
  error: string | null
  error_path: string | null
}

/** What the board's row remembers after a run; what is left out stays as it is. */
export interface BoardUpdate {
  /** The run saw the whole board and is believed: freshness counts from it. */
  fresh: boolean
  /** Expected failures in a row start again at 0. */
  failed: boolean
  open_count?: number
  recent_counts?: number[]
  /** null forgets the validators: the next visit reads everything. */
  pages?: PageValidator[] | null
  reader?: string
  /** null forgets it: the next visit tries all regions. */
  region?: string | null
}

/** Writes the run and the board's memory of it in one statement. */
export async function recordRun(db: Db, run: RunRecord, update: BoardUpdate): Promise<void> {
  const row = { ...run, guard: run.guard === null ? null : JSON.stringify(run.guard) }
  const memory: Record<string, unknown> = {
    last_run_id: run.id,
    last_outcome: run.outcome,
    last_run_at: run.started_at,
    failures: update.failed ? db.raw('failures + 1') : 0,
    ...(update.fresh ? { last_complete_at: run.started_at } : {}),
    ...(update.open_count === undefined ? {} : { open_count: update.open_count }),
    ...(update.recent_counts === undefined ? {} : { recent_counts: update.recent_counts }),
    ...(update.pages === undefined ? {} : { pages: update.pages === null ? null : JSON.stringify(update.pages) }),
    ...(update.reader === undefined ? {} : { reader: update.reader }),
    ...(update.region === undefined ? {} : { region: update.region }),
  }
  await db('boards')
    .with('recorded', (query: Knex.QueryBuilder) => query.insert(row).into('runs'))
    .where({ id: run.board_id })
    .update(memory)
}

export interface RunRow extends Omit<RunRecord, 'board_id'> {
  board: string
  undone_at: Date | null
}

export interface RunFilter {
  source?: string
  board?: string
  outcome?: string
  limit: number
  /** Runs that started before this one: `{at, id}` of the last row of the page before. */
  before?: { at: Date; id: string }
}

function runRows(db: Db): Knex.QueryBuilder {
  return db('runs as r').join('boards as b', 'b.id', 'r.board_id').whereNot('r.source', CANARY).select('r.*', 'b.ident as board')
}

/** Runs, newest first. */
export async function listRuns(db: Db, filter: RunFilter): Promise<RunRow[]> {
  const query = runRows(db).orderBy([
    { column: 'r.started_at', order: 'desc' },
    { column: 'r.id', order: 'desc' },
  ])
  if (filter.source) void query.where('r.source', filter.source)
  if (filter.board) void query.where('b.ident', filter.board)
  if (filter.outcome) void query.where('r.outcome', filter.outcome)
  if (filter.before) void query.whereRaw('(r.started_at, r.id) < (?, ?)', [filter.before.at, filter.before.id])
  return (await query.limit(filter.limit)) as RunRow[]
}

/** How many visits to a source since then ended in each way, the canary's left out; of all sources where none is given. */
export async function countOutcomes(db: Db, since: Date, source: string | null = null): Promise<Record<string, number>> {
  const { rows } = await db.raw<{ rows: { outcome: string; n: number }[] }>(
    `select outcome, count(*) as n from runs
      where started_at > :since and source <> :canary and (:source::text is null or source = :source) group by outcome`,
    { since, source, canary: CANARY },
  )
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]))
}

/** One run, or undefined. */
export async function getRun(db: Db, id: string): Promise<RunRow | undefined> {
  return (await runRows(db).where('r.id', id).first()) as RunRow | undefined
}

/** The newest run of each of these boards, where it is another than the one given (null for none yet). */
export async function newerRuns(db: Db, boards: ReadonlyMap<number, string | null>): Promise<(RunRow & { board_id: number })[]> {
  if (boards.size === 0) return []
  const result = await db.raw<{ rows: (RunRow & { board_id: number })[] }>(
    `select r.*, b.ident as board
       from json_to_recordset(?) as w (board_id bigint, run_id uuid)
       join boards b on b.id = w.board_id
       join runs r on r.id = b.last_run_id
      where b.last_run_id is distinct from w.run_id`,
    [JSON.stringify([...boards].map(([board_id, run_id]) => ({ board_id, run_id })))],
  )
  return result.rows
}
