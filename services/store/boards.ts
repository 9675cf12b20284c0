// Boards: brought to what is configured, found, claimed when they are due, paused.

import type { Knex } from 'knex'
import type { PageRequest } from '../../scrapers/source.ts'
import { CANARY } from './canary-marks.ts'
import { syncCompanies, type CompanyEntry } from './companies.ts'
import type { Db } from './database.ts'

/** A board as it is configured. */
export interface BoardEntry {
  /** The company's. */
  slug: string
  display_name: string
  ats_type: string
  ats_id: string
  careers_url: string | null
  enabled: boolean
  cadence_seconds: number
  /** ISO 3166-1 alpha-2. */
  country: string | null
  /** Null: found out by the first visit and remembered. */
  region: string | null
  website?: string | null
}

/** What a page of the last complete visit looked like, to ask whether it has changed. */
export interface PageValidator {
  url: string
  etag: string | null
  last_modified: string | null
  hash: string
  /** The request that followed it, or null for the last page: an unchanged page need not be parsed to find it. */
  next: PageRequest | null
}

/** A board with its company and its memory of the visits before. */
export interface Board {
  id: number
  source: string
  ident: string
  company_id: number
  company_slug: string
  company_name: string
  company_country: string | null
  region: string | null
  enabled: boolean
  configured: boolean
  cadence_seconds: number
  paused_until: Date | null
  pause_reason: string | null
  next_at: Date
  last_run_id: string | null
  last_outcome: string | null
  last_run_at: Date | null
  last_complete_at: Date | null
  open_count: number
  /** How many postings the last five complete visits saw, newest last. */
  recent_counts: number[]
  /** Expected failures in a row. */
  failures: number
  pages: PageValidator[] | null
  reader: string | null
}

/** Any constant; held while the configuration is brought in, so that processes that start together do it one after the other. */
const SYNC_LOCK = 0x626f6172

function companiesOf(entries: readonly BoardEntry[]): CompanyEntry[] {
  const companies = new Map<string, CompanyEntry>()
  for (const entry of entries) {
    const seen = companies.get(entry.slug)
    companies.set(entry.slug, {
      slug: entry.slug,
      name: entry.display_name,
      website: seen?.website ?? entry.website ?? null,
      careers_url: seen?.careers_url ?? entry.careers_url,
      country: seen?.country ?? entry.country,
    })
  }
  return [...companies.values()]
}

/**
 * Brings companies and boards to what is configured. New boards are due at once; boards that left the configuration are kept with
 * their postings and visited no more. A second call with the same entries writes no row.
 */
export async function syncBoards(
  trx: Knex.Transaction,
  entries: readonly BoardEntry[],
): Promise<{ added: number; changed: number; retired: number }> {
  await trx.raw('select pg_advisory_xact_lock(?)', [SYNC_LOCK])
  await syncCompanies(trx, companiesOf(entries))
  const { rows } = await trx.raw<{ rows: { added: number; changed: number; retired: number }[] }>(
    `with given as materialized (
       select g.*, c.id as company_id
         from jsonb_to_recordset(?::jsonb)
           as g (slug text, ats_type text, ats_id text, region text, enabled boolean, cadence_seconds integer)
         join companies c using (slug)
     ), changed as (
       update boards b
          set company_id = g.company_id, enabled = g.enabled, configured = true, cadence_seconds = g.cadence_seconds,
              region = coalesce(g.region, b.region),
              next_at = case when b.configured then least(b.next_at, clock_timestamp() + make_interval(secs => g.cadence_seconds))
                             else clock_timestamp() end
         from given g
        where (b.source, b.ident) = (g.ats_type, g.ats_id)
          and (b.company_id, b.enabled, b.configured, b.cadence_seconds, b.region)
              is distinct from (g.company_id, g.enabled, true, g.cadence_seconds, coalesce(g.region, b.region))
       returning b.id
     ), added as (
       insert into boards (source, ident, company_id, region, enabled, cadence_seconds)
       select ats_type, ats_id, company_id, region, enabled, cadence_seconds from given g
        where not exists (select from boards b where (b.source, b.ident) = (g.ats_type, g.ats_id))
       returning id
     ), retired as (
       update boards b set configured = false
        where b.configured and not exists (select from given g where (g.ats_type, g.ats_id) = (b.source, b.ident))
       returning b.id
     )
     select (select count(*) from added) as added, (select count(*) from changed) as changed, (select count(*) from retired) as retired`,
    [JSON.stringify(entries)],
  )
  return rows[0] ?? { added: 0, changed: 0, retired: 0 }
}

function boardRows(db: Db): Knex.QueryBuilder {
  return db('boards as b')
    .join('companies as c', 'c.id', 'b.company_id')
    .select(
      ...['id', 'source', 'ident', 'company_id', 'region', 'enabled', 'configured', 'cadence_seconds', 'paused_until', 'pause_reason'].map(
        (name) => `b.${name}`,
      ),
      ...[
        'next_at',
        'last_run_id',
        'last_outcome',
        'last_run_at',
        'last_complete_at',
        'open_count',
        'recent_counts',
        'failures',
        'pages',
        'reader',
      ].map((name) => `b.${name}`),
      { company_slug: 'c.slug', company_name: 'c.name', company_country: 'c.country' },
    )
}

export interface BoardFilter {
  sources?: readonly string[]
  /** `stripe` (on whatever source) or `greenhouse/stripe`. */
  idents?: readonly string[]
  ids?: readonly number[]
  limit?: number
  /** Those that the schedule would claim now. */
  dueOnly?: boolean
}

