// Intake: what Alertmanager tells becomes incidents, and each incident a run of the runbook of the same name, within bounds.

import { AUTOMATIC_RUNS, guardRun } from '../../ops/runbook/guard.ts'
import type { Log } from '../../ops/log.ts'
import type { AlertChange } from '../store/alerts.ts'
import type { Trx } from '../store/database.ts'
import { holdIncident, openIncident, resolveIncident, type Incident } from '../store/incidents.ts'
import { countAutomaticRuns, enqueueRun, wakeEngines } from '../store/runbook-runs.ts'
import { modeOf } from '../store/runbook-pages.ts'
import type { Say } from './course.ts'
import type { Pages } from './pages.ts'

/** An alert that fires, or one that is over, as news. */
export type ReceivedAlert = Pick<AlertChange, 'fingerprint' | 'status' | 'labels' | 'annotations' | 'starts_at'>

export interface Intake {
  pages: Pick<Pages, 'get'>
  say: Say
  log: Log
  /** The moment of the request. */
  now: Date
}

const SEVERITIES = ['page', 'ticket', 'none']
const PRIORITIES = ['P0', 'P1', 'P2', 'P3']
const LONGEST_SUMMARY = 500
const LONGEST_NAME = 200

/**
 * Takes in alerts, in the transaction that keeps them. What was told before changes nothing. Alerts that are only informed of
 * (priority P3) and the sign of life open no incident.
 */
export async function onAlerts(trx: Trx, alerts: readonly ReceivedAlert[], intake: Intake): Promise<void> {
  // In one order everywhere: two requests about the same alerts must not wait for each other in a circle.
  const ordered = alerts.toSorted((a, b) => compare(a.fingerprint, b.fingerprint) || a.starts_at.getTime() - b.starts_at.getTime())
  for (const alert of ordered) {
    if (alert.status === 'firing') await onFiring(trx, alert, intake)
    else await onResolved(trx, alert, intake)
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const nameOf = ({ labels }: ReceivedAlert): string => (labels['alertname'] ?? '').slice(0, LONGEST_NAME)

/** A word of a closed set, or what stands for it where the alert has none. */
const oneOf = (words: readonly string[], given: string | undefined, otherwise: string): string =>
  given !== undefined && words.includes(given) ? given : otherwise

async function onFiring(trx: Trx, alert: ReceivedAlert, intake: Intake): Promise<void> {
  const { log, now } = intake
  const alertname = nameOf(alert)
  const priority = oneOf(PRIORITIES, alert.labels['priority'], 'P2')
  if (alertname === '' || alertname === 'Watchdog' || priority === 'P3') {
    log.info('runbook.ignored', { alert: alertname, priority })
    return
  }
  const { incident, isNew, rejoined } = await openIncident(trx, {
    fingerprint: alert.fingerprint,
    alertname,
    labels: alert.labels,
    summary: (alert.annotations['summary'] ?? alertname).slice(0, LONGEST_SUMMARY).toWellFormed(),
    severity: oneOf(SEVERITIES, alert.labels['severity'], 'ticket'),
    priority,
    firedAt: alert.starts_at,
    at: now,
  })
  if (!isNew && !rejoined) return
  log.info('incident.opened', { incident: `INC-${incident.number}`, alert: alertname, rejoined, flaps: incident.flaps })
  await intake.say(trx, { incidentId: incident.id, kind: 'opened' })
  if (intake.pages.get(alertname)) return startRun(trx, incident, intake)
  log.warn('runbook.unknown', { incident: `INC-${incident.number}`, alert: alertname })
  await intake.say(trx, { incidentId: incident.id, kind: 'noted' })
}

/** One run at a time, and no more than its share: an alert that keeps coming back is not helped by more of the same. */
async function startRun(trx: Trx, incident: Incident, { log, say, now }: Intake): Promise<void> {
  const recent = await countAutomaticRuns(trx, incident.id, new Date(now.getTime() - AUTOMATIC_RUNS.hours * 3_600_000))
  const decision = guardRun({ recent })
  const isNews = await holdIncident(trx, incident.id, decision.kind === 'refused', now)
  if (decision.kind === 'refused') {
    log.warn('runbook.held', { incident: `INC-${incident.number}`, alert: incident.alertname, why: decision.words })
    if (isNews) await say(trx, { incidentId: incident.id, kind: 'escalated' })
    return
  }
  const mode = await modeOf(trx, incident.alertname)
  const { id: incidentId, alertname: alert, labels } = incident
  await enqueueRun(trx, { incidentId, alert, labels, mode, dryRun: false, trigger: 'alert', actor: 'alertmanager' }, now)
}

async function onResolved(trx: Trx, alert: ReceivedAlert, { log, say, now }: Intake): Promise<void> {
  const incident = await resolveIncident(trx, alert.fingerprint, now, alert.starts_at)
  if (!incident) return
  log.info('incident.resolved', { incident: `INC-${incident.number}`, alert: incident.alertname })
  await say(trx, { incidentId: incident.id, kind: 'resolved' })
  await wakeEngines(trx)
}
