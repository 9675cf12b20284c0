// The engine: takes runs of runbooks as they come due and takes each through its states, however many engines there are.

import { randomUUID } from 'node:crypto'
import type { Registry } from '../../ops/runbook/action.ts'
import type { RunState } from '../../ops/runbook/flow.ts'
import { withFields } from '../../ops/log.ts'
import { span, type Watch } from '../../ops/telemetry.ts'
import type { Database, Db } from '../store/database.ts'
import { listenTo, type Listener } from '../store/listen.ts'
import { claimRun, LeaseLost, releaseRun, RUNBOOKS, type StoredRun } from '../store/runbook-runs.ts'
import { execute } from './act.ts'
import { hear } from './ask.ts'
import { begin, settle } from './begin.ts'
import { check } from './check.ts'
import { takeTurn, type Course, type Parts, type Point, type Say, type Verifier } from './course.ts'
import { end } from './end.ts'
import { holdRun } from './hold.ts'
import type { Pages } from './pages.ts'
import { takeBack } from './undo.ts'

export interface EngineOptions {
  watch: Watch
  database: Database
  registry: Registry<Db>
  pages: Pages
  /** Names this process. */
  owner: string
  verify: Verifier
  say: Say
  /** A run whose process is gone is taken over after so long. */
  leaseSeconds?: number
  /** How long the alert may take to go away after what was done. */
  verifySeconds?: number
  /** Between two looks whether it has. */
  lookSeconds?: number
  /** How long a question stays open. */
  approvalSeconds?: number
  /** Runs at once. */
  lanes?: number
  /** This run and no other. */
  only?: string
  /** PostgreSQL's clock unless given. */
  now?: () => Date
  /** For tests: called between the transactions of a run; what it throws is the end of this process's part, as a kill would be. */
  probe?: (point: Point) => void
}

export interface Engine {
  /** Takes runs from now on: when it is told of one, and by looking now and then. */
  start(): void
  /** Takes what is due now as far as it goes without waiting. Returns how often a run was taken. */
  runDue(): Promise<number>
  /** Takes no more; resolves when what was begun has come to a place where it can be left. */
  close(): Promise<void>
}

const POLL_MS = 5000
/** A run that so many processes left behind is not given to another. */
const MOST_TAKEOVERS = 5

const PHASES: Readonly<Record<Exclude<RunState, 'done'>, (course: Course) => Promise<void>>> = {
  queued: begin,
  diagnosing: settle,
  waiting: hear,
  executing: execute,
  verifying: check,
  undoing: takeBack,
}

/** The engine closes: what can be left is left. */
class Closing extends Error {}

export function openEngine(options: EngineOptions): Engine {
  const { database, watch, leaseSeconds = 60, lanes = 4 } = options
  const closing = new AbortController()
  const parts = partsOf(options)
  const bell = openBell()
  let listener: Promise<Listener> | undefined
  let going: Promise<unknown> = Promise.resolve()

  async function take(): Promise<boolean> {
    const claim = `${options.owner} ${randomUUID()}`
    const run = await claimRun(database.db, claim, leaseSeconds, parts.now(), options.only)
    if (!run) return false
    await withFields({ run_id: run.id }, () => follow(parts, run, claim, leaseSeconds, closing.signal))
    return true
  }

  async function drain(): Promise<number> {
    let count = 0
    while (!closing.signal.aborted && (await take())) count++
    return count
  }

  async function lane(): Promise<void> {
    while (!closing.signal.aborted) {
      const heard = bell.next(POLL_MS)
      await drain().catch((error: unknown) => watch.log.error('runbook.engine', { error }))
      await heard
    }
  }

  return {
    start() {
      listener ??= listenTo(database, RUNBOOKS, () => bell.ring())
      going = Promise.all(Array.from({ length: lanes }, lane))
    },
    async runDue() {
      const counts = await Promise.all(Array.from({ length: lanes }, drain))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async close() {
      closing.abort(new Closing('the engine closes'))
      bell.ring()
      await (await listener)?.close()
      await going
    },
  }
}

function partsOf(options: EngineOptions): Parts {
  const { now } = options
  return {
    watch: options.watch,
    database: options.database,
    registry: options.registry,
    pages: options.pages,
    verify: options.verify,
    say: options.say,
    verifySeconds: options.verifySeconds ?? 900,
    lookSeconds: options.lookSeconds ?? 10,
    approvalSeconds: options.approvalSeconds ?? 3600,
    now: () => now?.() ?? null,
    probe: options.probe ?? (() => {}),
  }
}

/** Takes a claimed run on until it is done or must wait; all of it is one trace, whatever process it is in. */
async function follow(parts: Parts, run: StoredRun, claim: string, leaseSeconds: number, closing: AbortSignal): Promise<void> {
  const { watch, database } = parts
  const hold = holdRun(database.db, run.id, claim, leaseSeconds, parts.now)
  const course: Course = {
    ...parts,
    run,
    claim,
    lease: hold.signal,
    signal: AbortSignal.any([hold.signal, closing]),
    isClosing: () => closing.aborted,
    checkLease: () => hold.check(),
  }
  const attributes = { 'rolewatch.runbook': run.alertname, 'rolewatch.run': run.id, 'rolewatch.state': run.state }
  try {
    await span('runbook', { parent: run.traceparent, attributes }, () => pass(course))
    // Left where it is: nobody need wait for the lease.
    if (closing.aborted) await releaseRun(database.db, course.run, claim, null)
  } catch (error) {
    if (error instanceof Closing) await releaseRun(database.db, course.run, claim, null)
    else if (error instanceof LeaseLost) watch.log.warn('runbook.lost', { alert: run.alertname, state: course.run.state })
    else throw error
  } finally {
    hold.stop()
  }
}

async function pass(course: Course): Promise<void> {
  course.probe('claimed')
  if (course.run.takeovers >= MOST_TAKEOVERS) return abandon(course)
  for (;;) {
    const { state } = course.run
    if (state === 'done' || course.isClosing()) return
    await PHASES[state](course)
    // Where the state stayed, the run waits for something, and was given back.
    if (course.run.state === state || course.run.claimed_by === null) return
  }
}

function abandon(course: Course): Promise<void> {
  const { state, takeovers } = course.run
  const words = `${takeovers} processes ended while they had this run, the last of them in ${state}. It is not tried again.`
  return takeTurn(course, (turn) => end(course, turn, { outcome: 'interrupted', words }))
}

interface Bell {
  ring(): void
  /** Resolves at the next ring, or after so long. */
  next(ms: number): Promise<void>
}

function openBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring() {
      for (const one of waiting) one()
    },
    next: (ms) =>
      new Promise((resolve) => {
        const stop = (): void => {
          clearTimeout(timer)
          waiting.delete(stop)
          resolve()
        }
        const timer = setTimeout(stop, ms)
        waiting.add(stop)
      }),
  }
}
