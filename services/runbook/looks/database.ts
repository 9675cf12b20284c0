// Looks at PostgreSQL and the disk: how busy it is, what takes long, and what takes up room.

import { statfs } from 'node:fs/promises'
import { z } from 'zod'
import type { Read } from '../../../ops/runbook/action.ts'
import { serverActivity, slowStatements, tableSizes } from '../../store/server-state.ts'
import type { ActionParts } from '../parts.ts'
import { counted, lasting } from '../words.ts'

const nothing = z.strictObject({})
const SLOW_PING_SECONDS = 0.1
const SLOW_STATEMENT_SECONDS = 5
const LONG_TRANSACTION_SECONDS = 300
/** Characters of a statement that a message shows. */
const TOLD = 120
/** From this share of dead rows on, and so many of them, a table wants a vacuum. */
const DEAD_SHARE = 0.2
const DEAD_ROWS = 10_000
/** Sessions of ours that wait for a connection. */
const MANY_WAITING = 10
/** As in alerts/symptoms.yaml. */
const LOW_DISK = 0.2
const FULL_DISK = 0.1

export function databaseLooks({ database, config }: Pick<ActionParts, 'database' | 'config'>): Read[] {
  const { db } = database
  return [
    {
      kind: 'read',
      name: 'database.state',
      summary: 'Whether PostgreSQL answers, how quickly, and how busy it is',
      args: nothing,
      timeoutSeconds: 10,
      gives: [],
      async look() {
        const seconds = await database.ping().catch(() => undefined)
        if (seconds === undefined) return { verdict: 'broken', causes: ['database'], words: 'PostgreSQL does not answer.' }
        const activity = await serverActivity(db)
        const pool = database.pool()
        const facts = { ...activity, ping_seconds: seconds, pool }
        const words = `PostgreSQL answers in ${Math.round(seconds * 1000)} ms with ${activity.connections} of ${activity.max_connections} connections; ${counted(activity.blocked, 'session')} waiting for a lock, ${pool.waiting} of ours for a connection; the oldest transaction is ${lasting(activity.oldest_seconds)} old.`
        const crowded = activity.connections > 0.9 * activity.max_connections
        if (crowded || seconds > 10 * SLOW_PING_SECONDS) return { verdict: 'broken', causes: ['database'], words, facts }
        const strained =
          seconds > SLOW_PING_SECONDS ||
          activity.blocked > 0 ||
          pool.waiting > MANY_WAITING ||
          activity.oldest_seconds > LONG_TRANSACTION_SECONDS
        return { verdict: strained ? 'degraded' : 'healthy', causes: strained ? ['database'] : [], words, facts }
      },
    },
    {
      kind: 'read',
      name: 'database.slow',
      summary: 'Statements that have run for more than five seconds, and what they wait for',
      args: nothing,
      timeoutSeconds: 10,
      gives: [],
      async look() {
        const slow = await slowStatements(db, SLOW_STATEMENT_SECONDS)
        const [first] = slow
        if (!first) return { verdict: 'healthy', causes: [], words: 'No statement has run for more than five seconds.' }
        const wait = first.wait === null ? '' : `, waiting for ${first.wait}`
        const what = first.query === null ? `one of ${first.application || 'another program'}` : first.query.slice(0, TOLD)
        const words = `${counted(slow.length, 'statement')} running for more than five seconds, the longest for ${lasting(first.seconds)}${wait}: ${what}`
        return { verdict: 'degraded', causes: ['database'], words, facts: slow }
      },
    },
    {
      kind: 'read',
      name: 'database.sizes',
      summary: 'The largest tables, and which of them want a vacuum',
      args: nothing,
      timeoutSeconds: 10,
      gives: ['table'],
      async look() {
        const tables = await tableSizes(db)
        const bloated = tables
          .filter((one) => one.dead > DEAD_ROWS && one.dead > DEAD_SHARE * one.rows)
          .toSorted((a, b) => b.dead - a.dead)[0]
        const largest = tables[0]
        const values = { table: bloated?.table ?? largest?.table ?? 'postings' }
        const sizes = largest ? `The largest table is ${largest.table} with ${Math.round(largest.bytes / 1e6)} MB.` : ''
        if (!bloated) return { verdict: 'healthy', causes: [], words: `${sizes} None wants a vacuum.`, values, facts: tables }
        return {
          verdict: 'degraded',
          causes: ['database'],
          words: `${sizes} ${bloated.table} has ${counted(bloated.dead, 'dead row')}.`,
          values,
          facts: tables,
        }
      },
    },
    {
      kind: 'read',
      name: 'disk.state',
      summary: 'Room on the volume of the data folder',
      args: nothing,
      timeoutSeconds: 5,
      gives: [],
      async look() {
        const { bavail, blocks, bsize } = await statfs(config.data)
        if (blocks === 0)
          return { verdict: 'inconclusive', causes: [], words: 'The volume of the data folder does not say how large it is.' }
        const free = bavail / blocks
        const words = `${Math.round(free * 100)}% of the volume is free: ${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB.`
        if (free < FULL_DISK) return { verdict: 'broken', causes: ['disk'], words }
        return { verdict: free < LOW_DISK ? 'degraded' : 'healthy', causes: free < LOW_DISK ? ['disk'] : [], words }
      },
    },
  ]
}
