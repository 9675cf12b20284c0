// The canary's rounds: taken by one process at a time, ended once whoever looks first, and their rows taken away.

import { randomUUID } from 'node:crypto'
import { CANARY, CANARY_COMPANY, CANARY_SEARCH } from './canary-marks.ts'
import type { CANARY_OUTCOMES } from '../../ops/metrics.ts'
import { uidOf } from '../postings/posting.ts'
import type { Db } from './database.ts'
import type { PostingQuery } from './posting-query.ts'

export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number]

/** A round under way. */
export interface Round {
  id: string
  /** Of its posting. */
  uid: string
  boardId: number
  /** So long it may take: what has not come through by then is late. */
  patienceSeconds: number
}

/** How far a round's notification is. Times in seconds. */
export interface Sight {
  /** Null: there is no notification. */
  state: 'pending' | 'sending' | 'delivered' | 'failed' | 'uncertain' | null
  /** What the channel said last; `announced` on a delivered one: only a later message spoke of it. */
  error: string | null
  attempts: number
  /** From the notification's commit to when it was last taken to be sent. */
  waited: number | null
  /** From the notification's commit to the channel's answer. */
  roundTrip: number | null
  /** Since the notification was committed, or since the round began where there is none. */
  age: number
  traceparent: string | null
}

/** How a round ended. */
export interface Ended {
  round: string
  outcome: CanaryOutcome
  /** The round trip of a delivered one; the age of any other, which would have taken longer still. */
  seconds: number
  sight: Sight
}

/** Either a round to be made, or none and when to ask again; with how the one before ended, if nobody had ended it. */
export interface Turn {
  round: Round | null
  waitSeconds: number
  before: Ended | null
}

export interface TurnOptions {
  everySeconds: number
  /** How long a round may take at the least, where rounds follow each other faster. */
  patienceSeconds?: number | undefined
  /** Names this process in the row. */
  owner: string
  /** What the canary's posting has to fit. */
  query: PostingQuery
  /** Does not wait until a round is due, only until none is under way. */
  ahead?: boolean
  /** PostgreSQL's own clock unless given. */
  now?: Date | undefined
}

interface Row {
  round: string | null
  due: boolean
  wait: number
}

const CHANNEL = 'slack'
const NOW = '(select coalesce(?::timestamptz, clock_timestamp()))'
/** When somebody else is taking the turn at this moment. */
const BUSY_SECONDS = 1
/** Above the SLO's bound: the age of a late round must never look like a good one. */
const PATIENCE_SECONDS = 60

/**
 * What a sight means: undefined while the notification may still come through. Only the answer to the posting's own message counts, and
 * when the round is over whatever has not come is late.
 */
export function outcomeOf({ state, error }: Pick<Sight, 'state' | 'error'>, over: boolean): CanaryOutcome | undefined {
  if (state === 'delivered' && error === null) return 'delivered'
  if (state === 'failed') return 'failed'
  return over ? 'late' : undefined
}

/** Takes the next round when it is due. What was left of the one before, by a killed process too, is judged and taken away first. */
export async function takeTurn(db: Db, options: TurnOptions): Promise<Turn> {
  const { everySeconds, now = null } = options
  const patienceSeconds = Math.max(everySeconds, options.patienceSeconds ?? PATIENCE_SECONDS)
  await db('canary').insert({ channel: CHANNEL }).onConflict('channel').ignore()
  return db.transaction(async (trx) => {
    const found = await trx.raw<{ rows: Row[] }>(
      `select round, due_at <= clock.now as due, greatest(0, extract(epoch from due_at - clock.now))::float8 as wait
         from (select round, began_at + make_interval(secs => case when round is null then ?::float8 else ?::float8 end) as due_at
                 from canary where channel = ? for update skip locked) c,
              (select coalesce(?::timestamptz, clock_timestamp()) as now) clock`,
      [everySeconds, patienceSeconds, CHANNEL, now],
    )
    const row = found.rows[0]
    if (!row) return { round: null, waitSeconds: BUSY_SECONDS, before: null }
    if (!row.due && !(options.ahead && row.round === null)) return { round: null, waitSeconds: row.wait, before: null }
    const before = row.round === null ? null : await close(trx, row.round, true, now)
    const boardId = await settleIn(trx, options.query)
    await sweep(trx, boardId)
    const id = randomUUID()
    await trx.raw(`update canary set round = ?, owner = ?, began_at = ${NOW} where channel = ?`, [id, options.owner, now, CHANNEL])
    return { round: { id, uid: uidOf(CANARY, CANARY, id), boardId, patienceSeconds }, waitSeconds: 0, before }
  })
}

/**
 * Ends a round and takes its rows away; undefined when it is not at its end yet, or was ended by somebody else. `at once`: whatever has
 * not come through by now is late. `failed`: the same, and what never got as far as the outbox has failed.
 */
