// What people see of the canary while one is under way: nothing, wherever they look.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { sourceNames } from '../../../scrapers/index.ts'
import { FIELDS } from '../../../ops/metrics.ts'
import { routesOf } from '../../../services/api/app.ts'
import { visitBoard } from '../../../services/canary/round.ts'
import { CANARY_QUERY } from '../../../services/canary/source.ts'
import { match } from '../../../services/match/match.ts'
import { claimDue, findBoards, pauseBoards, sourceSummaries } from '../../../services/store/boards.ts'
import { CANARY, CANARY_COMPANY, CANARY_SEARCH } from '../../../services/store/canary-marks.ts'
import { takeTurn, type Round } from '../../../services/store/canary.ts'
import { fieldCoverage } from '../../../services/store/coverage.ts'
import { listUndelivered, outboxState, resend } from '../../../services/store/outbox.ts'
import { getHistory } from '../../../services/store/posting-history.ts'
import { createSearch, deleteSearch, getSearch, listSearches, updateSearch } from '../../../services/store/searches.ts'
import { takeSnapshot } from '../../../services/store/snapshots.ts'
import { serveApi, type Served } from '../api/client.ts'
import { seedBoard, seedPostings, type SeededBoard } from '../api/seed.ts'
import { openStand, type Stand } from './stand.ts'

const ALL = { notify: { channel: 'slack', cadence: 'instant' } } as const
const TODAY = new Date().toISOString().slice(0, 10)

