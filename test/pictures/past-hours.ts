// The hours before: a day of the product's declared metrics, invented minute by minute, with its troubles at known hours.

import { chanceOf, type Chance } from '../../ops/sandbox/chance.ts'
import { createMetrics, FIELDS, STAGES, type Metrics, type Outcome } from '../../ops/metrics.ts'
import { sourceNames } from '../../scrapers/index.ts'
import { VISITS } from '../../services/scrape/schedule.ts'

/** Hours of the day at which something was not well. */
export const TROUBLES = {
  /** Lever answers 503: its breaker opens. */
  outage: [5, 5.7],
  /** Ashby renames a field: pages cannot be read. */
  drift: [10, 10.6],
  /** Slack answers late. */
  slowSlack: [14, 14.5],
  /** A new version begins to run. */
  deploy: [16.5, 16.5],
  /** The database is slow, and with it the API. */
  slowDatabase: [19, 19.4],
} as const
export type Trouble = keyof typeof TROUBLES

const BOARDS: Readonly<Record<string, number>> = { greenhouse: 20, ashby: 12, lever: 8 }
const OPEN: Readonly<Record<string, number>> = { greenhouse: 590, ashby: 360, lever: 385 }
const USUAL: Readonly<Record<(typeof STAGES)[number], number>> = {
  fetch: 0.35,
  parse: 0.012,
  normalise: 0.03,
  dedupe: 0.003,
  store: 0.02,
  match: 0.006,
  notify: 0.6,
}
/** Route, requests a minute, usual seconds. */
const ROUTES = [
  ['/api/v1/postings', 22, 0.03],
  ['/api/v1/postings/{uid}', 14, 0.012],
  ['/api/v1/companies', 5, 0.02],
  ['/api/v1/runs', 3, 0.02],
  ['/api/v1/searches', 2, 0.01],
  ['/api/v1/health', 4, 0.015],
  ['/metrics', 4, 0.02],
] as const

export interface Minute {
  /** Seconds since 1970. */
  at: number
  /** Of the day that is told, 0 to 24. */
  hour: number
  chance: Chance
  during: (trouble: Trouble) => boolean
}

/** About `usual`, now and then several times as much. */
const about = (usual: number, chance: Chance): number => usual * Math.exp((chance() + chance() + chance() - 1.5) * 1.4)
/** A whole number that is `mean` on average. */
const some = (mean: number, chance: Chance): number => Math.floor(mean + chance())
/** People sleep: from a third to the whole, by the hour. */
export const tide = (hour: number): number => 0.35 + 0.65 * Math.max(0, Math.sin(((hour - 5) / 24) * 2 * Math.PI - 0.6) * 0.5 + 0.5)

function outcomeOf(source: string, minute: Minute): Outcome {
  const roll = minute.chance()
  if (source === 'lever' && minute.during('outage')) return roll < 0.85 ? 'rejected' : 'server_error'
  if (source === 'ashby' && minute.during('drift')) return roll < 0.6 ? 'drift' : 'unchanged'
  if (roll < 0.004) return 'timeout'
  if (roll < 0.007) return 'throttled'
  if (roll < 0.009) return 'empty_verified'
  return roll < 0.009 + 0.12 * tide(minute.hour) ? 'ok' : 'unchanged'
}

function visit(m: Metrics, source: string, minute: Minute): void {
  const { chance } = minute
  const outcome = outcomeOf(source, minute)
  m.scrapeRuns.inc({ source, outcome })
  if (outcome === 'rejected') return
  const status =
    outcome === 'ok' || outcome === 'drift' ? '2xx' : outcome === 'unchanged' ? '3xx' : outcome === 'server_error' ? '5xx' : 'none'
  m.attempts.inc({ source, status: outcome === 'throttled' ? '4xx' : status })
  if (outcome === 'server_error' || outcome === 'timeout' || outcome === 'throttled') m.retries.inc({ source, reason: outcome }, 2)
  m.stageSeconds.observe(
    { stage: 'fetch', source, outcome: status === '2xx' || status === '3xx' ? 'ok' : outcome },
    about(USUAL.fetch, chance),
  )
  m.paceWaitSeconds.observe({ source }, about(0.8, chance))
  if (outcome === 'drift') {
    m.quarantined.inc({ source })
    m.stageSeconds.observe({ stage: 'parse', source, outcome: 'drift' }, about(USUAL.parse, chance))
  }
  if (outcome !== 'ok') return
  for (const stage of ['parse', 'normalise', 'dedupe', 'store', 'match'] as const) {
    const slow = stage === 'store' && minute.during('slowDatabase') ? 20 : 1
    m.stageSeconds.observe({ stage, source, outcome: 'ok' }, about(USUAL[stage] * slow, chance))
  }
  const entries = some(30, chance)
  m.pages.inc({ source })
  m.pageBytes.inc({ source }, entries * 6000)
  m.postingsRead.inc({ source }, entries)
  if (chance() < 0.02) m.postingsRejected.inc({ source, reason: 'missing_field' })
  m.postings.inc({ source, change: 'opened' }, some(0.8, chance))
  m.postings.inc({ source, change: 'changed' }, some(0.5, chance))
  m.postings.inc({ source, change: 'closed' }, some(0.7, chance))
}

function answer(m: Metrics, minute: Minute): void {
  const { chance } = minute
  const slow = minute.during('slowDatabase') ? 14 : 1
  for (const [route, often, usual] of ROUTES) {
    m.httpRequestSeconds.zero({ method: 'GET', route, status: '500' })
    for (let left = some(often * (route === '/metrics' ? 1 : tide(minute.hour)), chance); left > 0; left--) {
      const seconds = about(usual * slow, chance)
      const status = seconds > 1.5 && chance() < 0.3 ? '503' : route.endsWith('{uid}') && chance() < 0.05 ? '404' : '200'
      m.httpRequestSeconds.observe({ method: 'GET', route, status }, seconds)
    }
  }
  if (chance() < 0.03) m.authFailures.inc({ reason: 'unknown' })
  for (let probe = 0; probe < 4; probe++) m.databaseSeconds.observe({ probe: 'ping' }, about(0.0012 * slow * slow, chance))
}

