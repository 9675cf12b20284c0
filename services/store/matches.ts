// Matches: which of the new postings fit which searches, found and put in the outbox by one statement.

import { CANARY_SEARCH } from './canary-marks.ts'
import { applyCanaryFilter, applyFilter } from './posting-query.ts'
import type { Db } from './database.ts'
import type { Search } from './searches.ts'

/** What the notifier listens to: a word is sent here when rows were added to the outbox. */
export const OUTBOX_CHANNEL = 'rolewatch_outbox'

export interface NewPostings {
  uids: readonly string[]
  runId: string
  /** The trace of the visit, as stored text: the message to people will continue it. */
  traceparent: string | undefined
}

/**
 * Compares the postings with all given searches and writes a match and an outbox row for each pair that is new; a pair that is known
 * is left alone, so nobody is told twice. Returns how many are new by source.
 */
export async function insertMatches(trx: Db, postings: NewPostings, searches: readonly Search[]): Promise<Record<string, number>> {
  if (searches.length === 0 || postings.uids.length === 0) return {}
  const fits = searches.map((search) => fitting(trx, search).toSQL())
  const result = await trx.raw<{ rows: { source: string; count: number }[] }>(
    `with fresh as materialized (select * from postings where uid = any(?)),
     fits as (${fits.map((fit) => fit.sql).join('\nunion all\n')}),
     matched as (
       insert into matches (search_id, uid, run_id) select search_id, uid, ? from fits on conflict do nothing returning search_id, uid),
     told as (
       insert into outbox (channel, search_id, uid, traceparent)
       select s.notify ->> 'channel', m.search_id, m.uid, ? from matched m join searches s on s.id = m.search_id on conflict do nothing)
     select fresh.source, count(*) from matched join fresh using (uid) group by 1`,
    [[...postings.uids], ...fits.flatMap((fit) => [...fit.bindings]), postings.runId, postings.traceparent ?? null],
  )
  return Object.fromEntries(result.rows.map((row) => [row.source, row.count]))
}

/** A posting that has just opened is open, and how a search is sorted, paged or dated says nothing about what fits it. */
function fitting(trx: Db, search: Search) {
  const rows = trx('fresh as p').select(trx.raw('?::uuid as search_id', [search.id]), 'p.uid')
  const fits = search.id === CANARY_SEARCH ? applyCanaryFilter : applyFilter
  return fits(rows, { ...search.query, status: 'all' })
}

/** A statement over a hundred searches looks costly enough to be compiled, which takes seconds where running it takes milliseconds. */
export async function withoutCompiling(trx: Db): Promise<void> {
  await trx.raw('set local jit = off')
}

/** Wakes the notifiers of all processes when, and only when, this transaction commits. */
export async function wakeNotifiers(db: Db): Promise<void> {
  await db.raw('select pg_notify(?, ?)', [OUTBOX_CHANNEL, ''])
}
