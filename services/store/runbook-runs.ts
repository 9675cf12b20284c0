// Runs of runbooks: queued, claimed by one engine at a time under a lease, moved from state to state by guarded updates.

import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Cause, Verdict } from '../../ops/runbook/action.ts'
import { checkMove, type Mode, type RunState } from '../../ops/runbook/flow.ts'
import type { RunbookOutcome } from '../../ops/metrics.ts'
import type { Db } from './database.ts'

/** Engines listen to it. */
export const RUNBOOKS = 'runbooks'

export type RunTrigger = 'alert' | 'hand' | 'drill'

export interface StoredRun {
  id: string
  incident_id: string | null
  alertname: string
  /** Null until the run begins. */
  page_hash: string | null
  mode: Mode
  dry_run: boolean
  trigger: RunTrigger
  actor: string
  labels: Record<string, string>
  state: RunState
  outcome: RunbookOutcome | null
  verdict: Verdict | null
  causes: Cause[]
  words: string | null
  claimed_by: string | null
  claimed_until: Date | null
  takeovers: number
  queued_at: Date
  due_at: Date
  state_at: Date
  started_at: Date | null
  verify_until: Date | null
  good_looks: number
  ended_at: Date | null
  trace_id: string | null
  traceparent: string | null
}

/** Somebody else has the run now, or it has moved on: whoever held it stops without another word. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Volatile functions keep an index from being used; a sub-select is asked once. */
const NOW = '(select coalesce(:now::timestamptz, clock_timestamp()))'

/** The clock that leases and limits go by: PostgreSQL's own unless one is given. */
export async function readClock(db: Db, now: Date | null): Promise<Date> {
  if (now) return now
  const { rows } = await db.raw<{ rows: { now: Date }[] }>('select clock_timestamp() as now')
  return rows[0]?.now ?? new Date()
}

export interface RunDraft {
  incidentId: string | null
  alert: string
  labels: Readonly<Record<string, string>>
  mode: Mode
  dryRun: boolean
  trigger: RunTrigger
  actor: string
}

/** Queues a run and wakes the engines. Undefined when the incident has one that is not over. */
export async function enqueueRun(db: Db, draft: RunDraft, now: Date | null = null): Promise<string | undefined> {
  const id = randomUUID()
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `insert into runbook_runs (id, incident_id, alertname, mode, dry_run, trigger, actor, labels, queued_at, due_at, state_at)
     select :id, :incidentId, :alert, :mode, :dryRun, :trigger, :actor, :labels::jsonb, n.now, n.now, n.now
       from (select coalesce(:now::timestamptz, clock_timestamp()) as now) n
     on conflict (incident_id) where state <> 'done' and not dry_run do nothing
     returning id`,
    { ...draft, id, labels: JSON.stringify(draft.labels), now },
  )
  if (rows.length === 0) return undefined
  await wakeEngines(db)
  return id
}

/** Heard by all engines when the transaction commits. */
export async function wakeEngines(db: Db): Promise<void> {
  await db.raw(`select pg_notify(?, '')`, [RUNBOOKS])
}

/** How many runs an incident's alert started by itself after a moment. */
export async function countAutomaticRuns(db: Db, incidentId: string, after: Date): Promise<number> {
  const row = (await db('runbook_runs')
    .where({ incident_id: incidentId, trigger: 'alert', dry_run: false })
    .where('queued_at', '>', after)
    .count('* as n')
    .first()) as { n: number } | undefined
  return row?.n ?? 0
}

/**
 * Takes the run that has been due longest, from the queue or from a process that no longer keeps its lease; or that one run alone.
 * `claim` names this taking.
 */
export async function claimRun(
  db: Db,
  claim: string,
  leaseSeconds: number,
  now: Date | null,
  only: string | null = null,
): Promise<StoredRun | undefined> {
  const { rows } = await db.raw<{ rows: StoredRun[] }>(
    `update runbook_runs r
        set claimed_by = :claim, claimed_until = ${NOW} + make_interval(secs => :leaseSeconds),
            takeovers = r.takeovers + (r.claimed_by is not null)::int
       from (select id from runbook_runs
              where state <> 'done' and due_at <= ${NOW} and (claimed_until is null or claimed_until <= ${NOW})
                and (:only::uuid is null or id = :only)
              order by due_at, queued_at limit 1 for update skip locked) due
      where r.id = due.id
     returning r.*`,
    { claim, leaseSeconds, now, only },
  )
  return rows[0]
}

