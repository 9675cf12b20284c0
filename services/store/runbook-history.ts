// What is told of runs besides their rows: the incidents that they belong to, their steps, and what they asked.

import type { Approval } from './approvals.ts'
import type { Db } from './database.ts'
import type { StoredRun } from './runbook-runs.ts'
import type { StoredStep } from './runbook-steps.ts'

/** The newest run of each of these incidents, dry runs left out, by the incident's id. */
export async function lastRunsOf(db: Db, incidentIds: readonly string[]): Promise<Map<string, StoredRun>> {
  const { rows } = await db.raw<{ rows: (StoredRun & { incident_id: string })[] }>(
    `select r.* from unnest(?::uuid[]) as i (id)
      cross join lateral (select * from runbook_runs where incident_id = i.id and not dry_run order by queued_at desc, id desc limit 1) r`,
    [[...incidentIds]],
  )
  return new Map(rows.map((run) => [run.incident_id, run]))
}

/** The newest run of each of these runbooks, dry runs included, by the alert's name. */
export async function lastRunsByAlert(db: Db, alerts: readonly string[]): Promise<Map<string, StoredRun>> {
  const { rows } = await db.raw<{ rows: StoredRun[] }>(
    `select r.* from unnest(?::text[]) as a (name)
      cross join lateral (select * from runbook_runs where alertname = a.name order by queued_at desc, id desc limit 1) r`,
    [[...alerts]],
  )
  return new Map(rows.map((run) => [run.alertname, run]))
}

/** The numbers of incidents by their ids. */
export async function numbersOf(db: Db, incidentIds: readonly (string | null)[]): Promise<Map<string, number>> {
  const ids = [...new Set(incidentIds.filter((id) => id !== null))]
  if (ids.length === 0) return new Map()
  const rows = await db('incidents').whereIn('id', ids).select<{ id: string; number: number }[]>('id', 'number')
  return new Map(rows.map(({ id, number }) => [id, number]))
}

/** A run with everything that it did. */
export interface ToldRun extends StoredRun {
  steps: StoredStep[]
  approval: Approval | null
}

/** Adds to runs their steps, diagnosis first and in the order of the page, and their questions. */
export async function tellRuns(db: Db, runs: readonly StoredRun[]): Promise<ToldRun[]> {
  const ids = runs.map(({ id }) => id)
  const [steps, approvals] = await Promise.all([
    db('runbook_steps').whereIn('run_id', ids).orderByRaw(`part = 'steps', number`).select<StoredStep[]>('*'),
    db('approvals').whereIn('run_id', ids).select<Approval[]>('*'),
  ])
  const byRun = Map.groupBy(steps, ({ run_id: id }) => id)
  const asked = new Map(approvals.map((approval) => [approval.run_id, approval]))
  return runs.map((run) => ({ ...run, steps: byRun.get(run.id) ?? [], approval: asked.get(run.id) ?? null }))
}
