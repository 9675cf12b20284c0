// Holding a run: the lease is renewed while there is work, and whoever may have lost it stops.

import type { Db } from '../store/database.ts'
import { LeaseLost, renewClaim } from '../store/runbook-runs.ts'

export interface Hold {
  /** Aborted with LeaseLost. */
  readonly signal: AbortSignal
  /** @throws LeaseLost when the lease may be over */
  check(): void
  stop(): void
}

/** Renews a claim three times a lease. Time is measured here by a clock that only goes forward: a suspended machine wakes without a lease. */
export function holdRun(db: Db, id: string, claim: string, leaseSeconds: number, now: () => Date | null): Hold {
  const lost = new AbortController()
  const lose = (): void => lost.abort(new LeaseLost(`the lease of the run ${id} is over`))
  let until = performance.now() + leaseSeconds * 1000
  let isAsking = false
  const renew = async (): Promise<void> => {
    // The run's own transaction keeps others away, and this too.
    if (isAsking) return
    isAsking = true
    const asked = performance.now()
    // An error says nothing of the lease: it ends by itself when no renewal comes through.
    const isOurs = await renewClaim(db, id, claim, leaseSeconds, now()).catch(() => undefined)
    isAsking = false
    if (isOurs) until = asked + leaseSeconds * 1000
    else if (isOurs === false || performance.now() >= until) lose()
  }
  const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 3)
  timer.unref()
  return {
    signal: lost.signal,
    check() {
      if (performance.now() >= until) lose()
      if (lost.signal.aborted) throw lost.signal.reason
    },
    stop: () => clearInterval(timer),
  }
}
