// Reading companies: the list with what is open at each, and one company with its boards and what it was called before.

import type { Knex } from 'knex'
import { CANARY_COMPANY } from './canary-marks.ts'
import type { Db } from './database.ts'
import { escapeLike } from './place-filter.ts'

export interface CompanyRow {
  slug: string
  name: string
  website: string | null
  careers_url: string | null
  country: string | null
  open_postings: number
  boards: { source: string; board: string; open_postings: number; last_outcome: string | null }[]
}

export interface CompanyVersion {
  slug: string
  name: string
  website: string | null
  careers_url: string | null
  country: string | null
  valid_from: Date
  /** Null for what is so now. */
  valid_to: Date | null
}

function rowsOf(db: Db): Knex.QueryBuilder {
  return db('companies as c')
    .whereNot('c.slug', CANARY_COMPANY)
    .select('c.slug', 'c.name', 'c.website', 'c.careers_url', 'c.country', 'o.open_postings', 'o.boards')
    .joinRaw(
      `cross join lateral (
         select coalesce(sum(b.open_count), 0)::int as open_postings,
                coalesce(jsonb_agg(jsonb_build_object('source', b.source, 'board', b.ident, 'open_postings', b.open_count,
                                                      'last_outcome', b.last_outcome) order by b.source, b.ident)
                           filter (where b.id is not null), '[]') as boards
           from boards b where b.company_id = c.id) o`,
    )
}

/** Companies in the order of their slugs; `after` is the slug of the last one of the page before, `name` the beginning of a name or slug. */
export async function listCompanies(
  db: Db,
  filter: { name?: string | undefined; limit: number; after?: string | undefined },
): Promise<CompanyRow[]> {
  const query = rowsOf(db).orderBy('c.slug').limit(filter.limit)
  if (filter.after !== undefined) void query.where('c.slug', '>', filter.after)
  if (filter.name !== undefined) {
    const prefix = `${escapeLike(filter.name)}%`
    void query.whereRaw('(c.name ilike ? or c.slug ilike ?)', [prefix, prefix])
  }
  return (await query) as CompanyRow[]
}

/** One company with its history, newest first; undefined when there is none of that slug. */
export async function getCompany(db: Db, slug: string): Promise<(CompanyRow & { history: CompanyVersion[] }) | undefined> {
  const company = (await rowsOf(db).where('c.slug', slug).first()) as CompanyRow | undefined
  if (!company) return undefined
  const { rows: history } = await db.raw<{ rows: CompanyVersion[] }>(
    `select slug, name, website, careers_url, country, valid_from, null::timestamptz as valid_to from companies where slug = :slug
     union all
     select v.slug, v.name, v.website, v.careers_url, v.country, v.valid_from, v.valid_to
       from company_versions v join companies c on c.id = v.company_id where c.slug = :slug
     order by valid_from desc`,
    { slug },
  )
  return { ...company, history }
}
