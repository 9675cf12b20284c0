// The report of a run: its metrics and its one log line.

import type { Watch } from '../../ops/telemetry.ts'
import { payUnknown as whyUnknown } from '../postings/pay.ts'
import type { Board } from '../store/boards.ts'
import type { Difference } from '../store/postings.ts'
import type { RunRecord } from '../store/runs.ts'
import { COMPLETE_OUTCOMES } from './outcome.ts'
import type { Reading } from './reading.ts'

/** Counts what a run changed. */
export function countChanges(watch: Watch, run: RunRecord, difference: Difference, capped: boolean): void {
  const { postings, payUnknown, guardRefusals, postingsRejected } = watch.metrics
  const label = { source: run.source }
  postings.inc({ ...label, change: 'opened' }, run.new)
  postings.inc({ ...label, change: 'changed' }, run.changed)
  postings.inc({ ...label, change: 'reopened' }, run.reopened)
  postings.inc({ ...label, change: 'closed' }, run.closed)
  postingsRejected.inc({ ...label, reason: 'duplicate_id' }, run.duplicates)
  postingsRejected.inc({ ...label, reason: 'unlisted' }, run.unlisted)
  if (run.guard) guardRefusals.inc({ ...label, guard: 'drop' })
  if (capped) guardRefusals.inc({ ...label, guard: 'daily_cap' })
  for (const band of [...difference.opened, ...difference.changed].flatMap((posting) => posting.pay)) {
    const reason = band.basis === 'equity' ? null : whyUnknown(band)
    if (reason !== null) payUnknown.inc({ ...label, reason })
  }
}

/** Counts what was read, and what could not be. */
export function countBad(watch: Watch, source: string, reading: Reading): void {
  const label = { source }
  if (reading.bad.length > 0) watch.metrics.quarantined.inc(label, reading.bad.length)
  if (reading.truncated === 'page_cap' || reading.truncated === 'repeated_page')
    watch.metrics.guardRefusals.inc({ ...label, guard: reading.truncated })
  for (const { postings, rejected } of reading.parsed) watch.metrics.postingsRead.inc(label, postings.length + rejected.length)
  for (const failure of reading.parsed.flatMap((page) => page.rejected))
    watch.metrics.postingsRejected.inc({ ...label, reason: /missing/.test(failure.message) ? 'missing_field' : 'wrong_type' })
}

/** The run's metric and its one log line. */
export function report(watch: Watch, run: RunRecord, board: Board): void {
  watch.metrics.scrapeRuns.inc({ source: run.source, outcome: run.outcome })
  if (COMPLETE_OUTCOMES.includes(run.outcome)) watch.metrics.lastSuccess.set({ source: run.source }, run.started_at.getTime() / 1000)
  const good = COMPLETE_OUTCOMES.includes(run.outcome)
  watch.log[good ? 'info' : 'warn']('run', {
    source: run.source,
    board: board.ident,
    outcome: run.outcome,
    seen: run.seen,
    new: run.new,
    changed: run.changed,
    closed: run.closed,
    reopened: run.reopened,
    seconds: Number(run.seconds.toFixed(3)),
    ...(run.error ? { error: run.error } : {}),
    ...(run.error_path ? { path: run.error_path } : {}),
  })
}
