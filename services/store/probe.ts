// Open breakers, ended early: by one request that is let through, or for good.

import type { Db } from './database.ts'

/** A breaker whose time was ended, and when it would have been over. Moments as PostgreSQL writes them. */
export interface EarlyProbe {
  host: string
  open_until: string
  set: string
}

/** Lets the next request to each host of a source be its probe, where the breaker is open and its time is not over. */
export async function letProbes(trx: Db, source: string): Promise<EarlyProbe[]> {
  // The fleet's clock is PostgreSQL's own.
  const { rows } = await trx.raw<{ rows: { probes: EarlyProbe[] }[] }>(
    `with held as materialized (
       select host, open_until, now() as set from hosts
        where source = ? and breaker = 'open' and open_until > now() order by host for update),
     changed as (update hosts h set open_until = held.set from held where h.host = held.host)
     select coalesce(jsonb_agg(to_jsonb(held) order by host), '[]') as probes from held`,
    [source],
  )
  return rows[0]?.probes ?? []
}

/** Keeps breakers open as long as they would have been, where no probe has gone through meanwhile. Returns how many. */
export async function withdrawProbes(trx: Db, probes: readonly EarlyProbe[]): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update hosts h set open_until = p.open_until
       from jsonb_to_recordset(?::jsonb) as p (host text, open_until timestamptz, set timestamptz)
      where h.host = p.host and h.breaker = 'open' and h.open_until = p.set`,
    [JSON.stringify(probes)],
  )
  return rowCount
}

/** Closes the breakers of a source. A pause that a host asked for stays. Returns the hosts. */
export async function closeBreakers(trx: Db, source: string): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { host: string }[] }>(
    `with held as materialized (select host from hosts where source = ? and breaker <> 'closed' order by host for update)
     update hosts h set breaker = 'closed', opened_at = null, open_until = null, openings = 0, probe_until = null, probe_owner = null
       from held where h.host = held.host returning h.host`,
    [source],
  )
  return rows.map(({ host }) => host).toSorted()
}
