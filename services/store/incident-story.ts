// What the database remembers of the time of an incident: when its alert fired, who was told, what was changed, and what people missed.

import { CANARY, CANARY_SEARCH } from './canary-marks.ts'
import type { Db } from './database.ts'
import type { Incident } from './incidents.ts'

/** One time that the alert fired. */
export interface Firing {
  starts_at: Date
  ends_at: Date | null
  first_received_at: Date
}

/** One message to the people on call. */
export interface ToldMessage {
  at: Date
  by: 'slack' | 'email'
  kinds: string[]
}

/** One line of the audit. */
export interface HandChange {
  at: Date
  actor: string
  action: string
  target: string
}

export interface BegunProcess {
  role: string
  version: string
  started_at: Date
}

export interface Span {
  from: Date
  to: Date
}

const MOST = 200

export async function firingsOf(db: Db, fingerprint: string, { from, to }: Span): Promise<Firing[]> {
  return db('alerts')
    .where({ fingerprint })
    .where('first_received_at', '>=', from)
    .where('starts_at', '<=', to)
    .orderBy('starts_at')
    .limit(MOST)
    .select('starts_at', 'ends_at', 'first_received_at')
}

export async function messagesOf(db: Db, incidentId: string): Promise<ToldMessage[]> {
  const { rows } = await db.raw<{ rows: ToldMessage[] }>(
    `select max(delivered_at) as at, max(delivered_by) as by, array_agg(kind order by id) as kinds from ops_messages
      where incident_id = ? and state = 'delivered' group by message_id order by 1 limit ?`,
    [incidentId, MOST],
  )
  return rows
}

/** What was changed by others than runbooks, without what is told of incidents and of runs anyway. */
export async function changesIn(db: Db, { from, to }: Span): Promise<HandChange[]> {
  return db('audit')
    .whereBetween('at', [from, to])
    .whereNot('actor', 'like', 'runbook/%')
    .whereRaw(`action !~ '^(incident|approval|runbook)\\.'`)
    .orderBy('id')
    .limit(MOST)
    .select('at', 'actor', 'action', 'target')
}

/** Processes that began, as far as they are remembered: one that has been gone for a day is forgotten. */
export async function processesIn(db: Db, { from, to }: Span): Promise<BegunProcess[]> {
  return db('workers').whereBetween('started_at', [from, to]).orderBy('started_at').limit(MOST).select('role', 'version', 'started_at')
}

/** Other incidents that went on at the same time. */
export async function incidentsIn(db: Db, { from, to }: Span, except: string): Promise<Incident[]> {
  return db('incidents')
    .whereNot({ id: except })
    .where('opened_at', '<=', to)
    .where((over) => void over.whereNull('resolved_at').orWhere('resolved_at', '>=', from))
    .orderBy('number')
    .limit(MOST)
    .select<Incident[]>('*')
}

/** Visits that began in a time, by how they ended; of one source or of all. */
export async function visitsIn(db: Db, { from, to }: Span, source: string | undefined): Promise<Record<string, number>> {
  const { rows } = await db.raw<{ rows: { outcome: string; visits: number }[] }>(
    `select outcome, count(*)::int as visits from runs
      where started_at between :from and :to and source <> :canary and (:source::text is null or source = :source)
      group by 1 order by 2 desc, 1`,
    { from, to, canary: CANARY, source: source ?? null },
  )
  return Object.fromEntries(rows.map(({ outcome, visits }) => [outcome, visits]))
}

export interface Missed {
  /** Notifications that fell due in the time. */
  due: number
  /** Delivered, but not within half a minute. */
  late: number
  /** Waiting still. */
  waiting: number
  /** Refused for good. */
  failed: number
  /** Nobody knows. */
  uncertain: number
}

/** What people were told late or not at all of what fell due in a time. `promise` in seconds. */
export async function missedIn(db: Db, { from, to }: Span, promise: number): Promise<Missed> {
  const { rows } = await db.raw<{ rows: Missed[] }>(
    `select count(*)::int as due,
            (count(*) filter (where state = 'delivered' and delivered_at > created_at + make_interval(secs => :promise)))::int as late,
            (count(*) filter (where state in ('pending', 'sending')))::int as waiting,
            (count(*) filter (where state = 'failed'))::int as failed,
            (count(*) filter (where state = 'uncertain'))::int as uncertain
       from outbox where created_at between :from and :to and search_id <> :canary`,
    { from, to, promise, canary: CANARY_SEARCH },
  )
  return rows[0] ?? { due: 0, late: 0, waiting: 0, failed: 0, uncertain: 0 }
}
