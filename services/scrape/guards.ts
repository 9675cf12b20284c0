// Guards that keep one bad visit from closing live postings or from reading for ever.

import type { RawPosting } from '../../scrapers/source.ts'

/** How many complete visits the drop guard looks back on. */
export const WINDOW = 5
/** A visit that saw less than this share of the median closes nothing. */
export const DROP_SHARE = 0.7

export interface DropVerdict {
  refused: boolean
  seen: number
  /** Of the last five complete visits; when there were none, the postings that are open. */
  median: number
}

/** The middle value; the mean of the two middle ones for an even count; 0 for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/**
 * Whether a complete visit saw so few postings that the missing ones are not believed to be closed. The refused visit counts in the
 * next medians, so a board that really shrank is believed once most of the window agrees.
 * @param open how many postings are open: what is compared with before the first complete visit, when partial ones have stored some
 */
export function judgeDrop(seen: number, recentCounts: readonly number[], open = 0): DropVerdict {
  const middle = recentCounts.length === 0 ? open : median(recentCounts.slice(-WINDOW))
  return { refused: seen < DROP_SHARE * middle, seen, median: middle }
}

/** The window after a complete visit that saw `seen` postings. */
export function nextWindow(recentCounts: readonly number[], seen: number): number[] {
  return [...recentCounts, seen].slice(-WINDOW)
}

/** Notices a page that brings nothing but what an earlier page of the same visit brought: a source that ignores its paging. */
export function createPageGuard(): (postings: readonly RawPosting[]) => boolean {
  const seen = new Set<string>()
  return (postings) => {
    const repeated = postings.length > 0 && postings.every((posting) => seen.has(posting.externalId))
    for (const posting of postings) seen.add(posting.externalId)
    return repeated
  }
}