/** Keeps a lease. False when it is lost. */
export async function renewClaim(db: Db, id: string, claim: string, leaseSeconds: number, now: Date | null): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update runbook_runs set claimed_until = ${NOW} + make_interval(secs => :leaseSeconds)
      where id = :id and claimed_by = :claim and claimed_until > ${NOW}`,
    { id, claim, leaseSeconds, now },
  )
  return rowCount > 0
}

/** Gives a run back, to be looked at again after a while: by whoever comes first. */
export async function releaseRun(db: Db, run: StoredRun, claim: string, dueAt: Date | null, goodLooks = run.good_looks): Promise<void> {
  await db('runbook_runs')
    .where({ id: run.id, claimed_by: claim })
    // An end that was told meanwhile has set an earlier time, and is not to wait.
    .update({
      claimed_by: null,
      claimed_until: null,
      good_looks: goodLooks,
      takeovers: 0,
      ...(dueAt ? { due_at: db.raw(`case when date_trunc('milliseconds', due_at) = ? then ? else due_at end`, [run.due_at, dueAt]) } : {}),
    })
}

/** Locks a run that is still ours, in the state that we know it in. @throws LeaseLost */
export async function lockRun(trx: Knex.Transaction, run: Pick<StoredRun, 'id' | 'state'>, claim: string): Promise<StoredRun> {
  const row = await trx('runbook_runs')
    .where({ id: run.id, state: run.state, claimed_by: claim })
    .forUpdate()
    .first<StoredRun | undefined>()
  if (!row) throw new LeaseLost(`the run ${run.id} is somebody else's now`)
  return row
}

/** What a move may change besides the state. */
export type RunChanges = Partial<
  Pick<
    StoredRun,
    | 'page_hash'
    | 'outcome'
    | 'verdict'
    | 'causes'
    | 'words'
    | 'started_at'
    | 'verify_until'
    | 'ended_at'
    | 'trace_id'
    | 'traceparent'
    | 'due_at'
  >
>

/** Moves a run on. Waiting for a person and being done end the claim. @throws LeaseLost */
export async function moveRun(
  trx: Knex.Transaction,
  run: StoredRun,
  claim: string,
  to: RunState,
  changes: RunChanges,
  at: Date,
): Promise<StoredRun> {
  checkMove(run.state, to)
  const [row] = await trx('runbook_runs')
    .where({ id: run.id, state: run.state, claimed_by: claim })
    .update({
      ...changes,
      state: to,
      state_at: at,
      good_looks: 0,
      ...(to === 'done' || to === 'waiting' ? { claimed_by: null, claimed_until: null } : {}),
    })
    .returning<StoredRun[]>('*')
  if (!row) throw new LeaseLost(`the run ${run.id} is somebody else's now`)
  return row
}

/** Keeps what a diagnosis came to. */
export async function noteVerdict(trx: Knex.Transaction, id: string, verdict: Verdict, causes: readonly Cause[]): Promise<void> {
  await trx('runbook_runs')
    .where({ id })
    .update({ verdict, causes: [...causes] })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** One run, or undefined. */
export async function getRunbookRun(db: Db, id: string): Promise<StoredRun | undefined> {
  if (!UUID.test(id)) return undefined
  return db('runbook_runs').where({ id }).first<StoredRun | undefined>()
}

export interface RunbookRunFilter {
  alert?: string
  incidentId?: string
  outcome?: string
  limit: number
  /** The id of the last row of the page before: a moment in JavaScript is too coarse to go on from. */
  before?: string
}

/** Runs, newest first. */
export async function listRunbookRuns(db: Db, filter: RunbookRunFilter): Promise<StoredRun[]> {
  const query = db('runbook_runs')
    .select<StoredRun[]>('*')
    .orderBy([
      { column: 'queued_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(filter.limit)
  if (filter.alert !== undefined) void query.where({ alertname: filter.alert })
  if (filter.incidentId !== undefined) void query.where({ incident_id: filter.incidentId })
  if (filter.outcome !== undefined) void query.where({ outcome: filter.outcome })
  if (filter.before !== undefined)
    void query.whereRaw('(queued_at, id) < (select queued_at, id from runbook_runs where id = ?)', [filter.before])
  return query
}
