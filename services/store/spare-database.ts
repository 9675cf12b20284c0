// A database beside the one that is in use: made empty on the same server, and gone without a trace.

import { randomUUID } from 'node:crypto'
import type { Log } from '../../ops/log.ts'
import { openPool } from './pool.ts'

export interface SpareDatabase {
  /** With its password: never to be logged. */
  url: string
  drop(): Promise<void>
}

/** Makes one on the server that `url` leads to, whose user must be allowed to. */
export async function makeSpareDatabase(url: string, log: Log): Promise<SpareDatabase> {
  const name = `rolewatch_spare_${randomUUID().slice(0, 13).replaceAll('-', '')}`
  const asAdmin = async (sql: string): Promise<void> => {
    const admin = openPool(url, 1, log)
    try {
      await admin.raw(sql, [name])
    } finally {
      await admin.destroy()
    }
  }
  await asAdmin('create database ?? template template0')
  const spare = new URL(url)
  spare.pathname = `/${name}`
  return { url: spare.href, drop: () => asAdmin('drop database if exists ?? with (force)') }
}
