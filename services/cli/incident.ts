// incident list, show and ack: what went wrong, what was done about it, and who has it.

import type { Config } from '../config.ts'
import { refusal } from '../refusal.ts'
import { approvalOf } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { acknowledgeIncident, getIncident, listIncidents, type Incident, type IncidentState } from '../store/incidents.ts'
import { listRunbookRuns, type StoredRun } from '../store/runbook-runs.ts'
import { listSteps, type StoredStep } from '../store/runbook-steps.ts'
import { openHouse } from '../works.ts'
import { plain, print, utc, type Format } from './print.ts'

async function withDb<T>(config: Config, work: (db: Db) => Promise<T>): Promise<T> {
  const house = await openHouse(config, { quiet: true })
  try {
    return await work(house.database.db)
  } finally {
    await house.close()
  }
}

export async function listCommand(
  config: Config,
  { all = false, state, limit, format }: { all?: boolean; state?: IncidentState; limit: number; format: Format },
): Promise<void> {
  await withDb(config, async (db) => {
    const wanted = state ?? (all ? undefined : ('open' as const))
    const incidents = await listIncidents(db, { limit, ...(wanted === undefined ? {} : { state: wanted }) })
    print(
      format,
      incidents,
      incidents,
      {
        incident: (i) => nameOf(i),
        state: (i) => i.state,
        priority: (i) => i.priority,
        severity: (i) => i.severity,
        alert: (i) => plain(i.alertname),
        since: (i) => utc(i.opened_at),
        'who has it': (i) => plain(i.acknowledged_by ?? ''),
        'came back': (i) => i.flaps,
        summary: (i) => plain(i.summary),
      },
      all ? 'There has been no incident yet.' : 'No incident is open; --all shows those that were.',
    )
  })
}

const nameOf = ({ number }: Incident): string => `INC-${number}`

export async function showCommand(config: Config, { format }: { format: Format }, args: string[]): Promise<void> {
  await withDb(config, async (db) => {
    const incident = await find(db, args[0] ?? '')
    const runs = await listRunbookRuns(db, { incidentId: incident.id, limit: 20 })
    const told = await Promise.all(
      runs
        .toReversed()
        .map(async (run) => ({ ...run, steps: await listSteps(db, run.id), approval: (await approvalOf(db, run.id)) ?? null })),
    )
    if (format === 'json') {
      console.log(JSON.stringify({ ...incident, runs: told }, null, 2))
      return
    }
    console.log(headOf(incident))
    for (const run of told) {
      console.log(runLines(run, run.steps))
      if (run.approval?.state === 'open')
        console.log(`  Open until ${utc(run.approval.expires_at)}: rolewatch runbook approve ${run.approval.id}`)
    }
    if (runs.length === 0) console.log('No runbook has run for it.')
  })
}

async function find(db: Db, name: string): Promise<Incident> {
  const incident = await getIncident(db, name)
  if (!incident) throw refusal(`There is no incident ${name}: "rolewatch incident list --all" shows them.`)
  return incident
}

function headOf(incident: Incident): string {
  const moments: [string, Date | null, string][] = [
    ['opened', incident.opened_at, ''],
    ['acknowledged', incident.acknowledged_at, ` by ${plain(incident.acknowledged_by ?? '')}`],
    ['escalated', incident.escalated_at, ''],
    ['mitigated', incident.mitigated_at, ''],
    ['resolved', incident.resolved_at, ''],
  ]
  const labels = Object.entries(incident.labels).map(([name, value]) => `${plain(name)}=${plain(value)}`)
  return [
    `${nameOf(incident)} ${plain(incident.alertname)} (${incident.priority}, ${incident.severity}): ${incident.state}`,
    plain(incident.summary),
    labels.join(' '),
    ...moments.flatMap(([what, at, more]) => (at ? [`${what} ${utc(at)}${more}`] : [])),
    ...(incident.flaps > 0 ? [`came back ${incident.flaps === 1 ? 'once' : `${incident.flaps} times`}`] : []),
  ].join('\n')
}

/** A run and its steps, a line each. */
export function runLines(run: StoredRun, steps: readonly StoredStep[]): string {
  const how = run.dry_run ? 'dry run' : run.mode
  const head = `\nRun ${run.id} of ${plain(run.alertname)} (${how}, begun by ${plain(run.actor)} ${utc(run.queued_at)}): ${run.outcome ?? run.state}`
  const verdict = run.verdict ? [`  Verdict: ${[run.verdict, ...run.causes].join(', ')}`] : []
  const lines = steps.map(({ part, number, action, state, verdict: found, words }) => {
    const what = action === null ? 'a person' : action
    return `  ${part === 'diagnosis' ? 'Diagnosis' : 'Step'} ${number} ${what} [${found ?? state}] ${plain(words)}`
  })
  return [head, ...verdict, ...lines, ...(run.words ? [`  ${plain(run.words)}`] : [])].join('\n')
}

export async function ackCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  await withDb(config, async (db) => {
    const { acknowledged_by: before } = await find(db, args[0] ?? '')
    const incident = await acknowledgeIncident(db, args[0] ?? '', 'cli')
    if (!incident) throw refusal(`There is no incident ${args[0] ?? ''}.`)
    console.log(before === null ? `${nameOf(incident)} is yours.` : `${plain(before)} has ${nameOf(incident)} already.`)
  })
}
