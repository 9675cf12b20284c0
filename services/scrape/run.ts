// One visit to one board: the only place that calls the stages, in their order, and stores what they brought in one transaction.

import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { Failure } from '../../scrapers/failure.ts'
import type { Source } from '../../scrapers/source.ts'
import { withFields } from '../../ops/log.ts'
import { currentTraceParent, span, type TraceParent, type Watch } from '../../ops/telemetry.ts'
import { match } from '../match/match.ts'
import { dedupe } from '../postings/dedupe.ts'
import { NORMALISE_VERSION, normalise } from '../postings/normalise.ts'
import type { Posting } from '../postings/posting.ts'
import type { Board } from '../store/boards.ts'
import type { Confirmation } from '../store/confirmations.ts'
import { takeFromCap } from '../store/counters.ts'
import type { Database, Db } from '../store/database.ts'
import { quarantinePage, recordPages } from '../store/pages.ts'
import { closePostings, differ, insertPostings, knownPostings, rereadPostings, updatePostings, type Difference } from '../store/postings.ts'
import { recordRun, type RunRecord, type Trigger } from '../store/runs.ts'
import type { Archive } from './archive.ts'
import type { Door } from './fetch.ts'
import { judgeDrop, nextWindow } from './guards.ts'
import { COMPLETE_OUTCOMES, decideOutcome, isComplete, isDrift, type VisitFacts } from './outcome.ts'
import { keepBad, keepPages, type KeptBad, type KeptPage } from './keeping.ts'
import { readBoard, readerOf, readsAlike, type Reading } from './reading.ts'
import { blank, counted, effort, explain, factsOf, guardOf, NOTHING, type Progress } from './record.ts'
import { countBad, countChanges, report } from './report.ts'

export interface RunParts {
  watch: Watch
  database: Database
  door: Door
  archive: Archive
  /** Writes a visit that changed nothing. */
  confirm: (confirmation: Confirmation) => Promise<void>
  sources: Readonly<Record<string, Source>>
  /** New postings stored per UTC day at the most. */
  maxNewPerDay: number | undefined
  /** The time of the visit: a clock for dated replays. */
  now?: () => Date
}

export interface Visit {
  board: Board
  trigger: Trigger
  /** The trace that asked for the visit. */
  traceparent?: TraceParent | null
}

/** Postings that are normalised before other work gets its turn. */
const BREATH = 25

/**
 * Visits a board and returns the run as it was recorded. Expected failures become outcomes; a thrown error is a bug, and nothing of
 * the visit is stored then.
 */
export async function visit(parts: RunParts, { board, trigger, traceparent }: Visit): Promise<RunRecord> {
  const source = parts.sources[board.source]
  if (!source) throw new Error(`board ${board.source}/${board.ident} has a source that does not exist`)
  const id = randomUUID()
  const at = parts.now?.() ?? new Date()
  const progress: Progress = {
    id,
    at,
    board,
    trigger,
    source,
    reader: readerOf(source, NORMALISE_VERSION, board),
    clock: performance.now(),
  }
  const labels = { source: source.name }
  parts.watch.metrics.activeRuns.inc(labels)
  try {
    return await withFields({ run_id: id, source: source.name, board: board.ident }, () =>
      span(
        'run',
        { parent: traceparent ?? null, attributes: { 'rolewatch.source': source.name, 'rolewatch.board': board.ident } },
        async (open) => {
          const run = await perform(parts, progress)
          open.set({ 'rolewatch.outcome': run.outcome, 'rolewatch.run_id': id })
          report(parts.watch, run, board)
          return run
        },
      ),
    )
  } finally {
    parts.watch.metrics.activeRuns.dec(labels)
  }
}

async function perform(parts: RunParts, progress: Progress): Promise<RunRecord> {
  const { board, source } = progress
  if (board.paused_until && board.paused_until > progress.at) return skip(parts, progress, `paused: ${board.pause_reason ?? 'by hand'}`)
  const reading = await readBoard(parts, source, board, progress.reader)
  if (reading.untouched) return confirm(parts, progress, reading)
  const facts = factsOf(source, reading)
  if (facts.seen === 0 && (reading.failure || isDrift(facts))) return fail(parts, progress, reading, facts)
  const postings = await refine(parts, progress, reading)
  try {
    return await keep(parts, progress, reading, facts, postings)
  } catch (error) {
    if (error instanceof Failure && error.kind === 'skipped') return skip(parts, progress, error.message)
    throw error
  }
}

