// The only door to the web: every request goes out here, politely, guarded, a few times at the most, and comes back as a Page or a Failure.

import { setTimeout as sleepFor } from 'node:timers/promises'
import Bottleneck from 'bottleneck'
import { Failure } from '../../scrapers/failure.ts'
import type { PageRequest, Source } from '../../scrapers/source.ts'
import type { BreakerLimits } from '../../ops/breaker.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Db } from '../store/database.ts'
import type { AllowAddress } from './address.ts'
import type { PageAnswer } from './answer.ts'
import { persist } from './attempts.ts'
import { errandOf, type Visit } from './errand.ts'
import { openGate } from './gate.ts'
import { openRobots, PRODUCT } from './robots.ts'
import { walk, type RouteParts } from './route.ts'
import { PATIENCE_SECONDS } from './turn.ts'
import { openWire } from './wire.ts'

export type { Visit } from './errand.ts'
export { attemptsOf, bodyOf } from './evidence.ts'

export interface Door {
  /** @throws Failure; `bodyOf` has what came when it could not be read, `attemptsOf` how often it was tried */
  fetch(request: PageRequest, visit: Visit): Promise<Fetched>
  /** Wakes whoever waits for a turn (their fetch ends as `skipped`) and lets what is on the wire end. */
  close(): Promise<void>
}

export type Fetched = (PageAnswer & { attempts: number }) | { kind: 'unchanged'; attempts: number }

export interface DoorOptions {
  watch: Watch
  db: Db
  /** Every request goes to `<upstream>/<host><path>?<query>` instead. */
  upstream: string | undefined
  /** False lifts the pace per host; pauses and breakers stay. */
  paced: boolean
  /** Where the people behind the requests can be reached: part of the User-Agent. */
  contact: string
  version: string
  /** For one attempt; undefined leaves it to the source. */
  timeoutSeconds: number | undefined
  /** Names this process on a probe's lease. */
  owner: string
  /** Of a body, on the wire and after decompression; 50 MB unless told. */
  maxBytes?: number
  /** Asked before each request; false means that the daily cap is reached. */
  calls?: () => Promise<boolean>
  /** When the breakers open. */
  breaker?: Partial<BreakerLimits>
  /** Time, chance, and addresses let through: made up in tests. */
  now?: () => Date
  sleep?: (ms: number) => Promise<void>
  random?: () => number
  allowAddress?: AllowAddress
}

const MAX_BYTES = 50_000_000

/** Opens the door. */
export function openDoor(options: DoorOptions): Door {
  const { watch, db, owner, paced, maxBytes = MAX_BYTES, now = () => new Date(), random = Math.random } = options
  const closing = new AbortController()
  let ended: Promise<void> | undefined
  const sleep = async (ms: number): Promise<void> => {
    assertOpen(closing.signal)
    if (options.sleep) await options.sleep(ms)
    else await sleepFor(ms, undefined, { signal: closing.signal }).catch(() => {})
    assertOpen(closing.signal)
  }
  const gate = openGate({ watch, db, owner, paced, limits: options.breaker, now: options.now, sleep })
  const lanes = openLanes()
  const parts: RouteParts = {
    watch,
    gate,
    maxBytes,
    now,
    wire: openWire({ upstream: options.upstream, maxBytes, allow: options.allowAddress }),
    lane: paced ? lanes.lane : undefined,
    calls: options.calls,
    robots: openRobots(db, () => now().getTime()),
    patience: { watch, random, sleep },
    timeoutSeconds: options.timeoutSeconds,
    allowAddress: options.allowAddress,
  }
  const userAgent = `${PRODUCT}/${options.version} (+${options.contact})`

  return {
    async fetch(request, visit) {
      assertOpen(closing.signal)
      const errand = errandOf(request, visit, userAgent)
      const fetched = await persist(parts.patience, visit, () => walk(parts, errand))
      if (fetched.kind === 'page') {
        watch.metrics.pages.inc({ source: visit.source.name })
        watch.metrics.pageBytes.inc({ source: visit.source.name }, fetched.bytes)
      }
      return fetched
    },
    close() {
      closing.abort()
      lanes.close()
      gate.close()
      return (ended ??= parts.wire.close())
    },
  }
}

function assertOpen(closing: AbortSignal): void {
  if (closing.aborted) throw closed()
}

function closed(): Failure {
  return new Failure('skipped', 'the door is being closed')
}

interface Lanes {
  lane: NonNullable<RouteParts['lane']>
  close(): void
}

/** The queues of this process: so many requests to a host at once, and so far apart. Across processes the host's row keeps the pace. */
function openLanes(): Lanes {
  const lanes = new Map<string, { limiter: Bottleneck; waiting: number }>()
  const laneOf = (host: string, pace: Source['pace']) => {
    const lane = lanes.get(host) ?? {
      limiter: new Bottleneck({ minTime: 1000 / pace.perSecond, maxConcurrent: pace.atOnce }),
      waiting: 0,
    }
    lanes.set(host, lane)
    return lane
  }
  return {
    async lane(host, pace, work) {
      const lane = laneOf(host, pace)
      const ahead = Math.ceil(lane.waiting / pace.perSecond)
      if (ahead > PATIENCE_SECONDS)
        throw new Failure('throttled', `the next turn at ${host} comes only in ${ahead} s: nothing was sent`, { retryAfter: ahead })
      lane.waiting += 1
      try {
        return await lane.limiter.schedule(() => {
          lane.waiting -= 1
          return work()
        })
      } catch (error) {
        throw error instanceof Bottleneck.BottleneckError ? closed() : error
      }
    },
    close() {
      for (const { limiter } of lanes.values()) void limiter.stop({ dropWaitingJobs: true }).catch(() => {})
    },
  }
}
