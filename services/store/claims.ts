// Claims on the outbox: who sends which notifications in one message, committed before the request goes out, so that nobody is told twice.

import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { CANARY, CANARY_SEARCH } from './canary-marks.ts'
import type { Db } from './database.ts'
import type { Channel, Lane } from './outbox.ts'
import type { Search } from './searches.ts'

export interface ClaimOptions {
  channel: Channel
  /** Whose messages: people's unless told. */
  lane?: Lane | undefined
  /** Names this process in the row. */
  owner: string
  /** How long the claim holds: longer than a request may take. What is then still claimed was left by a killed process. */
  leaseSeconds: number
  /** Least time between two messages on the channel, over all processes. */
  intervalSeconds: number
  /** How long a lost message waits for the next message of its search to mention it, before one is sent for that alone. */
  noticeSeconds: number
  /** PostgreSQL's own clock unless given. */
  now?: Date | undefined
}

export interface ClaimedRow {
  id: number
  uid: string
  source: string
  traceparent: string | null
}

/** An earlier message that got no answer. */
export interface LostMessage {
  messageId: string
  /** How many postings it told of. */
  count: number
  /** When it was sent. */
  at: Date
}

/** One message to send: all that is due of one search. */
export interface Message {
  id: string
  search: Pick<Search, 'id' | 'name' | 'query'>
  /** Oldest first; empty when the message only says what may have been lost. */
  rows: ClaimedRow[]
  lost: LostMessage[]
  /** Rows of the lost messages, as far as this message mentions them. */
  lostRows: ClaimedRow[]
  /** How often its rows were tried, this time included. */
  attempt: number
}

export type Claim = { kind: 'message'; message: Message } | { kind: 'wait'; seconds: number } | { kind: 'idle' }

interface UpdatedRow extends ClaimedRow {
  attempts: number
  message_id: string
  due_at: Date
}

/** Volatile functions keep an index from being used; a sub-select is asked once. */
const NOW = '(select coalesce(?::timestamptz, clock_timestamp()))'
const BUSY = `(state = 'sending' or (state = 'uncertain' and claimed_by is not null and claimed_until > ${NOW}))`

/**
 * Claims the next message: of the search that has waited longest, one at a time per search, when the channel's turn has come. `wait`
 * when something is due and the channel is not free yet.
 */
export async function claimMessage(db: Db, options: ClaimOptions): Promise<Claim> {
  try {
    return await db.transaction(async (trx) => {
      const search = await lockNext(trx, options)
      if (!search) return { kind: 'idle' }
      const seconds = await takeTurn(trx, { ...options, lane: options.lane ?? options.channel })
      if (seconds > 0) return { kind: 'wait', seconds }
      const message = await claimRows(trx, search, options)
      // Somebody else was faster: the turn is given back with the transaction.
      if (!message) throw new TurnNotUsed()
      return { kind: 'message', message }
    })
  } catch (error) {
    if (error instanceof TurnNotUsed) return { kind: 'wait', seconds: 0 }
    throw error
  }
}

class TurnNotUsed extends Error {}

/** Storing transactions hold the search's key only (FOR KEY SHARE), so they and this lock do not wait for each other. */
async function lockNext(trx: Knex.Transaction, options: ClaimOptions): Promise<Message['search'] | undefined> {
  const { channel, lane, now = null, noticeSeconds } = options
  const result = await trx.raw<{ rows: Message['search'][] }>(
    `with waiting as (
       select search_id, min(due) as due from (
         select search_id, due_at as due from outbox where channel = ? and state = 'pending' and due_at <= ${NOW}
         union all
         select search_id, due_at + make_interval(secs => ?) from outbox
          where channel = ? and state = 'uncertain' and due_at <= ${NOW} - make_interval(secs => ?)
            and (claimed_until is null or claimed_until <= ${NOW})
       ) due group by search_id),
     busy as (select distinct search_id from outbox where channel = ? and state in ('sending', 'uncertain') and ${BUSY})
     select s.id, s.name, s.query from waiting w join searches s on s.id = w.search_id
      where s.id not in (select search_id from busy) and (s.id = ?) = ?
      order by w.due, s.id limit 1 for no key update of s skip locked`,
    [channel, now, noticeSeconds, channel, now, noticeSeconds, now, channel, now, CANARY_SEARCH, lane === CANARY],
  )
  return result.rows[0]
}

