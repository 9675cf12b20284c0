// refresh: visit boards now, with live progress on a terminal, and print what became of them.

import { setTimeout as sleep } from 'node:timers/promises'
import { Listr } from 'listr2'
import type { Config } from '../config.ts'
import { findBoards } from '../store/boards.ts'
import { createRunFeed, refresh, type RunFeed, type RefreshProgress, type RefreshSummary, type Selection } from '../scrape/refresh.ts'
import { startVisits } from '../scrape/schedule.ts'
import type { Database } from '../store/database.ts'
import { openWorks, type Works } from '../works.ts'
import { refusal } from '../refusal.ts'
import { checkSources } from './given.ts'
import { toTable, type Format } from './print.ts'

interface Options {
  source?: string[]
  board?: string[]
  limit?: number
  format: Format
}

/** How long the last notifications may take before the command ends; what is left waits in the outbox. */
const LAST_NOTIFICATIONS_MS = 10_000

/** Exits 0 when it could visit the boards, whatever their outcomes. */
export async function refreshCommand(config: Config, options: Options): Promise<void> {
  const { source: names = [], board: boards = [] } = options
  checkSources(names)
  const works = await openWorks(config, { quiet: true })
  try {
    await checkBoards(works.database, names, boards)
    const limit = Math.min(options.limit ?? Infinity, config.maxFetchPerRun ?? Infinity)
    const selection: Selection = {
      sources: names,
      boards,
      limit: Number.isFinite(limit) ? limit : undefined,
    }
    works.notifier.start()
    const feed = createRunFeed()
    const worker = startVisits(works.runParts, works.queue, config.concurrency, (run) => feed.tell(run))
    works.closers.add(() => worker.stop())
    const summary = await follow(works, selection, feed, options.format)
    if (summary.runs.length === 0) throw refusal('No visit came to its end: "rolewatch queue dead" shows why.')
    await Promise.race([works.notifier.deliverDue(), sleep(LAST_NOTIFICATIONS_MS, undefined, { ref: false })])
    show(summary, options.format)
  } finally {
    await works.close()
  }
}

/** A name that fits nothing is likely a slip: said before anybody is visited. */
async function checkBoards(database: Database, sources: string[], names: string[]): Promise<void> {
  const filter = { ...(sources.length > 0 ? { sources } : {}), ...(names.length > 0 ? { idents: names } : {}) }
  const found = await findBoards(database.db, filter)
  const missing = names.filter((name) => !found.some((board) => board.ident === name || `${board.source}/${board.ident}` === name))
  if (missing.length > 0)
    throw refusal(`No board fits ${missing.join(', ')}: "rolewatch source list" shows the sources, companies.yaml the boards.`)
  if (!found.some((board) => board.enabled && board.configured))
    throw refusal('There is no board to visit: companies.yaml names none that fits and is enabled.')
}

/** Runs the refresh under a live line on a terminal, a line every few seconds on stderr elsewhere. */
async function follow(works: Works, selection: Selection, feed: RunFeed, format: Format): Promise<RefreshSummary> {
  const tally = createTally()
  if (format === 'table' && process.stdout.isTTY) {
    let summary: RefreshSummary | undefined
    await new Listr([
      {
        title: 'Visiting boards',
        task: async (_context, task) => {
          summary = await refresh(works.database, works.queue, selection, feed, (progress) => {
            task.title = tally(progress)
          })
        },
      },
    ]).run()
    if (summary) return summary
  }
  let next = Date.now() + 5000
  return refresh(works.database, works.queue, selection, feed, (progress) => {
    const line = tally(progress)
    if (Date.now() < next) return
    next = Date.now() + 5000
    console.error(line)
  })
}

/** One line that says how far it is: boards, postings, outcomes so far, time to go. */
function createTally(): (progress: RefreshProgress) => string {
  const started = Date.now()
  const outcomes = new Map<string, number>()
  let postings = 0
  return ({ done, total, fresh }) => {
    for (const run of fresh) {
      outcomes.set(run.outcome, (outcomes.get(run.outcome) ?? 0) + 1)
      postings += run.seen
    }
    const seconds = (Date.now() - started) / 1000
    const left = done > 0 ? Math.ceil((seconds / done) * (total - done)) : 0
    const parts = [...outcomes].map(([outcome, n]) => `${n} ${outcome}`).join(', ')
    return `Visiting boards: ${done} of ${total} · ${postings.toLocaleString('en-US')} postings · ${parts}${left > 0 ? ` · about ${left} s left` : ''}`
  }
}

function show(summary: RefreshSummary, format: Format): void {
  if (format === 'json') {
    console.log(JSON.stringify(summary, null, 2))
    return
  }
  const outcomes = Object.keys(summary.totals).toSorted()
  const sources = [...new Set(summary.runs.map((run) => run.source))].toSorted()
  const sum = (source: string, pick: (run: RefreshSummary['runs'][number]) => number) =>
    summary.runs.filter((run) => run.source === source).reduce((total, run) => total + pick(run), 0)
  console.log(
    toTable(sources, {
      source: (source) => source,
      boards: (source) => sum(source, () => 1),
      ...Object.fromEntries(
        outcomes.map((outcome) => [outcome, (source: string) => sum(source, (run) => Number(run.outcome === outcome))]),
      ),
      seen: (source) => sum(source, (run) => run.seen),
      new: (source) => sum(source, (run) => run.new),
      changed: (source) => sum(source, (run) => run.changed),
      closed: (source) => sum(source, (run) => run.closed),
      reopened: (source) => sum(source, (run) => run.reopened),
    }),
  )
  const troubled = summary.runs.filter((run) => run.error !== null)
  if (troubled.length > 0) {
    const shown = troubled.slice(0, 20)
    console.log(`\n${toTable(shown, { board: (r) => `${r.source}/${r.board}`, outcome: (r) => r.outcome, why: (r) => r.error })}`)
    if (troubled.length > shown.length) console.log(`… and ${troubled.length - shown.length} more: "rolewatch runs --outcome …" shows them`)
  }
  console.log(
    `\n${summary.runs.length} boards in ${summary.seconds.toFixed(1)} s · ${summary.postings_per_second.toLocaleString('en-US')} postings/s · peak memory ${summary.peak_rss_mb} MB`,
  )
}
