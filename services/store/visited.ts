// Boards that are visited now: which of them could be asked something, and how many nobody comes to.

import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

export interface VisitedBoard {
  id: number
  source: string
  ident: string
  region: string | null
  /** When it was last read completely. */
  last_complete_at: Date | null
}

const VISITED = 'enabled and configured and (paused_until is null or paused_until <= ?)'

/** Boards of a source that are visited now, those first that were well last; so many at the most. */
export async function visitedBoards(db: Db, source: string, now: Date, most = 1000): Promise<VisitedBoard[]> {
  return db('boards')
    .where({ source })
    .whereRaw(VISITED, [now])
    .orderByRaw('last_complete_at desc nulls last, id')
    .limit(most)
    .select<VisitedBoard[]>('id', 'source', 'ident', 'region', 'last_complete_at')
}

/** How many boards have been due for longer than so many seconds, and nobody has even put their visit into the queue. */
export async function countOverdue(db: Db, seconds: number, now: Date): Promise<number> {
  const rows = await db('boards')
    .whereRaw(VISITED, [now])
    .whereNot({ source: CANARY })
    .where('next_at', '<', new Date(now.getTime() - seconds * 1000))
    .count<{ n: number }[]>('* as n')
  return rows[0]?.n ?? 0
}
