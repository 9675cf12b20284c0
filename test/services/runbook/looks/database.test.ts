// Looks at PostgreSQL and the disk: at rest, held up, bloated, and away.

import { expect } from 'chai'
import pg from 'pg'
import { openBench, type Bench } from '../bench.ts'

describe('looks at the database', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())

  /** A session of another program. */
  const connect = async (name: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: bench.database.url, application_name: name })
    await client.connect()
    return client
  }
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('database.state tells how quickly it answers and how busy it is', async () => {
    const finding = await bench.look('database.state')
    // Others share this server, and may slow it down.
    expect(finding.verdict).to.be.oneOf(['healthy', 'degraded'])
    expect(finding.words).to.match(
      /^PostgreSQL answers in \d+ ms with \d+ of \d+ connections; 0 sessions waiting for a lock, 0 of ours for a connection; the oldest transaction is 0 s old\.$/,
    )
    expect(finding.facts).to.include.keys('connections', 'max_connections', 'blocked', 'ping_seconds', 'pool')
  })

  it('database.state is degraded while a session waits for a lock, and database.slow does not quote what others ask', async function () {
    this.timeout(30_000)
    const holder = await connect('somebody else')
    const waiter = await connect('psql')
    try {
      await holder.query('begin; lock table searches')
      const waiting = waiter.query(`select name from searches where name = 'Ann Example'`)
      const blocked = await until(async () => {
        const finding = await bench.look('database.state')
        return finding.words.includes('1 session waiting for a lock') ? finding : undefined
      })
      expect(blocked).to.deep.include({ verdict: 'degraded', causes: ['database'] })
      const slow = await until(async () => {
        const finding = await bench.look('database.slow')
        return finding.verdict === 'healthy' ? undefined : finding
      })
      expect(slow).to.deep.include({ verdict: 'degraded', causes: ['database'] })
      expect(slow.words).to.match(
        /^1 statement running for more than five seconds, the longest for \d s, waiting for Lock:relation: one of psql$/,
      )
      expect(JSON.stringify(slow)).not.to.contain('Ann Example')
      await holder.query('rollback')
      await waiting
    } finally {
      await holder.end()
      await waiter.end()
    }
  })

  it('database.slow shows a statement of our own, on one line, and is healthy without any', async function () {
    this.timeout(30_000)
    expect(await bench.look('database.slow')).to.deep.include({ verdict: 'healthy', causes: [] })
    const sleeping = bench.db.raw('select\n  pg_sleep(?)', [7]).then(() => 'slept')
    const slow = await until(async () => {
      const finding = await bench.look('database.slow')
      return finding.verdict === 'healthy' ? undefined : finding
    })
    expect(slow.words).to.match(/, waiting for Timeout:PgSleep: select pg_sleep\(\$1\)$/)
    await sleeping
  })

  it('database.sizes names the largest table, and one with many gone rows', async () => {
    const atRest = await bench.look('database.sizes')
    expect(atRest).to.deep.include({ verdict: 'healthy', causes: [] })
    expect(atRest.words).to.match(/^The largest table is [a-z_]+ with \d+ MB\. None wants a vacuum\.$/)
    await bench.db.raw(
      `create table bloated with (autovacuum_enabled = false) as select n from generate_series(1, 20000) n; delete from bloated`,
    )
    const bloated = await until(async () => {
      const finding = await bench.look('database.sizes')
      return finding.verdict === 'degraded' ? finding : undefined
    })
    expect(bloated).to.deep.include({ causes: ['database'], values: { table: 'bloated' } })
    expect(bloated.words).to.match(/ bloated has 20,000 dead rows\.$/)
    await bench.db.raw('drop table bloated')
  })

  it('disk.state tells how much room there is', async () => {
    const finding = await bench.look('disk.state')
    expect(finding.words).to.match(/^\d+% of the volume is free: \d+\.\d GiB\.$/)
    const free = Number(finding.words.split('%')[0])
    expect(finding.verdict).to.equal(free < 10 ? 'broken' : free < 20 ? 'degraded' : 'healthy')
  })

  it('database.state is broken when PostgreSQL does not answer', async () => {
    const other = await openBench()
    await other.database.close()
    expect(await other.look('database.state')).to.deep.equal({
      verdict: 'broken',
      causes: ['database'],
      words: 'PostgreSQL does not answer.',
    })
    await other.close()
  })
})
