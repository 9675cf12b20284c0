// Messages to the people on call: queued with what they tell of, claimed one at a time over all processes, folded by incident.

import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { takeTurn } from './claims.ts'
import type { Db } from './database.ts'
import type { Lane } from './outbox.ts'
import type { Verdict } from './settle.ts'

/** `ops`: the webhook of on-call, or mail in its stead; `ops_mail`: the second channel and nothing else. */
export type OpsLane = Extract<Lane, 'ops' | 'ops_mail'>

/** Whoever delivers listens to it. */
export const OPS_CHANNEL = 'ops_messages'

export interface OpsUpdate {
  lane: OpsLane
  incidentId: string | null
  /** What belongs to no incident is told by its run. */
  runId: string | null
  kind: string
  /** As JSON. */
  payload: unknown
}

/** Queues an update, in the transaction of what it tells of, and wakes whoever delivers. */
export async function queueOpsUpdate(
  db: Db,
  { lane, incidentId, runId, kind, payload }: OpsUpdate,
  now: Date | null = null,
): Promise<void> {
  const thread = incidentId ?? runId
  if (thread === null) throw new Error('an update belongs to an incident or to a run')
  const at = now ?? db.raw<Date>('clock_timestamp()')
  const row = { lane, thread, incident_id: incidentId, kind, payload: JSON.stringify(payload), created_at: at, due_at: at }
  await db('ops_messages').insert(row)
  await db.raw(`select pg_notify(?, '')`, [OPS_CHANNEL])
}

export interface OpsClaimOptions {
  lane: OpsLane
  /** Names this process in the row. */
  owner: string
  /** How long the claim holds: longer than a request may take. */
  leaseSeconds: number
  /** Least time between two messages of the lane, over all processes. */
  intervalSeconds: number
  /** PostgreSQL's own clock unless given. */
  now: Date | null
}

/** One message: all that waits of one thread. */
export interface OpsMessage {
  id: string
  incidentId: string | null
  /** Oldest first; of updates of the same kind about the same run, the last. */
  updates: { kind: string; payload: unknown }[]
  /** How many updates it stands for. */
  count: number
  /** When some of it went out before in a message that nobody answered; null: never. */
  lostAt: Date | null
  /** How long ago that was, in seconds. */
  lostSeconds: number | null
  /** How often its updates were tried, this time included. */
  attempt: number
}

export type OpsClaim = { kind: 'message'; message: OpsMessage } | { kind: 'wait'; seconds: number } | { kind: 'idle' }

/** Volatile functions keep an index from being used; a sub-select is asked once. */
const NOW = '(select coalesce(:now::timestamptz, clock_timestamp()))'
/** Pages are told before the rest, which does not wait for ever. */
const HEAD_START = `case when i.severity = 'page' then interval '5 minutes' else interval '0' end`
/** A flapping alert may have left many while a channel was away. */
const MOST_UPDATES = 12

/** Claims what is due of one thread, with all that waits of it, when the lane's turn has come. */
export async function claimOpsMessage(db: Db, options: OpsClaimOptions): Promise<OpsClaim> {
  try {
    return await db.transaction(async (trx) => {
      const thread = await nextThread(trx, options)
      if (thread === undefined) return { kind: 'idle' }
      // From here to the end of the transaction nobody else claims in this lane.
      const seconds = await takeTurn(trx, options)
      if (seconds > 0) return { kind: 'wait', seconds }
      const message = await claimThread(trx, thread, options)
      if (!message) throw new TurnNotUsed()
      return { kind: 'message', message }
    })
  } catch (error) {
    if (error instanceof TurnNotUsed) return { kind: 'wait', seconds: 0 }
    throw error
  }
}

/** Somebody else was faster: the turn is given back with the transaction. */
class TurnNotUsed extends Error {}

async function nextThread(trx: Knex.Transaction, { lane, now }: OpsClaimOptions): Promise<string | undefined> {
  const { rows } = await trx.raw<{ rows: { thread: string }[] }>(
    `select m.thread from ops_messages m left join incidents i on i.id = m.incident_id
      where m.lane = :lane and m.state = 'pending' and m.due_at <= ${NOW}
        and m.thread not in (select thread from ops_messages where lane = :lane and state = 'sending')
      group by m.thread order by min(m.due_at - ${HEAD_START}), min(m.id) limit 1`,
    { lane, now },
  )
  return rows[0]?.thread
}