/** The board is left as it is: a run that says why, and nothing else. */
async function skip(parts: RunParts, progress: Progress, why: string): Promise<RunRecord> {
  const run = { ...blank(progress), outcome: 'skipped' as const, error: why }
  await recordRun(parts.database.db, run, { fresh: false, failed: false })
  return run
}

/** Nothing changed: one run row, and no posting is touched. */
async function confirm(parts: RunParts, progress: Progress, reading: Reading): Promise<RunRecord> {
  const { board } = progress
  const seen = board.recent_counts.at(-1) ?? board.open_count
  const run: RunRecord = {
    ...blank(progress),
    ...effort(reading),
    outcome: decideOutcome({ ...NOTHING, untouched: true }),
    complete: true,
    seen,
  }
  await parts.confirm({ run, recentCounts: nextWindow(board.recent_counts, seen) })
  return run
}

/** Nothing could be read: the evidence is set aside, and the board keeps what it had. */
async function fail(parts: RunParts, progress: Progress, reading: Reading, facts: VisitFacts): Promise<RunRecord> {
  const run: RunRecord = {
    ...blank(progress),
    ...effort(reading),
    ...counted(facts),
    outcome: decideOutcome(facts),
    error: reading.failure?.message ?? reading.bad[0]?.failure.message ?? 'no entry of the page could be read',
    error_path: reading.failure?.path ?? reading.bad[0]?.failure.path ?? null,
  }
  const bad = await keepBad(parts.archive, progress.source, reading.bad)
  await parts.database.inTransaction(async (trx) => {
    await setAside(trx, progress, bad)
    // A board that is gone from the region it was found in may have moved: the next visit asks them all again.
    await recordRun(trx, run, { fresh: false, failed: true, ...(run.outcome === 'gone' ? { region: null, pages: null } : {}) })
  })
  countBad(parts.watch, progress.source.name, reading)
  return run
}

/** normalise → dedupe. */
async function refine(parts: RunParts, progress: Progress, reading: Reading): Promise<{ postings: Posting[]; duplicates: number }> {
  const { board, source } = progress
  const labels = { source: source.name }
  const raw = reading.parsed.flatMap((page) => page.postings)
  const home = { source: source.name, ident: board.ident, country: board.company_country }
  const postings = await parts.watch.stage('normalise', labels, async () => {
    const out: Posting[] = []
    for (const [index, one] of raw.entries()) {
      out.push(normalise(one, home))
      if (index % BREATH === BREATH - 1) await breathe()
    }
    return out
  })
  return parts.watch.stage('dedupe', labels, () => dedupe(postings))
}

/** store → match, in one transaction with the run, the validators and the outbox. */
async function keep(
  parts: RunParts,
  progress: Progress,
  reading: Reading,
  facts: VisitFacts,
  refined: { postings: Posting[]; duplicates: number },
): Promise<RunRecord> {
  const labels = { source: progress.source.name }
  const traceparent = currentTraceParent()
  const pages = await keepPages(parts.archive, progress.source, reading.pages)
  const bad = await keepBad(parts.archive, progress.source, reading.bad)
  const { run, difference, capped, matches } = await parts.database.inTransaction(async (trx) => {
    const stored = await parts.watch.stage('store', labels, () => store(parts, trx, progress, reading, facts, refined, pages, bad))
    const uids = [...stored.difference.opened, ...stored.difference.reopened].map((posting) => posting.uid)
    const found = await parts.watch.stage('match', labels, () => match(trx, { uids, runId: progress.id, traceparent }))
    return { ...stored, matches: found.total }
  })
  countChanges(parts.watch, run, difference, capped)
  countBad(parts.watch, progress.source.name, reading)
  if (matches > 0) parts.watch.metrics.matches.inc(labels, matches)
  return run
}

