// What a drill left in the records: its incident, the run of the runbook, its steps, and the first visit that failed.

import type { Db } from './database.ts'
import type { Incident } from './incidents.ts'
import type { StoredRun } from './runbook-runs.ts'
import { listSteps, type StoredStep } from './runbook-steps.ts'

export interface DrillRecord {
  incident: Incident
  run: StoredRun | undefined
  steps: StoredStep[]
}

/** The newest incident of an alert with these labels that began to fire since a moment. */
export async function readDrillRecord(
  db: Db,
  alert: string,
  labels: Readonly<Record<string, string>>,
  since: Date,
): Promise<DrillRecord | undefined> {
  const incident = await db('incidents')
    .where({ alertname: alert })
    .where('last_fired_at', '>=', since)
    .whereRaw('labels @> ?::jsonb', [JSON.stringify(labels)])
    .orderBy('number')
    .first<Incident | undefined>()
  if (!incident) return undefined
  const run = await db('runbook_runs')
    .where({ incident_id: incident.id })
    .where('queued_at', '>=', since)
    .orderBy('queued_at')
    .first<StoredRun | undefined>()
  return { incident, run, steps: run ? await listSteps(db, run.id) : [] }
}

/** Whether anything of an alert goes on: an incident that is open, or a run that is not done. */
export async function isGoing(db: Db, alert: string, labels: Readonly<Record<string, string>>): Promise<boolean> {
  const open = await db('incidents')
    .where({ alertname: alert })
    .whereNot({ state: 'resolved' })
    .whereRaw('labels @> ?::jsonb', [JSON.stringify(labels)])
    .first<{ id: string } | undefined>('id')
  const run = await db('runbook_runs')
    .where({ alertname: alert })
    .whereNot({ state: 'done' })
    .whereRaw('labels @> ?::jsonb', [JSON.stringify(labels)])
    .first<{ id: string } | undefined>('id')
  return open !== undefined || run !== undefined
}

/** When the first visit that began since a moment ended in one of these ways. */
export async function firstVisit(db: Db, outcomes: readonly string[], since: Date): Promise<Date | undefined> {
  const row = await db('runs')
    .whereIn('outcome', [...outcomes])
    .where('started_at', '>=', since)
    .min<{ at: Date | null }[]>({ at: db.raw("started_at + seconds * interval '1 second'") })
    .first()
  return row?.at ?? undefined
}

/** Whether any incident is open. */
export async function isAnyGoing(db: Db): Promise<boolean> {
  return (await db('incidents').whereNot({ state: 'resolved' }).first<{ id: string } | undefined>('id')) !== undefined
}
