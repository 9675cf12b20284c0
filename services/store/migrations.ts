// The schema, brought up to date in process: one migration, one transaction, one process at a time.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Knex } from 'knex'
import pg from 'pg'
import { ROOT } from '../config.ts'

/** Any constant that no other program on the same server uses. */
const LOCK = 0x726f6c65
const FOLDER = join(ROOT, 'migrations')

const source: Knex.MigrationSource<string> = {
  getMigrations: async () => (await readdir(FOLDER)).filter((name) => /^\d{4}_.*\.ts$/.test(name)).toSorted(),
  getMigrationName: (file) => file.replace(/\.ts$/, ''),
  async getMigration(file) {
    const { up, down } = (await import(pathToFileURL(join(FOLDER, file)).href)) as Required<Knex.Migration>
    return { up: unhurried(up), down: unhurried(down) }
  },
}

/** An index over a million rows takes longer than any statement of daily life may. */
function unhurried(step: Required<Knex.Migration>['up']): Required<Knex.Migration>['up'] {
  return async (knex) => {
    await knex.raw('set local statement_timeout = 0')
    await step(knex)
  }
}

/** A newer version's migrations may already be there: after a rollback of the program, the older one still starts. */
const config: Knex.MigratorConfig = { migrationSource: source, tableName: 'migrations', disableMigrationsListValidation: true }

/** Holds an advisory lock on a connection of its own, so that it ends with the process however that ends. */
async function alone<T>(db: Knex, url: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'rolewatch migrate', keepAlive: true })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    // Only a killed process leaves knex's own lock behind: whoever is here holds the real one.
    if (await db.schema.hasTable('migrations_lock')) await db.migrate.forceFreeMigrationsLock(config)
    return await work()
  } finally {
    await client.end()
  }
}

/** Applies what is missing to the database behind `db`, whose address is `url`. Returns the names of what this call applied, in order. */
export function applyMigrations(db: Knex, url: string): Promise<string[]> {
  return alone(db, url, async () => {
    const applied: string[] = []
    for (;;) {
      // One by one: `latest` would put all of them into one transaction, and an interruption would begin again from nothing.
      const [, files] = (await db.migrate.up(config)) as [number, string[]]
      if (files.length === 0) return applied
      applied.push(...files.map((file) => source.getMigrationName(file)))
    }
  })
}

/** Takes every migration back, newest first. */
export function revertMigrations(db: Knex, url: string): Promise<void> {
  return alone(db, url, async () => {
    await db.migrate.rollback(config, true)
  })
}
