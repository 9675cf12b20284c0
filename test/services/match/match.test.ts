// Match: new postings × saved searches, in the storing transaction, once.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { match } from '../../../services/match/match.ts'
import { listenTo } from '../../../services/store/listen.ts'
import { OUTBOX_CHANNEL } from '../../../services/store/matches.ts'
import type { PostingQuery } from '../../../services/store/posting-query.ts'
import { createSearch, updateSearch, type Search } from '../../../services/store/searches.ts'
import { openWorld, type World } from '../../world.ts'
import { closeSeeded, pay, place, seedBoard, seedPostings, type Draft, type SeededBoard } from '../api/seed.ts'

const AT = '2025-11-20T10:00:00Z'
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('match', () => {
  let world: World
  let board: SeededBoard
  before(async () => {
    world = await openWorld()
    board = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
  })
  after(async () => {
    await world.close()
  })
  beforeEach(async () => {
    await world.db.raw('truncate searches, postings cascade')
  })

  const save = (query: PostingQuery, name = 'A search'): Promise<Search> =>
    createSearch(world.db, { name, query, notify: { channel: 'slack', cadence: 'instant' } })
  const open = (...drafts: Draft[]): Promise<string[]> => seedPostings(world.db, board, AT, drafts)
  const run = (uids: string[], runId: string = randomUUID()) =>
    world.database.inTransaction((trx) => match(trx, { uids, runId, traceparent: TRACE }))
  const pairs = async (table: string): Promise<[string, string][]> =>
    ((await world.db(table).select('search_id', 'uid').orderBy('uid')) as { search_id: string; uid: string }[]).map((row) => [
      row.search_id,
      row.uid,
    ])

  it('writes one match and one notification for each posting that fits a search', async () => {
    const go = await save({ q: 'engineer', skill: ['Go'] })
    await save({ q: 'accountant' })
    const uids = await open(
      { external_id: '1', title: 'Go Engineer', skills: ['Go'] },
      { external_id: '2', title: 'Java Engineer', skills: ['Java'] },
    )
    const runId = randomUUID()
    expect(await run(uids, runId)).to.deep.equal({ total: 1, bySource: { greenhouse: 1 } })
    expect(await pairs('matches')).to.deep.equal([[go.id, uids[0]]])
    expect(await world.db('matches').first('run_id')).to.deep.equal({ run_id: runId })
    const row = (await world.db('outbox').first()) as Record<string, unknown>
    expect(row).to.include({ channel: 'slack', search_id: go.id, uid: uids[0], state: 'pending', attempts: 0, traceparent: TRACE })
  })

  it('compares with every field of a search', async () => {
    const uids = await open({
      external_id: '1',
      title: 'Staff Platform Engineer',
      places: [place('Berlin, Germany', 'DE', 'Berlin')],
      work_mode: 'remote',
      level: 'staff',
      skills: ['Go', 'Kubernetes'],
      pay: [pay('EUR', 100_000, 120_000)],
      posted_at: new Date().toISOString(),
    })
    const fitting: PostingQuery[] = [
      {},
      { q: 'platform -java' },
      { title: 'staff engineer' },
      { company: 'acme' },
      { location: 'Berlin' },
      { country: 'DE' },
      { mode: 'remote' },
      { level: 'staff' },
      { skill: ['go', 'kubernetes'] },
      { salary_min: 110_000, currency: 'EUR' },
      { source: 'greenhouse' },
      { posted_within: 2 },
    ]
    const other: PostingQuery[] = [
      { q: 'platform -go' },
      { title: 'junior' },
      { company: 'umbrella' },
      { location: 'Paris' },
      { country: 'FR' },
      { mode: 'onsite' },
      { level: 'junior' },
      { skill: ['go', 'rust'] },
      { salary_min: 130_000 },
      { currency: 'USD' },
      { source: 'lever' },
    ]
    const expected = await Promise.all(fitting.map((query) => save(query)))
    await Promise.all(other.map((query) => save(query)))
    expect((await run(uids)).total).to.equal(fitting.length)
    expect((await pairs('matches')).map(([id]) => id)).to.have.members(expected.map((one) => one.id))
  })

  it('does not ask whether a new posting is open, nor how the search was paged', async () => {
    await save({ status: 'closed', as_of: '2020-01-01', sort: 'salary', limit: 1, cursor: 'x' })
    expect((await run(await open({ external_id: '1' }, { external_id: '2' }))).total).to.equal(2)
  })

  it('looks at the given postings alone', async () => {
    await save({})
    const [first] = await open({ external_id: '1' }, { external_id: '2' })
    expect((await run([first ?? ''])).total).to.equal(1)
  })

  it('leaves disabled searches out, as they are at this moment', async () => {
    const search = await save({})
    const uids = await open({ external_id: '1' }, { external_id: '2' })
    await updateSearch(world.db, search.id, { enabled: false })
    expect((await run(uids.slice(0, 1))).total).to.equal(0)
    await updateSearch(world.db, search.id, { enabled: true })
    expect((await run(uids.slice(1))).total).to.equal(1)
  })

  it('never matches the same posting and search twice, reopened or run again', async () => {
    await save({})
    const uids = await open({ external_id: '1' })
    expect((await run(uids)).total).to.equal(1)
    expect((await run(uids)).total).to.equal(0)
    await closeSeeded(world.db, board, '2025-11-21T10:00:00Z', uids)
    expect((await run(uids)).total).to.equal(0)
    expect(await pairs('outbox')).to.have.length(1)
  })

  it('tells of a search made later only what it has not matched', async () => {
    await save({}, 'old')
    const uids = await open({ external_id: '1' })
    await run(uids)
    const fresh = await save({}, 'new')
    expect((await run(uids)).total).to.equal(1)
    expect((await pairs('outbox')).map(([id]) => id)).to.include(fresh.id)
  })

  it('leaves nothing when the transaction is rolled back', async () => {
    await save({})
    const uids = await open({ external_id: '1' })
    const failing = world.database.inTransaction(async (trx) => {
      await match(trx, { uids, runId: randomUUID(), traceparent: undefined })
      throw new Error('the board could not be stored')
    })
    expect(await failing.catch((error: Error) => error.message)).to.equal('the board could not be stored')
    expect(await pairs('matches')).to.deep.equal([])
    expect(await pairs('outbox')).to.deep.equal([])
  })

  it('counts by source', async () => {
    const lever = await seedBoard(world.db, 'lever', 'umbrella')
    await save({})
    await save({ q: 'engineer' })
    const uids = [
      ...(await open({ external_id: '1' }, { external_id: '2' })),
      ...(await seedPostings(world.db, lever, AT, [{ external_id: '3', title: 'Cook' }])),
    ]
    expect(await run(uids)).to.deep.equal({ total: 5, bySource: { greenhouse: 4, lever: 1 } })
  })

  it('compares with more searches than one statement takes', async () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({
      id: randomUUID(),
      name: `Search ${index}`,
      query: JSON.stringify(
        index % 2 === 0 ? { q: 'engineer', country: 'DE', skill: ['Go'] } : { location: 'Berlin, Germany', salary_min: 10 },
      ),
      notify: JSON.stringify({ channel: 'slack', cadence: 'instant' }),
    }))
    await world.db('searches').insert(rows)
    const uids = await open({ external_id: '1', title: 'Engineer', skills: ['Go'], places: [place('Berlin', 'DE', 'Berlin')] })
    expect((await run(uids)).total).to.equal(125)
  })

  it('has nothing to do without postings, and asks nothing', async () => {
    await save({})
    expect(await run([])).to.deep.equal({ total: 0, bySource: {} })
  })

  it('is told of by PostgreSQL when the transaction commits, and not when nothing matched', async () => {
    await save({ q: 'engineer' })
    const heard = new EventEmitter()
    const listener = await listenTo(world.database, OUTBOX_CHANNEL, () => heard.emit('heard'), { onConnect: () => {} })
    let rings = 0
    heard.on('heard', () => (rings += 1))
    await run(await open({ external_id: '1', title: 'Cook' }))
    const ring = once(heard, 'heard')
    await run(await open({ external_id: '2', title: 'Engineer' }))
    await ring
    expect(rings).to.equal(1)
    await listener.close()
  })
})
