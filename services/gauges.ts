// Gauges that are read from the database when they are asked for, so that every process tells the same.

import { statfs } from 'node:fs/promises'
import { BREAKER_STATES, FIELDS, OUTCOMES, type BreakerState } from '../ops/metrics.ts'
import { sourceNames } from '../scrapers/index.ts'
import type { Works } from './works.ts'
import { collectOutbox } from './notify/health.ts'
import { VISITS } from './scrape/schedule.ts'
import { fieldCoverage } from './store/coverage.ts'
import { sourceSummaries } from './store/boards.ts'
import { listHosts } from './store/hosts.ts'

/** Coverage reads every open posting, so it is counted afresh only so often. */
const COVERAGE_MS = 300_000

const SEVERITY: Record<BreakerState, number> = { closed: 0, half_open: 1, open: 2 }

/** Registers the collectors. A collector that fails leaves its last values and says so in the log: /metrics must answer. */
export function keepGauges(works: Pick<Works, 'watch' | 'database' | 'queue' | 'config'>): void {
  const { watch, database, queue, config } = works
  const keep = (name: string, collect: () => Promise<void>, serves?: readonly string[]) => {
    const bear = () =>
      collect().catch((error: unknown) => {
        watch.log.warn('gauge', { gauge: name, error })
      })
    watch.metrics.onCollect(bear, serves)
  }
  keep('sources', () => collectSources(works))
  keep('breakers', () => collectBreakers(works))
  keep(
    'coverage',
    atMostEvery(COVERAGE_MS, () => collectCoverage(works)),
    ['rolewatch_field_coverage_ratio'],
  )
  keep('outbox', () => collectOutbox(database.db, watch.metrics))
  keep('queue', async () => {
    for (const { name, ready, active, deferred, failed } of await queue.counts()) {
      if (name !== VISITS) continue
      const states = { ready, active, deferred, failed }
      for (const [state, value] of Object.entries(states)) watch.metrics.queueJobs.set({ queue: name, state }, value)
    }
  })
  keep('dead letters', async () => {
    watch.metrics.deadLetters.set((await queue.deadLetters(VISITS)).length)
  })
  keep('database', async () => {
    watch.metrics.databaseSeconds.observe({ probe: 'ping' }, await database.ping())
    for (const [state, value] of Object.entries(database.pool())) watch.metrics.databasePool.set({ state }, value)
  })
  keep('disk', async () => {
    const { bavail, blocks } = await statfs(config.data)
    if (blocks > 0) watch.metrics.diskFree.set({ volume: 'data' }, bavail / blocks)
  })
}

async function collectSources({ watch, database }: Pick<Works, 'watch' | 'database'>): Promise<void> {
  const { boards, openPostings, expectedInterval, lastSuccess } = watch.metrics
  const summaries = await sourceSummaries(database.db)
  // A source whose last board has left has no row any more.
  for (const source of sourceNames) {
    const summary = summaries.find((one) => one.source === source)
    for (const outcome of OUTCOMES) boards.set({ source, outcome }, summary?.outcomes[outcome] ?? 0)
    openPostings.set({ source }, summary?.open_postings ?? 0)
    const interval = summary?.expected_interval_seconds ?? null
    // Nobody is to expect anything of a source that has no board to visit.
    if (interval === null) expectedInterval.remove({ source })
    else expectedInterval.set({ source }, interval)
    if (summary?.last_success) lastSuccess.set({ source }, summary.last_success.getTime() / 1000)
  }
}

async function collectBreakers({ watch, database }: Pick<Works, 'watch' | 'database'>): Promise<void> {
  const worst = new Map<string, BreakerState>(sourceNames.map((source) => [source, 'closed']))
  for (const host of await listHosts(database.db)) {
    const current = worst.get(host.source)
    if (current !== undefined && SEVERITY[host.breaker] > SEVERITY[current]) worst.set(host.source, host.breaker)
  }
  for (const [source, now] of worst)
    for (const state of BREAKER_STATES) watch.metrics.breakerState.set({ source, state }, state === now ? 1 : 0)
}

async function collectCoverage({ watch, database }: Pick<Works, 'watch' | 'database'>): Promise<void> {
  for (const row of await fieldCoverage(database.db))
    for (const field of FIELDS) watch.metrics.coverage.set({ source: row.source, field }, row[field])
}

function atMostEvery(ms: number, work: () => Promise<void>): () => Promise<void> {
  let next = 0
  return async () => {
    if (Date.now() < next) return
    next = Date.now() + ms
    await work().catch((error: unknown) => {
      next = 0
      throw error
    })
  }
}
