// Closings as a runbook looks at them: those that a guard refused, and the one that a person would doubt first.

import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

/** A visit that saw so few postings that it closed nothing. */
export interface RefusedClosing {
  id: string
  source: string
  board: string
  guard: { name: string; seen: number; median: number; would_close: number }
  /** Of all of them, told or not. */
  total: number
}

/** A visit that closed postings, and can be undone. */
export interface Closing {
  id: string
  source: string
  board: string
  seen: number
  closed: number
}

/** Rows that are told. */
const TOLD = 10
/** A closing that took more than this share of a board away is doubted; one visit alone is never believed with so many. */
const DOUBTED_SHARE = 0.3
const DOUBTED_POSTINGS = 5

/** Visits since then that a guard kept from closing postings, newest first; the first few. */
export async function refusedClosings(db: Db, since: Date, source: string | null): Promise<RefusedClosing[]> {
  const { rows } = await db.raw<{ rows: RefusedClosing[] }>(
    `select r.id, r.source, b.ident as board, r.guard, count(*) over () as total
       from runs r join boards b on b.id = r.board_id
      where r.started_at > :since and r.guard is not null and r.source <> :canary and (:source::text is null or r.source = :source)
      order by r.started_at desc, r.id desc limit ${TOLD}`,
    { since, source, canary: CANARY },
  )
  return rows
}

/**
 * The largest closing since then that is to be doubted: one that took much of its board away, or one of a board whose closings are
 * refused by now.
 */
export async function doubtfulClosing(db: Db, since: Date, source: string | null): Promise<Closing | undefined> {
  const { rows } = await db.raw<{ rows: Closing[] }>(
    `select r.id, r.source, b.ident as board, r.seen, r.closed
       from runs r join boards b on b.id = r.board_id
      where r.started_at > :since and r.closed > 0 and r.undone_at is null and r.source <> :canary
        and (:source::text is null or r.source = :source)
        and ((r.closed >= :least and r.closed > :share::double precision * (r.seen + r.closed))
             or exists (select from runs o where o.board_id = r.board_id and o.started_at > r.started_at and o.guard is not null))
      order by r.closed desc, r.started_at desc limit 1`,
    { since, source, canary: CANARY, least: DOUBTED_POSTINGS, share: DOUBTED_SHARE },
  )
  return rows[0]
}

/** How many postings undoing a closing would open again. */
export async function countClosedBy(db: Db, runId: string): Promise<number> {
  const rows = await db('postings').where({ close_batch: runId }).whereNotNull('closed_at').count<{ n: number }[]>('* as n')
  return rows[0]?.n ?? 0
}
