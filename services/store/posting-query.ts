// What somebody wants to see of the postings, and the one WHERE that the API and the saved searches share.

import type { Knex } from 'knex'
import type { WorkMode } from '../../scrapers/source.ts'
import type { Level } from '../postings/posting.ts'
import { canonicalSkill } from '../postings/skills.ts'
import { CANARY } from './canary-marks.ts'
import { escapeLike, quoteWords, wherePlace } from './place-filter.ts'

export const STATUSES = ['open', 'closed', 'all'] as const
export const SORTS = ['relevance', 'newest', 'salary'] as const
export type Status = (typeof STATUSES)[number]
export type Sort = (typeof SORTS)[number]

/** The fields of GET /postings. A saved search keeps them without `as_of`, `sort`, `limit` and `cursor`. */
export interface PostingQuery {
  /** Web search syntax: words, "phrases", or, -without. */
  q?: string | undefined
  /** A company's slug, or the beginning of its name. */
  company?: string | undefined
  /** Words that the title has, all of them. */
  title?: string | undefined
  /** A place in words; parts after a comma narrow it ("London, UK"). */
  location?: string | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | undefined
  mode?: WorkMode | undefined
  level?: Level | undefined
  /** All of them. */
  skill?: string[] | undefined
  /** Per year, in major units of `currency`, or of the posting's own currency where none is asked for. */
  salary_min?: number | undefined
  currency?: string | undefined
  source?: string | undefined
  /** Days. */
  posted_within?: number | undefined
  /** Open unless told. */
  status?: Status | undefined
  /** A date as 2025-07-01: what was open at its end in UTC, and how it was then. */
  as_of?: string | undefined
  sort?: Sort | undefined
  limit?: number | undefined
  cursor?: string | undefined
}

/** The tsquery of `q`: one expression, so that filter and rank agree. */
export const Q_SQL = `websearch_to_tsquery('rolewatch', ?)`

/** When a posting counts as published: its index is `postings_posted`. */
export const POSTED_SQL = 'coalesce(p.posted_at, p.first_seen_at)'

/** The highest yearly pay that is known of a posting; below every pay where none is. */
export const PAID_SQL = 'coalesce(p.pay_annual_max, p.pay_annual_min, -1)'

/**
 * Adds the WHERE of a query. The builder reads from `postings as p`, or from something with its columns; `as_of`, `sort`, `limit`
 * and `cursor` are not its business. The canary's postings are nobody's.
 * @param now what `posted_within` counts back from
 */
export function applyFilter(builder: Knex.QueryBuilder, query: PostingQuery, now: Date = new Date()): Knex.QueryBuilder {
  return narrow(builder.where('p.source', '<>', CANARY), query, now)
}

/** The same among the canary's postings alone: what its own search is compared by. */
export function applyCanaryFilter(builder: Knex.QueryBuilder, query: PostingQuery): Knex.QueryBuilder {
  return narrow(builder.where('p.source', CANARY), query, new Date())
}

function narrow(builder: Knex.QueryBuilder, query: PostingQuery, now: Date): Knex.QueryBuilder {
  const status = query.status ?? 'open'
  if (status === 'open') void builder.whereNull('p.closed_at')
  if (status === 'closed') void builder.whereNotNull('p.closed_at')
  if (query.company !== undefined) whereCompany(builder, query.company)
  if (query.location !== undefined) wherePlace(builder, query.location)
  if (query.country !== undefined) void builder.whereRaw('p.countries @> array[?]::text[]', [query.country.toUpperCase()])
  if (query.mode !== undefined) void builder.where('p.work_mode', query.mode)
  if (query.level !== undefined) void builder.where('p.level', query.level)
  if (query.skill !== undefined && query.skill.length > 0) void builder.whereRaw('p.skills @> ?::text[]', [query.skill.map(skillName)])
  if (query.source !== undefined) void builder.where('p.source', query.source)
  if (query.currency !== undefined) void builder.where('p.pay_currency', query.currency.toUpperCase())
  if (query.salary_min !== undefined) void builder.whereRaw(`${PAID_SQL} >= ?`, [query.salary_min])
  if (query.posted_within !== undefined)
    void builder.whereRaw(`${POSTED_SQL} >= ?`, [new Date(now.getTime() - query.posted_within * 86_400_000)])
  // Last, because of conditions that cost alike PostgreSQL asks the first one first, and these unpack the whole tsvector.
  if (query.title !== undefined) void builder.whereRaw(`p.search @@ to_tsquery('rolewatch', ?)`, [titleQuery(query.title)])
  if (query.q !== undefined) whereWords(builder, query.q)
  return builder
}

/**
 * Full text, and for words that full text would cut down to a letter (C++, C#, .NET) the skill they name: "c++ engineer" has to have
 * C++ and not only a c. Left alone where there are alternatives or a phrase, which a further condition would not be part of.
 */
function whereWords(builder: Knex.QueryBuilder, q: string): void {
  const plain = !/"|\bor\b/i.test(q)
  const words = q
    .split(/\s+/)
    .map((word) => ({ word, skill: plain && /[+#]|^-?\./.test(word) ? canonicalSkill(word.replace(/^-/, '')) : null }))
  const rest = words.filter(({ skill }) => skill === null).map(({ word }) => word)
  for (const { word, skill } of words)
    if (skill !== null) void builder.whereRaw(`${word.startsWith('-') ? 'not ' : ''}p.skills @> array[?]::text[]`, [skill])
  if (rest.length > 0) void builder.whereRaw(`p.search @@ ${Q_SQL}`, [rest.join(' ')])
}

function whereCompany(builder: Knex.QueryBuilder, company: string): void {
  void builder.whereRaw('p.company_id in (select c.id from companies c where c.slug = ? or c.name ilike ?)', [
    company.toLowerCase(),
    `${escapeLike(company)}%`,
  ])
}

/** A skill as `postings.skills` spells it. */
function skillName(skill: string): string {
  return canonicalSkill(skill) ?? skill.trim()
}

/** All words, each in the title: weight A. */
function titleQuery(title: string): string {
  return title
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => quoteWords(word, 'A'))
    .join(' & ')
}
