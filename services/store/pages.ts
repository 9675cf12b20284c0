// Pages: which raw bodies are in the archive, which run brought them, and which were set aside because they could not be read.

import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

/** A page whose body is in the archive already. */
export interface ArchivedPage {
  /** SHA-256 of the body that is kept. */
  hash: string
  bytes: number
  storedBytes: number
  url: string
  status: number
}

/** A page as it is found again. */
export interface RunPage {
  number: number
  hash: string
  url: string
  status: number
}

export interface QuarantinedPage {
  id: number
  run_id: string
  board_id: number
  source: string
  ident: string
  hash: string | null
  url: string | null
  reason: string
  path: string | null
  created_at: Date
  released_at: Date | null
}

/** Records the pages of a run, numbered from 0 in the order given. */
export async function recordPages(db: Db, runId: string, pages: readonly ArchivedPage[]): Promise<void> {
  if (pages.length === 0) return
  await recordBodies(db, pages)
  await db('run_pages').insert(pages.map(({ hash, url, status }, number) => ({ run_id: runId, number, hash, url, status })))
}

/** Sets a page aside. Without a page there was nothing to keep but the reason. Returns its id. */
export async function quarantinePage(
  db: Db,
  bad: { runId: string; boardId: number; page: ArchivedPage | null; reason: string; path: string | null },
): Promise<number> {
  if (bad.page) await recordBodies(db, [bad.page])
  const [row] = await db('quarantine')
    .insert({ run_id: bad.runId, board_id: bad.boardId, hash: bad.page?.hash ?? null, reason: bad.reason, path: bad.path })
    .returning<{ id: number }[]>('id')
  if (!row) throw new Error('the quarantine took no row')
  return row.id
}

/** In the order of their hashes: two runs that bring the same bodies must not wait for each other in a circle. */
async function recordBodies(db: Db, pages: readonly ArchivedPage[]): Promise<void> {
  const byHash = new Map(pages.map((page) => [page.hash, { hash: page.hash, bytes: page.bytes, stored_bytes: page.storedBytes }]))
  const rows = [...byHash.values()].toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
  await db('raw_pages').insert(rows).onConflict('hash').ignore()
}

/** The pages a run brought, in their order. */
export async function pagesOfRun(db: Db, runId: string): Promise<RunPage[]> {
  return db('run_pages').where({ run_id: runId }).orderBy('number').select<RunPage[]>('number', 'hash', 'url', 'status')
}

/** What is set aside, newest first; of one board where it is given, and what was released only when asked for. */
export async function listQuarantine(
  db: Db,
  wanted: { boardId?: number; released?: boolean; limit?: number } = {},
): Promise<QuarantinedPage[]> {
  const query = db('quarantine as q')
    .join('boards as b', 'b.id', 'q.board_id')
    .whereNot('b.source', CANARY)
    .select('q.id', 'q.run_id', 'q.board_id', 'b.source', 'b.ident', 'q.hash', 'q.reason', 'q.path', 'q.created_at', 'q.released_at')
    .select(db.raw('(select r.url from run_pages r where r.run_id = q.run_id and r.hash = q.hash limit 1) as url'))
    .orderBy([
      { column: 'q.created_at', order: 'desc' },
      { column: 'q.id', order: 'desc' },
    ])
    .limit(wanted.limit ?? 50)
  if (wanted.boardId !== undefined) void query.where('q.board_id', wanted.boardId)
  if (!wanted.released) void query.whereNull('q.released_at')
  return (await query) as QuarantinedPage[]
}

/** Lets a page out of quarantine, once it has been read after all; false when it was not there. */
export async function releasePage(db: Db, id: number): Promise<boolean> {
  return (await db('quarantine').where({ id }).whereNull('released_at').update({ released_at: db.fn.now() })) === 1
}
