// Two pages to compare: the last that was set aside and not read well since, and the last that could be read.

import type { Db } from './database.ts'

export interface SetAside {
  source: string
  ident: string
  hash: string | null
  reason: string
  path: string | null
  /** How the last visit of the board ended. */
  last_outcome: string | null
  /** Boards of the source that have such a page. */
  boards: number
}

/** The newest page of a source that waits in quarantine, of a board that has not been read completely since. */
export async function lastSetAside(db: Db, source: string): Promise<SetAside | undefined> {
  const { rows } = await db.raw<{ rows: SetAside[] }>(
    `select b.source, b.ident, q.hash, q.reason, q.path, b.last_outcome, (count(*) over ())::int as boards
       from boards b
       join lateral (
         select q.* from quarantine q join runs r on r.id = q.run_id
          where q.board_id = b.id and q.released_at is null and r.started_at > coalesce(b.last_complete_at, '-infinity')
          order by q.created_at desc, q.id desc limit 1) q on true
      where b.source = ? and b.configured
      order by q.created_at desc, q.id desc limit 1`,
    [source],
  )
  return rows[0]
}

/** The first page of the newest complete visit that brought one: of this board, else of any board of its source. */
export async function lastGoodPage(db: Db, source: string, ident: string): Promise<{ hash: string } | undefined> {
  const pages = db('run_pages as p')
    .join('runs as r', 'r.id', 'p.run_id')
    .join('boards as b', 'b.id', 'r.board_id')
    .where({ 'b.source': source, 'p.number': 0, 'r.complete': true })
    .whereNotExists(db('quarantine as q').whereRaw('q.run_id = r.id and q.hash = p.hash').select(db.raw('1')))
    .orderBy('r.started_at', 'desc')
  const own = await pages.clone().where('b.ident', ident).first<{ hash: string } | undefined>('p.hash')
  return own ?? pages.first<{ hash: string } | undefined>('p.hash')
}
