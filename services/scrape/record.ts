// The record of a run: the facts a visit gathered, and the row they become.

import type { ParsedPage, Source } from '../../scrapers/source.ts'
import { currentTraceId } from '../../ops/telemetry.ts'
import type { Board } from '../store/boards.ts'
import type { Difference } from '../store/postings.ts'
import type { RunRecord, Trigger } from '../store/runs.ts'
import type { DropVerdict } from './guards.ts'
import type { VisitFacts } from './outcome.ts'
import type { Reading } from './reading.ts'

/** A visit on its way. */
export interface Progress {
  readonly id: string
  readonly at: Date
  readonly board: Board
  readonly trigger: Trigger
  readonly source: Source
  readonly reader: string
  /** `performance.now()` at the start. */
  readonly clock: number
}

/** The facts of a visit in which nothing happened. */
export const NOTHING: VisitFacts = {
  failure: null,
  untouched: false,
  seen: 0,
  listed: 0,
  unlisted: 0,
  rejected: 0,
  truncated: false,
  dropRefused: false,
  changes: 0,
  everHadPostings: false,
  emptyMeans: 'suspect',
}

/** The facts as reading alone knows them. */
export function factsOf(source: Source, reading: Reading): VisitFacts {
  const sum = (pick: (page: ParsedPage) => number) => reading.parsed.reduce((total, page) => total + pick(page), 0)
  return {
    ...NOTHING,
    failure: reading.failure?.kind ?? null,
    seen: sum((page) => page.postings.length),
    listed: sum((page) => page.listed),
    unlisted: sum((page) => page.unlisted),
    rejected: sum((page) => page.rejected.length),
    truncated: reading.truncated !== null,
    emptyMeans: source.empty,
  }
}

/** The row of a run that has done nothing yet. */
export function blank(progress: Progress): RunRecord {
  return {
    id: progress.id,
    board_id: progress.board.id,
    source: progress.source.name,
    trigger: progress.trigger,
    outcome: 'skipped',
    complete: false,
    seen: 0,
    new: 0,
    changed: 0,
    closed: 0,
    reopened: 0,
    rejected: 0,
    unlisted: 0,
    duplicates: 0,
    pages: 0,
    bytes: 0,
    attempts: 0,
    guard: null,
    started_at: progress.at,
    seconds: (performance.now() - progress.clock) / 1000,
    trace_id: currentTraceId() ?? null,
    error: null,
    error_path: null,
  }
}

/** What the visit cost. */
export function effort(reading: Reading): Pick<RunRecord, 'pages' | 'bytes' | 'attempts'> {
  return { pages: reading.pages.length, bytes: reading.bytes, attempts: reading.attempts }
}

/** What the visit saw. */
export function counted(facts: VisitFacts): Pick<RunRecord, 'seen' | 'rejected' | 'unlisted'> {
  return { seen: facts.seen, rejected: facts.rejected, unlisted: facts.unlisted }
}

/** What the drop guard refused, for the row; null when it let everything pass. */
export function guardOf(verdict: DropVerdict | undefined, difference: Difference): RunRecord['guard'] {
  return verdict?.refused ? { name: 'drop', seen: verdict.seen, median: verdict.median, would_close: difference.missing.length } : null
}

/** Why the run is not plainly ok, in a sentence; null when it is. */
export function explain(reading: Reading, facts: VisitFacts, verdict: DropVerdict | undefined, capped: boolean): string | null {
  if (reading.failure) return reading.failure.message
  if (reading.truncated === 'page_cap') return 'there are more pages than the source may be asked for'
  if (reading.truncated === 'repeated_page') return 'the source sent the same page again'
  if (reading.truncated === 'total') return 'the source says that there are more entries than came'
  if (capped) return 'the daily cap of new postings is reached'
  if (facts.rejected > 0) return `${facts.rejected} of ${facts.listed} entries could not be read: ${reading.bad[0]?.failure.message ?? ''}`
  if (verdict?.refused) return `saw ${verdict.seen} where the median of the last visits is ${verdict.median}: nothing was closed`
  return null
}
