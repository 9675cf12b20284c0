// Approvals: one question per run to whoever may say yes, answered once, and over when its time is.

import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import { appendAudit } from './audit.ts'
import type { Db } from './database.ts'
import { wakeEngines } from './runbook-runs.ts'

export type ApprovalState = 'open' | 'approved' | 'rejected' | 'expired'

/** A step as it was shown to whoever decides. */
export interface AskedStep {
  number: number
  action: string
  given: Record<string, string>
  target: string
  words: string
  reversible: boolean
}

export interface Approval {
  id: string
  run_id: string
  plan: AskedStep[]
  state: ApprovalState
  asked_at: Date
  expires_at: Date
  decided_at: Date | null
  decided_by: string | null
}

/** Asks; in the transaction that puts the run to waiting. */
export async function askApproval(
  trx: Knex.Transaction,
  ask: { runId: string; plan: readonly AskedStep[]; at: Date; expiresAt: Date },
): Promise<Approval> {
  const row = { id: randomUUID(), run_id: ask.runId, plan: JSON.stringify(ask.plan), asked_at: ask.at, expires_at: ask.expiresAt }
  const [made] = await trx('approvals').insert(row).returning<Approval[]>('*')
  if (!made) throw new Error('PostgreSQL returned no row for an insert')
  return made
}

/** The question of a run, or undefined. */
export async function approvalOf(db: Db, runId: string): Promise<Approval | undefined> {
  return db('approvals').where({ run_id: runId }).first<Approval | undefined>()
}

/** Ends a question that nobody needs to answer any more. */
export async function expireApproval(trx: Knex.Transaction, runId: string, at: Date): Promise<void> {
  await trx('approvals').where({ run_id: runId, state: 'open' }).update({ state: 'expired', decided_at: at })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** By its own id or its run's. */
export async function getApproval(db: Db, id: string): Promise<Approval | undefined> {
  if (!UUID.test(id)) return undefined
  return db('approvals').where({ id }).orWhere({ run_id: id }).first<Approval | undefined>()
}

/** Questions that wait for an answer, the oldest first. */
export async function listOpenApprovals(db: Db, now = new Date()): Promise<(Approval & { alertname: string; incident: number | null })[]> {
  return db('approvals as a')
    .join('runbook_runs as r', 'r.id', 'a.run_id')
    .leftJoin('incidents as i', 'i.id', 'r.incident_id')
    .where('a.state', 'open')
    .where('a.expires_at', '>', now)
    .orderBy('a.asked_at')
    .select('a.*', 'r.alertname', 'i.number as incident')
}

/**
 * Answers, once: of two who answer at the same time one has `decided` and the other comes `already`. The run goes on at once.
 * `id` is the approval's or its run's.
 */
export async function decideApproval(
  db: Db,
  id: string,
  { by, verdict, now }: { by: string; verdict: 'approved' | 'rejected'; now?: Date },
): Promise<'decided' | 'already' | 'expired' | 'unknown'> {
  return db.transaction(async (trx) => {
    const found = await getApproval(trx, id)
    if (!found) return 'unknown'
    const at = now ?? trx.raw<Date>('clock_timestamp()')
    // The run first: the engine takes its locks in the same order.
    await trx('runbook_runs').where({ id: found.run_id }).forUpdate().first('id')
    const [decided] = await trx('approvals')
      .where({ id: found.id, state: 'open' })
      .where('expires_at', '>', at)
      .update({ state: verdict, decided_at: at, decided_by: by })
      .returning<Approval[]>('*')
    if (!decided) {
      const left = await getApproval(trx, found.id)
      return left?.state === 'open' || left?.state === 'expired' ? 'expired' : 'already'
    }
    const [run] = await trx('runbook_runs')
      .where({ id: decided.run_id })
      .update({ due_at: at })
      .returning<{ alertname: string; page_hash: string | null; trace_id: string | null }[]>(['alertname', 'page_hash', 'trace_id'])
    await wakeEngines(trx)
    await appendAudit(trx, {
      actor: by,
      action: `approval.${verdict}`,
      target: `run/${decided.run_id}`,
      trace_id: run?.trace_id ?? null,
      detail: { alert: run?.alertname ?? null, runbook: run?.page_hash ?? null, approver: by, inputs: decided.plan, verdict },
    })
    return 'decided'
  })
}
