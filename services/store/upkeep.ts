// Upkeep of tables, on a connection of its own: it takes its time, and cannot run inside a transaction.

import pg from 'pg'
import type { Database } from './database.ts'

/** Half an hour: what takes longer is not done by a runbook. */
const LONGEST_MS = 1_800_000
/** Who reads or writes the table goes on; but what locks it is not waited for longer than this. */
const LOCK_MS = 10_000
const LOCK_NOT_AVAILABLE = '55P03'

/** Does the work with a connection that has time. Returns seconds. */
async function alone(database: Pick<Database, 'url'>, work: (client: pg.Client) => Promise<unknown>): Promise<number> {
  const client = new pg.Client({
    connectionString: database.url,
    application_name: 'rolewatch upkeep',
    statement_timeout: LONGEST_MS,
    lock_timeout: LOCK_MS,
    keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  const started = performance.now()
  try {
    await work(client)
    return (performance.now() - started) / 1000
  } finally {
    await client.end()
  }
}

const nameOf = (client: pg.Client, table: string): string => `public.${client.escapeIdentifier(table)}`

/** Takes room of gone rows back and counts afresh, without locking anybody out. Returns seconds. */
export function vacuumTable(database: Pick<Database, 'url'>, table: string): Promise<number> {
  return alone(database, (client) => client.query(`vacuum (analyze) ${nameOf(client, table)}`))
}

/** Builds the indexes of a table anew beside the old ones, and clears away what an attempt that broke off has left. Returns seconds. */
export function reindexTable(database: Pick<Database, 'url'>, table: string): Promise<number> {
  return alone(database, async (client) => {
    await dropLeftovers(client, table)
    try {
      await client.query(`reindex table concurrently ${nameOf(client, table)}`)
    } catch (error) {
      // Who holds the table holds what is left of the attempt too: the next one clears it away.
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) await dropLeftovers(client, table).catch(() => {})
      throw error
    }
  })
}

// postgresql.org/docs, REINDEX, "Rebuilding Indexes Concurrently": what is invalid and called _ccnew or _ccold is to be dropped.
const LEFTOVERS = `
  select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
   where i.indrelid = $1::regclass and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' order by 1`

async function dropLeftovers(client: pg.Client, table: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(LEFTOVERS, [nameOf(client, table)])
  for (const { name } of rows) await client.query(`drop index concurrently if exists ${nameOf(client, name)}`)
}
