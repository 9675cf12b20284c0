// SQL of the dashboards before a real PostgreSQL: right answers, without the canary's, found by indexes.

import { expect } from 'chai'
import { expand } from '../../../ops/dashboard/expand.ts'
import { openWorld, type World } from '../../world.ts'
import { houseDashboards, sqlOf, type Made } from './made.ts'
import { DAYS, fillMarket, NOW, PER_DAY, SEARCHES } from './market.ts'

type Row = Record<string, string | number | null>

const ASKING = {
  from: new Date(NOW.getTime() - 40 * 86_400_000),
  to: NOW,
  interval: 3600,
  source: ['ashby', 'lever'],
  currency: 'EUR',
}

describe('ops/dashboard: SQL', () => {
  let world: World
  let made: Made
  let queries: Map<string, string>

  before(async function () {
    this.timeout(30_000)
    made = await houseDashboards()
    queries = new Map(Object.values(made.dashboards).flatMap((one) => sqlOf(one).map(({ where, sql }) => [where, expand(sql, ASKING)])))
    world = await openWorld()
    await fillMarket(world.db)
  })
  after(async () => {
    await world.close()
  })

  async function ask(where: string): Promise<Row[]> {
    const sql = queries.get(where)
    if (sql === undefined) throw new Error(`nobody asks for ${where}`)
    const { rows } = await world.db.raw<{ rows: Row[] }>(sql)
    return rows
  }
  const sum = (rows: Row[], column: string): number => rows.reduce((all, row) => all + Number(row[column] ?? 0), 0)

  it('has an answer to every question', async () => {
    expect(queries.size).to.be.at.least(12)
    for (const where of queries.keys()) expect(await ask(where), where).not.to.deep.equal([])
  })

  it('gives days as seconds since 1970 and counts as numbers, as Grafana reads them', async () => {
    for (const [where, sql] of queries) {
      if (!sql.includes('as "time"')) continue
      for (const row of await ask(where)) {
        expect(Number(row['time']), where).to.satisfy(Number.isInteger).and.be.within(1.7e9, 1.8e9)
        const values = Object.entries(row).filter(([name]) => name !== 'time' && name !== 'metric')
        for (const [name, value] of values) expect(value, `${where}: ${name}`).to.be.a('number')
      }
    }
  })

  it('counts what opened and closed, without closings that were taken back', async () => {
    const days = await ask('Postings per day')
    expect(days).to.have.length(DAYS)
    expect(sum(days, 'opened')).to.equal(DAYS * PER_DAY)
    expect(sum(days, 'reopened')).to.equal(DAYS * 2)
    expect(sum(days, 'closed')).to.equal((DAYS - 1) * 4)
    expect(days.every(({ time }) => Number(time) % 86_400 === 0)).to.equal(true)
  })

  it('tells who hires, where and how, and leaves the canary out', async () => {
    expect(await ask('Open postings')).to.deep.equal([{ open: 450 }])
    expect(await ask('Top companies')).to.deep.equal([
      { company: 'North', 'open postings': 300 },
      { company: 'South', 'open postings': 150 },
    ])
    expect(await ask('Open postings by source')).to.deep.equal([
      { source: 'ashby', 'open postings': 300 },
      { source: 'lever', 'open postings': 150 },
    ])
    // Of ten postings a day and board two are closed, the fourth and the eighth, which are in both countries.
    expect(await ask('New open postings by country')).to.deep.equal([
      { country: 'DE', 'open postings': DAYS * 2 * 8 },
      { country: 'FR', 'open postings': DAYS * 2 * 3 },
    ])
    expect(await ask('New open postings by work mode')).to.deep.equal([
      { mode: 'unknown', 'open postings': DAYS * 2 * 5 },
      { mode: 'remote', 'open postings': DAYS * 2 * 3 },
    ])
    expect((await ask('variable source')).map(({ source }) => source)).to.deep.equal(['ashby', 'lever'])
  })

  it('takes medians of pay within a currency, by level', async () => {
    // Paid are 2, 4, 6, 8 and 10: 4 and 8 are senior, the others junior.
    expect(await ask('Pay in the range of time')).to.deep.equal([
      { level: 'junior', postings: DAYS * 6, p25: 52_000, p50: 56_000, p75: 60_000 },
      { level: 'senior', postings: DAYS * 4, p25: 54_000, p50: 56_000, p75: 58_000 },
    ])
    const weeks = await ask('Pay by level')
    expect(weeks.length).to.be.within(8, 12)
    for (const { pay } of weeks) expect(pay).to.equal(56_000)
    const dollars = expand(sqlOf(made.dashboards['business'] ?? expect.fail()).find(({ where }) => where === 'Pay by level')?.sql ?? '', {
      ...ASKING,
      currency: 'USD',
    })
    expect((await world.db.raw<{ rows: Row[] }>(dollars)).rows).to.deep.equal([])
  })

  it('counts matches and notifications by day', async () => {
    const matches = await ask('Matches per day')
    expect(sum(matches, 'matches')).to.equal(DAYS * 2 * SEARCHES)
    expect([...new Set(matches.map(({ metric }) => metric))]).to.have.members(['ashby', 'lever'])
    const told = await ask('Notifications per day')
    expect(sum(told, 'notifications')).to.equal(DAYS * 2 * SEARCHES)
    expect([...new Set(told.map(({ metric }) => metric))]).to.deep.equal(['slack delivered'])
  })

  it('keeps to the sources and to the range of time that are chosen', async () => {
    const narrow = { ...ASKING, from: new Date(NOW.getTime() - 5 * 86_400_000), source: ['lever'] }
    const sql = new Map(sqlOf(made.dashboards['business'] ?? expect.fail()).map((one) => [one.where, expand(one.sql, narrow)]))
    const narrowly = async (where: string) => (await world.db.raw<{ rows: Row[] }>(sql.get(where) ?? '')).rows
    expect(sum(await narrowly('Postings per day'), 'opened')).to.equal((5 * PER_DAY) / 2)
    expect(sum(await narrowly('Matches per day'), 'matches')).to.equal(5 * SEARCHES)
    expect(await narrowly('Top companies')).to.have.length(1)
  })

  it('finds rows by an index: no table that grows is read from end to end', async () => {
    const short = { ...ASKING, from: new Date(NOW.getTime() - 2 * 86_400_000) }
    for (const { where, sql: text } of Object.values(made.dashboards).flatMap(sqlOf)) {
      const sql = expand(text, short)
      const plan = await world.db.transaction(async (trx) => {
        // Tables of a test are so small that reading them whole is what costs least.
        await trx.raw('set local enable_seqscan = off')
        const { rows } = await trx.raw<{ rows: { 'QUERY PLAN': string }[] }>(`explain ${sql}`)
        return rows.map((row) => row['QUERY PLAN']).join('\n')
      })
      expect(plan, where).not.to.match(/Seq Scan on (?:postings|runs|matches|outbox)/)
      if (/from (?:postings|runs|matches|outbox)\b/.test(sql))
        expect(plan, where).to.match(/Index Cond: .*(?:first_seen_at|started_at|matched_at|created_at)/)
    }
  })
})