/** Takes a lane's turn if it has come, and returns 0; else the seconds until it comes. Whoever takes it next waits for the transaction. */
export async function takeTurn(
  trx: Knex.Transaction,
  { lane, intervalSeconds, now = null }: { lane: Lane; intervalSeconds: number; now?: Date | null | undefined },
): Promise<number> {
  const taken = await trx.raw<{ rowCount: number }>(
    `insert into channels as c (name, next_at) values (?, ${NOW} + make_interval(secs => ?))
     on conflict (name) do update set next_at = excluded.next_at where c.next_at <= ${NOW}`,
    [lane, now, intervalSeconds, now],
  )
  if (taken.rowCount > 0) return 0
  const left = await trx.raw<{ rows: { seconds: number }[] }>(
    `select extract(epoch from next_at - ${NOW})::float8 as seconds from channels where name = ?`,
    [now, lane],
  )
  return Math.max(0.001, left.rows[0]?.seconds ?? 0)
}

/** The lock is held and this statement's snapshot is younger than it: nobody else's claim on the search is overlooked. */
async function claimRows(trx: Knex.Transaction, search: Message['search'], options: ClaimOptions): Promise<Message | undefined> {
  const { channel, owner, leaseSeconds, noticeSeconds, now = null } = options
  const id = randomUUID()
  const claimed = `claimed_by = ?, claimed_until = ${NOW} + make_interval(secs => ?), attempts = o.attempts + 1`
  const returning = 'o.id, o.uid, p.source, o.traceparent, o.attempts, o.message_id, o.due_at'
  const rows = await trx.raw<{ rows: UpdatedRow[] }>(
    `update outbox o set state = 'sending', message_id = ?, due_at = ${NOW}, error = null, ${claimed} from postings p
      where p.uid = o.uid and o.channel = ? and o.search_id = ? and o.state = 'pending' and o.due_at <= ${NOW}
        and not exists (select from outbox where channel = ? and search_id = ? and ${BUSY})
      returning ${returning}`,
    [id, now, owner, now, leaseSeconds, channel, search.id, now, channel, search.id, now],
  )
  const alone = rows.rows.length === 0
  const lost = await trx.raw<{ rows: UpdatedRow[] }>(
    `update outbox o set ${claimed} from postings p
      where p.uid = o.uid and o.channel = ? and o.search_id = ? and o.state = 'uncertain'
        and (o.claimed_by is null or o.claimed_until <= ${NOW})
        and (not ? or (o.due_at <= ${NOW} - make_interval(secs => ?) and (o.claimed_until is null or o.claimed_until <= ${NOW})))
      returning ${returning}`,
    [owner, now, leaseSeconds, channel, search.id, now, alone, now, noticeSeconds, now],
  )
  if (alone && lost.rows.length === 0) return undefined
  const inOrder = (list: UpdatedRow[]) => list.toSorted((a, b) => a.id - b.id)
  const all = [...rows.rows, ...lost.rows]
  return {
    id,
    search,
    rows: inOrder(rows.rows),
    lost: groupLost(inOrder(lost.rows)),
    lostRows: inOrder(lost.rows),
    attempt: Math.max(...(alone ? all : rows.rows).map((row) => row.attempts)),
  }
}

function groupLost(rows: readonly UpdatedRow[]): LostMessage[] {
  const messages = new Map<string, LostMessage>()
  for (const row of rows) {
    const known = messages.get(row.message_id)
    if (known) known.count += 1
    else messages.set(row.message_id, { messageId: row.message_id, count: 1, at: row.due_at })
  }
  return [...messages.values()].toSorted((a, b) => a.at.getTime() - b.at.getTime())
}
