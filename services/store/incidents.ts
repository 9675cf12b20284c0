// Incidents: one per alert fingerprint while it lasts, from the first firing to the end, flapping included.

import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { appendAudit } from './audit.ts'
import type { Db } from './database.ts'

export const INCIDENT_STATES = ['opened', 'acknowledged', 'mitigated', 'resolved'] as const
export type IncidentState = (typeof INCIDENT_STATES)[number]

export interface Incident {
  id: string
  /** What people call it: INC-12. */
  number: number
  fingerprint: string
  alertname: string
  severity: string
  priority: string
  labels: Record<string, string>
  summary: string
  state: IncidentState
  opened_at: Date
  acknowledged_at: Date | null
  acknowledged_by: string | null
  mitigated_at: Date | null
  resolved_at: Date | null
  /** When the alert began to fire, the last time. */
  last_fired_at: Date
  /** How often it came back. */
  flaps: number
  /** Since when it has had its share of automatic runs. */
  held_at: Date | null
  escalated_at: Date | null
}

export interface IncidentDraft {
  fingerprint: string
  alertname: string
  labels: Readonly<Record<string, string>>
  summary: string
  severity: string
  priority: string
  /** When the alert began to fire. */
  firedAt: Date
  /** Now. */
  at: Date
}

/** An alert that comes back sooner joins the incident it had. */
export const FLAPPING_SECONDS = 1800

/**
 * The incident of a firing alert: a new one, or the one that goes on or ended a short while ago. `rejoined` when the alert had ended
 * and came back. Told again, or told late of what is long over, nothing changes.
 */
export async function openIncident(
  trx: Knex.Transaction,
  draft: IncidentDraft,
): Promise<{ incident: Incident; isNew: boolean; rejoined: boolean }> {
  await lockFingerprint(trx, draft.fingerprint)
  const last = await latest(trx, draft.fingerprint)
  const isGoing = last !== undefined && last.state !== 'resolved'
  if (isGoing || (last?.resolved_at && draft.at.getTime() - last.resolved_at.getTime() < FLAPPING_SECONDS * 1000)) {
    const isNews = isGoing ? draft.firedAt > last.last_fired_at : draft.firedAt >= last.last_fired_at
    if (!isNews) return { incident: last, isNew: false, rejoined: false }
    return { incident: await rejoin(trx, last, draft), isNew: false, rejoined: true }
  }
  const row = {
    id: randomUUID(),
    fingerprint: draft.fingerprint,
    alertname: draft.alertname,
    severity: draft.severity,
    priority: draft.priority,
    labels: JSON.stringify(draft.labels),
    summary: draft.summary,
    state: 'opened',
    opened_at: draft.at,
    last_fired_at: draft.firedAt,
  }
  const [incident] = await trx('incidents').insert(row).returning<Incident[]>('*')
  if (!incident) throw new Error('PostgreSQL returned no row for an insert')
  return { incident, isNew: true, rejoined: false }
}

/** Two that tell of the same new alert at once: one of them waits, and finds it. */
async function lockFingerprint(trx: Knex.Transaction, fingerprint: string): Promise<void> {
  await trx.raw(`select pg_advisory_xact_lock(hashtextextended('incident ' || ?, 0))`, [fingerprint])
}

async function latest(trx: Knex.Transaction, fingerprint: string): Promise<Incident | undefined> {
  return trx('incidents').where({ fingerprint }).orderBy('number', 'desc').first<Incident | undefined>().forNoKeyUpdate()
}

/** Who acknowledged it goes on being told; one that was mended or over is open again. */
async function rejoin(trx: Knex.Transaction, { id }: Incident, { firedAt }: IncidentDraft): Promise<Incident> {
  const [incident] = await trx('incidents')
    .where({ id })
    .update({
      state: trx.raw(`case when acknowledged_at is null then 'opened' else 'acknowledged' end`),
      resolved_at: null,
      mitigated_at: null,
      last_fired_at: firedAt,
      flaps: trx.raw('flaps + 1'),
    })
    .returning<Incident[]>('*')
  if (!incident) throw new Error('an incident that is locked has gone')
  return incident
}

/**
 * Ends the incident of an alert. Undefined when there is none, or when what ended is an earlier time that the alert fired. Runs that
 * wait for something look again at once.
 */
