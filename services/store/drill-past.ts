// The past of a staging ground: what one drill left there is made to lie half a day back, so that the next begins on a quiet morning.

import type { Db } from './database.ts'

/** Longer than any limit, cooldown or look back. */
const BACK = `interval '2 days'`

/** Boards are visited every so many seconds, which no configuration may say; the first of them now. */
export async function quickenBoards(db: Db, seconds: number): Promise<void> {
  await db.raw('alter table boards drop constraint if exists boards_cadence_seconds_check')
  await db.raw(
    `update boards set cadence_seconds = ?, next_at = clock_timestamp() + random() * make_interval(secs => ?) where source <> 'canary'`,
    [seconds, seconds],
  )
}

/** What came of an alert's earlier times: its incidents, runs and changes. */
export async function ageIncidents(db: Db, alert: string): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw(
      `update runbook_steps set started_at = started_at - ${BACK}
        where started_at is not null and run_id in (select id from runbook_runs where alertname = ? and state = 'done')`,
      [alert],
    )
    await trx.raw(`update runbook_runs set queued_at = queued_at - ${BACK} where alertname = ? and state = 'done'`, [alert])
    await trx.raw(
      `update incidents set resolved_at = resolved_at - ${BACK}, last_fired_at = last_fired_at - ${BACK}
        where alertname = ? and state = 'resolved'`,
      [alert],
    )
  })
}

/** What visits came to, of some sources or of all. */
export async function ageVisits(db: Db, sources?: readonly string[]): Promise<void> {
  const query = db('runs').update({ started_at: db.raw(`started_at - ${BACK}`) })
  if (sources) void query.whereIn('source', sources)
  await query
}

/** Notifications of searches that wait have been waiting for so long at the least, and Slack has refused for as long. */
export async function ageOutbox(db: Db, searches: readonly string[], seconds: number): Promise<void> {
  const back = (column: string) => db.raw('least(??, clock_timestamp() - make_interval(secs => ?))', [column, seconds])
  await db('outbox')
    .whereIn('state', ['pending', 'sending'])
    .whereIn('search_id', [...searches])
    .update({ created_at: back('created_at') })
  await db('channels')
    .where({ name: 'slack' })
    .whereNotNull('failing_since')
    .update({ failing_since: back('failing_since') })
}

/** Takes back what runbooks and drills did to the boards and hosts of sources; every board is visited soon. */
export async function mendSources(db: Db, sources: readonly string[]): Promise<void> {
  await db('hosts')
    .whereIn('source', [...sources])
    .update({
      breaker: 'closed',
      opened_at: null,
      open_until: null,
      openings: 0,
      probe_until: null,
      probe_owner: null,
      paused_until: null,
    })
  await db('boards')
    .whereIn('source', [...sources])
    .update({
      paused_until: null,
      pause_reason: null,
      slow_factor: 1,
      slow_until: null,
      next_at: db.raw(`clock_timestamp() + (id % 2) * interval '5 seconds'`),
    })
}

/** Boards are read anew at their next visit: no answer "not modified" hides what their pages say now. */
export async function forgetPages(db: Db, which: { sources?: readonly string[]; ids?: readonly number[] }): Promise<void> {
  const query = db('boards').update({ pages: null })
  if (which.sources) void query.whereIn('source', [...which.sources])
  if (which.ids) void query.whereIn('id', [...which.ids]).update({ next_at: db.raw('clock_timestamp()') })
  await query
}

/** How many boards of sources did not do well at their last visit, or have not been visited since a moment. */
export async function unwellBoards(db: Db, sources: readonly string[], since: Date): Promise<number> {
  const rows = await db('boards')
    .whereIn('source', [...sources])
    .where((query) => void query.whereNotIn('last_outcome', ['ok', 'unchanged']).orWhere('last_run_at', '<', since))
    .count<{ n: number }[]>('* as n')
  return rows[0]?.n ?? 0
}
