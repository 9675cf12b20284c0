// A small made-up market of a month, in rows: what the questions of the dashboard Business are asked about.

import type { Db } from '../../../services/store/database.ts'

export const NOW = new Date('2026-03-31T12:00:00Z')
/** Postings per day, over thirty days, half on each of two boards. */
export const PER_DAY = 20
export const DAYS = 30
export const SEARCHES = 100

/**
 * Two boards of people's and the canary's. Of each day's postings every fourth is closed, every other one is paid, one in ten fits every search.
 * The canary has as many of everything, all open and paid far more.
 */
export async function fillMarket(db: Db): Promise<void> {
  await db.raw(`
    insert into companies (slug, name) values ('north', 'North'), ('south', 'South'), ('canary', 'Canary');
    insert into boards (source, ident, company_id, open_count)
      values ('ashby', 'north', 1, 300), ('lever', 'south', 2, 150), ('canary', 'canary', 3, 1000);
    insert into searches (id, name, query, notify) select gen_random_uuid(), 'all', '{}', '{}' from generate_series(1, ${SEARCHES});`)
  await db.raw(
    `insert into runs (id, board_id, source, trigger, outcome, complete, new, changed, closed, reopened, started_at, seconds, undone_at)
       select gen_random_uuid(), b.id, b.source, 'schedule', 'ok', true, ?, 1, case when day = 3 then 100 else 2 end, 1,
              ?::timestamptz - day * interval '1 day', 1, case when day = 3 then now() end
         from boards b cross join generate_series(1, ?) day`,
    [PER_DAY / 2, NOW, DAYS],
  )
  await db.raw(
    `insert into postings (uid, source, board_id, company_id, external_id, company_name, title, url, description, places, pay, level, skills, facts,
                           content_hash, valid_from, first_seen_at, closed_at, opened_run, countries, place_text, pay_currency, pay_annual_min,
                           pay_annual_max, work_mode, search)
       select b.source || day || '-' || n, b.source, b.id, b.company_id, day || '-' || n, 'Company', 'Title', 'https://example.com', 'Text', '[]', '[]',
              case when n % 4 < 2 then 'senior' else 'junior' end, '{}', '{}', 'hash', at, at,
              case when n % 4 = 0 and b.source <> 'canary' then at + interval '1 hour' end, gen_random_uuid(),
              case when n % 2 = 0 then '{DE,FR}' else '{DE}' end::text[], 'Berlin',
              case when n % 2 = 0 then 'EUR' end, case when n % 2 = 0 then 50000 + n * 1000 + case when b.source = 'canary' then 900000 else 0 end end,
              null, case when n % 2 = 0 then 'remote' end, ''
         from boards b cross join generate_series(1, ?) day cross join generate_series(1, ?) n
         cross join lateral (select ?::timestamptz - day * interval '1 day' + n * interval '1 minute' as at) moment`,
    [DAYS, PER_DAY / 2, NOW],
  )
  await db.raw(`
    insert into matches (search_id, uid, run_id, matched_at)
      select s.id, p.uid, p.opened_run, p.first_seen_at from searches s cross join postings p where p.external_id like '%5' order by 4;
    insert into outbox (channel, search_id, uid, state, created_at)
      select 'slack', m.search_id, m.uid, 'delivered', m.matched_at from matches m order by 5;
    analyze`)
}
