// What counted for and against each SLO: minutes that every process adds to, rolled up to hours, and sums over windows.

import type { Db } from './database.ts'

/** Bad and all events (or seconds) of one stretch of time. */
export interface TallyRow {
  readonly slo: string
  /** Empty where there is none. */
  readonly bound: string
  readonly labels: Readonly<Record<string, string>>
  readonly bad: number
  readonly total: number
}

/** A window that ends now, by a key of the asker's own. */
export interface TallyWindow {
  readonly key: string
  readonly slo: string
  readonly bound: string
  /** Seconds. */
  readonly window: number
}

export interface TallySum {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  readonly bad: number
  readonly total: number
}

const MINUTE = 60
const HOUR = 3600
const DAY_MS = 86_400_000
/** How long minutes are kept before they become hours, and hours before they go: the longest period is 30 days. */
const KEPT_MS = { minutes: 2 * DAY_MS, hours: 31 * DAY_MS }

/** Both ways in one statement each; rows in one order, so that two processes never wait for each other in a circle. */
const INSERT = `
  insert into slo_tallies (slo, bound, at, seconds, labels, bad, total)
  select slo, bound, :at, :seconds, labels, bad, total
    from jsonb_to_recordset(:rows::jsonb) as t (slo text, bound text, labels jsonb, bad float8, total float8)
   order by slo, bound, labels
  on conflict (slo, bound, at, seconds, labels) do update set `

/**
 * Writes the stretch of `seconds` that begins at `at`: events are added to what other processes saw in it; a slice of time is one,
 * however many write it, and its worst counts.
 */
export async function writeTallies(
  db: Db,
  { at, seconds, events, slices }: { at: Date; seconds: number; events: readonly TallyRow[]; slices: readonly TallyRow[] },
): Promise<void> {
  await db.transaction(async (trx) => {
    const write = async (rows: readonly TallyRow[], merge: string) => {
      if (rows.length > 0) await trx.raw(INSERT + merge, { at, seconds, rows: JSON.stringify(rows) })
    }
    await write(events, 'bad = slo_tallies.bad + excluded.bad, total = slo_tallies.total + excluded.total')
    await write(slices, 'bad = greatest(slo_tallies.bad, excluded.bad), total = greatest(slo_tallies.total, excluded.total)')
  })
}

/** Makes hours of old minutes and lets old hours go. Any number of processes may do it at once: a row is taken by one of them. */
export async function rollUpTallies(db: Db, now: Date): Promise<void> {
  const edge = new Date(Math.floor((now.getTime() - KEPT_MS.minutes) / (HOUR * 1000)) * HOUR * 1000)
  await db.raw(
    `with old as (delete from slo_tallies where at < :edge and seconds < :hour returning *)
     insert into slo_tallies (slo, bound, at, seconds, labels, bad, total)
     select slo, bound, date_trunc('hour', at, 'UTC'), :hour, labels, sum(bad), sum(total)
       from old group by 1, 2, 3, 5 order by 1, 2, 3, 5
     on conflict (slo, bound, at, seconds, labels)
       do update set bad = slo_tallies.bad + excluded.bad, total = slo_tallies.total + excluded.total`,
    { edge, hour: HOUR },
  )
  await db('slo_tallies')
    .where('at', '<', new Date(now.getTime() - KEPT_MS.hours))
    .delete()
}

/**
 * Sums over windows that end with the last full minute, and what of the minute after it is there: groups that have nothing are left
 * out. A stretch belongs to the window that it begins in: beyond two days back an edge is as coarse as an hour.
 */
export async function sumTallies(db: Db, windows: readonly TallyWindow[], now: Date): Promise<TallySum[]> {
  const end = Math.floor(now.getTime() / (MINUTE * 1000)) * MINUTE * 1000
  const asked = windows.map(({ key, slo, bound, window }) => ({ key, slo, bound, since: new Date(end - window * 1000) }))
  const { rows } = await db.raw<{ rows: TallySum[] }>(
    // Window by window: all of them in one group would be one long sort.
    `select w.key, t.labels, t.bad, t.total
       from jsonb_to_recordset(:asked::jsonb) as w (key text, slo text, bound text, since timestamptz)
      cross join lateral (
        select labels, sum(bad) as bad, sum(total) as total from slo_tallies
         where slo = w.slo and bound = w.bound and at >= w.since and at <= :now group by labels
      ) t
      order by w.key, t.labels`,
    { asked: JSON.stringify(asked), now },
  )
  return rows
}
