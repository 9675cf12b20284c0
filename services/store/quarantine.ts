// The quarantine as runbooks use it: what waits there, boards that are to be read afresh, pages set aside and let out by many.

import type { Db } from './database.ts'

export interface WaitingPage {
  id: number
  board_id: number
  source: string
  ident: string
  region: string | null
  hash: string | null
  url: string | null
}

/** Pages looked at by one action at the most. */
const MOST = 500

/** Pages of a source that wait, the newest of each board that is visited; the longest waiting boards first. */
export async function waitingPages(db: Db, source: string, now: Date): Promise<WaitingPage[]> {
  const { rows } = await db.raw<{ rows: WaitingPage[] }>(
    `select * from (
       select distinct on (q.board_id) q.id, q.board_id, b.source, b.ident, b.region, q.hash,
              (select p.url from run_pages p where p.run_id = q.run_id and p.hash = q.hash order by p.number limit 1) as url
         from quarantine q join boards b on b.id = q.board_id
        where b.source = ? and b.enabled and b.configured and (b.paused_until is null or b.paused_until <= ?) and q.released_at is null
        order by q.board_id, q.created_at desc, q.id desc) newest
      order by id limit ?`,
    [source, now, MOST],
  )
  return rows
}

/** Makes the next visit read everything, whatever the board says of changes. */
export async function forgetReading(trx: Db, boardIds: readonly number[]): Promise<void> {
  // In the order of their ids: whoever else writes many boards at once must not be waited for in a circle.
  await trx.raw(
    `with held as materialized (select id from boards where id = any(?::bigint[]) order by id for no key update)
     update boards b set pages = null from held where b.id = held.id`,
    [[...boardIds]],
  )
}

/** Lets pages out, and with them the older ones of their boards. Returns how many that was. */
export async function releaseBoards(trx: Db, ids: readonly number[], now: Date): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update quarantine q set released_at = ?
       from (select board_id, max(id) as id from quarantine where id = any(?::bigint[]) group by board_id) newest
      where q.board_id = newest.board_id and q.id <= newest.id and q.released_at is null`,
    [now, [...ids]],
  )
  return rowCount
}

/** Lets out these pages and no others. Returns how many still waited. */
export async function releasePages(trx: Db, ids: readonly number[], now: Date): Promise<number> {
  return trx('quarantine')
    .whereNull('released_at')
    .whereRaw('id = any(?::bigint[])', [[...ids]])
    .update({ released_at: now })
}

/** The first page of the newest visit of each board that was doubtful last and has kept its page; those set aside already are left out. */
const DOUBTFUL = `
  select b.last_run_id as run_id, b.id as board_id, p.hash
    from boards b join run_pages p on p.run_id = b.last_run_id and p.number = 0
   where b.source = :source and b.configured and b.last_outcome in ('drift', 'partial', 'empty_suspect')
     and not exists (select from quarantine q where q.run_id = b.last_run_id and q.hash = p.hash and q.released_at is null)`

/** How many pages would be set aside. */
export async function countDoubtful(db: Db, source: string): Promise<number> {
  const { rows } = await db.raw<{ rows: { n: number }[] }>(`select count(*) as n from (${DOUBTFUL}) d`, { source })
  return rows[0]?.n ?? 0
}

/** Sets them aside. Returns the ids of what was set aside. */
export async function setAsideDoubtful(trx: Db, source: string, reason: string, now: Date): Promise<number[]> {
  const { rows } = await trx.raw<{ rows: { id: number }[] }>(
    `insert into quarantine (run_id, board_id, hash, reason, created_at)
     select run_id, board_id, hash, :reason, :now::timestamptz from (${DOUBTFUL}) d order by board_id returning id`,
    { source, reason, now },
  )
  return rows.map(({ id }) => id)
}
