// Earlier contents of postings with the columns of `postings`: what a past day is searched in.

import type { Knex } from 'knex'
import type { Db } from './database.ts'
import { SEARCHED } from './postings.ts'

/** The end of a date in UTC: the first moment after it. */
export function endOf(date: string): Date {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000)
}

/** Narrows `postings as p` to those that were open just before a moment with the content they have now, as the view `posting_snapshots` does. */
export function whereUnchangedSince(builder: Knex.QueryBuilder, end: Date): Knex.QueryBuilder {
  return builder.whereRaw('p.valid_from < ? and (p.closed_at is null or p.closed_at >= ?)', [end, end])
}

/**
 * A FROM named `p`: the contents that were valid just before a moment and are not any more. The columns that storing derives from a
 * content are not kept for earlier ones; they are made again here as storing makes them.
 */
export function versionsAsOf(db: Db, end: Date): Knex.Raw {
  return db.raw(
    `(select o.uid, o.source, o.board_id, o.company_id, o.company_name, o.external_id, o.first_seen_at, v.title, v.url, v.apply_url,
             v.places, v.work_mode, v.pay, v.level, v.track, v.skills, v.posted_at, null::timestamptz as closed_at,
             place.countries, place.place_text, band.pay_currency, band.pay_annual_min, band.pay_annual_max,
             setweight(to_tsvector('rolewatch', v.title), 'A') || setweight(to_tsvector('rolewatch', o.company_name), 'B')
             || setweight(to_tsvector('rolewatch', place.place_text || ' ' || array_to_string(v.skills, ' ')), 'C')
             || setweight(to_tsvector('rolewatch', left(v.description, ${SEARCHED})), 'D') as search
        from posting_versions v join postings o using (uid)
       cross join lateral (
         select coalesce(array_agg(e ->> 'country') filter (where e ->> 'country' is not null), '{}') as countries,
                coalesce(string_agg(e ->> 'text', ' · '), '') as place_text
           from jsonb_array_elements(v.places) e) place
        left join lateral (
         select e ->> 'currency' as pay_currency,
                min(least((e ->> 'annual_min')::numeric, (e ->> 'annual_max')::numeric)) as pay_annual_min,
                max(greatest((e ->> 'annual_min')::numeric, (e ->> 'annual_max')::numeric)) as pay_annual_max
           from jsonb_array_elements(v.pay) with ordinality x(e, number)
          where coalesce(e ->> 'annual_min', e ->> 'annual_max') is not null
          group by 1 order by min(number) limit 1) band on true
       where v.valid_from < :end and v.valid_to >= :end) as p`,
    { end },
  )
}
