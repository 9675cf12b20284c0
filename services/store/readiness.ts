// Whether the schema is the one this version needs.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../config.ts'
import type { Db } from './database.ts'

const NO_SUCH_TABLE = '42P01'

/** Migrations of this version that the database has not had, in order. */
export async function missingMigrations(db: Db): Promise<string[]> {
  const files = (await readdir(join(ROOT, 'migrations'))).filter((name) => /^\d{4}_.*\.ts$/.test(name)).toSorted()
  const applied: string[] = await db('migrations')
    .pluck('name')
    .catch((error: unknown) => {
      if ((error as { code?: string }).code === NO_SUCH_TABLE) return []
      throw error
    })
  return files.map((name) => name.replace(/\.ts$/, '')).filter((name) => !applied.includes(name))
}
