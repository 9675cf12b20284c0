// Match: new postings meet the saved searches inside the transaction that stores them.

import type { Db } from '../store/database.ts'
import { insertMatches, wakeNotifiers, withoutCompiling, type NewPostings } from '../store/matches.ts'
import { enabledSearches, type Search } from '../store/searches.ts'

export interface MatchRequest extends NewPostings {
  /** The enabled searches, where the caller has read them in this transaction already. */
  searches?: readonly Search[]
}

export interface Matched {
  /** Matches that did not exist before. */
  total: number
  bySource: Record<string, number>
}

/** How many searches one statement compares: its text and its plan stay small, and ten thousand searches are still a hundred statements. */
const SEARCHES_PER_STATEMENT = 100

/**
 * Compares the postings that a run opened or reopened with every enabled search. Matches and outbox rows commit with the postings or
 * not at all, and the notifiers wake with the commit. A posting that once matched a search never matches it again.
 */
export async function match(trx: Db, request: MatchRequest): Promise<Matched> {
  const bySource: Record<string, number> = {}
  if (request.uids.length === 0) return { total: 0, bySource }
  const searches = request.searches ?? (await enabledSearches(trx))
  if (searches.length > 0) await withoutCompiling(trx)
  for (let from = 0; from < searches.length; from += SEARCHES_PER_STATEMENT) {
    const counts = await insertMatches(trx, request, searches.slice(from, from + SEARCHES_PER_STATEMENT))
    for (const [source, count] of Object.entries(counts)) bySource[source] = (bySource[source] ?? 0) + count
  }
  const total = Object.values(bySource).reduce((sum, count) => sum + count, 0)
  if (total > 0) await wakeNotifiers(trx)
  return { total, bySource }
}
