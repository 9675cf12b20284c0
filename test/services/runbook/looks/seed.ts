// What looks look at, written as visits would have left it.

import { randomUUID } from 'node:crypto'
import type { Db } from '../../../../services/store/database.ts'
import { seedBoard, type SeededBoard } from '../../api/seed.ts'

export const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1000)

export interface Visited {
  outcome: string
  /** Seconds. */
  ago?: number
  seen?: number
  closed?: number
  guard?: object | null
  error?: string | null
}

/** A visit, as its run and on its board. Gives the run's id. */
export async function seedVisit(db: Db, board: SeededBoard, visit: Visited): Promise<string> {
  const id = randomUUID()
  const { outcome, seen = 3, closed = 0, guard = null, error = null } = visit
  const at = ago(visit.ago ?? 60)
  const complete = ['ok', 'unchanged', 'empty_verified'].includes(outcome)
  await db('runs').insert({
    id,
    board_id: board.id,
    source: board.source,
    trigger: 'schedule',
    outcome,
    complete,
    seen,
    closed,
    guard: guard === null ? null : JSON.stringify(guard),
    error,
    started_at: at,
    seconds: 1,
  })
  await db('boards')
    .where({ id: board.id })
    .update({ last_run_id: id, last_outcome: outcome, last_run_at: at, ...(complete ? { last_complete_at: at } : {}) })
  return id
}

/** So many boards of a source, each visited once, with these outcomes in turn. */
export async function seedSource(db: Db, source: string, outcomes: readonly string[]): Promise<SeededBoard[]> {
  const boards: SeededBoard[] = []
  for (const [n, outcome] of outcomes.entries()) {
    const board = await seedBoard(db, source, `${source}-${n}`)
    const error = ['ok', 'unchanged', 'rejected'].includes(outcome) ? null : `it ended with ${outcome}`
    await seedVisit(db, board, { outcome, ago: 60 + n, error })
    boards.push(board)
  }
  return boards
}
