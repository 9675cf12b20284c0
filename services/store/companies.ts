// Companies as the configuration names them, with what they were before.

import type { Db } from './database.ts'

/** A company as it is configured. */
export interface CompanyEntry {
  slug: string
  name: string
  website: string | null
  careers_url: string | null
  country: string | null
}

/**
 * Brings companies to what is configured; what one was before becomes a row of company_versions. Companies that are no longer
 * configured stay as they are. Writes nothing when nothing differs. Callers hold the lock of the configuration.
 */
export async function syncCompanies(trx: Db, entries: readonly CompanyEntry[]): Promise<{ added: number; changed: number }> {
  const { rows } = await trx.raw<{ rows: { added: number; changed: number }[] }>(
    `with given as materialized (
       select * from jsonb_to_recordset(?::jsonb) as g (slug text, name text, website text, careers_url text, country text)
     ), moment as materialized (
       select clock_timestamp() as at
     ), different as materialized (
       select c.* from companies c join given g using (slug)
        where (c.name, c.website, c.careers_url, c.country) is distinct from (g.name, g.website, g.careers_url, g.country)
     ), kept as (
       insert into company_versions (company_id, slug, name, website, careers_url, country, valid_from, valid_to)
       select id, slug, name, website, careers_url, country, valid_from, at from different, moment
     ), changed as (
       update companies c
          set name = g.name, website = g.website, careers_url = g.careers_url, country = g.country, valid_from = at
         from different d join given g using (slug), moment
        where c.id = d.id
       returning c.id
     ), added as (
       insert into companies (slug, name, website, careers_url, country, valid_from)
       select slug, name, website, careers_url, country, at from given, moment
        where not exists (select from companies c where c.slug = given.slug)
       returning id
     )
     select (select count(*) from added) as added, (select count(*) from changed) as changed`,
    [JSON.stringify(entries)],
  )
  return rows[0] ?? { added: 0, changed: 0 }
}

export interface CompanyVersion extends CompanyEntry {
  valid_from: Date
  /** Null: it is so now. */
  valid_to: Date | null
}

/** What a company was and is, newest first; empty when there is none of that slug. */
export async function companyHistory(db: Db, slug: string): Promise<CompanyVersion[]> {
  const { rows } = await db.raw<{ rows: CompanyVersion[] }>(
    `select slug, name, website, careers_url, country, valid_from, null as valid_to from companies where slug = :slug
     union all
     select v.slug, v.name, v.website, v.careers_url, v.country, v.valid_from, v.valid_to
       from company_versions v join companies c on c.id = v.company_id where c.slug = :slug
     order by valid_from desc`,
    { slug },
  )
  return rows
}
