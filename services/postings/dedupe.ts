// The same posting twice on one visit: boards that are edited while they are read list it on two pages.

import type { Posting } from './posting.ts'

/** Keeps the first of the postings with the same external id and counts the others. */
export function dedupe(postings: readonly Posting[]): { postings: Posting[]; duplicates: number } {
  const first = new Map<string, Posting>()
  for (const posting of postings) if (!first.has(posting.external_id)) first.set(posting.external_id, posting)
  return { postings: [...first.values()], duplicates: postings.length - first.size }
}
