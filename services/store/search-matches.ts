// What a saved search has found: its newest matches and how many there are.

import type { Db } from './database.ts'
import { ROW_COLUMNS, toRow, withNames, type PostingRow, type StoredRow } from './posting-row.ts'

export interface FoundMatch {
  matched_at: Date
  /** What became of telling people: pending, sending, delivered, failed or uncertain; null where nobody was to be told. */
  notification: string | null
  posting: PostingRow
}

/** The newest matches of a search. */
export async function newestMatches(db: Db, searchId: string, limit: number): Promise<FoundMatch[]> {
  const matched = db
    .from('matches as m')
    .join('postings as p', 'p.uid', 'm.uid')
    .leftJoin('outbox as o', (join) => void join.on('o.search_id', 'm.search_id').andOn('o.uid', 'm.uid'))
    .where('m.search_id', searchId)
    .orderByRaw('m.matched_at desc, m.uid desc')
    .limit(limit)
    .select(ROW_COLUMNS.map((name) => `p.${name}`))
    .select('m.matched_at', 'o.state as notification')
  const rows = await withNames(db, matched).orderByRaw<(StoredRow & { matched_at: Date; notification: string | null })[]>(
    'h.matched_at desc, h.uid desc',
  )
  return rows.map((row) => ({ matched_at: row.matched_at, notification: row.notification, posting: toRow(row) }))
}

export async function countMatches(db: Db, searchId: string): Promise<number> {
  const row = await db('matches').where({ search_id: searchId }).count('* as n').first<{ n: string | number }>()
  return Number(row.n)
}
