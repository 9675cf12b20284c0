// Confirmations: runs that found nothing changed, written together with whatever others wait at the same moment.

import type { Db } from './database.ts'
import type { RunRecord } from './runs.ts'

/** A visit that found its board as it was. */
export interface Confirmation {
  run: RunRecord
  /** The board's window of counts after this visit. */
  recentCounts: number[]
}

/**
 * Returns the function that writes a confirmation and resolves when it is committed. While one statement is on its way the next gathers:
 * a thousand unchanged boards cost some tens of statements. They do not wait for the disk, because a power cut may well forget that a
 * visit changed nothing. (The setting is local to the statement's own transaction.)
 */
export function createConfirmations(db: Db): (confirmation: Confirmation) => Promise<void> {
  let waiting: Confirmation[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  return (confirmation) => {
    waiting.push(confirmation)
    next ??= last.then(() => {
      const batch = waiting
      waiting = []
      next = undefined
      const writing = write(db, batch)
      last = writing.catch(() => {})
      return writing
    })
    return next
  }
}

async function write(db: Db, confirmations: readonly Confirmation[]): Promise<void> {
  await db.raw(
    `with given as materialized (
       select * from json_to_recordset(:rows) as x(
         id uuid, board_id bigint, source text, trigger text, outcome text, seen integer, pages integer, bytes bigint, attempts integer,
         started_at timestamptz, seconds double precision, trace_id text, recent_counts integer[])
     ), held as materialized (
       -- In the order of their ids: whoever else writes many boards at once must not be waited for in a circle.
       select id from boards where id in (select board_id from given) order by id for no key update
     ), recorded as (
       insert into runs (id, board_id, source, trigger, outcome, complete, seen, pages, bytes, attempts, started_at, seconds, trace_id)
       select id, board_id, source, trigger, outcome, true, seen, pages, bytes, attempts, started_at, seconds, trace_id from given
     )
     update boards b
        set last_run_id = g.id, last_outcome = g.outcome, last_run_at = g.started_at, last_complete_at = g.started_at, failures = 0,
            recent_counts = g.recent_counts
       from held join given g on g.board_id = held.id
      where b.id = held.id and set_config('synchronous_commit', 'off', true) is not null`,
    { rows: JSON.stringify(confirmations.map(({ run, recentCounts }) => ({ ...run, recent_counts: recentCounts }))) },
  )
}