/** A board that a runbook slowed down is visited less often for a while: not beyond its end, and never more often than usual. */
const INTERVAL = `case when b.slow_until > :now::timestamptz
  then greatest(b.cadence_seconds, least(b.cadence_seconds * b.slow_factor, extract(epoch from b.slow_until - :now::timestamptz)::double precision))
  else b.cadence_seconds end`
/** What may be expected of a board: the longer interval still holds for the visit that follows the end of the slowness. */
const EXPECTED = `ceil(cadence_seconds * case when slow_until + make_interval(secs => cadence_seconds) > :now then slow_factor else 1 end)::int`

const DUE = 'b.enabled and b.configured and b.next_at <= :now and (b.paused_until is null or b.paused_until <= :now)'

/** Boards, the canary's left out, in the order of source and ident; when only the due are asked for, the longest overdue first. */
export async function findBoards(db: Db, filter: BoardFilter = {}, now = new Date()): Promise<Board[]> {
  const query = boardRows(db).whereNot('b.source', CANARY)
  if (filter.sources) void query.whereRaw('b.source = any(?)', [[...filter.sources]])
  if (filter.ids) void query.whereRaw('b.id = any(?::bigint[])', [[...filter.ids]])
  if (filter.idents)
    void query.whereRaw(`(b.ident = any(:idents) or b.source || '/' || b.ident = any(:idents))`, { idents: [...filter.idents] })
  if (filter.dueOnly) void query.whereRaw(DUE, { now }).orderBy('b.next_at')
  if (filter.limit !== undefined) void query.limit(filter.limit)
  return (await query.orderBy(['b.source', 'b.ident'])) as Board[]
}

/** One board, or undefined. */
export async function getBoard(db: Db, id: number): Promise<Board | undefined> {
  return (await boardRows(db).where('b.id', id).first()) as Board | undefined
}

/**
 * Takes up to `limit` due boards, longest overdue first, and puts each off by its interval, give or take a tenth, so that boards
 * configured together drift apart. Claimers at the same time never get the same board.
 */
export async function claimDue(db: Db, limit: number, now = new Date()): Promise<{ id: number; source: string; ident: string }[]> {
  const { rows } = await db.raw<{ rows: { id: number; source: string; ident: string }[] }>(
    `with due as (
       select b.id, b.next_at from boards b where ${DUE} order by b.next_at, b.id limit :limit for update skip locked
     ), claimed as (
       update boards b set next_at = :now::timestamptz + make_interval(secs => (${INTERVAL}) * (0.9 + 0.2 * random()))
         from due where b.id = due.id
       returning b.id, b.source, b.ident, due.next_at as was_due
     )
     select id, source, ident from claimed order by was_due, id`,
    { now, limit },
  )
  return rows
}

/** A whole source, or one board (`stripe` or `greenhouse/stripe`); both given, that board of that source. */
export interface Which {
  source?: string
  board?: string
}

/** Held in the order of their ids: whoever else writes many boards at once must not be waited for in a circle. */
function select(db: Db, { source, board }: Which): Knex.QueryBuilder {
  if (source === undefined && board === undefined) throw new TypeError('name a source or a board')
  const query = db('boards').select('id').where({ configured: true }).orderBy('id').forNoKeyUpdate()
  if (source !== undefined) void query.where({ source })
  if (board !== undefined) void query.whereRaw(`(ident = :board or source || '/' || ident = :board)`, { board })
  return db('boards').whereIn('id', query)
}

/** Visits stop until the given moment. Returns how many boards that is. */
export async function pauseBoards(db: Db, which: Which, until: Date, reason: string): Promise<number> {
  return select(db, which).update({ paused_until: until, pause_reason: reason })
}

/** Visits go on, at once where they are overdue. Returns how many boards were paused. */
export async function resumeBoards(db: Db, which: Which): Promise<number> {
  return select(db, which).whereNotNull('paused_until').update({ paused_until: null, pause_reason: null })
}

export interface SourceSummary {
  source: string
  /** Configured. */
  boards: number
  enabled: number
  /** Of those that are enabled. */
  paused: number
  open_postings: number
  last_success: Date | null
  /** The shortest cadence among its enabled boards; longer while a runbook has slowed them down. */
  expected_interval_seconds: number | null
  /** Boards by the outcome of their last visit; those never visited are left out. */
  outcomes: Record<string, number>
  hosts: { host: string; breaker: string; open_until: string | null; paused_until: string | null; last_error: string | null }[]
}

/** One row per source that has a configured board or open postings, by name. */
export async function sourceSummaries(db: Db, now = new Date()): Promise<SourceSummary[]> {
  const { rows } = await db.raw<{ rows: SourceSummary[] }>(
    `select s.source, s.boards, s.enabled, s.paused, s.open_postings, s.last_success, s.expected_interval_seconds,
            coalesce(o.outcomes, '{}') as outcomes, coalesce(h.hosts, '[]') as hosts
       from (
         select source, count(*) filter (where configured) as boards, count(*) filter (where configured and enabled) as enabled,
                count(*) filter (where configured and enabled and paused_until > :now) as paused, sum(open_count) as open_postings,
                max(last_complete_at) as last_success,
                min(${EXPECTED}) filter (where configured and enabled) as expected_interval_seconds
           from boards where source <> :canary group by source having bool_or(configured) or sum(open_count) > 0
       ) s
       left join (
         select source, jsonb_object_agg(last_outcome, n) as outcomes
           from (select source, last_outcome, count(*) as n from boards where configured and last_outcome is not null group by 1, 2) one
          group by source
       ) o using (source)
       left join (
         select source, jsonb_agg(jsonb_build_object('host', host, 'breaker', breaker, 'open_until', open_until,
                                                     'paused_until', paused_until, 'last_error', last_error) order by host) as hosts
           from hosts group by source
       ) h using (source)
      order by s.source`,
    { now, canary: CANARY },
  )
  return rows
}
