// The keeper of the canary: sends one every few minutes, together with the keepers of all other processes, and counts how they fared.

import { setTimeout as sleep } from 'node:timers/promises'
import { observe, type Metrics } from '../../ops/metrics.ts'
import type { Watch } from '../../ops/telemetry.ts'
import { endRound, lastSuccess, takeTurn, type Ended } from '../store/canary.ts'
import type { Db } from '../store/database.ts'
import { awaitAnswer, visitBoard, type RoundParts } from './round.ts'
import { CANARY_QUERY } from './source.ts'

export interface KeeperParts extends RoundParts {
  /** The product's own: what it counts here is the canary's as a whole. */
  product: Watch
  everySeconds: number
  /** See TurnOptions. */
  patienceSeconds?: number
  /** Names this process. */
  owner: string
}

export interface Keeper {
  /** Ends the waiting, not the round: whoever takes the next one judges it. */
  close(): Promise<void>
}

const CHANNEL = 'slack'
/** Another process may have taken the round, or have been given another interval. */
const LONGEST_WAIT_SECONDS = 10
const AFTER_ERROR_SECONDS = 5

/** Sends canaries until it is closed. */
export function startCanary(parts: KeeperParts): Keeper {
  const closing = new AbortController()
  const { signal } = closing
  const running = (async () => {
    while (!signal.aborted) {
      const wait = await keepRound(parts, signal).catch((error: unknown) => {
        parts.product.log.error('canary.error', { error })
        return AFTER_ERROR_SECONDS
      })
      await sleep(Math.min(wait, LONGEST_WAIT_SECONDS) * 1000, undefined, { signal }).catch(() => {})
    }
  })()
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}

/** Takes a round if one is due and sees it through. Returns in how many seconds to ask again. */
export async function keepRound(parts: KeeperParts, signal: AbortSignal): Promise<number> {
  const { product, runParts, everySeconds, patienceSeconds, owner } = parts
  const { db } = runParts.database
  const asked = { everySeconds, patienceSeconds, owner, query: CANARY_QUERY, now: runParts.now?.() }
  const { round, waitSeconds, before } = await takeTurn(db, asked)
  if (before) countRound(product, before)
  if (!round) return waitSeconds
  const taken = performance.now()
  const left = (seconds: number) => Math.max(0, seconds - (performance.now() - taken) / 1000)
  try {
    const { trouble } = await visitBoard(parts, round)
    if (trouble !== null) product.log.error('canary.trouble', { round: round.id, trouble })
    const ended = await (trouble === null ? awaitAnswer(db, round, left(round.patienceSeconds), signal) : endRound(db, round, 'failed'))
    if (ended) countRound(product, ended)
  } catch (error) {
    product.log.error('canary.error', { round: round.id, error })
    const ended = await endRound(db, round, 'failed')
    if (ended) countRound(product, ended)
  }
  return left(everySeconds)
}

/**
 * Counts how a round ended. One that did not come through is observed with its age, at which it was still on its way: without it an
 * outage would show no slow canary at all.
 */
export function countRound({ metrics, log }: Watch, { round, outcome, seconds, sight }: Ended): void {
  const traceId = sight.traceparent?.split('-')[1]
  metrics.canaryRounds.inc({ channel: CHANNEL, outcome })
  if (outcome !== 'failed') observe(metrics.canaryRoundTripSeconds, { channel: CHANNEL }, seconds, traceId)
  const answer = sight.error === null ? {} : { answer: sight.error }
  log[outcome === 'delivered' ? 'info' : 'error'](`canary.${outcome}`, {
    channel: CHANNEL,
    round,
    seconds: Number(seconds.toFixed(3)),
    attempts: sight.attempts,
    ...answer,
    trace_id: traceId,
  })
}

/** Keeps the canary's gauges: every process tells the same, and after a restart still knows when one last came through. */
export function keepCanaryGauges(watch: Watch, db: Db, everySeconds: number): void {
  const { metrics, log } = watch
  metrics.onCollect(() => collect(metrics, db, everySeconds).catch((error: unknown) => log.warn('gauge', { gauge: 'canary', error })))
}

async function collect(metrics: Metrics, db: Db, everySeconds: number): Promise<void> {
  metrics.canaryExpectedInterval.set({ channel: CHANNEL }, everySeconds)
  const success = await lastSuccess(db)
  if (success) metrics.canaryLastSuccess.set({ channel: CHANNEL }, success.getTime() / 1000)
}
