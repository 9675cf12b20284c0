// What became of a claimed message: written beside its rows, whoever claimed it and however late the answer came.

import type { Message } from './claims.ts'
import type { Db } from './database.ts'
import type { Channel, Lane } from './outbox.ts'

/** The channel's verdict. Delays in seconds; errors in words that may be shown. */
export type Verdict =
  | {
      kind: 'delivered'
      /** Which accepted it: its own, or the one that stands in. */ by: Channel
      /** Since the answer came. */ secondsAgo: number
    }
  /** Refused before anything was accepted: tried again after the delay. */
  | { kind: 'retried'; delay: number; error: string }
  /** Refused, and trying again cannot help. */
  | { kind: 'failed'; delay: number; error: string }
  /** No answer: never sent again by itself. What it was to mention is mentioned later, after the delay. */
  | { kind: 'uncertain'; delay: number; error: string }

export interface DeliveredRow {
  /** From the row's commit to the channel's answer. */
  seconds: number
  traceparent: string | null
}

const NOW = '(select coalesce(?::timestamptz, clock_timestamp()))'

/**
 * Writes a verdict in one statement and returns the rows that were delivered by this very message. Rows whose claim has expired
 * meanwhile are still this message's: a late answer is better than none.
 */
export async function settle(db: Db, message: Message, verdict: Verdict, now: Date | null = null): Promise<DeliveredRow[]> {
  if (verdict.kind === 'delivered') return settleDelivered(db, message, verdict, now)
  const state = verdict.kind === 'retried' ? 'pending' : verdict.kind
  await db.raw(
    `update outbox o set
       state = case when mine then ? else o.state end,
       error = case when mine then ? else o.error end,
       message_id = case when mine and ? then null else o.message_id end,
       due_at = case when mine and ? then clock.now + make_interval(secs => ?) else o.due_at end,
       claimed_by = null,
       claimed_until = case when mine then null else clock.now + make_interval(secs => ?) end
      from (select id, message_id = ? as mine from outbox
             where (message_id = ? and state in ('sending', 'uncertain')) or (id = any(?::bigint[]) and state = 'uncertain')) of_message,
           (select coalesce(?::timestamptz, clock_timestamp()) as now) clock
     where o.id = of_message.id`,
    [
      state,
      verdict.error,
      state === 'pending',
      state === 'pending',
      verdict.delay,
      verdict.delay,
      message.id,
      message.id,
      message.lostRows.map((row) => row.id),
      now,
    ],
  )
  return []
}

/** The rows of this message are delivered, and those it mentioned are no longer open: they carry `announced`. */
async function settleDelivered(
  db: Db,
  message: Message,
  { by, secondsAgo }: Verdict & { kind: 'delivered' },
  now: Date | null,
): Promise<DeliveredRow[]> {
  const result = await db.raw<{ rows: (DeliveredRow & { announced: boolean })[] }>(
    `update outbox set state = 'delivered', delivered_by = ?, claimed_by = null, claimed_until = null,
            delivered_at = ${NOW} - make_interval(secs => ?),
            error = case when message_id = ? then null else 'announced' end
      where (message_id = ? and state in ('sending', 'uncertain')) or (id = any(?::bigint[]) and state = 'uncertain')
      returning error is not null as announced, traceparent, extract(epoch from delivered_at - created_at)::float8 as seconds`,
    [by, now, secondsAgo, message.id, message.id, message.lostRows.map((row) => row.id)],
  )
  return result.rows.filter((row) => !row.announced).map(({ seconds, traceparent }) => ({ seconds, traceparent }))
}

/**
 * Finds what killed processes left: claimed, never answered, the claim expired. Nobody knows whether it was told, so it becomes
 * uncertain. Returns one entry per message.
 */
export async function expireClaims(
  db: Db,
  channel: Channel,
  now: Date | null = null,
): Promise<{ messageId: string; searchId: string; count: number }[]> {
  const result = await db.raw<{ rows: { messageId: string; searchId: string; count: number }[] }>(
    `with expired as (
       update outbox set state = 'uncertain', claimed_by = null, claimed_until = null,
              error = 'the process that sent it ended before the answer came'
        where channel = ? and state = 'sending' and claimed_until <= ${NOW}
        returning message_id, search_id)
     select message_id as "messageId", search_id as "searchId", count(*) from expired group by 1, 2`,
    [channel, now],
  )
  return result.rows
}

/** Keeps the channel quiet for so many seconds from now on, for all processes. */
export async function holdChannel(db: Db, channel: Lane, seconds: number, now: Date | null = null): Promise<void> {
  await db.raw(
    `update channels set next_at = greatest(next_at, clock.now + make_interval(secs => ?))
      from (select coalesce(?::timestamptz, clock_timestamp()) as now) clock where name = ?`,
    [seconds, now, channel],
  )
}
