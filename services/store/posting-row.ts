// A posting as programs see it: the columns of a list, the further ones of one posting, and the shapes they are answered in.

import type { Knex } from 'knex'
import type { WorkMode } from '../../scrapers/source.ts'
import type { Level, Pay, Place, Posting, Track } from '../postings/posting.ts'
import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

/** A posting in a list. Dates are ISO 8601 in UTC. */
export interface PostingRow {
  uid: string
  source: string
  board: string
  external_id: string
  company: { slug: string; name: string }
  title: string
  url: string
  apply_url: string | null
  places: Place[]
  work_mode: WorkMode | null
  pay: Pay[]
  level: Level | null
  track: Track | null
  skills: string[]
  posted_at: string | null
  first_seen_at: string
  closed_at: string | null
  status: 'open' | 'closed'
}

/** What one posting has besides. */
export interface PostingDetail
  extends
    PostingRow,
    Pick<
      Posting,
      'description' | 'description_html' | 'department' | 'team' | 'employment_type' | 'requisition_id' | 'language' | 'facts'
    > {
  work_mode_origin: Posting['work_mode_origin']
  edited_at: string | null
  /** Since when the content is as it is. */
  valid_from: string
  /** How often it was closed and came back. */
  reopened: number
}

/** The columns of `postings as p` that a list needs, without what joins add. */
export const ROW_COLUMNS = [
  'uid',
  'source',
  'board_id',
  'company_id',
  'company_name',
  'external_id',
  'title',
  'url',
  'apply_url',
  'places',
  'work_mode',
  'pay',
  'level',
  'track',
  'skills',
  'posted_at',
  'first_seen_at',
  'closed_at',
] as const

const DETAIL_COLUMNS = [
  'work_mode_origin',
  'description',
  'description_html',
  'department',
  'team',
  'employment_type',
  'requisition_id',
  'language',
  'facts',
  'edited_at',
  'valid_from',
  'reopened',
] as const

interface Stored extends Omit<
  PostingDetail,
  'company' | 'posted_at' | 'first_seen_at' | 'closed_at' | 'edited_at' | 'valid_from' | 'status'
> {
  company_slug: string
  company_name: string
  posted_at: Date | null
  first_seen_at: Date
  closed_at: Date | null
  edited_at: Date | null
  valid_from: Date
}

export type StoredRow = Omit<Stored, (typeof DETAIL_COLUMNS)[number]>

/** Adds the board and the company to rows that have `board_id` and `company_id`. */
export function withNames(db: Db, rows: Knex.QueryBuilder | Knex.Raw): Knex.QueryBuilder {
  return db
    .from(db.raw('(?) as h', [rows]))
    .join('boards as b', 'b.id', 'h.board_id')
    .join('companies as c', 'c.id', 'h.company_id')
    .select('h.*', 'b.ident as board', 'c.slug as company_slug')
}

export function toRow(stored: StoredRow): PostingRow {
  return {
    uid: stored.uid,
    source: stored.source,
    board: stored.board,
    external_id: stored.external_id,
    company: { slug: stored.company_slug, name: stored.company_name },
    title: stored.title,
    url: stored.url,
    apply_url: stored.apply_url,
    places: stored.places,
    work_mode: stored.work_mode,
    pay: stored.pay,
    level: stored.level,
    track: stored.track,
    skills: stored.skills,
    posted_at: stored.posted_at?.toISOString() ?? null,
    first_seen_at: stored.first_seen_at.toISOString(),
    closed_at: stored.closed_at?.toISOString() ?? null,
    status: stored.closed_at === null ? 'open' : 'closed',
  }
}

/** One posting as it is now, or undefined. */
export async function getPosting(db: Db, uid: string): Promise<PostingDetail | undefined> {
  const columns = [...ROW_COLUMNS, ...DETAIL_COLUMNS].map((name) => `p.${name}`)
  const rows = db.from('postings as p').select(columns).where('p.uid', uid).whereNot('p.source', CANARY)
  const stored = (await withNames(db, rows).first()) as Stored | undefined
  if (!stored) return undefined
  return {
    ...toRow(stored),
    work_mode_origin: stored.work_mode_origin,
    description: stored.description,
    description_html: stored.description_html,
    department: stored.department,
    team: stored.team,
    employment_type: stored.employment_type,
    requisition_id: stored.requisition_id,
    language: stored.language,
    facts: stored.facts,
    edited_at: stored.edited_at?.toISOString() ?? null,
    valid_from: stored.valid_from.toISOString(),
    reopened: stored.reopened,
  }
}
