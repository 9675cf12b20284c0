// The audit: who or what changed what, and what it was before; a chain in which one changed byte shows.

import { createHash } from 'node:crypto'
import type { Db } from './database.ts'

/** What is known of a change that a runbook made, looked at or was asked about. */
export interface AuditDetail {
  alert?: string | null
  /** SHA-256 of the runbook's page. */
  runbook?: string | null
  /** Who or what began the run. */
  actor?: string
  approver?: string | null
  inputs?: unknown
  /** SHA-256 of what came out. */
  output?: string | null
  verdict?: string | null
  words?: string
}

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
  detail?: AuditDetail
}

export interface AuditRow extends Required<AuditEntry> {
  id: number
  at: Date
  /** SHA-256 of the hash of the line before and of this line. */
  hash: string
}

const asJson = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

/**
 * Adds a line; in the transaction of the change it tells of, and as the last thing in it: whoever adds one lets nobody else add any
 * until the transaction ends.
 */
export async function appendAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db('audit').insert({
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    before: asJson(entry.before),
    after: asJson(entry.after),
    trace_id: entry.trace_id ?? null,
    detail: asJson(entry.detail),
  })
}

/** What tells of an incident: lines about it, about the runs that it started, and in the traces of those runs. */
const OF_INCIDENT = `id in (
  with told as (select r.id, r.trace_id from runbook_runs r join incidents i on i.id = r.incident_id where i.number = :number)
  select a.id from audit a where a.target = 'incident/INC-' || :number
  union all select a.id from told t join audit a on a.target = 'run/' || t.id
  union all select a.id from told t join audit a on a.trace_id = t.trace_id)`

/** Lines, newest first. `incident` is its number, `before` the id of the last line of the page before. */
export async function listAudit(
  db: Db,
  filter: { target?: string; action?: string; actor?: string; incident?: number; before?: number; limit: number },
): Promise<AuditRow[]> {
  const { target, action, actor } = filter
  const query = db('audit').select('*').orderBy('id', 'desc').limit(filter.limit)
  for (const [column, value] of Object.entries({ target, action, actor })) if (value !== undefined) void query.where(column, value)
  if (filter.incident !== undefined) void query.whereRaw(OF_INCIDENT, { number: filter.incident })
  if (filter.before !== undefined) void query.where('id', '<', filter.before)
  return (await query) as AuditRow[]
}

export interface Verification {
  lines: number
  /** The first line that is not as it was written, or is gone. */
  broken: null | { id: number; why: string }
  /** The end of the chain: whoever wrote it down elsewhere can tell later that nothing up to it was written anew. */
  head: { id: number; hash: string }
}

interface ChainLine {
  id: number
  hash: string
  line: string
}

/** The line as it is hashed. It is spelt out here, and not asked of the function that the trigger uses: that may have been changed too. */
const LINES = `
  select id, hash, jsonb_build_array(id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, target,
         before, after, trace_id, detail)::text as line
    from audit where id > ? order by id limit ?`

const START = '0'.repeat(64)

/** Walks the whole chain, as it is at one moment, and compares its end with the head. */
export async function verifyAudit(db: Db, batch = 2000): Promise<Verification> {
  return db.transaction(
    async (trx) => {
      const head = await trx('audit_head').first<{ id: number; hash: string } | undefined>('id', 'hash')
      let lines = 0
      let last = { id: 0, hash: START }
      for (;;) {
        const { rows } = await trx.raw<{ rows: ChainLine[] }>(LINES, [last.id, batch])
        for (const row of rows) {
          const why = faultOf(row, last)
          if (why) return { lines, broken: { id: row.id, why }, head: last }
          lines++
          last = { id: row.id, hash: row.hash }
        }
        if (rows.length < batch) break
      }
      return { lines, broken: head ? faultOfEnd(last, head) : { id: last.id, why: 'the head of the chain is gone' }, head: last }
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  )
}

function faultOf(row: ChainLine, last: { id: number; hash: string }): string | undefined {
  if (row.hash === sha256(last.hash + row.line)) return undefined
  if (row.id > last.id + 1) {
    const missing = row.id === last.id + 2 ? `line ${last.id + 1} is` : `lines ${last.id + 1} to ${row.id - 1} are`
    return `${missing} missing before it, or it was changed`
  }
  return 'it is not as it was written'
}

function faultOfEnd(last: { id: number; hash: string }, head: { id: number; hash: string }): Verification['broken'] {
  if (last.id === head.id && last.hash === head.hash) return null
  if (last.id < head.id) return { id: last.id + 1, why: `the lines from here to ${head.id} are missing` }
  return { id: last.id, why: 'the head of the chain does not belong to it' }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
