// A refresh: it ends when every board it asked for has a new run, whoever made it, and waits for nothing that will not come.

import { expect } from 'chai'
import type { Queue } from '../../../ops/queue.ts'
import type { Outcome } from '../../../ops/metrics.ts'
import { quietLog } from '../../../ops/log.ts'
import { askForVisits, createRunFeed, refresh, summarise, type RefreshProgress } from '../../../services/scrape/refresh.ts'
import { URGENT, VISITS } from '../../../services/scrape/schedule.ts'
import { openPool } from '../../../services/store/pool.ts'
import type { RunRecord, RunRow } from '../../../services/store/runs.ts'
import { openWorks, type Works } from '../../../services/works.ts'
import { openTown, type Town } from '../../journey/town.ts'

describe('a refresh', function () {
  this.timeout(30_000)
  let town: Town
  /** Another process on the same database: it asks, and visits nobody itself. */
  let office: Works
  before(async () => {
    town = await openTown({ boards: 6, postingsPerBoard: 4 })
    office = await openWorks(town.config, { log: quietLog })
  })
  after(async () => {
    await office.close()
    await town.close()
  })
  const idents = (source: string) =>
    town.sandbox.market
      .boards()
      .filter((board) => board.source === source)
      .map(({ ident }) => ident)

  it('counts the runs that another process makes', async () => {
    const told: RefreshProgress[] = []
    const summary = await refresh(office.database, office.queue, {}, createRunFeed(), (progress) => void told.push(progress))
    expect(summary.totals).to.deep.equal({ ok: 6 })
    expect(summary.runs.map((run) => run.board)).to.have.members(town.sandbox.market.boards().map(({ ident }) => ident))
    expect(told.flatMap(({ fresh }) => fresh)).to.have.length(6)
    expect(told.at(-1)).to.include({ done: 6, total: 6 })
    for (const run of summary.runs) expect(run).to.include({ undone_at: null, trigger: 'refresh' })
  })

  it('hears of its own runs at once, and takes each board once', async () => {
    const summary = await town.refresh()
    expect(summary.totals).to.deep.equal({ unchanged: 6 })
    expect(new Set(summary.runs.map(({ id }) => id)).size).to.equal(6)
    expect(summary.seconds).to.be.below(10)
  })

  it('ends at once when there is nothing to visit', async () => {
    const summary = await refresh(office.database, office.queue, { boards: ['nowhere'] }, createRunFeed())
    expect(summary).to.deep.include({ runs: [], totals: {}, postings_per_second: 0 })
  })

  it('asks for what is selected, at the head of the queue', async () => {
    const { db } = office.database
    const held: Queue = { ...office.queue, add: async (name, tasks) => (adding.push(...tasks), 0) }
    const adding: { data: object; priority?: number }[] = []
    const [lever = ''] = idents('lever')
    expect((await askForVisits(office.database, held, { sources: ['lever'] })).map(({ ident }) => ident)).to.have.members(idents('lever'))
    expect((await askForVisits(office.database, held, { boards: [`lever/${lever}`] })).map(({ ident }) => ident)).to.deep.equal([lever])
    expect(await askForVisits(office.database, held, { sources: ['ashby'], boards: [lever] })).to.deep.equal([])
    expect(await askForVisits(office.database, held, { limit: 4 })).to.have.length(4)
    expect(new Set(adding.map(({ priority }) => priority))).to.deep.equal(new Set([URGENT]))
    await db('boards').where({ ident: lever }).update({ enabled: false })
    expect(await askForVisits(office.database, held, { boards: [lever] })).to.deep.equal([])
    await db('boards').where({ ident: lever }).update({ enabled: true })
  })

  it('does not take an older run for the one it waits for', async () => {
    const [ident = ''] = idents('ashby')
    const board = await office.database.db('boards').where({ ident }).first('last_run_id')
    const summary = await refresh(office.database, office.queue, { boards: [ident] }, createRunFeed())
    expect(summary.runs).to.have.length(1)
    expect(summary.runs[0]?.id).not.to.equal(board.last_run_id)
  })

  it('asks again where a task was not taken in', async () => {
    const [ident = ''] = idents('ashby')
    let refused = 0
    const deaf: Queue = { ...office.queue, add: async (...given) => (refused++ === 0 ? 0 : office.queue.add(...given)) }
    const summary = await refresh(office.database, deaf, { boards: [ident] }, createRunFeed())
    expect(summary.runs).to.have.length(1)
    expect(refused).to.be.above(1)
  })

  it('no longer waits for a visit that became a dead letter, and is not led astray by old ones', async () => {
    const [ident = ''] = idents('greenhouse')
    const { id } = await office.database.db('boards').where({ ident }).first('id')
    const letter = (name: string) => ({ id: name, data: { board_id: id }, at: new Date(), error: null })
    const letters = [letter('old'), { id: 'odd', data: null, at: new Date(), error: null }]
    let looks = 0
    const dying: Queue = {
      ...office.queue,
      add: async () => 0,
      deadLetters: async () => {
        if (++looks === 3) letters.push(letter('new'))
        return [...letters]
      },
    }
    const summary = await refresh(office.database, dying, { boards: [ident] }, createRunFeed())
    expect(summary.runs).to.deep.equal([])
    expect(looks).to.equal(3)
  })

  it('fails when the database does, in place of waiting', async () => {
    const broken = { ...office.database, db: openPool('postgres://127.0.0.1:9/none', 1, quietLog) }
    const error = await refresh(broken, office.queue, {}, createRunFeed()).catch((failure: unknown) => failure)
    expect(error).to.have.property('code', 'ECONNREFUSED')
    await broken.db.destroy()
  })

  it('leaves no task behind', async () => {
    const waiting = await office.database.db('pgboss.job').where({ name: VISITS }).whereIn('state', ['created', 'retry', 'active'])
    expect(waiting).to.deep.equal([])
  })
})

describe('the feed of runs', () => {
  const run = (id: string) => ({ id }) as RunRecord

  it('gives what was told since the last time, and waits when nothing was', async () => {
    const feed = createRunFeed()
    feed.tell(run('a'))
    feed.tell(run('b'))
    expect((await feed.next(10_000)).map(({ id }) => id)).to.deep.equal(['a', 'b'])
    expect(await feed.next(1)).to.deep.equal([])
    const waiting = feed.next(10_000)
    feed.tell(run('c'))
    expect((await waiting).map(({ id }) => id)).to.deep.equal(['c'])
  })
})

describe('the summary of a refresh', () => {
  it('counts outcomes, and postings by the second', () => {
    const runs = (['ok', 'ok', 'gone'] as Outcome[]).map((outcome, n) => ({ outcome, seen: n * 10 }) as RunRow)
    const summary = summarise(runs, 2.00049)
    expect(summary).to.include({ seconds: 2, postings_per_second: 15 })
    expect(summary.totals).to.deep.equal({ ok: 2, gone: 1 })
    expect(summary.peak_rss_mb).to.be.within(20, 4000)
    expect(summarise([], 0)).to.include({ postings_per_second: 0, seconds: 0 })
  })
})
