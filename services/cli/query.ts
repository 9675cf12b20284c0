// query: search postings from the command line, with the fields and the checks of GET /api/v1/postings.

import { z } from 'zod'
import type { Config } from '../config.ts'
import { toMajor } from '../postings/pay.ts'
import { filterFields, orderFields, savedQuery } from '../store/posting-fields.ts'
import type { PostingQuery } from '../store/posting-query.ts'
import type { PostingRow } from '../store/posting-row.ts'
import { searchPostings } from '../store/posting-search.ts'
import { openHouse } from '../works.ts'
import { misuse } from '../refusal.ts'
import { print, type Format } from './print.ts'

/** The options as commander names them. */
export interface QueryOptions {
  q?: string
  company?: string
  title?: string
  location?: string
  country?: string
  mode?: string
  level?: string
  skill?: string[]
  salaryMin?: number
  currency?: string
  source?: string
  postedWithin?: number
  status?: string
  asOf?: string
  sort?: string
  limit?: number
}

const listQuery = z.strictObject({ ...filterFields, ...orderFields, limit: z.coerce.number().int().min(1).max(1000).optional() })

export async function queryCommand(config: Config, options: QueryOptions & { format: Format }, args: string[]): Promise<void> {
  const query = parse(listQuery, { ...fieldsOf(options), q: args[0] }) as PostingQuery
  const house = await openHouse(config, { quiet: true })
  try {
    const page = await searchPostings(house.database.db, { limit: 20, ...query }, { count: true })
    print(
      options.format,
      page,
      page.items,
      {
        posted: (p) => (p.posted_at ?? p.first_seen_at).slice(0, 10),
        company: (p) => p.company.name,
        title: (p) => cut(p.title, 60),
        places: (p) => cut(p.places.map((place) => place.text).join(' · '), 40),
        mode: (p) => p.work_mode,
        pay: (p) => payOf(p),
        url: (p) => p.url,
      },
      'Nothing fits. Fewer words or filters find more; "rolewatch source list" shows what is stored.',
    )
    if (options.format === 'table' && (page.total ?? 0) > page.items.length)
      console.log(`\n${page.items.length} of ${page.total?.toLocaleString('en-US')}; --limit shows more`)
  } finally {
    await house.close()
  }
}

/** The conditions of a saved search, checked. */
export function toSavedQuery(options: QueryOptions): PostingQuery {
  return parse(savedQuery, fieldsOf(options)) as PostingQuery
}

function fieldsOf(options: QueryOptions): Record<string, unknown> {
  const { salaryMin, postedWithin, asOf, q, company, title, location, country, mode, level, skill, currency, source, status, sort, limit } =
    options
  const fields = { q, company, title, location, country, mode, level, skill, currency, source, status, sort, limit }
  const given = { ...fields, salary_min: salaryMin, posted_within: postedWithin, as_of: asOf }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** All faults at once, by the names of the command line. */
function parse(schema: z.ZodType, fields: Record<string, unknown>): unknown {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw misuse(
    result.error.issues
      .map((issue) => `${issue.path.length > 0 ? `--${issue.path.join('.').replaceAll('_', '-')} ` : 'The search '}${issue.message}`)
      .join('\n'),
  )
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

function payOf(posting: PostingRow): string {
  const band = posting.pay[0]
  if (!band) return ''
  const amounts = [band.min_minor, band.max_minor].flatMap((amount) =>
    amount === null ? [] : [toMajor(amount, band.currency).toLocaleString('en-US')],
  )
  return `${band.currency ?? '?'} ${[...new Set(amounts)].join('–')}${band.period ? ` a ${band.period}` : ''}`
}
