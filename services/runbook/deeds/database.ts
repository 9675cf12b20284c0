// Deeds on the database: vacuum, new indexes, and old postings put away in files.

import { statfs } from 'node:fs/promises'
import { z } from 'zod'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import type { Db } from '../../store/database.ts'
import { countOld } from '../../store/old-postings.ts'
import { tableSizes, type TableSize } from '../../store/server-state.ts'
import { reindexTable, vacuumTable } from '../../store/upkeep.ts'
import { archiveFolder, putAwayAll } from '../attic.ts'
import type { ActionParts } from '../parts.ts'
import { whole } from '../values.ts'
import { counted, lasting } from '../words.ts'

type Args = Record<string, unknown>

const table = z.string().regex(/^[a-z_]{1,63}$/, 'must be the name of a table')
const DAY_MS = 86_400_000

const LIMITS = {
  reach: 'database',
  reversible: false,
  transaction: false,
  cooldownSeconds: 6 * 3600,
  perHour: 2,
  perDay: 4,
  timeoutSeconds: 1800,
} as const

export function databaseDeeds(parts: Pick<ActionParts, 'database' | 'config'>): Write<Db>[] {
  const { database } = parts
  return [
    {
      kind: 'write',
      name: 'database.vacuum',
      summary: 'Takes back the room of gone rows of a table and counts it afresh; nobody is locked out',
      args: z.strictObject({ table: table.default('postings') }),
      ...LIMITS,
      plan: (args) => planUpkeep(database.db, args, 'will be vacuumed and analysed'),
      act: async (args) => ({
        words: `The table ${String(args['table'])} was vacuumed and analysed in ${lasting(await vacuumTable(database, String(args['table'])))}.`,
      }),
    },
    {
      kind: 'write',
      name: 'database.reindex',
      summary: 'Builds the indexes of a table anew beside the old ones; nobody is locked out',
      args: z.strictObject({ table }),
      ...LIMITS,
      plan: (args) => planReindex(parts, args),
      act: async (args) => ({
        words: `The indexes of ${String(args['table'])} were built anew in ${lasting(await reindexTable(database, String(args['table'])))}.`,
      }),
    },
    archiving(parts),
  ]
}

function archiving({ database, config }: Pick<ActionParts, 'database' | 'config'>): Write<Db> {
  return {
    kind: 'write',
    name: 'postings.archive',
    summary: 'Puts postings that were closed long ago into files, with their history, and takes them out of the database',
    args: z.strictObject({ days: whole(30, 3650).default(90) }),
    ...LIMITS,
    async plan(args, { now }) {
      const count = await countOld(database.db, before(args, now()))
      const words = `${counted(count, 'posting')} closed more than ${String(args['days'])} days ago will go to files under ${archiveFolder(config.data)} with their history, and out of the database.`
      return { target: 'table/postings', words, ...(count === 0 ? { idle: 'No posting was closed that long ago.' } : {}) }
    },
    async act(args, { now, signal }) {
      const { postings, files } = await putAwayAll(database, config.data, before(args, now()), now(), signal)
      return { words: `${counted(postings, 'posting')} put away in ${counted(files.length, 'file')} under ${archiveFolder(config.data)}.` }
    },
  }
}

const before = (args: Args, now: Date): Date => new Date(now.getTime() - Number(args['days']) * DAY_MS)

async function sizeOf(db: Db, name: string): Promise<TableSize | undefined> {
  return (await tableSizes(db, 1000)).find((one) => one.table === name)
}

async function planUpkeep(db: Db, args: Args, verb: string): Promise<Plan> {
  const name = String(args['table'])
  const size = await sizeOf(db, name)
  const plan = { target: `table/${name}`, words: `The table ${name} (${megabytes(size?.bytes ?? 0)}) ${verb}.` }
  return size ? plan : { ...plan, idle: `There is no table ${name}.` }
}

/** The new indexes stand beside the old ones for a while. Of another machine's disk nothing is known here. */
async function planReindex({ database, config }: Pick<ActionParts, 'database' | 'config'>, args: Args): Promise<Plan> {
  const plan = await planUpkeep(database.db, args, 'will get new indexes')
  if (plan.idle !== undefined || !database.embedded) return plan
  const needed = 2 * ((await sizeOf(database.db, String(args['table'])))?.index_bytes ?? 0)
  const { bavail, bsize } = await statfs(config.data)
  if (bavail * bsize > needed) return plan
  return {
    ...plan,
    idle: `There is not enough room for new indexes: ${megabytes(needed)} must be free, and ${megabytes(bavail * bsize)} are.`,
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