export async function resolveIncident(
  trx: Knex.Transaction,
  fingerprint: string,
  at: Date,
  firedAt: Date = at,
): Promise<Incident | undefined> {
  await lockFingerprint(trx, fingerprint)
  const [incident] = await trx('incidents')
    .where({ fingerprint })
    .whereNot({ state: 'resolved' })
    .where('last_fired_at', '<=', firedAt)
    .update({ state: 'resolved', resolved_at: at })
    .returning<Incident[]>('*')
  if (!incident) return undefined
  await trx('runbook_runs').where({ incident_id: incident.id }).whereNot({ state: 'done' }).update({ due_at: at })
  return incident
}

/** Holds an incident until the transaction ends, before anything of its runs is held: everywhere in this order. */
export async function lockIncident(trx: Knex.Transaction, id: string): Promise<Incident | undefined> {
  return trx('incidents').where({ id }).forNoKeyUpdate().first<Incident | undefined>()
}

/** A run mended it; the end is for the alert to say. */
export async function mitigateIncident(trx: Knex.Transaction, id: string, at: Date): Promise<Incident | undefined> {
  const [incident] = await trx('incidents')
    .where({ id })
    .whereNull('mitigated_at')
    .update({ state: trx.raw(`case when state = 'resolved' then state else 'mitigated' end`), mitigated_at: at })
    .returning<Incident[]>('*')
  return incident
}

/** Somebody has it. Undefined when there is no such incident; one that was acknowledged keeps who did it first. */
export async function acknowledgeIncident(db: Db, idOrNumber: string, by: string): Promise<Incident | undefined> {
  return db.transaction(async (trx) => {
    const found = await getIncident(trx, idOrNumber)
    if (!found || found.acknowledged_at) return found
    const [incident] = await trx('incidents')
      .where({ id: found.id })
      .whereNull('acknowledged_at')
      .update({
        state: trx.raw(`case when state = 'opened' then 'acknowledged' else state end`),
        acknowledged_at: trx.raw('clock_timestamp()'),
        acknowledged_by: by,
      })
      .returning<Incident[]>('*')
    if (!incident) return getIncident(trx, found.id)
    await appendAudit(trx, { actor: by, action: 'incident.acknowledge', target: `incident/INC-${incident.number}` })
    return incident
  })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NUMBER = /^(?:INC-)?(\d{1,15})$/i

/** One incident by its id, `12` or `INC-12`; undefined when there is none. */
export async function getIncident(db: Db, idOrNumber: string): Promise<Incident | undefined> {
  const number = NUMBER.exec(idOrNumber)?.[1]
  if (number === undefined && !UUID.test(idOrNumber)) return undefined
  return db('incidents')
    .where(number === undefined ? { id: idOrNumber } : { number: Number(number) })
    .first<Incident | undefined>()
}

export interface IncidentFilter {
  /** `open`: everything that is not resolved. */
  state?: IncidentState | 'open'
  alertname?: string
  limit: number
  /** The number of the last one of the page before. */
  before?: number
}

/** Incidents, newest first. */
export async function listIncidents(db: Db, filter: IncidentFilter): Promise<Incident[]> {
  const query = db('incidents').select<Incident[]>('*').orderBy('number', 'desc').limit(filter.limit)
  if (filter.state === 'open') void query.whereNot({ state: 'resolved' })
  else if (filter.state !== undefined) void query.where({ state: filter.state })
  if (filter.alertname !== undefined) void query.where({ alertname: filter.alertname })
  if (filter.before !== undefined) void query.where('number', '<', filter.before)
  return query
}

/** The newest incident of an alert that goes on and has all of these labels. */
export async function findGoing(db: Db, alertname: string, labels: Readonly<Record<string, string>>): Promise<Incident | undefined> {
  return db('incidents')
    .where({ alertname })
    .whereNot({ state: 'resolved' })
    .whereRaw('labels @> ?::jsonb', [JSON.stringify(labels)])
    .orderBy('number', 'desc')
    .first<Incident | undefined>()
}

/** Notes that an incident has had its share of automatic runs, or (false) that it may have some again. True when that is news. */
export async function holdIncident(trx: Knex.Transaction, id: string, isHeld: boolean, at: Date): Promise<boolean> {
  const query = trx('incidents').where({ id })
  return (await (isHeld ? query.whereNull('held_at') : query.whereNotNull('held_at')).update({ held_at: isHeld ? at : null })) > 0
}
