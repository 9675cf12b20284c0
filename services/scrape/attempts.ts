// Trying, and trying again what may pass.

import { Failure } from '../../scrapers/failure.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Visit } from './errand.ts'
import { withAttempts } from './evidence.ts'
import { decide } from './retry.ts'

export interface Patience {
  watch: Watch
  random: () => number
  sleep: (ms: number) => Promise<void>
}

/** Does the work up to three times and says with how many attempts it succeeded. @throws the last Failure, which knows it too */
export async function persist<T extends object>(
  patience: Patience,
  visit: Visit,
  work: () => Promise<T>,
): Promise<T & { attempts: number }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { ...(await work()), attempts: attempt }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const decision = decide(attempt, error, patience.random)
      if (!decision.again) throw withAttempts(error, attempt)
      patience.watch.metrics.retries.inc({ source: visit.source.name, reason: error.kind })
      visit.span?.event('retry', { 'rolewatch.reason': error.kind, 'rolewatch.attempt': attempt, 'rolewatch.message': error.message })
      await patience.sleep(decision.delayMs)
    }
  }
}
