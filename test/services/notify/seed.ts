// Searches with something to tell, for tests of the outbox and of those who empty it.

import { randomUUID } from 'node:crypto'
import { match } from '../../../services/match/match.ts'
import { createSearch, type Search } from '../../../services/store/searches.ts'
import type { World } from '../../world.ts'
import { seedBoard, seedPostings, type SeededBoard } from '../api/seed.ts'

export interface OutboxRow {
  id: number
  search_id: string
  uid: string
  state: 'pending' | 'sending' | 'delivered' | 'failed' | 'uncertain'
  attempts: number
  message_id: string | null
  claimed_by: string | null
  claimed_until: Date | null
  created_at: Date
  due_at: Date
  delivered_at: Date | null
  error: string | null
}

export interface Desk {
  /** A search that only `tell` matches. */
  search(name: string): Promise<Search>
  /** Opens so many postings that fit the search, as one run would. Gives their uids. */
  tell(search: Search, many: number, traceparent?: string): Promise<string[]>
  /** The rows of the outbox, oldest first. */
  rows(search?: Search): Promise<OutboxRow[]>
  states(search?: Search): Promise<string[]>
  /** Takes everything away. */
  clear(): Promise<void>
}

export const traceOf = (n: number): string => `00-${String(n).padStart(32, '0')}-b7ad6b7169203331-01`

/** Opens a desk on a world. */
export async function openDesk(world: World): Promise<Desk> {
  const { db } = world
  const board: SeededBoard = await seedBoard(db, 'greenhouse', 'acme', 'Acme')
  const rows = async (search?: Search): Promise<OutboxRow[]> => {
    const query = db('outbox').select<OutboxRow[]>('*').orderBy('id')
    return search ? query.where({ search_id: search.id }) : query
  }
  return {
    rows,
    search: (name) => createSearch(db, { name, query: { q: name }, notify: { channel: 'slack', cadence: 'instant' } }),
    async tell(search, many, traceparent) {
      const drafts = Array.from({ length: many }, (_, index) => ({ external_id: randomUUID(), title: `${search.name} ${index}` }))
      const uids = await seedPostings(db, board, new Date().toISOString(), drafts)
      await world.database.inTransaction((trx) => match(trx, { uids, runId: randomUUID(), traceparent, searches: [search] }))
      return uids
    },
    states: async (search) => [...new Set((await rows(search)).map((row) => row.state))].toSorted(),
    clear: async () => {
      await db.raw('truncate searches, postings, channels cascade')
    },
  }
}