async function claimThread(trx: Knex.Transaction, thread: string, options: OpsClaimOptions): Promise<OpsMessage | undefined> {
  const { lane, owner, leaseSeconds, now } = options
  const id = randomUUID()
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update ops_messages set state = 'sending', message_id = :id, sent_at = ${NOW}, attempts = attempts + 1, error = null,
            claimed_by = :owner, claimed_until = ${NOW} + make_interval(secs => :leaseSeconds)
      where lane = :lane and thread = :thread and state = 'pending'
        and not exists (select from ops_messages where lane = :lane and thread = :thread and state = 'sending')`,
    { id, owner, leaseSeconds, lane, thread, now },
  )
  if (rowCount === 0) return undefined
  const { rows } = await trx.raw<{ rows: Omit<OpsMessage, 'id' | 'updates'>[] }>(
    `select min(incident_id::text) as "incidentId", count(*)::int as count, min(lost_at) as "lostAt", max(attempts) as attempt,
            extract(epoch from ${NOW} - min(lost_at))::float8 as "lostSeconds"
       from ops_messages where message_id = :id`,
    { id, now },
  )
  const [head] = rows
  return head && { ...head, id, updates: await newestOfEach(trx, id) }
}

async function newestOfEach(trx: Knex.Transaction, id: string): Promise<OpsMessage['updates']> {
  const { rows } = await trx.raw<{ rows: OpsMessage['updates'] }>(
    `select kind, payload from (
       select id, kind, payload from (
         select distinct on (kind, payload #>> '{run,id}') id, kind, payload from ops_messages
          where message_id = :id order by kind, payload #>> '{run,id}', id desc) newest
        order by id desc limit :most) few
      order by id`,
    { id, most: MOST_UPDATES },
  )
  return rows
}

/**
 * Writes down what became of a message. What nobody answered waits, to be told again in words that say so, and what was refused waits
 * too, whatever was said: a webhook can be mended. A late answer is taken although the claim has ended.
 */
export async function settleOpsMessage(db: Db, id: string, verdict: Verdict, now: Date | null): Promise<void> {
  const free = { claimed_by: null, claimed_until: null }
  const ofMessage = db('ops_messages').where({ message_id: id })
  const at = (seconds: number) => db.raw(`${NOW} + make_interval(secs => :seconds)`, { now, seconds })
  if (verdict.kind === 'delivered') {
    const delivered = { ...free, state: 'delivered', delivered_by: verdict.by, delivered_at: at(-verdict.secondsAgo), error: null }
    await ofMessage.whereIn('state', ['sending', 'pending']).update(delivered)
    return
  }
  const { error, delay } = verdict
  const lost = verdict.kind === 'uncertain' ? { lost_at: db.raw('coalesce(lost_at, sent_at)') } : {}
  await ofMessage.where({ state: 'sending' }).update({ ...free, ...lost, state: 'pending', error, due_at: at(delay) })
}

/** Finds what killed processes left: nobody knows whether it was told. Returns the messages. */
export async function expireOpsClaims(db: Db, now: Date | null): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `with expired as (
       update ops_messages set state = 'pending', due_at = ${NOW}, lost_at = coalesce(lost_at, sent_at), claimed_by = null,
              claimed_until = null, error = 'the process that sent it ended before the answer came'
        where state = 'sending' and claimed_until <= ${NOW} returning message_id)
     select distinct message_id as id from expired`,
    { now },
  )
  return rows.map(({ id }) => id)
}

/** Gives up what has waited for a day: whoever mends a webhook should not be told of last week. Returns how many updates that were. */
export async function giveUpStale(db: Db, now: Date | null): Promise<number> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update ops_messages set state = 'failed', error = coalesce(error, 'nobody delivered it') || '; given up after a day'
      where state = 'pending' and created_at < ${NOW} - interval '1 day'`,
    { now },
  )
  return rowCount
}
