// Maintenance windows: times in which runbooks change nothing by themselves, everywhere or on one source.

import { randomUUID } from 'node:crypto'
import { appendAudit } from './audit.ts'
import type { Db } from './database.ts'

export interface MaintenanceWindow {
  id: string
  starts_at: Date
  ends_at: Date
  /** Null: everything. */
  source: string | null
  reason: string
  set_by: string
}

/** Announces maintenance; `endsAt` must come after `startsAt`. */
export async function addWindow(
  db: Db,
  draft: { startsAt: Date; endsAt: Date; source: string | null; reason: string; by: string },
): Promise<MaintenanceWindow> {
  return db.transaction(async (trx) => {
    const row = {
      id: randomUUID(),
      starts_at: draft.startsAt,
      ends_at: draft.endsAt,
      source: draft.source,
      reason: draft.reason,
      set_by: draft.by,
    }
    const [made] = await trx('maintenance_windows').insert(row).returning<MaintenanceWindow[]>('*')
    if (!made) throw new Error('PostgreSQL returned no row for an insert')
    await appendAudit(trx, { actor: draft.by, action: 'maintenance.add', target: `maintenance/${made.id}`, after: made })
    return made
  })
}

/** Takes a window back; false when there is none of that id. */
export async function removeWindow(db: Db, id: string, by: string): Promise<boolean> {
  return db.transaction(async (trx) => {
    const [gone] = await trx('maintenance_windows').whereRaw('id::text = ?', [id]).delete().returning<MaintenanceWindow[]>('*')
    if (gone) await appendAudit(trx, { actor: by, action: 'maintenance.remove', target: `maintenance/${id}`, before: gone })
    return gone !== undefined
  })
}

/** Windows that are not over, the next first. */
export async function listWindows(db: Db, now: Date): Promise<MaintenanceWindow[]> {
  return db('maintenance_windows').where('ends_at', '>', now).orderBy(['starts_at', 'id']).select<MaintenanceWindow[]>('*')
}

/** The window that holds now for everything or for one of these sources: the one that lasts longest. */
export async function windowNow(db: Db, sources: readonly string[], now: Date): Promise<MaintenanceWindow | undefined> {
  return db('maintenance_windows')
    .where('starts_at', '<=', now)
    .where('ends_at', '>', now)
    .whereRaw('(source is null or source = any(?))', [[...sources]])
    .orderBy('ends_at', 'desc')
    .first<MaintenanceWindow | undefined>()
}
