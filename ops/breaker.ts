// The circuit breaker of one host inside one process: opossum counts, and whoever owns the shared state decides when it closes.

import CircuitBreaker from 'opossum'

export interface BreakerLimits {
  /** How far back failures count. */
  windowSeconds: number
  /** Fewer calls than this within the window never open it. */
  volume: number
  /** It opens when more than this share of the calls failed. */
  percent: number
}

export const BREAKER_LIMITS: BreakerLimits = { windowSeconds: 60, volume: 10, percent: 50 }

export interface Breaker {
  readonly open: boolean
  /** How often it opened in this process; a change tells that what was known before is stale. */
  readonly openings: number
  /**
   * Runs the work and counts how it ended.
   * @throws BreakerOpen without running it while the breaker is open
   */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Closes it and forgets what was counted; results of work still going on no longer count. */
  reset(): void
  /** Stops its timers. */
  shutdown(): void
}

/** The breaker is open; the work was not run. */
export class BreakerOpen extends Error {
  override readonly name = 'BreakerOpen'
}

/** The longest time a timer can wait: opossum never half-opens by itself. */
const NEVER_MS = 2 ** 31 - 1

/**
 * Opens a breaker.
 * @param options.counts whether an error speaks against the host; others count as successes
 * @param options.onOpen called once per opening, with the error that tipped it
 */
export function createBreaker(options: {
  name: string
  limits?: Partial<BreakerLimits> | undefined
  counts: (error: unknown) => boolean
  onOpen: (error: unknown) => void
}): Breaker {
  const limits = { ...BREAKER_LIMITS, ...options.limits }
  let openings = 0
  let circuit = create()

  function create() {
    const made = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
      name: options.name,
      timeout: false,
      resetTimeout: NEVER_MS,
      rollingCountTimeout: limits.windowSeconds * 1000,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      volumeThreshold: limits.volume,
      errorThresholdPercentage: limits.percent,
      errorFilter: (error: unknown) => !options.counts(error),
    })
    let last: unknown
    made.on('failure', (error) => {
      last = error
    })
    made.on('open', () => {
      openings += 1
      options.onOpen(last)
    })
    return made
  }

  return {
    get open() {
      return circuit.opened
    },
    get openings() {
      return openings
    },
    async run(work) {
      if (circuit.opened) throw new BreakerOpen(`the breaker of ${options.name} is open`)
      return (await circuit.fire(work)) as Awaited<ReturnType<typeof work>>
    },
    reset() {
      // A new one: opossum keeps its counts when it closes, and a single failure would open it again.
      circuit.shutdown()
      circuit = create()
    },
    shutdown() {
      circuit.shutdown()
    },
  }
}
