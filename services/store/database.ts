// The database as the product holds it: embedded or given, opened, brought up to date, closed.

import { join } from 'node:path'
import type { Knex } from 'knex'
import pg from 'pg'
import type { Log } from '../../ops/log.ts'
import { openPostgres, type EmbeddedServer } from './embedded.ts'
import { applyMigrations, revertMigrations } from './migrations.ts'
import { openPool } from './pool.ts'

/** A pool or a transaction: every function of the store takes it first. */
export type Db = Knex

/** For rooms that hand a transaction on. */
export type Trx = Knex.Transaction

export interface Database {
  readonly db: Knex
  /** With its password: never to be logged. */
  readonly url: string
  readonly embedded: boolean
  inTransaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>
  /** One round trip, in seconds. */
  ping(): Promise<number>
  /** Connections of this process's pool, and those who wait for one. */
  pool(): { used: number; free: number; waiting: number }
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Undefined: the embedded server under `data`. */
  url: string | undefined
  data: string
  poolMax?: number
  log: Log
  /** For the embedded server, when this process is the one that starts it. */
  settings?: Readonly<Record<string, string>>
}

/** What knex's pool can tell; its types leave it out. */
interface Tarn {
  numUsed(): number
  numFree(): number
  numPendingAcquires(): number
}

const EMBEDDED_NAME = 'rolewatch'

/** Makes a database unless it is there; any number of processes may do so at once. */
async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, application_name: 'rolewatch' })
  await client.connect()
  try {
    const found = await client.query('select from pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)} template template0`)
  } catch (error) {
    // Somebody else made it in between: duplicate_database, or the unique index of the catalogue.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
  } finally {
    await client.end()
  }
}

/**
 * Opens the database: the one at `url`, or the embedded one under `<data>/postgres` (started, or attached to when it runs).
 * @throws Error when there is no server to be had
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { data, log, settings = {} } = options
  const server = options.url === undefined ? await openPostgres({ home: join(data, 'postgres'), log, settings }) : undefined
  let db: Knex | undefined
  try {
    if (server) await ensureDatabase(server.url('postgres'), EMBEDDED_NAME)
    const url = options.url ?? server?.url(EMBEDDED_NAME) ?? ''
    db = openPool(url, options.poolMax ?? 10, log)
    await db.raw('select 1')
    return hold(db, url, server, log)
  } catch (error) {
    await db?.destroy()
    await server?.release()
    throw error
  }
}

function hold(db: Knex, url: string, server: EmbeddedServer | undefined, log: Log): Database {
  const close = async (): Promise<void> => {
    await db.destroy()
    const left = await server?.release()
    if (left) log.debug('postgres.released', { left })
  }
  let closed: Promise<void> | undefined
  return {
    db,
    url,
    embedded: server !== undefined,
    inTransaction: (work) => db.transaction(work),
    async ping() {
      const started = performance.now()
      await db.raw('select 1')
      return (performance.now() - started) / 1000
    },
    pool() {
      const pool = (db as Knex & { client: { pool: Tarn } }).client.pool
      return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() }
    },
    close: () => (closed ??= close()),
  }
}

/** Applies the migrations that are missing; any number of processes may ask at once. Returns the names of what this call applied, in order. */
export function migrate(database: Database): Promise<string[]> {
  return applyMigrations(database.db, database.url)
}

/** Takes every migration back, newest first. All data is gone afterwards. */
export function rollbackAll(database: Database): Promise<void> {
  return revertMigrations(database.db, database.url)
}
