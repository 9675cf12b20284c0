// Pages and quarantine as rows: bodies once, runs in order, and what was set aside with its reason.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { listQuarantine, pagesOfRun, quarantinePage, recordPages, releasePage, type ArchivedPage } from '../../../services/store/pages.ts'
import { openWorld, type World } from '../../world.ts'

const page = (letter: string, over: Partial<ArchivedPage> = {}): ArchivedPage => ({
  hash: letter.repeat(64),
  bytes: 1000,
  storedBytes: 200,
  url: `https://jobs.example.com/${letter}`,
  status: 200,
  ...over,
})

describe('pages', () => {
  let world: World
  let board = 0
  let other = 0

  before(async () => {
    world = await openWorld()
    const [company] = await world.db('companies').insert({ slug: 'acme', name: 'Acme' }).returning<{ id: number }[]>('id')
    const boards = await world
      .db('boards')
      .insert(['acme', 'acme-eu'].map((ident) => ({ source: 'lever', ident, company_id: company?.id })))
      .returning<{ id: number }[]>('id')
    ;[board, other] = boards.map((one) => one.id) as [number, number]
  })
  after(() => world.close())

  it('are numbered in the order in which they came', async () => {
    const run = randomUUID()
    await recordPages(world.db, run, [page('b'), page('a', { status: 203 }), page('b', { url: 'https://jobs.example.com/again' })])
    expect(await pagesOfRun(world.db, run)).to.deep.equal([
      { number: 0, hash: 'b'.repeat(64), url: 'https://jobs.example.com/b', status: 200 },
      { number: 1, hash: 'a'.repeat(64), url: 'https://jobs.example.com/a', status: 203 },
      { number: 2, hash: 'b'.repeat(64), url: 'https://jobs.example.com/again', status: 200 },
    ])
  })

  it('keep one row per body, however many runs bring it', async () => {
    await recordPages(world.db, randomUUID(), [page('c')])
    await recordPages(world.db, randomUUID(), [page('c', { storedBytes: 999 }), page('d')])
    expect(
      await world
        .db('raw_pages')
        .whereIn('hash', ['c'.repeat(64), 'd'.repeat(64)])
        .orderBy('hash')
        .select('bytes', 'stored_bytes'),
    ).to.deep.equal([
      { bytes: 1000, stored_bytes: 200 },
      { bytes: 1000, stored_bytes: 200 },
    ])
  })

  it('of a run without any are none', async () => {
    const run = randomUUID()
    await recordPages(world.db, run, [])
    expect(await pagesOfRun(world.db, run)).to.deep.equal([])
  })

  it('are recorded by two runs at once without waiting for each other in a circle', async () => {
    // Many rows and opposite orders: without an order of its own one of the transactions ends in a deadlock.
    const many = Array.from({ length: 2000 }, (_, i) => page('x', { hash: String(i).padStart(64, '0') }))
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        world.database.inTransaction((trx) => recordPages(trx, randomUUID(), i % 2 ? many : many.toReversed())),
      ),
    )
    expect(await world.db('raw_pages').where('hash', 'like', '0%').count('* as n')).to.deep.equal([{ n: 2000 }])
  })

  it('disappear with the transaction that did not come to its end', async () => {
    const run = randomUUID()
    await world.database
      .inTransaction(async (trx) => {
        await recordPages(trx, run, [page('e')])
        throw new Error('the run broke')
      })
      .catch(() => {})
    expect(await pagesOfRun(world.db, run)).to.deep.equal([])
    expect(await world.db('raw_pages').where({ hash: 'e'.repeat(64) })).to.deep.equal([])
  })

  describe('in quarantine', () => {
    beforeEach(() => world.db('quarantine').delete())

    it('are listed newest first, with where they came from and why', async () => {
      const run = randomUUID()
      await recordPages(world.db, run, [page('f')])
      const first = await quarantinePage(world.db, {
        runId: run,
        boardId: board,
        page: page('f'),
        reason: 'title is missing',
        path: 'jobs[3].title',
      })
      const second = await quarantinePage(world.db, { runId: randomUUID(), boardId: other, page: null, reason: 'nothing came', path: null })
      const [newest, oldest] = await listQuarantine(world.db)
      expect(newest).to.include({ id: second, ident: 'acme-eu', hash: null, url: null, reason: 'nothing came', path: null })
      expect(oldest).to.include({
        id: first,
        run_id: run,
        board_id: board,
        source: 'lever',
        ident: 'acme',
        hash: 'f'.repeat(64),
        url: 'https://jobs.example.com/f',
        path: 'jobs[3].title',
        released_at: null,
      })
    })

    it('bring their body along when no run recorded it', async () => {
      await quarantinePage(world.db, { runId: randomUUID(), boardId: board, page: page('9'), reason: 'not JSON', path: null })
      expect(await world.db('raw_pages').where({ hash: '9'.repeat(64) })).to.have.length(1)
    })

    it('are released once, and then shown only to who asks', async () => {
      const id = await quarantinePage(world.db, { runId: randomUUID(), boardId: board, page: null, reason: 'x', path: null })
      expect(await releasePage(world.db, id)).to.equal(true)
      expect(await releasePage(world.db, id)).to.equal(false)
      expect(await listQuarantine(world.db)).to.deep.equal([])
      const [released] = await listQuarantine(world.db, { released: true })
      expect(released?.released_at).to.be.instanceOf(Date)
    })

    it('can be asked for by board, and only so many', async () => {
      for (const boardId of [board, other, board])
        await quarantinePage(world.db, { runId: randomUUID(), boardId, page: null, reason: 'x', path: null })
      expect((await listQuarantine(world.db, { boardId: board })).map((one) => one.ident)).to.deep.equal(['acme', 'acme'])
      expect(await listQuarantine(world.db, { limit: 1 })).to.have.length(1)
    })
  })
})
