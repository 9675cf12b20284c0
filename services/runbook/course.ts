// What every phase of a run works with: the run that is held, its one transaction per turn, and who is told.

import type { Registry } from '../../ops/runbook/action.ts'
import { currentTraceId, type Watch } from '../../ops/telemetry.ts'
import type { RunState } from '../../ops/runbook/flow.ts'
import { appendAudit, type AuditDetail } from '../store/audit.ts'
import type { Database, Db, Trx } from '../store/database.ts'
import { lockIncident, type Incident } from '../store/incidents.ts'
import { lockRun, moveRun, readClock, type RunChanges, type StoredRun } from '../store/runbook-runs.ts'
import type { StoredStep } from '../store/runbook-steps.ts'
import type { Pages } from './pages.ts'

/** What people are told of. `found`: the diagnosis, when the run goes on; `done` and `escalated`: its end, or that of an incident's share of runs. */
export type SayKind = 'opened' | 'found' | 'done' | 'asked' | 'escalated' | 'resolved' | 'noted'

/** Queues a message, in the transaction of what it tells of. */
export type Say = (db: Db, message: { incidentId: string | null; kind: SayKind; run?: StoredRun; steps?: StoredStep[] }) => Promise<void>

/** Whether the alert is still there, by the indicator that it fired on. */
export type Verifier = (question: {
  alert: string
  labels: Readonly<Record<string, string>>
  incident: Incident | undefined
  signal: AbortSignal
}) => Promise<{ kind: 'mended' | 'firing' | 'unknown'; words: string }>

/** Between these a killed process leaves something else behind. */
export type Point =
  | 'claimed'
  | 'begun'
  | 'looked'
  | 'diagnosed'
  | 'guarded'
  | 'acted'
  | 'recorded'
  | 'executed'
  | 'checked'
  | 'undo.guarded'
  | 'undo.acted'
  | 'undo.recorded'
  | 'ended'

export interface Parts {
  watch: Watch
  database: Database
  registry: Registry<Db>
  pages: Pages
  verify: Verifier
  say: Say
  /** How long the alert may take to go away after what was done. */
  verifySeconds: number
  /** Between two looks. */
  lookSeconds: number
  /** How long a question stays open. */
  approvalSeconds: number
  /** Null: PostgreSQL's clock. */
  now: () => Date | null
  /** Called at each point, for tests: what it throws ends the process's part in the run, as a kill would. */
  probe: (point: Point) => void
}

export interface Course extends Parts {
  /** As it was committed last. */
  run: StoredRun
  readonly claim: string
  /** Aborted when the run is no longer ours. */
  readonly lease: AbortSignal
  /** Aborted then, and when the engine closes: for what changes nothing and can be done again. */
  readonly signal: AbortSignal
  /** Whether it is time to give the run back. */
  isClosing(): boolean
  /** @throws LeaseLost when the lease may have ended */
  checkLease(): void
}

/** One transaction of a run. */
export interface Turn {
  trx: Trx
  incident: Incident | undefined
  /** The moment of the whole turn. */
  at: Date
  /** Done once it is committed. */
  later(work: () => void): void
}

/**
 * Opens a transaction in which the run is locked and still ours; the incident's lock comes first, everywhere.
 * @throws LeaseLost
 */
export async function takeTurn<T>(course: Course, work: (turn: Turn) => Promise<T>): Promise<T> {
  const after: (() => void)[] = []
  const result = await course.database.inTransaction(async (trx) => {
    const { incident_id: id } = course.run
    const incident = id === null ? undefined : await lockIncident(trx, id)
    await lockRun(trx, course.run, course.claim)
    const at = await readClock(trx, course.now())
    return work({ trx, incident, at, later: (one) => void after.push(one) })
  })
  for (const one of after) one()
  return result
}

/** Moves the run on, at most once in a turn. */
export async function move(course: Course, turn: Turn, to: RunState, changes: RunChanges = {}): Promise<StoredRun> {
  const before = course.run
  const moved = await moveRun(turn.trx, before, course.claim, to, changes, turn.at)
  const seconds = Math.max(0, (turn.at.getTime() - before.state_at.getTime()) / 1000)
  turn.later(() => {
    course.run = moved
    if (before.state !== 'done') course.watch.metrics.runbookSeconds.observe({ phase: before.state }, seconds)
    course.watch.log.info('runbook.moved', { alert: moved.alertname, from: before.state, to })
  })
  return moved
}

/** Adds a line to the audit, with what is known of the run. The last thing in a turn. */
export async function record(course: Course, turn: Turn, line: { action: string; target: string; detail?: AuditDetail }): Promise<void> {
  const { run } = course
  await appendAudit(turn.trx, {
    actor: `runbook/${run.alertname}`,
    action: line.action,
    target: line.target,
    trace_id: currentTraceId() ?? run.trace_id,
    detail: { alert: run.alertname, runbook: run.page_hash, actor: run.actor, ...line.detail },
  })
}

/** How people and the audit call what a run is about. */
export function nameOf(run: StoredRun, incident: Incident | undefined): string {
  return incident ? `incident/INC-${incident.number}` : `run/${run.id}`
}
