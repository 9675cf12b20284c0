// Where a list of postings goes on, for each of its sorts.

import { z } from 'zod'
import { packCursor, unpackCursor, type Belonging } from './cursor.ts'
import type { PostingQuery, Sort } from './posting-query.ts'

/** A moment with microseconds, as PostgreSQL keeps it; a Date would lose three digits and with them rows. */
const moment = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/)
const uid = z.string().regex(/^[0-9a-f]{40}$/)
const place = z.tuple([moment, uid])

const keys = {
  newest: z.tuple([moment, uid]),
  salary: z.tuple([z.string().regex(/^-?\d{1,30}(\.\d{1,20})?$/), uid]),
  /** The window that is being ranked: what lies below the first place and down to the second; then the last row given of it. */
  relevance: z.object({ below: place.nullable(), low: place.nullable(), last: z.tuple([z.number(), moment, uid]).nullable() }),
} as const

export type Key<S extends Sort> = z.infer<(typeof keys)[S]>

function belonging(query: PostingQuery, sort: Sort): Belonging {
  const { cursor: _cursor, limit: _limit, ...rest } = query
  return { ...rest, sort, list: 'postings' }
}

export function writeCursor<S extends Sort>(query: PostingQuery, sort: S, key: Key<S>): string {
  return packCursor(belonging(query, sort), key)
}

/**
 * The key in the query's cursor, or undefined when it has none.
 * @throws CursorError
 */
export function readCursor<S extends Sort>(query: PostingQuery, sort: S): Key<S> | undefined {
  if (query.cursor === undefined) return undefined
  return unpackCursor(query.cursor, belonging(query, sort), keys[sort]) as Key<S>
}
