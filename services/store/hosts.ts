// Hosts: one row per host keeps the pace, the pause, the breaker and its single probe for all workers together.

import type { BreakerState } from '../../ops/metrics.ts'
import type { Db } from './database.ts'

export interface HostRow {
  host: string
  source: string
  next_at: Date
  paused_until: Date | null
  breaker: BreakerState
  opened_at: Date | null
  open_until: Date | null
  openings: number
  probe_until: Date | null
  probe_owner: string | null
  last_error: string | null
}

/** The clock of the fleet is the database's own; a time is given only where it is made up, as in tests. */
interface At {
  now?: Date | undefined
}

export interface TurnRequest extends At {
  host: string
  source: string
  /** Between two requests of the whole fleet. */
  gapSeconds: number
  /** Who asks; must be unique for each turn, because a probe's lease belongs to one request. */
  owner: string
  /** A turn further away than this is not reserved. */
  patienceSeconds?: number
  /** A pause longer than this is not waited for. */
  pauseSeconds?: number
  /** After this a probe that did not report is taken for dead. */
  leaseSeconds?: number
}

export interface Turn {
  /** Whether the turn was reserved. If not, `breaker`, `pausedMs` or `waitMs` say why. */
  granted: boolean
  /** Until the turn comes, pauses included. */
  waitMs: number
  breaker: BreakerState
  /** This request is the one probe of a breaker that was open. */
  probe: boolean
  pausedMs: number
}

const NOW = 'coalesce(:now::timestamptz, clock_timestamp())'
const seconds = (name: string) => `make_interval(secs => :${name}::double precision)`

/**
 * Reserves the next turn at a host in one statement on its row: the row lock is what puts all workers in one queue.
 * While the breaker is open nothing is reserved and nothing written; once its time is over, exactly one caller gets the probe.
 */
export async function takeTurn(db: Db, request: TurnRequest): Promise<Turn> {
  const { patienceSeconds = 120, pauseSeconds = 30, leaseSeconds = 60, now, ...rest } = request
  const values = { ...rest, patienceSeconds, pauseSeconds, leaseSeconds, now: now ?? null }
  for (;;) {
    const { rows } = await db.raw<{ rows: Turn[] }>(TAKE_TURN, values)
    if (rows[0]) return rows[0]
    await db('hosts').insert({ host: request.host, source: request.source }).onConflict('host').ignore()
  }
}

const TAKE_TURN = `
  with held as (select * from hosts where host = :host for update),
  seen as (select held.*, ${NOW} as now from held),
  slot as (
    select *, greatest(next_at, paused_until, now) as at,
      greatest(0, coalesce(extract(epoch from paused_until - now), 0))::double precision as paused,
      (breaker = 'open' and coalesce(open_until, '-infinity') <= now)
        or (breaker = 'half_open' and coalesce(probe_until, '-infinity') <= now) as probe_due
    from seen
  ),
  turn as (
    select *, (breaker = 'closed' or probe_due) and at <= now + ${seconds('patienceSeconds')} and paused <= :pauseSeconds as granted
    from slot
  ),
  moved as (
    update hosts h set
      next_at = t.at + ${seconds('gapSeconds')},
      breaker = case when t.probe_due then 'half_open' else h.breaker end,
      probe_until = case when t.probe_due then t.at + ${seconds('leaseSeconds')} else h.probe_until end,
      probe_owner = case when t.probe_due then :owner else h.probe_owner end
    from turn t where h.host = t.host and t.granted
  )
  select granted, granted and probe_due as probe, case when granted and probe_due then 'half_open' else breaker end as breaker,
    extract(epoch from at - now)::double precision * 1000 as "waitMs", paused * 1000 as "pausedMs"
  from turn`

export interface HostState {
  breaker: BreakerState
  pausedMs: number
}

/** What a host's row says now; a host nobody has asked yet is closed and not paused. Writes nothing. */
export async function readHost(db: Db, host: string, now?: Date): Promise<HostState> {
  const { rows } = await db.raw<{ rows: HostState[] }>(
    `select breaker, greatest(0, coalesce(extract(epoch from paused_until - ${NOW}), 0))::double precision * 1000 as "pausedMs"
     from hosts where host = :host`,
    { host, now: now ?? null },
  )
  return rows[0] ?? { breaker: 'closed', pausedMs: 0 }
}

