// The pool of connections, its time limits, and the types that values of PostgreSQL come out as.

import knexPackage, { type Knex } from 'knex'
import pg from 'pg'
import type { Log } from '../../ops/log.ts'

// knex is CommonJS: its named export exists for the compiler only.
const { knex } = knexPackage

/** Nothing the product asks takes a minute; a statement that does has lost its way. Migrations lift it for themselves. */
const STATEMENT_MS = 60_000
/** A transaction that was forgotten must not keep its locks. */
const IDLE_IN_TRANSACTION_MS = 120_000
const ACQUIRE_MS = 30_000

/** PostgreSQL's int8 as a number. @throws RangeError where a double would no longer be exact */
export function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large to be a number here`)
  return value
}

type TypeId = Parameters<typeof pg.types.getTypeParser>[0]

/** int8 as number, date as its text (a day has no time zone); timestamptz stays a Date, numeric stays text. */
const OURS = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInt8],
  [pg.types.builtins.DATE, (text) => text],
])

const types = {
  getTypeParser: (type: TypeId, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : OURS.get(type)) ?? pg.types.getTypeParser(type, format),
}

/** Opens a pool on an address. Nothing connects before the first query. What knex itself would print goes to the log. */
export function openPool(url: string, poolMax: number, log: Log): Knex {
  const warn = (message: unknown): void => log.warn('database.pool', { message: String(message) })
  return knex({
    client: 'pg',
    log: { warn, error: warn, deprecate: warn, debug: () => {} },
    connection: {
      connectionString: url,
      application_name: 'rolewatch',
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      // knex does not know this field of pg's.
      ...({ types } as object),
    },
    pool: { min: 0, max: poolMax },
    acquireConnectionTimeout: ACQUIRE_MS,
  })
}
