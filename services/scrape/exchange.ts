// One request to one host: its lane, its turn, the wire, and what the answer means; the outcome counts for the host.

import type { Source } from '../../scrapers/source.ts'
import type { Watch } from '../../ops/telemetry.ts'
import { headersFor, type Budget, type Errand } from './errand.ts'
import type { Gate } from './gate.ts'
import { asFailure } from './trouble.ts'
import type { Answer, Wire } from './wire.ts'

export interface ExchangeParts {
  watch: Watch
  wire: Wire
  gate: Gate
  /** This process's own queue before a host; undefined where there is no pace to keep. */
  lane: (<T>(host: string, pace: Source['pace'], work: () => Promise<T>) => Promise<T>) | undefined
  maxBytes: number
  /** Asked before each request; false means that the daily cap is reached. */
  calls: (() => Promise<boolean>) | undefined
}

/**
 * Sends one request and says what its answer means.
 * @param delaySeconds the host's own wish for the gap between requests
 * @param meaning runs while the breaker listens, so that a wall or a broken body counts against the host
 */
export function exchange<T>(
  parts: ExchangeParts,
  hop: { errand: Errand; url: URL; budget: Budget; delaySeconds: number },
  meaning: (answer: Answer) => T,
): Promise<T> {
  const { errand, url, budget } = hop
  const { source, span } = errand.visit
  const queued = performance.now()
  const passage = {
    host: url.host,
    source: source.name,
    gapSeconds: Math.max(1 / source.pace.perSecond, hop.delaySeconds),
    timeoutSeconds: budget.leftMs() / 1000,
    span,
    permit: parts.calls,
    onTurn: () => {
      if (parts.lane) parts.watch.metrics.paceWaitSeconds.observe({ source: source.name }, (performance.now() - queued) / 1000)
    },
  }
  const pass = () => parts.gate.pass(passage, () => budget.spend(() => send(parts, errand, url, budget.leftMs(), meaning)))
  return parts.lane ? parts.lane(url.host, source.pace, pass) : pass()
}

async function send<T>(parts: ExchangeParts, errand: Errand, url: URL, timeoutMs: number, meaning: (answer: Answer) => T): Promise<T> {
  const { watch, wire, maxBytes } = parts
  const source = errand.visit.source.name
  const started = performance.now()
  let status = 0
  try {
    const answer = await wire.get(url, headersFor(errand, url), timeoutMs, (answered) => {
      status = answered
    })
    return meaning(answer)
  } catch (error) {
    throw asFailure(error, url.host, { timeoutMs, maxBytes })
  } finally {
    watch.metrics.attempts.inc({ source, status: classOf(status) })
    watch.log.debug('fetch.attempt', { source, host: url.host, path: url.pathname, status, seconds: (performance.now() - started) / 1000 })
  }
}

/** `none` where nothing was answered; LinkedIn's 999 is a refusal. */
function classOf(status: number): string {
  if (status === 0) return 'none'
  return status > 599 ? '4xx' : `${Math.floor(status / 100)}xx`
}
