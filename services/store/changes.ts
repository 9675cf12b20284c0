// What people changed lately: lines of the audit without those that runbooks wrote.

import type { Db } from './database.ts'

export interface Change {
  /** Of the line in the audit, which says who it was. */
  id: number
  at: Date
  action: string
  target: string
  /** Of all of them, told or not. */
  total: number
}

/** Changes by hand since then, newest first; the first few. */
export async function changesByHand(db: Db, since: Date, most = 20): Promise<Change[]> {
  return db('audit')
    .where('at', '>', since)
    .whereNot('actor', 'like', 'runbook/%')
    .orderBy('id', 'desc')
    .limit(most)
    .select<Change[]>('id', 'at', 'action', 'target', db.raw('count(*) over () as total'))
}