async function store(
  parts: RunParts,
  trx: Db,
  progress: Progress,
  reading: Reading,
  before: VisitFacts,
  refined: { postings: Posting[]; duplicates: number },
  pages: KeptPage[],
  bad: KeptBad[],
): Promise<{ run: RunRecord; difference: Difference; capped: boolean }> {
  const { board, source } = progress
  // Two visits to one board must not compare with the same past, and one that another overtook has seen an older board.
  const now = await trx('boards').where({ id: board.id }).forUpdate().first<{ last_run_id: string | null } | undefined>('last_run_id')
  if (now?.last_run_id !== board.last_run_id) throw new Failure('skipped', 'another visit to the board ended while this one was under way')
  const known = await knownPostings(trx, board.id)
  const difference = differ(refined.postings, known)
  const reread = board.reader === null || board.reader === progress.reader ? [] : [...difference.same]
  // Other parsers may give other contents for the same page: that is no edit by the employer.
  if (board.reader !== null && !readsAlike(board.reader, progress.reader)) reread.push(...difference.changed.splice(0))
  const capped = await capNew(parts, trx, difference)
  const facts: VisitFacts = {
    ...before,
    seen: refined.postings.length,
    truncated: before.truncated || capped,
    everHadPostings: known.size > 0,
  }
  const complete = isComplete(facts)
  const verdict = complete && source.absence === 'closes' ? judgeDrop(facts.seen, board.recent_counts, countOpen(known)) : undefined
  const closing = complete && source.absence === 'closes' && verdict?.refused === false ? difference.missing : []
  const writing = { board, runId: progress.id, at: progress.at }
  await insertPostings(trx, writing, difference.opened)
  await updatePostings(trx, writing, [...difference.changed, ...difference.reopened])
  await rereadPostings(trx, writing, reread)
  await closePostings(trx, writing, closing)
  await recordPages(trx, progress.id, pages)
  await setAside(trx, progress, bad)

  const changes = difference.opened.length + difference.changed.length + difference.reopened.length + closing.length
  const refused = verdict?.refused === true
  const run: RunRecord = {
    ...blank(progress),
    ...effort(reading),
    ...counted(facts),
    outcome: decideOutcome({ ...facts, dropRefused: refused, changes }),
    complete,
    new: difference.opened.length,
    changed: difference.changed.length,
    reopened: difference.reopened.length,
    closed: closing.length,
    duplicates: refined.duplicates,
    guard: guardOf(verdict, difference),
    error: explain(reading, facts, verdict, capped),
    error_path: reading.failure?.path ?? reading.bad[0]?.failure.path ?? null,
  }
  await recordRun(trx, run, {
    fresh: COMPLETE_OUTCOMES.includes(run.outcome),
    failed: !complete,
    open_count: countOpen(known) + difference.opened.length + difference.reopened.length - closing.length,
    // Postings beyond the place where the reading broke off still wait for this reader.
    ...(reading.failure === null ? { reader: progress.reader } : {}),
    // After a refusal or a partial visit the board must be read in full again: "unchanged" would hide what is missing.
    pages: complete && !refused ? reading.pages.map((page) => page.validator) : null,
    ...(complete ? { recent_counts: nextWindow(board.recent_counts, facts.seen) } : {}),
    ...(reading.region === null ? {} : { region: reading.region }),
  })
  return { run, difference, capped }
}

/** Keeps only as many new postings as the daily cap still grants; true when some were left for tomorrow. */
async function capNew(parts: RunParts, trx: Db, difference: Difference): Promise<boolean> {
  const wanted = difference.opened.length
  if (parts.maxNewPerDay === undefined || wanted === 0) return false
  const granted = await takeFromCap(trx, 'new_postings', wanted, parts.maxNewPerDay)
  difference.opened.splice(granted)
  return granted < wanted
}

async function setAside(trx: Db, progress: Progress, bad: readonly KeptBad[]): Promise<void> {
  for (const one of bad)
    await quarantinePage(trx, { runId: progress.id, boardId: progress.board.id, page: one.page, reason: one.reason, path: one.path })
}

function countOpen(known: ReadonlyMap<string, { open: boolean }>): number {
  let open = 0
  for (const posting of known.values()) if (posting.open) open++
  return open
}
