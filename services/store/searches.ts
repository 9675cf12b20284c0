// Saved searches: what somebody wants to hear of, and where.

import { randomUUID } from 'node:crypto'
import { CANARY_SEARCH } from './canary-marks.ts'
import type { Db } from './database.ts'
import type { PostingQuery } from './posting-query.ts'

export interface SearchNotify {
  channel: 'slack'
  cadence: 'instant'
}

export interface Search {
  id: string
  name: string
  query: PostingQuery
  notify: SearchNotify
  enabled: boolean
  created_at: Date
}

export interface SearchDraft {
  name: string
  /** As the edge checked it; stored as it is. */
  query: PostingQuery
  notify: SearchNotify
  /** True unless told. */
  enabled?: boolean
}

const COLUMNS = ['id', 'name', 'query', 'notify', 'enabled', 'created_at']
/** The canary's search is nobody's: it is compared with and told as any other, and neither seen nor changed. */
const isSeen = (id: string): boolean => UUID.test(id) && id.toLowerCase() !== CANARY_SEARCH
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Saves a search; postings that open from now on are compared with it. */
export async function createSearch(db: Db, draft: SearchDraft): Promise<Search> {
  const row = {
    id: randomUUID(),
    name: draft.name,
    query: JSON.stringify(draft.query),
    notify: JSON.stringify(draft.notify),
    enabled: draft.enabled ?? true,
  }
  const [made] = await db('searches').insert(row).returning<Search[]>(COLUMNS)
  if (!made) throw new Error('PostgreSQL returned no row for an insert')
  return made
}

/** Changes what is given of a search; undefined when there is no such search. */
export async function updateSearch(db: Db, id: string, changes: Partial<SearchDraft>): Promise<Search | undefined> {
  if (!isSeen(id)) return undefined
  const row = {
    ...(changes.name === undefined ? {} : { name: changes.name }),
    ...(changes.query === undefined ? {} : { query: JSON.stringify(changes.query) }),
    ...(changes.notify === undefined ? {} : { notify: JSON.stringify(changes.notify) }),
    ...(changes.enabled === undefined ? {} : { enabled: changes.enabled }),
    updated_at: db.raw('clock_timestamp()'),
  }
  const [changed] = await db('searches').where({ id }).update(row).returning<Search[]>(COLUMNS)
  return changed
}

/** Deletes a search with its matches and with what was still to be told of it. False when there is no such search. */
export async function deleteSearch(db: Db, id: string): Promise<boolean> {
  return isSeen(id) && (await db('searches').where({ id }).delete()) > 0
}

/** One search, or undefined. */
export async function getSearch(db: Db, id: string): Promise<Search | undefined> {
  if (!isSeen(id)) return undefined
  return db('searches').where({ id }).first<Search | undefined>(COLUMNS)
}

/** Searches, newest first; `after` is the id of the last one of the page before. */
export async function listSearches(
  db: Db,
  options: { enabled?: boolean; limit?: number; after?: string | undefined } = {},
): Promise<Search[]> {
  const query = db('searches')
    .select<Search[]>(COLUMNS)
    .whereNot({ id: CANARY_SEARCH })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
  if (options.enabled !== undefined) void query.where({ enabled: options.enabled })
  if (options.after !== undefined)
    void query.whereRaw('(created_at, id) < (select s.created_at, s.id from searches s where s.id::text = ?)', [options.after])
  if (options.limit !== undefined) void query.limit(options.limit)
  return query
}

/**
 * The searches to compare new postings with. Each stays undeletable until the transaction ends: a search that vanished in the middle
 * would take the whole visit's rows with it.
 */
export async function enabledSearches(trx: Db): Promise<Search[]> {
  return trx('searches').select<Search[]>(COLUMNS).where({ enabled: true }).orderBy('id').forKeyShare()
}