describe('a canary under way', function () {
  this.timeout(20_000)
  let stand: Stand
  let served: Served
  let round: Round
  let acme: SeededBoard
  let everything: string
  const unseen = new Map<string, string>()

  before(async () => {
    stand = await openStand()
    const { db } = stand.world
    served = await serveApi(stand.world)
    everything = (await createSearch(db, { name: 'Everything', query: {}, ...ALL })).id
    await createSearch(db, { name: 'What the canary is', query: CANARY_QUERY, ...ALL })
    acme = await seedBoard(db, 'greenhouse', 'acme', 'Acme')
    const uids = await seedPostings(db, acme, new Date().toISOString(), [{ external_id: 'p1', title: 'Painter' }])
    await stand.world.database.inTransaction((trx) => match(trx, { uids, runId: randomUUID(), traceparent: undefined }))
    await takeSnapshot(db, TODAY)
    for (const path of lists()) unseen.set(path, await read(path))

    const { parts } = stand.process()
    const turn = await takeTurn(db, { ...parts, query: CANARY_QUERY })
    if (!turn.round) throw new Error('no round was due')
    round = turn.round
    expect((await visitBoard(parts, round)).trouble).to.equal(null)
  })
  after(async () => {
    await served.close()
    await stand.close()
  })

  /** Lists of what people have, in all the ways in which a posting might slip in: the same before and after, to the letter. */
  function lists(): string[] {
    const postings = ['', 'count=true', 'q=invented', 'q=canary&sort=newest', 'title=canary', 'status=all&sort=salary', 'mode=remote']
    return [
      ...postings.map((query) => `/api/v1/postings?${query}`),
      `/api/v1/postings?as_of=${TODAY}`,
      '/api/v1/postings?country=NL&count=true',
      '/api/v1/postings/export?format=csv',
      '/api/v1/companies',
      '/api/v1/companies?name=rolewatch',
      '/api/v1/sources',
      '/api/v1/runs',
      '/api/v1/searches',
      `/api/v1/searches/${everything}`,
    ]
  }

  /** Whatever else the API lists, now or one day. */
  function others(): string[] {
    const known = lists().map((path) => path.split('?')[0])
    return routesOf(served.parts)
      .filter(
        (route) => route.method === 'get' && route.path.startsWith('/api/') && !route.path.includes('{') && !known.includes(route.path),
      )
      .map((route) => route.path)
  }

  async function read(path: string): Promise<string> {
    const { status, text } = await served.ask(path)
    expect(status, path).to.equal(200)
    return text
  }

  it('is really there', async () => {
    const { db } = stand.world
    expect(await db('postings').where({ uid: round.uid }).pluck('source')).to.deep.equal([CANARY])
    expect(await db('matches').where({ uid: round.uid }).pluck('search_id')).to.deep.equal([CANARY_SEARCH])
    expect(await db('outbox').where({ uid: round.uid }).pluck('state')).to.deep.equal(['pending'])
  })

  it('is in no list of what people have', async () => {
    expect(unseen.get('/api/v1/postings?')).to.include('Painter')
    for (const path of lists()) expect(await read(path), path).to.equal(unseen.get(path))
  })

  it('is in no other list that the API has', async () => {
    const marks = [round.id, round.uid, CANARY_COMPANY, CANARY_SEARCH, 'Rolewatch canary', '"source":"canary"']
    expect(others()).to.include('/api/v1/health')
    for (const path of others()) {
      const { text } = await served.ask(path)
      expect(
        marks.filter((mark) => text.includes(mark)),
        path,
      ).to.deep.equal([])
    }
  })

  it('is not found by who knows its names', async () => {
    const run = await stand.world.db('runs').where({ source: CANARY }).first<{ id: string }>('id')
    const names = [
      `/api/v1/postings/${round.uid}`,
      `/api/v1/companies/${CANARY_COMPANY}`,
      `/api/v1/searches/${CANARY_SEARCH}`,
      `/api/v1/runs/${run.id}`,
      `/api/v1/sources/${CANARY}`,
    ]
    for (const path of names) expect((await served.ask(path)).status, path).to.equal(404)
    expect((await served.ask(`/api/v1/postings?source=${CANARY}`)).status).to.equal(400)
    const saved = { name: 'Mine', query: { source: CANARY } }
    expect((await served.ask('/api/v1/searches', { method: 'POST', body: saved })).status).to.equal(400)
  })

  it('has a search that nobody can see, change or delete', async () => {
    const { db } = stand.world
    expect(await getSearch(db, CANARY_SEARCH.toUpperCase())).to.equal(undefined)
    expect(await updateSearch(db, CANARY_SEARCH, { enabled: false })).to.equal(undefined)
    expect(await deleteSearch(db, CANARY_SEARCH)).to.equal(false)
    expect((await listSearches(db)).map((search) => search.id)).not.to.include(CANARY_SEARCH)
    const changes = { method: 'PATCH', body: { enabled: false } }
    expect((await served.ask(`/api/v1/searches/${CANARY_SEARCH}`, changes)).status).to.equal(404)
    expect((await served.ask(`/api/v1/searches/${CANARY_SEARCH}`, { method: 'DELETE' })).status).to.equal(404)
    expect(await db('searches').where({ id: CANARY_SEARCH, enabled: true }).pluck('name')).to.deep.equal(['Canary'])
  })

  it('is in no view over what was', async () => {
    const { db } = stand.world
    await takeSnapshot(db, TODAY)
    for (const view of ['posting_history', 'posting_snapshots', 'comp_snapshots'])
      expect(await db(view).where({ source: CANARY }).select('uid'), view).to.deep.equal([])
    expect(await db('posting_history').pluck('title')).to.deep.equal(['Painter'])
    expect(await getHistory(db, round.uid)).to.deep.equal([])
  })

  it('counts for no source, no board and no field', async () => {
    const { db } = stand.world
    expect((await sourceSummaries(db)).map((one) => one.source)).to.deep.equal(['greenhouse'])
    expect((await findBoards(db)).map((one) => one.ident)).to.deep.equal(['acme'])
    expect((await fieldCoverage(db)).map((one) => one.source)).to.deep.equal(['greenhouse'])
    expect(FIELDS).to.include('pay')
    await db('boards')
      .where({ source: CANARY })
      .update({ next_at: new Date(0) })
    expect((await claimDue(db, 100)).map((one) => one.source)).to.deep.equal(['greenhouse'])
    expect(await pauseBoards(db, { source: CANARY }, new Date(), 'for a test')).to.equal(0)
    expect(sourceNames).not.to.include(CANARY)
  })

  it('is nothing that people wait to be told, however long it waits', async () => {
    const { db } = stand.world
    await db('outbox')
      .where({ uid: round.uid })
      .update({ created_at: new Date(0), state: 'failed', error: 'no_service' })
    const state = await outboxState(db, 'slack')
    expect([state.pending, state.failed]).to.deep.equal([1, 0])
    expect(state.oldestSeconds).to.be.below(60)
    expect((await listUndelivered(db)).map((one) => one.name)).to.deep.equal(['Everything'])
    expect(await resend(db, { searchId: CANARY_SEARCH })).to.equal(0)
  })
})

describe("people's searches", () => {
  let stand: Stand
  before(async () => {
    stand = await openStand()
  })
  after(() => stand.close())

  it('match no canary, and the canary matches none of their postings', async () => {
    const { db, database } = stand.world
    const one = stand.process()
    one.notifier.start()
    const search = await createSearch(db, { name: 'Everything', query: {}, ...ALL })
    await createSearch(db, { name: 'Its source', query: { source: CANARY }, ...ALL })
    for (let n = 0; n < 3; n += 1) {
      await one.keep()
      await db('canary').update({ began_at: new Date(0) })
    }
    const acme = await seedBoard(db, 'greenhouse', 'acme', 'Acme')
    const canaryLike = { title: 'Canary keeper', description: 'An invented posting of TypeScript', work_mode: 'remote' as const }
    const uids = await seedPostings(db, acme, new Date().toISOString(), [{ external_id: 'p1', ...canaryLike }])
    await database.inTransaction((trx) => match(trx, { uids, runId: randomUUID(), traceparent: undefined }))
    expect(await db('matches').pluck('search_id')).to.deep.equal([search.id])
    await one.notifier.deliverDue()
    expect(stand.slack.accepted.map(({ message }) => message.text)).to.deep.equal(['Everything: 1 new: Canary keeper (Acme)'])
    expect(stand.cage.accepted).to.have.length(3)
  })
})
