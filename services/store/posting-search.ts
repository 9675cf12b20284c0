// Searching postings: newest first, best paid first, or by relevance, and always by key, never by offset.

import type { Db } from './database.ts'
import { readCursor, writeCursor } from './posting-cursor.ts'
import { endOf } from './posting-past.ts'
import { PAID_SQL, POSTED_SQL, type PostingQuery, type Sort } from './posting-query.ts'
import { rankPostings } from './posting-rank.ts'
import { toRow, withNames, type PostingRow, type StoredRow } from './posting-row.ts'
import { countPostings, scan, type Reading } from './posting-scan.ts'

export interface PostingPage {
  items: PostingRow[]
  /** Null when this was the last page. */
  next_cursor: string | null
  /** How many there are in all; only where it was asked for. */
  total?: number
}

const DEFAULT_LIMIT = 50

/**
 * One page of the postings that a query asks for.
 * @throws CursorError when the cursor belongs to another query
 */
export async function searchPostings(db: Db, query: PostingQuery, options: { count?: boolean; now?: Date } = {}): Promise<PostingPage> {
  const now = query.as_of === undefined ? (options.now ?? new Date()) : endOf(query.as_of)
  const reading: Reading = { db, query, limit: query.limit ?? DEFAULT_LIMIT, now }
  const sort = sortOf(query)
  const { rows, next } = sort === 'relevance' ? await rankPostings(reading) : await orderPostings(reading, sort)
  const page = { items: rows.map(toRow), next_cursor: next }
  return options.count ? { ...page, total: await countPostings(reading) } : page
}

/** Every posting that a query asks for, a page at a time: no transaction is held while whoever reads them is slow. */
export async function* eachPosting(
  db: Db,
  query: PostingQuery,
  options: { now?: Date; pageSize?: number } = {},
): AsyncGenerator<PostingRow[]> {
  let cursor: string | undefined
  do {
    const page = await searchPostings(db, { ...query, limit: options.pageSize ?? 500, cursor }, options)
    if (page.items.length > 0) yield page.items
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

/** How a query is sorted when it does not say: by relevance where there are words to be relevant to. */
function sortOf(query: PostingQuery): Sort {
  if (query.q === undefined) return query.sort === 'salary' ? 'salary' : 'newest'
  return query.sort ?? 'relevance'
}

/** Each key with its text for the cursor: all microseconds and digits. */
const ORDERS = {
  newest: { key: POSTED_SQL, text: `to_char(h.sort_key at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`, type: 'timestamptz' },
  salary: { key: PAID_SQL, text: 'h.sort_key::text', type: 'numeric' },
} as const

async function orderPostings(reading: Reading, sort: 'newest' | 'salary'): Promise<{ rows: StoredRow[]; next: string | null }> {
  const { db, query, limit } = reading
  const { key, text, type } = ORDERS[sort]
  const after = readCursor(query, sort)
  const page = scan(reading, {
    key,
    narrow: (part) => {
      if (after) void part.whereRaw(`(${key}, p.uid) < (?::${type}, ?)`, [...after])
    },
    limit: limit + 1,
  })
  const found = await withNames(db, page)
    .select(db.raw(`${text} as key_text`))
    .orderByRaw<(StoredRow & { key_text: string })[]>('h.sort_key desc, h.uid desc')
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? writeCursor(query, sort, [last.key_text, last.uid]) : null }
}