export async function endRound(
  db: Db,
  round: Pick<Round, 'id' | 'boardId'>,
  how: 'when through' | 'at once' | 'failed' = 'when through',
  now: Date | null = null,
): Promise<Ended | undefined> {
  return db.transaction(async (trx) => {
    const mine = await trx('canary').where({ channel: CHANNEL, round: round.id }).forUpdate().first('round')
    if (!mine) return undefined
    const ended = await close(trx, round.id, how !== 'when through', now)
    if (!ended) return undefined
    await sweep(trx, round.boardId)
    await trx('canary').where({ channel: CHANNEL }).update({ round: null })
    return how === 'failed' && ended.outcome === 'late' ? { ...ended, outcome: 'failed' } : ended
  })
}

/** Whether a round is still to be waited for. */
export async function isUnderWay(db: Db, roundId: string): Promise<boolean> {
  return (await db('canary').where({ channel: CHANNEL, round: roundId }).first('round')) !== undefined
}

/** How far a round's notification is. */
export async function sightOf(db: Db, roundId: string, now: Date | null = null): Promise<Sight> {
  const found = await db.raw<{ rows: Sight[] }>(
    `select o.state, o.error, coalesce(o.attempts, 0) as attempts, o.traceparent,
            case when o.attempts > 0 then extract(epoch from o.due_at - o.created_at)::float8 end as waited,
            extract(epoch from o.delivered_at - o.created_at)::float8 as "roundTrip",
            greatest(0, extract(epoch from ${NOW} - coalesce(o.created_at, c.began_at)))::float8 as age
       from canary c left join outbox o on o.channel = c.channel and o.search_id = ? and o.uid = ? where c.channel = ?`,
    [now, CANARY_SEARCH, uidOf(CANARY, CANARY, roundId), CHANNEL],
  )
  const sight = found.rows[0]
  if (!sight) throw new Error('a round is looked for where none was ever taken')
  return sight
}

/** When a canary last came through, as all processes know it; null for never. */
export async function lastSuccess(db: Db): Promise<Date | null> {
  const row = await db('canary').where({ channel: CHANNEL }).first<{ last_success_at: Date | null } | undefined>('last_success_at')
  return row?.last_success_at ?? null
}

async function close(trx: Db, roundId: string, over: boolean, now: Date | null): Promise<Ended | null> {
  const sight = await sightOf(trx, roundId, now)
  const outcome = outcomeOf(sight, over)
  if (outcome === undefined) return null
  if (outcome === 'delivered')
    await trx.raw(
      `update canary c set last_success_at = greatest(c.last_success_at, o.delivered_at)
        from outbox o where c.channel = ? and o.channel = c.channel and o.search_id = ? and o.uid = ?`,
      [CHANNEL, CANARY_SEARCH, uidOf(CANARY, CANARY, roundId)],
    )
  return { round: roundId, outcome, seconds: outcome === 'delivered' ? (sight.roundTrip ?? sight.age) : sight.age, sight }
}

/** Its company, its board, which no schedule visits, and its search. Writes nothing when all is there. Gives the board's id. */
async function settleIn(trx: Db, query: PostingQuery): Promise<number> {
  const name = 'Rolewatch canary'
  await trx('companies').insert({ slug: CANARY_COMPANY, name, country: 'NL', valid_from: trx.fn.now() }).onConflict('slug').ignore()
  await trx.raw(
    `insert into boards (source, ident, company_id, enabled, configured) select ?, ?, id, false, false from companies where slug = ?
     on conflict (source, ident) do nothing`,
    [CANARY, CANARY, CANARY_COMPANY],
  )
  const search = { id: CANARY_SEARCH, name: 'Canary', notify: JSON.stringify({ channel: CHANNEL, cadence: 'instant' }) }
  await trx('searches')
    .insert({ ...search, query: JSON.stringify(query) })
    .onConflict('id')
    .ignore()
  await trx.raw('update searches set query = :query::jsonb where id = :id and query <> :query::jsonb', {
    query: JSON.stringify(query),
    id: CANARY_SEARCH,
  })
  const board = await trx('boards').where({ source: CANARY, ident: CANARY }).first<{ id: number } | undefined>('id')
  if (!board) throw new Error('the board of the canary is not there')
  return board.id
}

/** Takes away whatever rounds have written: postings with their matches and notifications, runs and their pages. */
async function sweep(trx: Db, boardId: number): Promise<void> {
  await trx('postings').where({ board_id: boardId }).delete()
  const pages = await trx.raw<{ rows: { hash: string }[] }>(
    `with made as (delete from runs where board_id = :boardId returning id),
     set_aside as (delete from quarantine where board_id = :boardId returning hash),
     brought as (delete from run_pages where run_id in (select id from made) returning hash)
     select hash from brought union select hash from set_aside where hash is not null`,
    { boardId },
  )
  await trx.raw(
    `delete from raw_pages p where hash = any(?) and not exists (select from run_pages r where r.hash = p.hash)
        and not exists (select from quarantine q where q.hash = p.hash)`,
    [pages.rows.map(({ hash }) => hash)],
  )
  await trx('boards').where({ id: boardId }).update({ open_count: 0, recent_counts: [], pages: null, failures: 0 })
}
