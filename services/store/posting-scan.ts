// The first so many postings of a query in an order that an index has, from now or from a past day.

import type { Knex } from 'knex'
import type { Db } from './database.ts'
import { endOf, versionsAsOf, whereUnchangedSince } from './posting-past.ts'
import { applyFilter, type PostingQuery } from './posting-query.ts'
import { ROW_COLUMNS } from './posting-row.ts'

/** What is read: a query, and the moment it is asked at. */
export interface Reading {
  db: Db
  query: PostingQuery
  limit: number
  now: Date
}

export interface Scan {
  /** SQL over `p`; the rows come by it and then by uid, both descending. */
  key: string
  /** Further columns. */
  columns?: string
  narrow: (part: Knex.QueryBuilder) => void
  limit?: number
}

/**
 * A SELECT of ROW_COLUMNS and `sort_key`. A past day is read in two parts, each in the order of its own index: what is still as it was
 * then, and what has changed or gone since.
 */
export function scan(reading: Reading, { key, columns, narrow, limit }: Scan): Knex.QueryBuilder {
  const { db, query } = reading
  const past = query.as_of !== undefined
  const [first, second] = partsOf(reading).map((part) => {
    void part.select(ROW_COLUMNS.map((name) => (past && name === 'closed_at' ? db.raw('null::timestamptz as closed_at') : `p.${name}`)))
    void part.select(db.raw(`${key} as sort_key${columns ? `, ${columns}` : ''}`)).orderByRaw(`${key} desc, p.uid desc`)
    narrow(part)
    return limit === undefined ? part : part.limit(limit)
  })
  if (!first) throw new Error('a scan has at least one part')
  if (!second) return first
  const both = db.from(db.raw('(? union all ?) as u', [first, second])).orderByRaw('sort_key desc, uid desc')
  return limit === undefined ? both : both.limit(limit)
}

/**
 * How many postings there are in all. PostgreSQL takes `search @@` for cheap and reads every row to count a common word, ten times
 * slower than by the index, so where there are words it is not offered that.
 */
export async function countPostings(reading: Reading): Promise<number> {
  if (reading.query.q === undefined) return countParts(reading)
  return reading.db.transaction(async (trx) => {
    await trx.raw('set local enable_seqscan = off')
    return countParts({ ...reading, db: trx })
  })
}

async function countParts(reading: Reading): Promise<number> {
  let total = 0
  for (const part of partsOf(reading)) total += Number((await part.count('* as n').first<{ n: string | number }>()).n)
  return total
}

function partsOf({ db, query, now }: Reading): Knex.QueryBuilder[] {
  if (query.as_of === undefined) return [applyFilter(db.from('postings as p'), query, now)]
  const end = endOf(query.as_of)
  const then: PostingQuery = { ...query, status: 'all' }
  return [whereUnchangedSince(db.from('postings as p'), end), db.from(versionsAsOf(db, end))].map((part) => applyFilter(part, then, end))
}
