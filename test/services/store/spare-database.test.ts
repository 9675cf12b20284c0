// A database beside the one that is in use.

import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { openPool } from '../../../services/store/pool.ts'
import { makeSpareDatabase } from '../../../services/store/spare-database.ts'

const url = () => process.env['TEST_DATABASE_URL'] ?? ''

async function ask<T>(at: string, sql: string): Promise<T[]> {
  const pool = openPool(at, 1, quietLog)
  try {
    return (await pool.raw<{ rows: T[] }>(sql)).rows
  } finally {
    await pool.destroy()
  }
}

describe('a spare database', () => {
  it('is empty, another each time, on the same server, and gone when it is dropped, twice too', async () => {
    const [one, two] = [await makeSpareDatabase(url(), quietLog), await makeSpareDatabase(url(), quietLog)]
    try {
      expect(one.url).to.not.equal(two.url)
      expect(new URL(one.url).host).to.equal(new URL(url()).host)
      expect(await ask(one.url, `select from pg_tables where schemaname = 'public'`)).to.have.length(0)
    } finally {
      await one.drop()
      await two.drop()
    }
    await one.drop()
    const name = new URL(one.url).pathname.slice(1)
    expect(await ask(url(), `select from pg_database where datname = '${name}'`)).to.have.length(0)
  })
})
