// A host as one process knows it: opossum's count of its failures, and a short memory of what its row says.

import { Failure, type FailureKind } from '../../scrapers/failure.ts'
import { createBreaker, type Breaker, type BreakerLimits } from '../../ops/breaker.ts'
import type { BreakerState } from '../../ops/metrics.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Db } from '../store/database.ts'
import { openBreaker, readHost, type HostState } from '../store/hosts.ts'

/** For so long a look at a host's row is good. */
export const KNOWN_MS = 250
/** What speaks against a host. A board that is gone or that changed its shape does not. */
const HOST_FAILURES: readonly FailureKind[] = ['timeout', 'network', 'server_error', 'throttled', 'blocked']

export interface SeatParts {
  watch: Watch
  db: Db
  limits?: Partial<BreakerLimits> | undefined
  /** Made up in tests; else each clock is its own: this process's for its waits, the database's for the fleet's. */
  now?: (() => Date) | undefined
}

export interface Seat {
  readonly host: string
  readonly source: string
  readonly breaker: Breaker
  /** The row is being opened: nobody passes before it says so. */
  opening: Promise<void> | undefined
  /** The error that opened the breaker. */
  tippedBy: unknown
  /** The row was seen not closed: what was counted before it closes again belongs to another time. */
  stale: boolean
  known: { state: Promise<HostState>; until: number } | undefined
}

/** Whether an error counts against the host. */
export function isHostFailure(error: unknown): boolean {
  return error instanceof Failure && HOST_FAILURES.includes(error.kind)
}

/** Takes a seat: when its breaker opens, the row is opened too. */
export function createSeat(parts: SeatParts, host: string, source: string): Seat {
  const begin = (reason: unknown): void => {
    seat.tippedBy = reason
    seat.opening = settle(seat, writeOpening(parts, seat, reason))
    // Whoever waits for it hears of a fault; nobody else may.
    seat.opening.catch(() => {})
  }
  const breaker = createBreaker({ name: host, limits: parts.limits, counts: isHostFailure, onOpen: begin })
  const seat: Seat = { host, source, breaker, opening: undefined, tippedBy: undefined, stale: false, known: undefined }
  return seat
}

async function settle(seat: Seat, writing: Promise<void>): Promise<void> {
  try {
    await writing
  } finally {
    seat.opening = undefined
  }
}

/** Opens the row: from closed, or again after the probe with this lease failed. */
export async function writeOpening(parts: SeatParts, seat: Seat, error: unknown, lease?: string): Promise<void> {
  const { host, source } = seat
  const message = error instanceof Error ? error.message : String(error)
  const row = await openBreaker(parts.db, { host, source, error: message, probe: lease, now: parts.now?.() })
  // A look taken while the row was being written may have seen it closed.
  seat.known = undefined
  if (row) tell(parts, seat, 'open', { openings: row.openings, open_until: row.openUntil, error: message })
}

/** What the row says, at most KNOWN_MS ago: many requests at once share one look. */
export function glance(parts: SeatParts, seat: Seat): Promise<HostState> {
  const now = clockOf(parts)
  if (seat.known && seat.known.until > now) return seat.known.state
  const state = readHost(parts.db, seat.host, parts.now?.())
  seat.known = { state, until: now + KNOWN_MS }
  state.catch(() => {
    seat.known = undefined
  })
  return state
}

/** Milliseconds for measuring waits; not the time of day. */
export function clockOf(parts: SeatParts): number {
  return parts.now?.().getTime() ?? performance.now()
}

/** Says that the breaker of a host went to another state: on the metric and in the log. */
export function tell(parts: SeatParts, seat: Seat, to: BreakerState, details: Record<string, unknown> = {}): void {
  const { host, source } = seat
  parts.watch.metrics.breakerTransitions.inc({ source, to })
  parts.watch.log[to === 'open' ? 'warn' : 'info'](`breaker.${to}`, { source, host, ...details })
}
