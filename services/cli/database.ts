// migrate and snapshot: work on the database itself.

import type { Config } from '../config.ts'
import { takeSnapshot } from '../store/snapshots.ts'
import { openHouse } from '../works.ts'
import { readDay } from './given.ts'

/** Opening the house migrates; this says so. */
export async function migrateCommand(config: Config): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  await house.close()
  console.log('The database is at the newest schema.')
}

/** Marks a day, so that the trend views have a row per posting for it. */
export async function snapshotCommand(config: Config, options: { date?: string }): Promise<void> {
  const date = readDay(options.date)
  const house = await openHouse(config, { quiet: true })
  try {
    const { postings } = await takeSnapshot(house.database.db, date)
    console.log(`Snapshot ${date} (UTC): ${postings.toLocaleString('en-US')} postings were open at the end of it.`)
  } finally {
    await house.close()
  }
}
