// A world of its own for a test: a migrated database that nobody else sees, metrics from zero, and silence.

import { randomUUID } from 'node:crypto'
import { quietLog } from '../ops/log.ts'
import { createMetrics, type Metrics } from '../ops/metrics.ts'
import { createWatch, type Watch } from '../ops/telemetry.ts'
import { openDatabase, type Database, type Db } from '../services/store/database.ts'
import { openPool } from '../services/store/pool.ts'

export interface World {
  database: Database
  db: Db
  watch: Watch
  metrics: Metrics
  sources: readonly string[]
  /** Closes the pool and drops the database. */
  close(): Promise<void>
}

export interface EmptyDatabase {
  url: string
  drop(): Promise<void>
}

async function asAdmin(sql: string, names: string[]): Promise<void> {
  const admin = openPool(adminUrl(), 1, quietLog)
  try {
    await admin.raw(sql, names)
  } finally {
    await admin.destroy()
  }
}

function adminUrl(): string {
  const url = process.env['TEST_DATABASE_URL']
  if (!url) throw new Error('the test database is not up: run mocha with --require ./test/setup.ts')
  return url
}

/** Makes a database; empty, or a copy of `template`. */
export async function createDatabase(template = 'template0'): Promise<EmptyDatabase> {
  const prefix = (process.env['TEST_DATABASE_TEMPLATE'] ?? '').replace(/template$/, '')
  const name = `${prefix}${randomUUID().slice(0, 12)}`
  await asAdmin('create database ?? template ??', [name, template])
  const url = new URL(adminUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => asAdmin('drop database if exists ?? with (force)', [name]) }
}

/** Opens a fresh world; close it in `after`. */
export async function openWorld(): Promise<World> {
  const fresh = await createDatabase(process.env['TEST_DATABASE_TEMPLATE'])
  const database = await openDatabase({ url: fresh.url, data: '', log: quietLog })
  const sources = ['ashby', 'greenhouse', 'lever'] as const
  const metrics = createMetrics({ sources, queues: ['visit', 'deliver'], version: '0.0.0' })
  return {
    database,
    db: database.db,
    watch: createWatch(metrics, quietLog),
    metrics,
    sources,
    async close() {
      await database.close()
      await fresh.drop()
    },
  }
}
