// automation on and off, maintenance add, list and remove: what holds runbooks back.

import { sourceNames } from '../../scrapers/index.ts'
import type { Config } from '../config.ts'
import { misuse, refusal } from '../refusal.ts'
import type { Db } from '../store/database.ts'
import { putSwitch, readSwitch } from '../store/switches.ts'
import { addWindow, listWindows, removeWindow } from '../store/windows.ts'
import { openHouse } from '../works.ts'
import { checkSources, readId, readName, readTime } from './given.ts'
import { plain, print, utc, type Format } from './print.ts'

async function withDb<T>(config: Config, work: (db: Db) => Promise<T>): Promise<T> {
  const house = await openHouse(config, { quiet: true })
  try {
    return await work(house.database.db)
  } finally {
    await house.close()
  }
}

export async function automationCommand(config: Config, options: { reason?: string; format: Format }, args: string[]): Promise<void> {
  const [state] = args
  if (state === undefined) return showAutomation(config, options.format)
  if (state !== 'on' && state !== 'off') throw misuse(`"${state}" is neither on nor off.`)
  if (state === 'off' && options.reason === undefined) throw misuse('Say why with --reason: whoever is paged at night will read it.')
  const reason = options.reason === undefined ? '' : readName(options.reason)
  await withDb(config, async (db) => {
    const changed = await putSwitch(db, 'automation', { isOff: state === 'off', reason, by: 'cli' })
    if (!changed) console.log(`Automation was ${state} already.`)
    else if (state === 'off')
      console.log('Automation is off: runbooks look and say what they would do, and change nothing, until "rolewatch automation on".')
    else console.log('Automation is on: runbooks may change what their modes allow.')
  })
}

async function showAutomation(config: Config, format: Format): Promise<void> {
  await withDb(config, async (db) => {
    const row = await readSwitch(db, 'automation')
    if (format === 'json')
      console.log(JSON.stringify({ is_off: row?.is_off ?? false, reason: row?.reason ?? null, set_by: row?.set_by ?? null }, null, 2))
    else
      console.log(
        row?.is_off
          ? `Automation is off since ${utc(row.set_at)}: ${plain(row.reason ?? '')} (${plain(row.set_by)}).`
          : 'Automation is on.',
      )
  })
}

export async function addWindowCommand(
  config: Config,
  options: { for: string; from?: string; source?: string; reason: string },
): Promise<void> {
  if (options.source !== undefined) checkSources([options.source])
  const startsAt = options.from === undefined ? new Date() : readMoment(options.from)
  const endsAt = new Date(startsAt.getTime() + readTime(options.for))
  const { source = null } = options
  const reason = readName(options.reason)
  await withDb(config, async (db) => {
    const made = await addWindow(db, { startsAt, endsAt, source, reason, by: 'cli' })
    console.log(`${source ?? 'Everything'}: nothing is changed by itself from ${utc(startsAt)} to ${utc(endsAt)}. Its id is ${made.id}.`)
  })
}

export async function listWindowsCommand(config: Config, options: { format: Format }): Promise<void> {
  await withDb(config, async (db) => {
    const windows = await listWindows(db, new Date())
    print(
      options.format,
      windows,
      windows,
      {
        from: (w) => utc(w.starts_at),
        to: (w) => utc(w.ends_at),
        of: (w) => w.source ?? 'everything',
        reason: (w) => plain(w.reason),
        by: (w) => plain(w.set_by),
        id: (w) => w.id,
      },
      `No maintenance is announced: rolewatch maintenance add --for 2h --source ${sourceNames[0] ?? ''} --reason "board moves"`,
    )
  })
}

export async function removeWindowCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const id = readId(args[0], 'maintenance window', 'rolewatch maintenance list')
  await withDb(config, async (db) => {
    if (!(await removeWindow(db, id, 'cli'))) throw refusal(`There is no maintenance ${id}: "rolewatch maintenance list" shows it.`)
    console.log('Removed: runbooks may act again.')
  })
}

/** A moment in UTC. @throws Misuse */
function readMoment(given: string): Date {
  const at = new Date(/Z|[+-]\d\d:\d\d$/.test(given) ? given : `${given}Z`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(given) || Number.isNaN(at.getTime()))
    throw misuse(`"${given}" is not a moment: write it as 2026-01-31T22:00, in UTC.`)
  return at
}
