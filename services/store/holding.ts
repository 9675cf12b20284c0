// Boards held back or slowed down for a while by a runbook, and put back exactly as they were, but for those that somebody changed since.

import type { Knex } from 'knex'
import type { Db } from './database.ts'

/** All boards of a source, or one of them. */
export interface Held {
  source: string
  ident: string | null
}

/** What boards were before they were paused or let go. Moments as PostgreSQL writes them, to the microsecond. */
export interface PauseBefore {
  id: number
  paused_until: string | null
  pause_reason: string | null
}

export interface SlowBefore {
  id: number
  slow_factor: number
  slow_until: string | null
}

/** A pause as it was made, with what it took the place of. */
export interface Paused {
  until: string
  reason: string
  boards: PauseBefore[]
}

export interface Slowed {
  factor: number
  until: string
  boards: SlowBefore[]
}

/** By whom a pause was made, as its reason. */
export const pauseReason = (alert: string, runId: string): string => `runbook ${alert}, run ${runId}`
/** Such a pause was made to last as long as it does, and ends by itself. */
const BY_RUNBOOK = `coalesce(pause_reason like 'runbook %, run %', false)`

const WHICH = 'configured and enabled and source = :source and (:ident::text is null or ident = :ident)'
const VISITED = '(paused_until is null or paused_until <= :now::timestamptz)'
const SLOWED = 'coalesce(slow_until > :now::timestamptz, false)'

export interface HeldCounts {
  /** Those that are meant, whether they are visited or not. */
  boards: number
  visited: number
  slowed: number
  /** Paused by a runbook. */
  held: number
  /** Why those that are not visited are not: a few of the reasons. */
  reasons: string[]
  /** Boards of the same source that are visited and not meant. */
  others: number
}

/** How the boards stand. */
export async function countHeld(db: Db, which: Held, now: Date): Promise<HeldCounts> {
  const { rows } = await db.raw<{ rows: HeldCounts[] }>(
    `select count(*) filter (where ${WHICH}) as boards, count(*) filter (where ${WHICH} and ${VISITED}) as visited,
            count(*) filter (where ${WHICH} and ${SLOWED}) as slowed,
            count(*) filter (where ${WHICH} and not ${VISITED} and ${BY_RUNBOOK}) as held,
            coalesce((array_agg(distinct pause_reason) filter (where ${WHICH} and not ${VISITED} and not ${BY_RUNBOOK} and pause_reason is not null))[1\\:3], '{}') as reasons,
            count(*) filter (where configured and enabled and ${VISITED} and not (${WHICH})) as others
       from boards where source = :source`,
    { ...which, now },
  )
  return rows[0] as HeldCounts
}

/** Holds boards in the order of their ids and changes them. Returns what they were. */
async function change<T>(trx: Db, columns: readonly string[], where: string, set: string, given: Record<string, Knex.Value>): Promise<T[]> {
  const { rows } = await trx.raw<{ rows: { before: T[] }[] }>(
    `with held as materialized (select id, ${columns.join(', ')} from boards where ${WHICH} and ${where} order by id for no key update),
     changed as (update boards b set ${set} from held where b.id = held.id)
     select coalesce(jsonb_agg(to_jsonb(held) order by id), '[]') as before from held`,
    given,
  )
  return rows[0]?.before ?? []
}

/** Pauses those that are visited now; what is paused already stays as it is. */
export async function holdBack(trx: Db, which: Held, { until, reason, now }: { until: Date; reason: string; now: Date }): Promise<Paused> {
  const set = 'paused_until = :until::timestamptz, pause_reason = :reason'
  const boards = await change<PauseBefore>(trx, ['paused_until', 'pause_reason'], VISITED, set, { ...which, until, reason, now })
  return { until: until.toISOString(), reason, boards }
}

/** Ends a pause where it is still this very one. Returns how many boards that is. */
export async function endPause(trx: Db, { until, reason, boards }: Paused): Promise<number> {
  return putBack(trx, boards, 'paused_until timestamptz, pause_reason text', {
    set: 'paused_until = h.paused_until, pause_reason = h.pause_reason',
    still: 'b.paused_until = :until::timestamptz and b.pause_reason = :reason',
    given: { until, reason },
  })
}

/** Lets boards be visited again that people have paused. Returns what they were. */
export async function letGo(trx: Db, which: Held, now: Date): Promise<PauseBefore[]> {
  const set = 'paused_until = null, pause_reason = null'
  return change<PauseBefore>(trx, ['paused_until', 'pause_reason'], `not ${VISITED} and not ${BY_RUNBOOK}`, set, { ...which, now })
}

/** Pauses boards again as they were, where nobody has paused them since. Returns how many. */
export async function pauseAgain(trx: Db, boards: readonly PauseBefore[]): Promise<number> {
  return putBack(trx, boards, 'paused_until timestamptz, pause_reason text', {
    set: 'paused_until = h.paused_until, pause_reason = h.pause_reason',
    still: 'b.paused_until is null and b.pause_reason is null',
    given: {},
  })
}

/** Makes the cadence so many times longer until then, where it is the usual one now. */
export async function slowDown(trx: Db, which: Held, { factor, until, now }: { factor: number; until: Date; now: Date }): Promise<Slowed> {
  const set = 'slow_factor = :factor, slow_until = :until::timestamptz'
  const boards = await change<SlowBefore>(trx, ['slow_factor', 'slow_until'], `not ${SLOWED}`, set, { ...which, factor, until, now })
  return { factor, until: until.toISOString(), boards }
}

/** Gives back the usual cadence where it is still slowed down by this; what was put off is due as if it never had been. */
export async function quicken(trx: Db, { factor, until, boards }: Slowed, now: Date): Promise<number> {
  const due = 'greatest(:now::timestamptz, b.last_run_at + make_interval(secs => b.cadence_seconds))'
  return putBack(trx, boards, 'slow_factor double precision, slow_until timestamptz', {
    set: `slow_factor = h.slow_factor, slow_until = h.slow_until, next_at = least(b.next_at, ${due})`,
    still: 'b.slow_factor = :factor and b.slow_until = :until::timestamptz',
    given: { factor, until, now },
  })
}

async function putBack(
  trx: Db,
  boards: readonly { id: number }[],
  columns: string,
  how: { set: string; still: string; given: Record<string, Knex.Value> },
): Promise<number> {
  if (boards.length === 0) return 0
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `with given as materialized (select * from jsonb_to_recordset(:boards::jsonb) as x (id bigint, ${columns})),
     held as materialized (select id from boards where id in (select id from given) order by id for no key update)
     update boards b set ${how.set} from given h join held using (id) where b.id = h.id and ${how.still}`,
    { ...how.given, boards: JSON.stringify(boards) },
  )
  return rowCount
}
