// The one place that decides how a run ended: facts in, one of the closed list of outcomes out.

import type { FailureKind } from '../../scrapers/failure.ts'
import type { Outcome } from '../../ops/metrics.ts'

/** What is known at the end of a visit. */
export interface VisitFacts {
  /** Why the visit stopped early, if it did. */
  failure: FailureKind | null
  /** The board answered that nothing changed, or sent the very bytes it sent before. */
  untouched: boolean
  /** Postings read. */
  seen: number
  /** Entries that the pages listed, read or not. */
  listed: number
  /** Entries left out because the employer does not list them. */
  unlisted: number
  /** Entries that could not be read. */
  rejected: number
  /** Something kept the visit from being whole: a page cap, a repeated page, a total that was not reached, a daily cap. */
  truncated: boolean
  /** The drop guard refused to close what is missing. */
  dropRefused: boolean
  /** Rows opened, changed, closed or reopened. */
  changes: number
  /** Postings of this board were seen before, on any visit. */
  everHadPostings: boolean
  /** What the source's zero means by itself. */
  emptyMeans: 'verified' | 'suspect'
}

/** From this share of unreadable entries on, it is the page that changed and not the postings. */
export const DRIFT_SHARE = 0.2

/** Whether so many entries could not be read that the source's shape must have changed. */
export function isDrift(facts: Pick<VisitFacts, 'seen' | 'listed' | 'unlisted' | 'rejected'>): boolean {
  const expected = facts.listed - facts.unlisted
  if (expected <= 0) return false
  return facts.rejected / expected >= DRIFT_SHARE || facts.seen === 0
}

/** Whether the visit saw the whole board, so that an absence means something. */
export function isComplete(facts: Omit<VisitFacts, 'dropRefused' | 'changes'>): boolean {
  return facts.failure === null && !facts.truncated && facts.rejected === 0
}

/**
 * How the run ended. Zero postings are never plain success: `empty_verified` needs a source that answers 404 for unknown boards,
 * or a board that had postings, and a drop guard that has seen the emptiness long enough to believe it.
 */
export function decideOutcome(facts: VisitFacts): Outcome {
  if (facts.failure) return facts.seen > 0 && facts.failure !== 'drift' ? 'partial' : facts.failure
  if (facts.untouched) return 'unchanged'
  if (isDrift(facts)) return 'drift'
  if (facts.truncated || facts.rejected > 0) return 'partial'
  if (facts.seen === 0) return decideEmpty(facts)
  if (facts.dropRefused) return 'partial'
  return facts.changes > 0 ? 'ok' : 'unchanged'
}

function decideEmpty(facts: VisitFacts): Outcome {
  if (facts.dropRefused) return 'empty_suspect'
  return facts.emptyMeans === 'verified' || facts.everHadPostings ? 'empty_verified' : 'empty_suspect'
}

/** Outcomes after which the board was read completely: what freshness is measured by. */
export const COMPLETE_OUTCOMES: readonly Outcome[] = ['ok', 'unchanged', 'empty_verified']
