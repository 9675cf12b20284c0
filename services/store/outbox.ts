// The outbox as people see it: what waits, what is uncertain or failed, and how it is sent again.

import type { Knex } from 'knex'
import type { CHANNELS } from '../../ops/metrics.ts'
import { CANARY_SEARCH, type CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'
import { wakeNotifiers } from './matches.ts'

export type Channel = (typeof CHANNELS)[number]

/**
 * Who has a turn, and a state, of its own in `channels`: the canary's webhook and that of on-call are others than people's, and their
 * trouble is not theirs; nor is on-call's webhook's trouble that of its mail.
 */
export type Lane = Channel | typeof CANARY | 'ops' | 'ops_mail'

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

/** Counts what people have not been told. */
export async function outboxState(db: Db, channel: Channel, now?: Date): Promise<OutboxState> {
  const result = await db.raw<{ rows: OutboxState[] }>(
    `select count(*) filter (where state in ('pending', 'sending')) as pending,
            count(*) filter (where state = 'uncertain') as uncertain,
            count(*) filter (where state = 'failed') as failed,
            coalesce(greatest(0, extract(epoch from coalesce(?::timestamptz, clock_timestamp())
              - min(created_at) filter (where state <> 'failed'))), 0)::float8 as "oldestSeconds"
       from outbox where channel = ? and state <> 'delivered' and search_id <> ?`,
    [now ?? null, channel, CANARY_SEARCH],
  )
  return result.rows[0] ?? { pending: 0, uncertain: 0, failed: 0, oldestSeconds: 0 }
}

/** What a person asks to be sent again: one message, or all of one search. */
export type ResendTarget = { messageId: string } | { searchId: string }

/**
 * Puts notifications that failed, or that nobody knows about, back to be sent: a person's decision, because some may be told twice.
 * Their clock starts again. Returns how many there were.
 */
export async function resend(
  db: Db,
  target: ResendTarget,
  channel: Channel = 'slack',
  states: readonly ('uncertain' | 'failed')[] = ['uncertain', 'failed'],
): Promise<number> {
  const count = await toResend(db, target, channel, states).update({
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

function toResend(db: Db, target: ResendTarget, channel: Channel, states: readonly ('uncertain' | 'failed')[]): Knex.QueryBuilder {
  const [column, id] = 'messageId' in target ? ['message_id', target.messageId] : ['search_id', target.searchId]
  return db('outbox')
    .where({ channel })
    .whereNot({ search_id: CANARY_SEARCH })
    .whereIn('state', [...states])
    .whereRaw('??::text = ?', [column, id])
    .whereRaw('(claimed_by is null or claimed_until <= clock_timestamp())')
}

/** Sends again what was refused for good of one search: nobody can be told twice. Returns how many there were. */
export function resendRefused(db: Db, searchId: string): Promise<number> {
  return resend(db, { searchId }, 'slack', ['failed'])
}

/** How many that would be. */
export async function countRefused(db: Db, searchId: string): Promise<number> {
  const row = (await toResend(db, { searchId }, 'slack', ['failed']).count('* as n').first()) as { n: number } | undefined
  return row?.n ?? 0
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
      where o.channel = ? and o.state <> 'delivered' and o.search_id <> ? group by 1, 2, 3 order by oldest`,
    [channel, CANARY_SEARCH],
  )
  return result.rows
}