function tell(m: Metrics, minute: Minute): void {
  const { chance } = minute
  const channel = 'slack'
  const late = minute.during('slowSlack')
  for (let left = some(1.6 * tide(minute.hour), chance); left > 0; left--) {
    const told = some(2, chance)
    m.matches.inc({ source: sourceNames[left % sourceNames.length] ?? '' }, told)
    m.notifications.inc({ channel, outcome: 'delivered' }, told)
    m.messages.inc({ channel, outcome: 'delivered' })
    if (late) m.messages.inc({ channel, outcome: 'retried' })
    for (let n = 0; n < told; n++) m.alertDeliverySeconds.observe({ channel }, about(late ? 70 : 1.4, chance))
    m.stageSeconds.observe(
      { stage: 'notify', source: sourceNames[left % sourceNames.length] ?? '', outcome: 'ok' },
      about(late ? 9 : USUAL.notify, chance),
    )
  }
  m.outboxOldest.set({ channel }, late ? about(50, chance) : chance() < 0.3 ? about(0.8, chance) : 0)
  m.outboxPending.set({ channel }, late ? some(14, chance) : some(0.3, chance))
  if (Math.floor(minute.at / 60) % 5 === 0) {
    m.canaryRoundTripSeconds.observe({ channel }, about(late ? 40 : 2.2, chance))
    m.canaryRounds.inc({ channel, outcome: 'delivered' })
    m.canaryLastSuccess.set({ channel }, minute.at)
  }
  m.canaryExpectedInterval.set({ channel }, 300)
  m.watchdogLastSeen.set(minute.at - 20)
  m.alertsReceived.inc({ status: 'firing' }, some(minute.during('outage') || minute.during('drift') ? 3 : 1, chance))
}

/** Coverage by field, as the generated market has it. */
const COVERAGE = [1, 1, 0.99, 0.42, 0.35, 0.74, 0.78, 1, 0.52] as const

function stand(m: Metrics, minute: Minute): void {
  const { chance, hour, at } = minute
  for (const source of sourceNames) {
    const broken = source === 'lever' && minute.during('outage')
    const boards = BOARDS[source] ?? 0
    m.lastSuccess.set({ source }, broken ? at - (hour - TROUBLES.outage[0]) * 3600 : at - 60 * chance())
    m.expectedInterval.set({ source }, 60)
    m.openPostings.set({ source }, Math.round((OPEN[source] ?? 0) + 6 * Math.sin(hour / 3)))
    m.boards.set({ source, outcome: 'rejected' }, broken ? boards : 0)
    m.boards.set({ source, outcome: 'drift' }, source === 'ashby' && minute.during('drift') ? Math.floor(boards / 2) : 0)
    m.boards.set({ source, outcome: 'unchanged' }, broken ? 0 : boards - 2)
    m.boards.set({ source, outcome: 'ok' }, broken ? 0 : 2)
    m.activeRuns.set({ source }, some(1 + 2 * tide(hour), chance))
    const probing = broken && Math.floor(at / 60) % 7 === 0
    for (const state of ['closed', 'open', 'half_open'] as const)
      m.breakerState.set({ source, state }, state === (broken ? (probing ? 'half_open' : 'open') : 'closed') ? 1 : 0)
    if (probing) m.breakerTransitions.inc({ source, to: 'half_open' })
    if (probing) m.breakerTransitions.inc({ source, to: 'open' })
    for (const [index, field] of FIELDS.entries())
      m.coverage.set({ source, field }, Math.min(1, (COVERAGE[index] ?? 1) + 0.01 * Math.sin(hour + index)))
  }
  for (const [state, mean] of Object.entries({ ready: 1, active: 2, deferred: 0, failed: 0 }))
    m.queueJobs.set({ queue: VISITS, state }, some(mean, chance))
  for (const [state, mean] of Object.entries({ used: minute.during('slowDatabase') ? 20 : 3, free: 18, waiting: 0 }))
    m.databasePool.set({ state }, some(mean, chance))
  m.diskFree.set({ volume: 'data' }, 0.62 - hour * 0.002)
}

const registry = (version: string): Metrics => createMetrics({ sources: sourceNames, queues: [VISITS], version, process: false })

/**
 * Tells the day that ends at `to`: for each of its minutes the exposition of the product.
 * A deploy is what it is in life too: another process, whose counters begin at 0.
 */
export async function* tellHours(to: Date, version: string): AsyncGenerator<{ minute: Minute; body: string }> {
  const end = Math.floor(to.getTime() / 60_000) * 60
  const chance = chanceOf('the hours before')
  let metrics = registry(`${version}-rc`)
  let deployed = false
  for (let at = end - 86_400; at <= end; at += 60) {
    const hour = 24 - (end - at) / 3600
    const minute: Minute = { at, hour, chance, during: (trouble) => hour >= TROUBLES[trouble][0] && hour < TROUBLES[trouble][1] }
    if (!deployed && hour >= TROUBLES.deploy[0]) {
      deployed = true
      metrics = registry(version)
    }
    for (const source of sourceNames) for (let left = BOARDS[source] ?? 0; left > 0; left--) visit(metrics, source, minute)
    answer(metrics, minute)
    tell(metrics, minute)
    stand(metrics, minute)
    yield { minute, body: (await metrics.expose(undefined)).body }
  }
}
