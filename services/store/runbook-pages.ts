// The pages that were run, as they were then, and how each alert's runbook may act.

import type { Knex } from 'knex'
import type { Mode } from '../../ops/runbook/flow.ts'
import { appendAudit } from './audit.ts'
import type { Db } from './database.ts'

export interface StoredPage {
  /** SHA-256 of the text, in hexadecimal. */
  hash: string
  alertname: string
  text: string
}

/** Keeps a page's text for as long as there is a record of its runs. */
export async function keepPage(db: Db, page: StoredPage): Promise<void> {
  await db('runbook_pages').insert(page).onConflict('hash').ignore()
}

/** A page by the hash of its text; undefined when it was never run. */
export async function getPage(db: Db, hash: string): Promise<StoredPage | undefined> {
  return db('runbook_pages').where({ hash }).first<StoredPage | undefined>()
}

/** What an alert's runbook may do by itself: `suggest` unless somebody said more. */
export async function modeOf(db: Db, alert: string): Promise<Mode> {
  const row = await db('runbook_modes').where({ alertname: alert }).first<{ mode: Mode } | undefined>('mode')
  return row?.mode ?? 'suggest'
}

export interface ModeRow {
  alertname: string
  mode: Mode
  set_by: string
  set_at: Date
}

/** The modes that were set. */
export async function listModes(db: Db): Promise<ModeRow[]> {
  return db('runbook_modes').select<ModeRow[]>('*').orderBy('alertname')
}

/** Says what an alert's runbook may do, from its next run on. */
export async function setMode(trx: Knex.Transaction, alert: string, mode: Mode, by: string): Promise<void> {
  const before = await modeOf(trx, alert)
  await trx('runbook_modes')
    .insert({ alertname: alert, mode, set_by: by, set_at: trx.raw('clock_timestamp()') })
    .onConflict('alertname')
    .merge()
  await appendAudit(trx, { actor: by, action: 'runbook.mode', target: `runbook/${alert}`, before, after: mode })
}