/** Nobody asks the host before these seconds are over; a longer pause that stands already stays. */
export async function pauseHost(db: Db, pause: { host: string; source: string; seconds: number } & At): Promise<void> {
  await db.raw(
    `insert into hosts as h (host, source, paused_until) values (:host, :source, ${NOW} + ${seconds('seconds')})
     on conflict (host) do update set paused_until = greatest(h.paused_until, excluded.paused_until)`,
    { ...pause, now: pause.now ?? null },
  )
}

/** A breaker stays open 30 s, and twice as long each time it opens again before it was closed, up to half an hour. */
const OPEN_FOR = (openings: string) => `make_interval(secs => least(1800, 30 * power(2, least(${openings}, 10))))`

/**
 * Opens the breaker of a host: from closed, or, given the probe's owner, again after its probe failed.
 * @returns the row as it is then, or undefined when it was not this caller's to open
 */
export async function openBreaker(
  db: Db,
  opening: { host: string; source: string; error: string; probe?: string | undefined } & At,
): Promise<{ openings: number; openUntil: Date } | undefined> {
  const { rows } = await db.raw<{ rows: { openings: number; openUntil: Date }[] }>(
    `insert into hosts as h (host, source, breaker, opened_at, open_until, openings, last_error)
       values (:host, :source, 'open', ${NOW}, ${NOW} + ${OPEN_FOR('0')}, 1, :error)
     on conflict (host) do update set
       breaker = 'open', opened_at = excluded.opened_at, open_until = ${NOW} + ${OPEN_FOR('h.openings')},
       openings = h.openings + 1, last_error = excluded.last_error, probe_until = null, probe_owner = null
     where h.breaker = case when :probe::text is null then 'closed' else 'half_open' end
       and (:probe::text is null or h.probe_owner = :probe)
     returning openings, open_until as "openUntil"`,
    { ...opening, probe: opening.probe ?? null, now: opening.now ?? null },
  )
  return rows[0]
}

/** Closes the breaker after its probe came back well; false when the lease had gone to somebody else meanwhile. */
export async function closeBreaker(db: Db, host: string, probe: string): Promise<boolean> {
  return (await db('hosts').where({ host, breaker: 'half_open', probe_owner: probe }).update(CLOSED)) === 1
}

/** Closes the breaker and lifts the pause by hand; false when there is no such host. */
export async function resetHost(db: Db, host: string): Promise<boolean> {
  return (
    (await db('hosts')
      .where({ host })
      .update({ ...CLOSED, paused_until: null, next_at: '-infinity' })) === 1
  )
}

const CLOSED = { breaker: 'closed', opened_at: null, open_until: null, openings: 0, probe_until: null, probe_owner: null }

/** The hosts, by name; of one source where it is given. */
export async function listHosts(db: Db, source?: string): Promise<HostRow[]> {
  const columns = ['next_at', 'paused_until', 'breaker', 'opened_at', 'open_until', 'openings', 'probe_until', 'probe_owner', 'last_error']
  const query = db('hosts')
    .select<HostRow[]>('host', 'source', ...columns)
    .orderBy('host')
  return source === undefined ? query : query.where({ source })
}

/** A host's robots.txt as it was last read; status 0 stands for "could not be reached". */
export interface RobotsRow {
  robots: string | null
  robots_status: number
  robots_at: Date
}

/** The robots.txt kept for a host; undefined when it was never asked for. */
export async function readRobots(db: Db, host: string): Promise<RobotsRow | undefined> {
  return db('hosts').where({ host }).whereNotNull('robots_at').first<RobotsRow | undefined>('robots', 'robots_status', 'robots_at')
}

/** Keeps a host's robots.txt. */
export async function saveRobots(db: Db, host: string, source: string, row: RobotsRow): Promise<void> {
  await db('hosts')
    .insert({ host, source, ...row })
    .onConflict('host')
    .merge(['robots', 'robots_status', 'robots_at'])
}

/** Gives a probe's lease back unused, so that the next request can be the probe. */
export async function releaseProbe(db: Db, host: string, probe: string): Promise<void> {
  await db('hosts').where({ host, breaker: 'half_open', probe_owner: probe }).update({ probe_until: null, probe_owner: null })
}
