// The outbox as people see it: what waits, what is uncertain or failed, and how it is sent again.

import type { CHANNELS } from '../../ops/metrics.ts'
import type { Db } from './database.ts'
import { wakeNotifiers } from './matches.ts'

export type Channel = (typeof CHANNELS)[number]

export interface OutboxState {
  /** Waiting for their first try or the next one, or on their way. */
  pending: number
  /** Sent without an answer: told or not, nobody knows, and not yet said so. */
  uncertain: number
  /** Refused for good: waiting for a person. */
  failed: number
  /** Age of the oldest that is neither delivered nor failed, in seconds; 0 when there is none. */
  oldestSeconds: number
}

/** Counts what has not been delivered. */
export async function outboxState(db: Db, channel: Channel, now?: Date): Promise<OutboxState> {
  const result = await db.raw<{ rows: OutboxState[] }>(
    `select count(*) filter (where state in ('pending', 'sending')) as pending,
            count(*) filter (where state = 'uncertain') as uncertain,
            count(*) filter (where state = 'failed') as failed,
            coalesce(greatest(0, extract(epoch from coalesce(?::timestamptz, clock_timestamp())
              - min(created_at) filter (where state <> 'failed'))), 0)::float8 as "oldestSeconds"
       from outbox where channel = ? and state <> 'delivered'`,
    [now ?? null, channel],
  )
  return result.rows[0] ?? { pending: 0, uncertain: 0, failed: 0, oldestSeconds: 0 }
}

/** What a person asks to be sent again: one message, or all of one search. */
export type ResendTarget = { messageId: string } | { searchId: string }

/**
 * Puts notifications that failed, or that nobody knows about, back to be sent: a person's decision, because some may be told twice.
 * Their clock starts again. Returns how many there were.
 */
export async function resend(db: Db, target: ResendTarget, channel: Channel = 'slack'): Promise<number> {
  const [column, id] = 'messageId' in target ? ['message_id', target.messageId] : ['search_id', target.searchId]
  const count = await db('outbox')
    .where({ channel })
    .whereIn('state', ['uncertain', 'failed'])
    .whereRaw('??::text = ?', [column, id])
    .whereRaw('(claimed_by is null or claimed_until <= clock_timestamp())')
    .update({
      state: 'pending',
      created_at: db.raw('clock_timestamp()'),
      due_at: db.raw('clock_timestamp()'),
      attempts: 0,
      message_id: null,
      claimed_by: null,
      claimed_until: null,
      error: null,
    })
  if (count > 0) await wakeNotifiers(db)
  return count
}

/** Notifications of one search that did not arrive, by state. */
export interface Undelivered {
  search_id: string
  name: string
  state: 'pending' | 'sending' | 'uncertain' | 'failed'
  notifications: number
  oldest: Date
  /** What the channel said last. */
  error: string | null
}

/** What is not delivered, oldest first. */
export async function listUndelivered(db: Db, channel: Channel = 'slack'): Promise<Undelivered[]> {
  const result = await db.raw<{ rows: Undelivered[] }>(
    `select o.search_id, s.name, o.state, count(*)::int as notifications, min(o.created_at) as oldest, max(o.error) as error
       from outbox o join searches s on s.id = o.search_id
      where o.channel = ? and o.state <> 'delivered' group by 1, 2, 3 order by oldest`,
    [channel],
  )
  return result.rows
}
