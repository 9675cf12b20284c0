// Alerts that Alertmanager told of: each time that one fired is one row, however often it is told again.

import type { Knex } from 'knex'
import type { Db } from './database.ts'

type Status = 'firing' | 'resolved'

/** An alert as it is told. */
export interface ToldAlert {
  /** Alertmanager's hash of the labels. */
  fingerprint: string
  status: Status
  starts_at: Date
  /** Null while it fires. */
  ends_at: Date | null
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}

export interface AlertRow extends Omit<ToldAlert, 'status'> {
  /** `silent`: it fired when it was last heard of, which is too long ago: silenced, inhibited, or Alertmanager is gone. */
  status: Status | 'silent'
  alertname: string
  severity: string
  first_received_at: Date
  last_received_at: Date
  receipts: number
}

/** A row whose status is another now; `before` is null where there was none. */
export interface AlertChange extends ToldAlert {
  alertname: string
  severity: string
  before: Status | null
}

/** Alertmanager repeats to the hook every five minutes (alerts/alertmanager.yml): after three missed turns an alert is not heard of any more. */
export const SILENT_AFTER_SECONDS = 1200
/** A request that Alertmanager gave up and sent again arrives within this time; a later one that says "firing" means it. */
const LATE_SECONDS = 60
/** A name goes into an index, whose entries have an end. */
const LONGEST_NAME = 200

const nameOf = (labels: ToldAlert['labels'], label: string): string => (labels[label] ?? '').slice(0, LONGEST_NAME)

/**
 * Keeps what was told. Alerts that are told again change nothing but when they were last heard of; of an alert that is in the list
 * twice, the last counts. Runs in a transaction, so that what follows from the changes is kept with them or not at all.
 */
export async function receiveAlerts(trx: Knex.Transaction, told: readonly ToldAlert[], now: Date): Promise<AlertChange[]> {
  if (told.length === 0) return []
  const keyOf = ({ fingerprint, starts_at }: Pick<ToldAlert, 'fingerprint' | 'starts_at'>) => `${fingerprint} ${starts_at.toISOString()}`
  const alerts = new Map(told.map((alert) => [keyOf(alert), alert]))
  const rows = JSON.stringify(
    [...alerts.values()].map((alert) => ({
      ...alert,
      ends_at: alert.status === 'firing' ? null : (alert.ends_at ?? now),
      alertname: nameOf(alert.labels, 'alertname'),
      severity: nameOf(alert.labels, 'severity'),
    })),
  )
  const before = await trx.raw<{ rows: { fingerprint: string; starts_at: Date; status: Status }[] }>(
    `select a.fingerprint, a.starts_at, a.status
       from alerts a join jsonb_to_recordset(?::jsonb) as g (fingerprint text, starts_at timestamptz) using (fingerprint, starts_at)
      order by a.fingerprint, a.starts_at for update of a`,
    [rows],
  )
  const known = new Map(before.rows.map((row) => [keyOf(row), row.status]))
  const { rows: written } = await trx.raw<{ rows: Omit<AlertChange, 'before'>[] }>(UPSERT, { rows, now })
  return written.map((row) => ({ ...row, before: known.get(keyOf(row)) ?? null })).filter((row) => row.before !== row.status)
}

/** In the order of the key: two requests that tell of the same alerts must not wait for each other in a circle. */
const UPSERT = `
  insert into alerts as a
    (fingerprint, starts_at, ends_at, status, alertname, severity, labels, annotations, first_received_at, last_received_at, changed_at)
  select g.*, :now, :now, :now
    from jsonb_to_recordset(:rows::jsonb) as g (fingerprint text, starts_at timestamptz, ends_at timestamptz, status text,
         alertname text, severity text, labels jsonb, annotations jsonb)
   order by 1, 2
  on conflict (fingerprint, starts_at) do update set
    (status, ends_at, changed_at) = (
      select case when kept then a.status else excluded.status end,
             case when kept then a.ends_at else excluded.ends_at end,
             case when kept or a.status = excluded.status then a.changed_at else excluded.changed_at end
        from (select a.status = 'resolved' and excluded.status = 'firing'
                 and excluded.last_received_at < a.changed_at + ${LATE_SECONDS} * interval '1 second' as kept) k),
    labels = excluded.labels, annotations = excluded.annotations,
    last_received_at = greatest(a.last_received_at, excluded.last_received_at), receipts = a.receipts + 1
  returning a.fingerprint, a.starts_at, a.ends_at, a.status, a.alertname, a.severity, a.labels, a.annotations`

/**
 * How the alerts of a name with all of these labels stand together: `silent` when one fired the last time that it was heard of, too
 * long ago; undefined when none was ever told of.
 */
export async function standingOf(
  db: Db,
  alertname: string,
  labels: Readonly<Record<string, string>>,
  now: Date,
): Promise<AlertRow['status'] | undefined> {
  const heard = new Date(now.getTime() - SILENT_AFTER_SECONDS * 1000)
  const row = await db('alerts')
    .where({ alertname })
    .whereRaw('labels @> ?::jsonb', [JSON.stringify(labels)])
    .select(db.raw(`case when status = 'firing' and last_received_at < ? then 'silent' else status end as status`, [heard]))
    .orderByRaw(`status = 'firing' desc, last_received_at desc`)
    .first<{ status: AlertRow['status'] } | undefined>()
  return row?.status
}

/** The last time that the alert with this fingerprint fired, as it was told. */
export async function newestAlert(db: Db, fingerprint: string): Promise<Pick<ToldAlert, 'starts_at' | 'annotations'> | undefined> {
  return db('alerts').where({ fingerprint }).orderBy('starts_at', 'desc').first('starts_at', 'annotations')
}

export interface AlertFilter {
  /** Those alone that fire and were heard of not long ago. */
  firing?: boolean
  alertname?: string
  severity?: string
  limit: number
  /** Rows after this one: `{at, fingerprint}` of the last row of the page before. */
  after?: { at: Date; fingerprint: string }
}

/** Alerts, the newest first. */
export async function listAlerts(db: Db, filter: AlertFilter, now: Date): Promise<AlertRow[]> {
  const heard = new Date(now.getTime() - SILENT_AFTER_SECONDS * 1000)
  const query = db('alerts')
    .select('fingerprint', 'alertname', 'severity', 'starts_at', 'ends_at', 'labels', 'annotations')
    .select('first_received_at', 'last_received_at', 'receipts')
    .select(db.raw(`case when status = 'firing' and last_received_at < ? then 'silent' else status end as status`, [heard]))
    .orderBy([
      { column: 'starts_at', order: 'desc' },
      { column: 'fingerprint', order: 'desc' },
    ])
  if (filter.firing) void query.where({ status: 'firing' }).where('last_received_at', '>=', heard)
  if (filter.alertname) void query.where({ alertname: filter.alertname })
  if (filter.severity) void query.where({ severity: filter.severity })
  if (filter.after) void query.whereRaw('(starts_at, fingerprint) < (?, ?)', [filter.after.at, filter.after.fingerprint])
  return (await query.limit(filter.limit)) as AlertRow[]
}
