// Waiting for the turn at a host: what its row grants, refuses or asks to wait for, looked at again after a long wait.

import { Failure } from '../../scrapers/failure.ts'
import { takeTurn, type Turn } from '../store/hosts.ts'
import { MAX_SLEEP_SECONDS } from './retry.ts'
import { clockOf, glance, KNOWN_MS, tell, type Seat, type SeatParts } from './seat.ts'

/** A turn further away than this is not waited for. */
export const PATIENCE_SECONDS = 120
const LEASE_SECONDS = 60
/** What a probe may need beyond its own time limit before it is taken for dead. */
const LEASE_MARGIN_SECONDS = 15

export interface TurnParts extends SeatParts {
  owner: string
  /** False: no turn is reserved, only pause and breaker are kept. */
  paced: boolean
  sleep: (ms: number) => Promise<void>
}

export interface Wish {
  /** Unique for each request. */
  owner: string
  /** Between two requests of the whole fleet. */
  gapSeconds: number
  /** The request's own limit. */
  timeoutSeconds: number
}

/**
 * Waits until the request may go; true when it goes as the probe.
 * @throws Failure `rejected` while the breaker is not closed, `throttled` when the turn or the end of a pause is too far away
 */
export async function awaitTurn(parts: TurnParts, seat: Seat, wish: Wish): Promise<boolean> {
  const began = clockOf(parts)
  for (;;) {
    await seat.opening
    const { openings } = seat.breaker
    const turn = await ask(parts, seat, wish, PATIENCE_SECONDS - (clockOf(parts) - began) / 1000)
    if (!turn.granted) throw refuse(seat, turn)
    if (turn.probe) tell(parts, seat, 'half_open')
    else if (openings === seat.breaker.openings && !seat.opening) follow(seat)
    if (turn.waitMs > 0) await parts.sleep(turn.waitMs)
    if (turn.probe || turn.waitMs <= KNOWN_MS || (await isStillFree(parts, seat))) return turn.probe
  }
}

async function ask(parts: TurnParts, seat: Seat, wish: Wish, patienceSeconds: number): Promise<Turn> {
  if (!parts.paced) {
    const { breaker, pausedMs } = await glance(parts, seat)
    const granted = pausedMs <= MAX_SLEEP_SECONDS * 1000
    if (breaker === 'closed') return { granted, waitMs: pausedMs, breaker, probe: false, pausedMs }
  }
  return takeTurn(parts.db, {
    host: seat.host,
    source: seat.source,
    gapSeconds: parts.paced ? wish.gapSeconds : 0,
    owner: wish.owner,
    patienceSeconds,
    pauseSeconds: MAX_SLEEP_SECONDS,
    leaseSeconds: Math.max(LEASE_SECONDS, wish.timeoutSeconds + LEASE_MARGIN_SECONDS),
    now: parts.now?.(),
  })
}

/** The row is closed: somebody else's probe, or a hand, closed it, and this process begins to count anew. */
function follow(seat: Seat): void {
  if (!seat.breaker.open && !seat.stale) return
  seat.breaker.reset()
  seat.stale = false
}

/** After a long wait: meanwhile others may have found the host failing, or been told to stay away. */
async function isStillFree(parts: TurnParts, seat: Seat): Promise<boolean> {
  seat.known = undefined
  const { breaker, pausedMs } = await glance(parts, seat)
  return breaker === 'closed' && pausedMs === 0
}

function refuse(seat: Seat, turn: Turn): Failure {
  const { host } = seat
  if (turn.breaker !== 'closed') {
    seat.stale = true
    return new Failure('rejected', `the breaker of ${host} is ${turn.breaker.replace('_', ' ')}: nothing was sent`)
  }
  const paused = turn.pausedMs > MAX_SLEEP_SECONDS * 1000
  // Longer than anybody sleeps for, so that the visit ends here.
  const retryAfter = Math.max(MAX_SLEEP_SECONDS + 1, Math.ceil((paused ? turn.pausedMs : turn.waitMs) / 1000))
  const why = paused ? `${host} asked to be left alone for another` : `the next turn at ${host} comes only in`
  return new Failure('throttled', `${why} ${retryAfter} s: nothing was sent`, { retryAfter })
}
