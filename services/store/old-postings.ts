// Postings closed long ago: counted, and taken out with all that hangs on them for the archive on disk.

import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

const OLD = 'closed_at < :before::timestamptz and source <> :canary'

/** How many postings were closed before a moment. */
export async function countOld(db: Db, before: Date): Promise<number> {
  const { rows } = await db.raw<{ rows: { n: number }[] }>(`select count(*) as n from postings where ${OLD}`, { before, canary: CANARY })
  return rows[0]?.n ?? 0
}

/**
 * Takes out the oldest of them, at most so many, with their earlier contents, matches and notifications. Returns one JSON text per
 * posting: `{posting, versions, matches, notifications}`. What is returned is gone only when the transaction commits.
 */
export async function takeOld(trx: Db, before: Date, most: number): Promise<string[]> {
  const given = { before, most, canary: CANARY }
  // The boards first, as a visit does it, and in the order of their ids: a visit that has seen one of these postings as known would else
  // write it anew into nothing.
  const chosen = await trx.raw<{ rows: { uid: string; board_id: number }[] }>(
    `select uid, board_id from postings where ${OLD} order by closed_at, uid limit :most`,
    given,
  )
  const boards = [...new Set(chosen.rows.map(({ board_id }) => board_id))]
  await trx.raw('select id from boards where id = any(?::bigint[]) order by id for no key update', [boards])
  const { rows } = await trx.raw<{ rows: { line: string }[] }>(
    `with old as materialized (select * from postings where uid = any(:uids::text[]) and ${OLD} order by uid for update),
     lines as materialized (
       select p.uid, p.closed_at, jsonb_build_object(
                'posting', to_jsonb(p) - 'search',
                'versions', (select coalesce(jsonb_agg(to_jsonb(v) order by v.valid_from), '[]') from posting_versions v where v.uid = p.uid),
                'matches', (select coalesce(jsonb_agg(to_jsonb(m) order by m.matched_at), '[]') from matches m where m.uid = p.uid),
                'notifications', (select coalesce(jsonb_agg(to_jsonb(o) order by o.id), '[]') from outbox o where o.uid = p.uid))::text as line
         from old p),
     gone as (delete from postings p using lines where p.uid = lines.uid)
     select line from lines order by closed_at, uid`,
    { ...given, uids: chosen.rows.map(({ uid }) => uid) },
  )
  return rows.map(({ line }) => line)
}
