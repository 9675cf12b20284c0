// What a posting was before: every content with the time it was valid and what the next one changed.

import type { Posting } from '../postings/posting.ts'
import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

/** One content of a posting. Dates are ISO 8601 in UTC. */
export interface PostingVersion {
  valid_from: string
  /** Null for what is open now. */
  valid_to: string | null
  /** `change`: another content followed; `close`: the posting went. */
  ended_by: 'change' | 'close' | null
  /** The fields that differ from the content before; empty for the first, and for a posting that came back as it was. */
  changed: string[]
  title: string
  url: string
  places: Posting['places']
  work_mode: Posting['work_mode']
  department: string | null
  pay: Posting['pay']
  level: Posting['level']
  track: Posting['track']
  skills: string[]
}

/** The fields that are compared. `edited_at` and the hash are not contents, and `description_html` is the description once more. */
const COMPARED = [
  'title',
  'url',
  'apply_url',
  'description',
  'places',
  'work_mode',
  'department',
  'team',
  'employment_type',
  'requisition_id',
  'language',
  'posted_at',
  'pay',
  'level',
  'track',
  'skills',
  'facts',
] as const

interface StoredVersion extends Pick<Posting, (typeof COMPARED)[number]> {
  valid_from: Date
  valid_to: Date | null
  ended_by: 'change' | 'close' | null
}

/** The contents of one posting, newest first; empty when there is no such posting. */
export async function getHistory(db: Db, uid: string): Promise<PostingVersion[]> {
  const columns = COMPARED.join(', ')
  const found = await db.raw<{ rows: StoredVersion[] }>(
    `select ${columns}, valid_from, valid_to, ended_by from posting_versions where uid = :uid
     union all
     select ${columns}, valid_from, closed_at, case when closed_at is null then null else 'close' end from postings where uid = :uid and source <> :canary
     order by valid_from`,
    { uid, canary: CANARY },
  )
  return found.rows.map((row, index) => toVersion(row, found.rows[index - 1])).toReversed()
}

function toVersion(row: StoredVersion, before: StoredVersion | undefined): PostingVersion {
  return {
    valid_from: row.valid_from.toISOString(),
    valid_to: row.valid_to?.toISOString() ?? null,
    ended_by: row.ended_by,
    changed: before ? COMPARED.filter((field) => JSON.stringify(row[field]) !== JSON.stringify(before[field])) : [],
    title: row.title,
    url: row.url,
    places: row.places,
    work_mode: row.work_mode,
    department: row.department,
    pay: row.pay,
    level: row.level,
    track: row.track,
    skills: row.skills,
  }
}
