// Gauges that are read when they are asked for: they say what the database says, and a part that fails silences no other.

import { statfs } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { expect } from 'chai'
import { BREAKER_STATES, FIELDS, OUTCOMES, createMetrics } from '../../ops/metrics.ts'
import { createLog } from '../../ops/log.ts'
import { createWatch } from '../../ops/telemetry.ts'
import { sourceNames } from '../../scrapers/index.ts'
import { keepGauges } from '../../services/gauges.ts'
import { VISITS } from '../../services/scrape/schedule.ts'
import { fieldCoverage } from '../../services/store/coverage.ts'
import { openBreaker } from '../../services/store/hosts.ts'
import { createSearch } from '../../services/store/searches.ts'
import { countRows, openTown, type Town } from '../journey/town.ts'

describe('gauges', function () {
  this.timeout(30_000)
  let town: Town
  before(async () => {
    town = await openTown({ boards: 6, postingsPerBoard: 6, env: { SLACK_WEBHOOK_URL: '' } })
    const sick = town.sandbox.market.boards().find((board) => board.source === 'greenhouse')
    town.sandbox.market.fault({ source: 'greenhouse', board: sick?.ident ?? '', kind: 'status', status: 404 })
    const { db } = town.works.database
    await createSearch(db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    await town.refresh()
    await db('outbox').update({ created_at: new Date(Date.now() - 60_000) })
  })
  after(() => town.close())

  const lines: string[] = []
  /** The samples of a fresh process on the same database, as `name{labels}` → value. */
  async function exposed(spoil: (works: Town['works']) => Town['works'] = (works) => works): Promise<Map<string, number>> {
    const metrics = createMetrics({ sources: sourceNames, queues: [VISITS], version: '0' })
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString())
        done()
      },
    })
    const log = createLog({ format: 'json', level: 'warn', stream })
    keepGauges(spoil({ ...town.works, watch: createWatch(metrics, log) }))
    const { body } = await metrics.expose(undefined)
    return new Map(
      body.split('\n').flatMap((line) => {
        const [, name, value] = /^rolewatch_([^#]\S*(?:\{.*\})?) (\S+)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, Number(value)] as const]
      }),
    )
  }
  const table = (name: string) => town.works.database.db(name)

  it('tell boards, postings, freshness and cadence of every source as the database has them', async () => {
    const samples = await exposed()
    for (const source of sourceNames) {
      expect(samples.get(`open_postings{source="${source}"}`), source).to.equal(
        await countRows(table('postings').where({ source }).whereNull('closed_at')),
      )
      for (const outcome of OUTCOMES)
        expect(samples.get(`boards{source="${source}",outcome="${outcome}"}`), `${source} ${outcome}`).to.equal(
          await countRows(table('boards').where({ source, last_outcome: outcome })),
        )
      const row = (await table('boards')
        .where({ source })
        .max({ last: 'last_complete_at' })
        .min({ cadence: 'cadence_seconds' })
        .first()) as { last: Date; cadence: number }
      expect(samples.get(`source_last_success_timestamp_seconds{source="${source}"}`)).to.equal(row.last.getTime() / 1000)
      expect(samples.get(`source_expected_interval_seconds{source="${source}"}`)).to.equal(row.cadence)
    }
    expect(samples.get('boards{source="greenhouse",outcome="gone"}')).to.equal(1)
  })

  it('tell the share of postings with each field', async () => {
    const samples = await exposed()
    const rows = await fieldCoverage(town.works.database.db)
    expect(rows).to.have.length(3)
    for (const row of rows)
      for (const field of FIELDS)
        expect(samples.get(`field_coverage_ratio{source="${row.source}",field="${field}"}`)).to.be.closeTo(row[field], 1e-9)
  })

  it('tell what waits to be told, and for how long', async () => {
    const samples = await exposed()
    expect(samples.get('outbox_pending{channel="slack"}'))
      .to.equal(await countRows(table('outbox')))
      .and.to.be.above(0)
    expect(samples.get('outbox_oldest_seconds{channel="slack"}')).to.be.within(60, 90)
  })

  it('tell how much of the disk is free where the data is, as the system says', async () => {
    const { bavail, blocks } = await statfs(town.config.data)
    expect((await exposed()).get('disk_free_ratio{volume="data"}'))
      .to.be.closeTo(bavail / blocks, 0.01)
      .and.to.be.within(0, 1)
    const away = await exposed((works) => ({ ...works, config: { ...works.config, data: `${town.config.data}/none` } }))
    expect(away.has('disk_free_ratio{volume="data"}'), 'unknown is not 0').to.equal(false)
  })

  it('tell the worst breaker of a source', async () => {
    const { db } = town.works.database
    await openBreaker(db, { host: 'one.greenhouse.example', source: 'greenhouse', error: '500' })
    await openBreaker(db, { host: 'two.greenhouse.example', source: 'greenhouse', error: '500' })
    await openBreaker(db, { host: 'one.lever.example', source: 'lever', error: '500' })
    await openBreaker(db, { host: 'one.unknown.example', source: 'unknown', error: '500' })
    await table('hosts').whereIn('host', ['two.greenhouse.example', 'one.lever.example']).update({ breaker: 'half_open' })
    const samples = await exposed()
    const stateOf = (source: string) =>
      BREAKER_STATES.filter((state) => samples.get(`breaker_state{source="${source}",state="${state}"}`) === 1)
    expect(Object.fromEntries(sourceNames.map((source) => [source, stateOf(source)]))).to.deep.equal({
      ashby: ['closed'],
      greenhouse: ['open'],
      lever: ['half_open'],
    })
  })

  it('tell the tasks of the queue, and those that are dead', async () => {
    const samples = await exposed((works) => ({
      ...works,
      queue: {
        ...works.queue,
        counts: async () => [
          { name: VISITS, ready: 4, active: 3, deferred: 2, failed: 1 },
          { name: 'visit-dead', ready: 99, active: 99, deferred: 99, failed: 99 },
        ],
        deadLetters: async () => [{ id: '1', data: null, at: new Date(), error: null }],
      },
    }))
    const jobs = Object.fromEntries(
      ['ready', 'active', 'deferred', 'failed'].map((state) => [state, samples.get(`queue_jobs{queue="visit",state="${state}"}`)]),
    )
    expect(jobs).to.deep.equal({ ready: 4, active: 3, deferred: 2, failed: 1 })
    expect(samples.get('dead_letters')).to.equal(1)
    expect((await exposed()).get('dead_letters')).to.equal(0)
    expect(samples.get('database_seconds_count{probe="ping"}')).to.equal(1)
  })

  it('forget a source whose last board has left', async () => {
    await town.works.database.inTransaction(async (trx) => {
      await trx('boards').where({ source: 'ashby' }).update({ configured: false, open_count: 0 })
    })
    const metrics = createMetrics({ sources: sourceNames, queues: [VISITS], version: '0' })
    keepGauges({ ...town.works, watch: createWatch(metrics, town.works.log) })
    metrics.openPostings.set({ source: 'ashby' }, 7)
    metrics.expectedInterval.set({ source: 'ashby' }, 3600)
    const { body } = await metrics.expose(undefined)
    expect(body).to.contain('rolewatch_open_postings{source="ashby"} 0').and.not.to.contain('expected_interval_seconds{source="ashby"}')
    await table('boards').where({ source: 'ashby' }).update({ configured: true })
  })

  it('that fail say so in the log and leave the others as they are', async () => {
    lines.length = 0
    await town.works.database.db.raw('alter table hosts rename to hosts_away')
    const broken: Town['works']['queue']['counts'] = () => Promise.reject(new Error('no queue today'))
    const samples = await exposed((works) => ({ ...works, queue: { ...works.queue, counts: broken } }))
    await town.works.database.db.raw('alter table hosts_away rename to hosts')
    expect(samples.get('outbox_pending{channel="slack"}')).to.be.above(0)
    expect(samples.get('breaker_state{source="ashby",state="closed"}'), 'as it was').to.equal(1)
    const failed = lines.map((line) => JSON.parse(line) as { event: string; gauge: string })
    expect(failed.map(({ event, gauge }) => `${event} ${gauge}`)).to.have.members(['gauge sources', 'gauge breakers', 'gauge queue'])
  })

  it('of coverage are counted afresh only now and then, and at once after they failed', async () => {
    const { db } = town.works.database
    let counted = 0
    const listen = ({ sql }: { sql: string }) => {
      if (/field_coverage|avg\(\(posted_at/.test(sql)) counted++
    }
    db.on('query', listen)
    const metrics = createMetrics({ sources: sourceNames, queues: [VISITS], version: '0' })
    keepGauges({ ...town.works, watch: createWatch(metrics, town.works.log) })
    await db.raw('alter table postings rename column level to level_away')
    await metrics.expose(undefined)
    await db.raw('alter table postings rename column level_away to level')
    await metrics.samples(['rolewatch_source_last_success_timestamp_seconds'])
    for (let time = 0; time < 3; time++) await metrics.expose(undefined)
    db.off('query', listen)
    expect(counted).to.equal(2)
  })
})
