// The processes of the product: each says that it lives and how it is, and is told to restart or to slow down.

import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

/** What a process says of itself. */
export interface WorkerState {
  event_loop_p99_seconds: number
  rss_bytes: number
  heap_bytes: number
  heap_limit_bytes: number
  /** Visits at once at the most; null where it makes none. */
  concurrency: number | null
  active: number
}

export interface WorkerRow {
  owner: string
  role: string
  version: string
  host: string
  pid: number
  started_at: Date
  beat_at: Date
  /** Since it was heard of last, by PostgreSQL's clock. */
  silent_seconds: number
  state: WorkerState
}

/** What a process tells of itself. */
export type Beat = Omit<WorkerRow, 'beat_at' | 'silent_seconds'>

export interface WorkerOrder {
  id: number
  kind: 'restart' | 'concurrency'
  value: number | null
}

/** What workers listen to: a word is sent here when an order was given. */
export const ORDERS_CHANNEL = 'rolewatch_orders'
/** A process that has not been heard of for so long is gone. */
export const GONE_SECONDS = 45
/** An order that nobody took by then is no longer meant. */
const ORDER_SECONDS = 600

/** Says that a process lives. What processes long gone and old orders have left is taken out. */
export async function beat(db: Db, row: Beat): Promise<void> {
  const { state, ...rest } = row
  await db('workers')
    .insert({ ...rest, state: JSON.stringify(state), beat_at: db.raw('clock_timestamp()') })
    .onConflict('owner')
    .merge()
  await db('workers').whereRaw(`beat_at < clock_timestamp() - interval '1 day'`).delete()
  await db('worker_orders').whereRaw(`given_at < clock_timestamp() - interval '30 days'`).delete()
}

/** Says that a process has ended well. */
export async function leave(db: Db, owner: string): Promise<void> {
  await db('workers').where({ owner }).delete()
}

/** All that are known, those heard of last first. */
export async function listWorkers(db: Db): Promise<WorkerRow[]> {
  const silent = db.raw('greatest(0, extract(epoch from clock_timestamp() - beat_at))::float8 as silent_seconds')
  return db('workers')
    .orderBy([{ column: 'beat_at', order: 'desc' }, 'owner'])
    .select<WorkerRow[]>('*', silent)
}

/** Gives an order to one process, or to all that make visits. Returns its number. */
export async function giveOrder(
  db: Db,
  order: { owner: string | null; kind: WorkerOrder['kind']; value: number | null; by: string },
): Promise<number> {
  const [row] = await db('worker_orders')
    .insert({ owner: order.owner, kind: order.kind, value: order.value, given_by: order.by })
    .returning<{ id: number }[]>('id')
  await db.raw('select pg_notify(?, ?)', [ORDERS_CHANNEL, ''])
  if (!row) throw new Error('the orders took no row')
  return row.id
}

/** The number of the newest order that was given; 0 when there is none. */
export async function newestOrder(db: Db): Promise<number> {
  const row = await db('worker_orders').max<{ id: number | null } | undefined>('id as id').first()
  return row?.id ?? 0
}

/** Takes the orders after that number that a process has not taken yet, oldest first; each process takes an order once. */
export async function takeOrders(db: Db, owner: string, after: number): Promise<WorkerOrder[]> {
  const { rows } = await db.raw<{ rows: WorkerOrder[] }>(
    `with mine as (
       select id from worker_orders
        where (owner is null or owner = :owner) and not (taken \\? :owner) and id > :after
          and given_at > clock_timestamp() - make_interval(secs => :within)
        order by id for update),
     took as (
       update worker_orders o set taken = taken || jsonb_build_object(:owner::text, to_jsonb(clock_timestamp()))
         from mine where o.id = mine.id returning o.id, o.kind, o.value)
     select * from took order by id`,
    { owner, after, within: ORDER_SECONDS },
  )
  return rows
}

/** Who has taken an order. */
export async function orderTakers(db: Db, id: number): Promise<string[]> {
  const row = await db('worker_orders').where({ id }).first<{ taken: Record<string, string> } | undefined>('taken')
  return Object.keys(row?.taken ?? {})
}

/** How many visits ended within the last so many seconds before a moment. */
export async function endedVisits(db: Db, seconds: number, now: Date): Promise<number> {
  // A visit has half an hour at the most: the index finds those that may have ended.
  const { rows } = await db.raw<{ rows: { n: number }[] }>(
    `select count(*)::int as n from runs
      where source <> :canary and started_at > :now::timestamptz - make_interval(secs => :seconds + 1800)
        and started_at + make_interval(secs => seconds) > :now::timestamptz - make_interval(secs => :seconds)`,
    { canary: CANARY, seconds, now },
  )
  return rows[0]?.n ?? 0
}
