// What the guards rest on: locks on targets, how often an action acted, and how the sources are; all of it survives a restart.

import type { Knex } from 'knex'
import type { SourceFact, StepFacts } from '../../ops/runbook/guard.ts'
import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'
import { readSwitch } from './switches.ts'
import { windowNow } from './windows.ts'

/** Any constant; held while a guard decides and its step is marked, so that two that are decided at once count each other. */
const GUARD_LOCK = 0x67756172

/** What is about to be done. */
export interface Intent {
  runId: string
  incidentId: string | null
  /** The step itself is not counted against itself when it is decided again. */
  number: number
  action: string
  target: string
  stops: readonly string[]
  /** Sources that it concerns, for their maintenance. */
  sources: readonly string[]
  isApproved: boolean
}

/** Decisions are made one after the other, over all processes, until the transaction ends. */
export async function lockGuard(trx: Knex.Transaction): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?)', [GUARD_LOCK])
}

interface Counts {
  inHour: number
  inDay: number
  lastOnTarget: Date | null
}

/** Reads the facts for one step. */
export async function readFacts(db: Db, intent: Intent, now: Date): Promise<StepFacts> {
  const { runId, number, action, target } = intent
  const automation = await readSwitch(db, 'automation')
  const maintenance = await windowNow(db, intent.sources, now)
  const lock = await db('target_locks as l')
    .join('runbook_runs as r', 'r.id', 'l.run_id')
    .where('l.target', target)
    .whereNot('l.run_id', runId)
    .first<{ alert: string; since: Date } | undefined>({ alert: 'r.alertname', since: 'l.taken_at' })
  const incident =
    intent.incidentId === null ? undefined : await db('incidents').where({ id: intent.incidentId }).first<{ state: string }>('state')
  const { rows } = await db.raw<{ rows: Counts[] }>(
    `select count(*) filter (where started_at > :now::timestamptz - interval '1 hour') as "inHour",
            count(*) filter (where started_at > :now::timestamptz - interval '1 day') as "inDay",
            max(started_at) filter (where target = :target) as "lastOnTarget"
       from runbook_steps
      where part = 'steps' and action = :action and started_at is not null and (run_id, number) <> (:runId, :number)`,
    { now, target, action, runId, number },
  )
  const counts = rows[0]
  return {
    now,
    switchedOff: automation?.is_off ? { by: automation.set_by, reason: automation.reason } : undefined,
    isOver: incident?.state === 'resolved',
    maintenance: maintenance && { reason: maintenance.reason, until: maintenance.ends_at },
    isApproved: intent.isApproved,
    target,
    lockedBy: lock,
    lastOnTarget: counts?.lastOnTarget ?? undefined,
    inHour: counts?.inHour ?? 0,
    inDay: counts?.inDay ?? 0,
    stops: intent.stops,
    sources: intent.stops.length === 0 ? [] : await readSources(db, now),
  }
}

/**
 * The sources that have boards to visit. Healthy: visited, and at least half of the boards that are visited were read well the last
 * time. Stopped: a runbook's step says so, was not taken back, and no board of the source is visited now.
 */
export async function readSources(db: Db, now: Date): Promise<SourceFact[]> {
  const { rows } = await db.raw<{ rows: SourceFact[] }>(
    `with stopped as (
       select distinct s.source from runbook_steps, jsonb_array_elements_text(facts -> 'stops') as s (source)
        where part = 'steps' and state in ('started', 'done', 'interrupted') and jsonb_typeof(facts -> 'stops') = 'array'
     )
     select source as name,
            count(*) filter (where visited) > 0
              and 2 * count(*) filter (where visited and last_outcome in ('ok', 'unchanged', 'empty_verified'))
                  >= count(*) filter (where visited) as healthy,
            count(*) filter (where visited) = 0 and source in (select source from stopped) as stopped
       from (select *, (paused_until is null or paused_until <= :now) as visited from boards where configured and enabled and source <> :canary) b
      group by source order by source`,
    { now, canary: CANARY },
  )
  return rows
}

/** Takes the lock on a target for a run; one that the run has already is kept. False when another run has it. */
export async function takeLock(trx: Knex.Transaction, target: string, runId: string, at: Date): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `insert into target_locks as l (target, run_id, taken_at) values (?, ?, ?)
     on conflict (target) do update set taken_at = l.taken_at where l.run_id = excluded.run_id`,
    [target, runId, at],
  )
  return rowCount > 0
}

/** Gives back all locks of a run. */
export async function freeLocks(trx: Knex.Transaction, runId: string): Promise<void> {
  await trx('target_locks').where({ run_id: runId }).delete()
}
