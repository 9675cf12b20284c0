// The course of one drill: calm, the fault, the alert, its runbook, the end, the repair, and calm again, each with its seconds.

import { decideApproval, approvalOf } from '../store/approvals.ts'
import { ageIncidents, ageVisits } from '../store/drill-past.ts'
import { firstVisit, isGoing, readDrillRecord, type DrillRecord } from '../store/drill-record.ts'
import { setMode } from '../store/runbook-pages.ts'
import { isSilence, VISITS, type AlertDrill, type Drill, type GuardDrill, type Report, type SilenceDrill, type Times } from './drill.ts'
import type { Ground } from './ground.ts'
import { judge } from './judge.ts'
import { until } from './until.ts'

const CALM_S = 150
const TOLD_S = 90
const RUN_S = 90
/** The longest window of a rule, and how long it fires on, in quicker time; and some patience. */
const END_S = 180

/**
 * Runs one drill from calm to calm. What goes wrong stands in its report; the ground is repaired in any case. `free` is told when others
 * may use what it needed: it is repaired, and only the alert has yet to end.
 */
export async function runDrill(ground: Ground, drill: Drill, free: () => void = () => {}): Promise<Report> {
  const report = blank(drill)
  const began = performance.now()
  let broken = false
  try {
    if (drill.alert !== null && !isSilence(drill)) await prepare(ground, drill)
    broken = true
    if (drill.kind === 'guard') await proveGuard(ground, drill, report)
    else if (isSilence(drill)) await hearSilence(ground, drill, report)
    else await followAlert(ground, drill, report, free)
  } catch (error) {
    report.faults.push(error instanceof Error ? error.message : String(error))
    if (broken) await drill.repair(ground).catch((trouble: unknown) => report.faults.push(`the repair failed: ${String(trouble)}`))
  }
  if (drill.alert !== null && !isSilence(drill)) {
    await ground.database.inTransaction((trx) => setMode(trx, drill.alert, 'suggest', 'drill'))
    await ageIncidents(ground.database.db, drill.alert)
  }
  report.totalSeconds ||= secondsSince(began)
  report.passed = report.faults.length === 0
  return report
}

function blank(drill: Drill): Report {
  const { name, kind, alert, about, incidents = [] } = drill
  return {
    name,
    kind,
    alert,
    about,
    incidents,
    passed: false,
    faults: [],
    times: {},
    totalSeconds: 0,
    verdict: null,
    causes: [],
    outcome: null,
    did: [],
    ending: drill.kind === 'guard' ? 'guard holds' : isSilence(drill) ? 'asks a person' : drill.expected.ending,
    manual: [],
    words: '',
    incident: null,
  }
}

const secondsSince = (began: number): number => (performance.now() - began) / 1000

/** Nothing of the alert goes on, what it left lies far back, and its runbook may act by itself. */
async function prepare(ground: Ground, { alert, labels = {}, needs, mode }: AlertDrill): Promise<void> {
  const { db } = ground.database
  const selector = Object.entries({ alertname: alert, ...labels }).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const isCalm = async () => (await ground.ask(`ALERTS{${selector.join(',')}}`)).length === 0 && !(await isGoing(db, alert, labels))
  await until(`${alert} to be silent before the drill`, isCalm, CALM_S)
  await ageIncidents(db, alert)
  const sources = VISITS.filter((source) => needs.includes(source))
  if (sources.length > 0) await ageVisits(db, sources)
  await ground.database.inTransaction((trx) => setMode(trx, alert, mode, 'drill'))
}

async function followAlert(ground: Ground, drill: AlertDrill, report: Report, free: () => void): Promise<void> {
  const { db } = ground.database
  const { alert, labels = {}, expected } = drill
  const fault = new Date()
  const since = (at: Date) => Math.max(0, (at.getTime() - fault.getTime()) / 1000)
  await drill.inject(ground)
  const record = () => readDrillRecord(db, alert, labels, fault)
  await until(`${alert} to become an incident`, record, TOLD_S)
  await drill.passes?.(ground)
  const settled = await until(`the run of ${alert}`, async () => settle(ground, drill, report, await record()), RUN_S)
  if (drill.signs) report.times.sign = await signOf(ground, drill.signs, fault, since)
  note(report, settled, since)
  const isMended = settled.run?.outcome === 'mended'
  if (isMended) await awaitEnd(record, alert)
  else if (expected.ending === 'asks a person') report.manual.push('repair')
  await drill.repair(ground)
  if (!drill.holds) free()
  const ended = await awaitEnd(record, alert)
  note(report, ended, since)
  report.totalSeconds = since(new Date())
  report.faults.push(...judge(drill, report))
}

