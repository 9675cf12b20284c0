// Escalations: pages that nobody has acknowledged in time, each taken by one process and once.

import type { Knex } from 'knex'
import type { Db } from './database.ts'
import type { Incident } from './incidents.ts'

/** A page that keeps coming back for so many times as long is not put off any more by each new beginning. */
const FLAPPING_FACTOR = 4
const MOST = 50

/**
 * Pages that have fired unacknowledged for so many minutes, or have come and gone unacknowledged for four times as long. What its
 * runbook has mended needs nobody in the night.
 */
export async function unacknowledgedPages(db: Db, minutes: number, now: Date): Promise<string[]> {
  const before = (times: number) => new Date(now.getTime() - times * minutes * 60_000)
  return db('incidents')
    .where({ severity: 'page', state: 'opened' })
    .whereNull('acknowledged_at')
    .whereNull('escalated_at')
    .where('opened_at', '<=', before(1))
    .where((either) => void either.where('last_fired_at', '<=', before(1)).orWhere('opened_at', '<=', before(FLAPPING_FACTOR)))
    .orderBy('number')
    .limit(MOST)
    .pluck('id')
}

/** Marks an incident as escalated. Undefined where somebody else did, or where somebody has it by now. */
export async function markEscalated(trx: Knex.Transaction, id: string, at: Date): Promise<Incident | undefined> {
  const [incident] = await trx('incidents')
    .where({ id, state: 'opened' })
    .whereNull('acknowledged_at')
    .whereNull('escalated_at')
    .update({ escalated_at: at })
    .returning<Incident[]>('*')
  return incident
}
