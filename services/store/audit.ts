// The audit: who changed what by hand, and what it was before.

import type { Db } from './database.ts'

export interface AuditEntry {
  /** A token's name, `cli`, or the name of a part of the product. */
  actor: string
  /** As `source.pause`. */
  action: string
  /** As `source/greenhouse` or `board/greenhouse/acme`. */
  target: string
  before?: unknown
  after?: unknown
  trace_id?: string | null
}

export interface AuditRow extends Required<AuditEntry> {
  id: number
  at: Date
}

const asJson = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

/** Adds a line; in the transaction of the change it tells of. */
export async function appendAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db('audit').insert({
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    before: asJson(entry.before),
    after: asJson(entry.after),
    trace_id: entry.trace_id ?? null,
  })
}

/** Lines, newest first. `before` is the id of the last line of the page before. */
export async function listAudit(db: Db, filter: { target?: string; before?: number; limit: number }): Promise<AuditRow[]> {
  const query = db('audit').select('*').orderBy('id', 'desc').limit(filter.limit)
  if (filter.target !== undefined) void query.where({ target: filter.target })
  if (filter.before !== undefined) void query.where('id', '<', filter.before)
  return (await query) as AuditRow[]
}
