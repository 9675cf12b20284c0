// The gate before every host: its turn, its pause and its breaker, the same for all workers.

import { Failure } from '../../scrapers/failure.ts'
import { BreakerOpen } from '../../ops/breaker.ts'
import type { Span } from '../../ops/telemetry.ts'
import { closeBreaker, pauseHost, releaseProbe } from '../store/hosts.ts'
import { createSeat, isHostFailure, tell, writeOpening, type Seat } from './seat.ts'
import { awaitTurn, type TurnParts } from './turn.ts'

export interface Passage {
  host: string
  source: string
  /** Between two requests of the whole fleet. */
  gapSeconds: number
  /** The request's own limit. */
  timeoutSeconds: number
  /** Told when this request opens the breaker. */
  span?: Span | undefined
  /** Asked when the turn has come, before the work: false ends it as `skipped`. */
  permit?: (() => Promise<boolean>) | undefined
  /** Told when the turn has come. */
  onTurn?: (() => void) | undefined
}

export interface Gate {
  /**
   * Waits for the turn, then runs the work and counts its outcome for the host.
   * @throws Failure `rejected` (breaker open), `throttled` (turn or pause too far away), or what the work throws
   */
  pass<T>(passage: Passage, work: () => Promise<T>): Promise<T>
  /** Whoever comes from now on is turned back as `skipped`. */
  close(): void
}

/** Opens the gate. */
export function openGate(parts: TurnParts): Gate {
  const seats = new Map<string, Seat>()
  let turns = 0
  let closed = false
  const seatOf = ({ host, source }: Passage): Seat => {
    const seat = seats.get(host) ?? createSeat(parts, host, source)
    seats.set(host, seat)
    return seat
  }

  return {
    async pass(passage, work) {
      const seat = seatOf(passage)
      const owner = `${parts.owner}#${(turns += 1)}`
      const isProbe = await awaitTurn(parts, seat, { ...passage, owner })
      passage.onTurn?.()
      const permitted = (await passage.permit?.()) ?? true
      if (!permitted || closed) {
        if (isProbe) await releaseProbe(parts.db, seat.host, owner)
        if (!permitted) parts.watch.metrics.guardRefusals.inc({ source: passage.source, guard: 'daily_cap' })
        throw new Failure('skipped', permitted ? 'the door is being closed' : 'the daily cap of calls is reached')
      }
      try {
        return await (isProbe ? probe(parts, seat, owner, passage, work) : count(seat, passage, work))
      } catch (error) {
        if (error instanceof Failure && error.retryAfter !== undefined) await pause(parts, seat, error.retryAfter)
        throw error
      }
    },
    close() {
      closed = true
      for (const seat of seats.values()) seat.breaker.shutdown()
    },
  }
}

/** The usual way: opossum counts how the work ended. */
async function count<T>(seat: Seat, passage: Passage, work: () => Promise<T>): Promise<T> {
  try {
    return await seat.breaker.run(work)
  } catch (error) {
    if (error instanceof BreakerOpen) throw new Failure('rejected', `${error.message}: nothing was sent`, { cause: error })
    if (seat.tippedBy === error) {
      seat.tippedBy = undefined
      mark(seat, passage)
    }
    throw error
  } finally {
    await seat.opening
  }
}

/** The one request to a host whose breaker was open: it decides for everybody. */
async function probe<T>(parts: TurnParts, seat: Seat, lease: string, passage: Passage, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    await recover(parts, seat, lease)
    return result
  } catch (error) {
    if (isHostFailure(error)) {
      await writeOpening(parts, seat, error, lease)
      mark(seat, passage)
    } else if (error instanceof Failure) await recover(parts, seat, lease)
    else await releaseProbe(parts.db, seat.host, lease)
    throw error
  }
}

async function recover(parts: TurnParts, seat: Seat, lease: string): Promise<void> {
  const closed = await closeBreaker(parts.db, seat.host, lease)
  seat.known = undefined
  if (closed) tell(parts, seat, 'closed')
}

/** Exactly as long as the host asked for, for every worker. */
async function pause(parts: TurnParts, seat: Seat, seconds: number): Promise<void> {
  await pauseHost(parts.db, { host: seat.host, source: seat.source, seconds, now: parts.now?.() })
  seat.known = undefined
}

function mark(seat: Seat, { span }: Passage): void {
  span?.event('breaker.open', { 'rolewatch.host': seat.host, 'rolewatch.source': seat.source })
}
