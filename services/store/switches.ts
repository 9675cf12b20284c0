// Switches that hold for every process and survive a restart: `automation`, the kill switch of everything that runbooks change.

import { appendAudit } from './audit.ts'
import type { Db } from './database.ts'

export type SwitchName = 'automation'

export interface SwitchRow {
  name: SwitchName
  is_off: boolean
  reason: string | null
  set_by: string
  set_at: Date
}

/** How a switch stands; on, unless somebody said off. */
export async function readSwitch(db: Db, name: SwitchName): Promise<SwitchRow | undefined> {
  return db('switches').where({ name }).first<SwitchRow | undefined>()
}

/** Puts a switch. False when it stood so already. */
export async function putSwitch(db: Db, name: SwitchName, change: { isOff: boolean; reason: string; by: string }): Promise<boolean> {
  return db.transaction(async (trx) => {
    const before = await readSwitch(trx, name)
    const { rowCount } = await trx.raw<{ rowCount: number }>(
      `insert into switches as s (name, is_off, reason, set_by) values (:name, :isOff, :reason, :by)
       on conflict (name) do update set is_off = excluded.is_off, reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at
        where s.is_off <> excluded.is_off`,
      { name, ...change },
    )
    if (rowCount === 0 || (!before && !change.isOff)) return false
    await appendAudit(trx, {
      actor: change.by,
      action: `${name}.${change.isOff ? 'off' : 'on'}`,
      target: `switch/${name}`,
      before: before ? { is_off: before.is_off, reason: before.reason } : { is_off: false },
      after: { is_off: change.isOff, reason: change.reason },
    })
    return true
  })
}
