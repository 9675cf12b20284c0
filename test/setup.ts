// Once per test run: a PostgreSQL to test against, and a migrated template that every world is copied from.

import { createHash, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { quietLog } from '../ops/log.ts'
import { ROOT } from '../services/config.ts'
import { migrate, openDatabase } from '../services/store/database.ts'
import { isAlive } from '../services/store/embedded/lock.ts'
import { openPostgres, type EmbeddedServer } from '../services/store/embedded.ts'
import { openPool } from '../services/store/pool.ts'
import { provideTools } from './tools.ts'

// The same test gives the same answer every time; FC_SEED tries others.
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_122) })

/** Databases of a run are called rw_test_<pid>_<random>…: what a killed run left is known by its dead pid. */
const PREFIX = 'rw_test_'
/** Tests lose nothing in a power cut. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '128MB', max_connections: '300' }

let server: EmbeddedServer | undefined
let mine = ''

/** Runs of the same checkout share one server; the last of them stops it. */
async function openServer(): Promise<EmbeddedServer> {
  const home = join(tmpdir(), `rolewatch-test-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}-${process.getuid?.() ?? 0}`)
  const options = { home, log: quietLog, settings: SETTINGS }
  return openPostgres(options).catch(async (error: Error) => {
    if (!/did not start|was written by/.test(error.message)) throw error
    // Without fsync a power cut leaves a cluster that does not start: it holds nothing worth keeping.
    await rm(home, { recursive: true, force: true })
    return openPostgres(options)
  })
}

async function dropDatabases(adminUrl: string, unwanted: (name: string) => boolean): Promise<void> {
  const admin = openPool(adminUrl, 1, quietLog)
  try {
    const names: string[] = await admin('pg_database').where('datname', 'like', 'rw\\_test\\_%').pluck('datname')
    for (const name of names) if (unwanted(name)) await admin.raw('drop database if exists ?? with (force)', [name])
  } finally {
    await admin.destroy()
  }
}

export async function mochaGlobalSetup(): Promise<void> {
  provideTools()
  const given = process.env['TEST_DATABASE_URL'] ?? process.env['DATABASE_URL']
  server = given ? undefined : await openServer()
  const adminUrl = given ?? server?.url('postgres') ?? ''
  await dropDatabases(adminUrl, (name) => !given && !isAlive(Number(name.slice(PREFIX.length).split('_')[0])))

  mine = `${PREFIX}${process.pid}_${randomUUID().slice(0, 8)}`
  const template = `${mine}_template`
  const admin = openPool(adminUrl, 1, quietLog)
  await admin.raw('create database ?? template template0', [template])
  await admin.destroy()
  const url = new URL(adminUrl)
  url.pathname = `/${template}`
  const database = await openDatabase({ url: url.href, data: '', log: quietLog })
  await migrate(database)
  await database.close()

  // Workers of a parallel run, and programs that tests start, learn it from here.
  process.env['TEST_DATABASE_URL'] = adminUrl
  process.env['TEST_DATABASE_TEMPLATE'] = template
  // The given server is only where worlds are made: its own database is never touched, by no program that a test starts.
  delete process.env['DATABASE_URL']
}

export async function mochaGlobalTeardown(): Promise<void> {
  await dropDatabases(process.env['TEST_DATABASE_URL'] ?? '', (name) => name.startsWith(mine))
  await server?.release()
}