async function awaitEnd(record: () => Promise<DrillRecord | undefined>, alert: string): Promise<DrillRecord> {
  return until(
    `${alert} to end`,
    async () => {
      const now = await record()
      return now?.incident.state === 'resolved' && now.run?.state === 'done' && now
    },
    END_S,
  )
}

/** The run is done; where it asks for leave and is to have it, it is given once. */
async function settle(
  ground: Ground,
  { expected }: AlertDrill,
  report: Report,
  record: DrillRecord | undefined,
): Promise<DrillRecord | undefined> {
  const run = record?.run
  if (run?.state === 'done') return record
  if (run?.state !== 'waiting') return undefined
  if (!expected.allowed) return record
  const approval = await approvalOf(ground.database.db, run.id)
  if (approval?.state !== 'open') return undefined
  const decided = await decideApproval(ground.database.db, approval.id, { by: 'drill', verdict: 'approved' })
  if (decided === 'decided') report.manual.push('approve')
  return undefined
}

async function signOf(ground: Ground, signs: readonly string[], fault: Date, since: (at: Date) => number): Promise<number> {
  const at = await firstVisit(ground.database.db, signs, fault)
  return at ? since(at) : Number.NaN
}

const latest = (moments: readonly (Date | null)[]): Date | undefined => {
  const known = moments.flatMap((at) => (at ? [at.getTime()] : []))
  return known.length === 0 ? undefined : new Date(Math.max(...known))
}

function note(report: Report, { incident, run, steps }: DrillRecord, since: (at: Date) => number): void {
  const looked = latest(steps.filter(({ part }) => part === 'diagnosis').map(({ ended_at }) => ended_at))
  const changed = steps.filter(({ part, started_at }) => part === 'steps' && started_at !== null)
  const done = latest(changed.map(({ ended_at }) => ended_at))
  const times: Times = {
    ...report.times,
    alert: since(incident.opened_at),
    ...(looked ? { classified: since(looked) } : {}),
    ...(done ? { done: since(done) } : {}),
    ...(run?.outcome === 'mended' && run.ended_at ? { verified: since(run.ended_at) } : {}),
    ...(incident.resolved_at ? { resolved: since(incident.resolved_at) } : {}),
  }
  Object.assign(report, {
    times,
    incident: `INC-${incident.number}`,
    verdict: run?.verdict ?? null,
    causes: run?.causes ?? [],
    outcome: run?.outcome ?? run?.state ?? null,
    did: changed.map(({ action, state }) => `${action ?? ''}${state === 'done' ? '' : ` (${state})`}`),
    words: run?.words ?? '',
  })
}

async function hearSilence(ground: Ground, drill: SilenceDrill, report: Report): Promise<void> {
  const fault = Date.now()
  const seconds = () => (Date.now() - fault) / 1000
  await drill.inject(ground)
  await until(`the dead man's switch to speak`, async () => drill.isTold(ground, fault), TOLD_S)
  report.times.alert = seconds()
  report.manual.push('repair')
  const repaired = Date.now()
  await drill.repair(ground)
  await until(`the dead man's switch to say that it is over`, async () => drill.isOver(ground, repaired), TOLD_S)
  report.times.resolved = seconds()
  report.totalSeconds = seconds()
  report.words = "The dead man's switch spoke by mail, from its own process, and said when it was over."
}

async function proveGuard(ground: Ground, drill: GuardDrill, report: Report): Promise<void> {
  const began = performance.now()
  await drill.inject(ground)
  report.words = await drill.prove(ground)
  await drill.repair(ground)
  report.totalSeconds = secondsSince(began)
}
