// robots.txt (RFC 9309), for pages made for people: asked once a day per host, kept on the host's row for all workers.

import robotsParserPackage from 'robots-parser'
import { Failure, type FailureKind } from '../../scrapers/failure.ts'
import { readRobots, saveRobots, type RobotsRow } from '../store/hosts.ts'
import type { Db } from '../store/database.ts'

/** The name under which a robots.txt may address us. */
export const PRODUCT = 'Rolewatch'

const DAY_MS = 86_400_000
/** A host that could not be asked is asked again after this, not after a day. */
const UNREACHABLE_MS = 600_000
const MAX_DELAY_SECONDS = 30
/** RFC 9309 §2.5: at least 500 KiB must be read; rules beyond that are nobody's intention. */
const MAX_CHARACTERS = 512_000
/** What means that the host could not tell. Whatever else goes wrong (an open breaker, a cap) says nothing about its rules. */
const UNREACHABLE: readonly FailureKind[] = ['network', 'timeout', 'server_error']

export interface RobotsRules {
  allows(url: string): boolean
  /** What the host asks to leave between two requests: 0 where it says nothing, 30 at the most. */
  delaySeconds: number
}

// CommonJS: what its types call the default export is the module itself.
const robotsParser = robotsParserPackage as unknown as typeof robotsParserPackage.default

/** Reads the rules that apply to us. A text that is not a robots.txt (HTML, say) has no rules and allows everything. */
export function readRules(url: string, text: string): RobotsRules {
  const rules = robotsParser(url, text.slice(0, MAX_CHARACTERS).replace(/^\uFEFF/, ''))
  const delay = rules.getCrawlDelay(PRODUCT) ?? 0
  return {
    allows: (address) => rules.isAllowed(address, PRODUCT) !== false,
    delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, delay)),
  }
}

const EVERYTHING: RobotsRules = { allows: () => true, delaySeconds: 0 }
const NOTHING: RobotsRules = { allows: () => false, delaySeconds: 0 }

/** A robots.txt as the door got it: the text of a 2xx, or null for a 4xx. */
export interface RobotsAnswer {
  status: number
  text: string | null
}

type Ask = (robotsUrl: URL) => Promise<RobotsAnswer>

export interface Robots {
  /**
   * Checks an address against its host's rules; returns the delay they ask for, in seconds.
   * @throws Failure of kind `skipped` when they forbid it, or when the host could not be asked and must be taken to forbid it
   */
  check(url: URL, source: string, ask: Ask): Promise<number>
}

interface Known {
  rules: RobotsRules
  reachable: boolean
  until: number
}

/** Opens the memory of rules. `ask` is only called when neither this process nor the host's row knows them. */
export function openRobots(db: Db, now: () => number): Robots {
  const memory = new Map<string, { known: Promise<Known>; until: number }>()

  function recall(url: URL, source: string, ask: Ask): Promise<Known> {
    const before = memory.get(url.origin)
    if (before && before.until > now()) return before.known
    const entry = { known: learn(db, url, source, ask, now), until: Number.POSITIVE_INFINITY }
    memory.set(url.origin, entry)
    entry.known.then(
      (known) => (entry.until = known.until),
      () => memory.delete(url.origin),
    )
    return entry.known
  }

  return {
    async check(url, source, ask) {
      const known = await recall(url, source, ask)
      if (!known.reachable) throw new Failure('skipped', `the robots.txt of ${url.host} could not be read, which forbids everything`)
      if (!known.rules.allows(url.href)) throw new Failure('skipped', `the robots.txt of ${url.host} forbids ${url.pathname}`)
      return known.rules.delaySeconds
    },
  }
}

async function learn(db: Db, url: URL, source: string, ask: Ask, now: () => number): Promise<Known> {
  const robotsUrl = new URL('/robots.txt', url)
  const kept = await readRobots(db, url.host)
  if (kept && freshUntil(kept) > now()) return knownOf(robotsUrl, kept)
  const row = await askFor(robotsUrl, kept, ask, now)
  await saveRobots(db, url.host, source, row)
  return knownOf(robotsUrl, row)
}

async function askFor(robotsUrl: URL, kept: RobotsRow | undefined, ask: Ask, now: () => number): Promise<RobotsRow> {
  try {
    const { status, text } = await ask(robotsUrl)
    return { robots: text, robots_status: status, robots_at: new Date(now()) }
  } catch (error) {
    // A throttling without a status is our own queue's, not the host's answer.
    const answered = error instanceof Failure && (UNREACHABLE.includes(error.kind) || error.status === 429)
    if (!answered) throw error
    // §2.4: an old copy may serve while the host is unreachable; dated so that it is asked again soon.
    if (kept && kept.robots_status !== 0) return { ...kept, robots_at: new Date(now() - DAY_MS + UNREACHABLE_MS) }
    return { robots: null, robots_status: 0, robots_at: new Date(now()) }
  }
}

function freshUntil(row: RobotsRow): number {
  return row.robots_at.getTime() + (row.robots_status === 0 ? UNREACHABLE_MS : DAY_MS)
}

function knownOf(robotsUrl: URL, row: RobotsRow): Known {
  const reachable = row.robots_status !== 0
  const rules = row.robots === null ? (reachable ? EVERYTHING : NOTHING) : readRules(robotsUrl.href, row.robots)
  return { rules, reachable, until: freshUntil(row) }
}
