// The postings of one claimed message, as they are to be shown.

import type { WorkMode } from '../../scrapers/source.ts'
import type { Pay, Place } from '../postings/posting.ts'
import type { Db } from './database.ts'

export interface MessagePosting {
  title: string
  url: string
  company: string
  places: Pick<Place, 'text'>[]
  work_mode: WorkMode | null
  pay: Pick<Pay, 'min_minor' | 'max_minor' | 'currency' | 'period' | 'basis'>[]
  posted_at: Date | null
  first_seen_at: Date
  /** It was closed before it could be told. */
  closed: boolean
}

/** The newest postings of a claimed message. */
export async function messagePostings(db: Db, messageId: string, limit: number): Promise<MessagePosting[]> {
  const result = await db.raw<{ rows: MessagePosting[] }>(
    `select p.title, p.url, p.company_name as company, p.places, p.work_mode, p.pay, p.posted_at, p.first_seen_at,
            p.closed_at is not null as closed
       from outbox o join postings p using (uid) where o.message_id = ? and o.state in ('sending', 'uncertain')
      order by coalesce(p.posted_at, p.first_seen_at) desc, p.uid limit ?`,
    [messageId, limit],
  )
  return result.rows
}
