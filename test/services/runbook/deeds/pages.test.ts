// Deeds on pages and closings, in a town whose boards change their form and lose their postings.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { findBoards, pauseBoards, type Board } from '../../../../services/store/boards.ts'
import { listQuarantine } from '../../../../services/store/pages.ts'
import { listRuns } from '../../../../services/store/runs.ts'
import { countRows, openTown, type Town } from '../../../journey/town.ts'
import { askWith, partsOf, type Asking } from '../bench.ts'

describe('deeds on pages', function () {
  this.timeout(60_000)
  let town: Town
  let ask: Asking
  beforeEach(async () => {
    town = await openTown({ boards: 6, postingsPerBoard: 12 })
    ask = askWith(await partsOf(town.works))
    await town.refresh({ sources: ['greenhouse'] })
  })
  afterEach(() => town.close())

  const db = () => town.works.database.db
  const boards = () => findBoards(db(), { sources: ['greenhouse'] })
  const largest = async (): Promise<Board> => {
    const board = (await boards()).toSorted((a, b) => b.open_count - a.open_count)[0]
    if (!board) throw new Error('no board')
    return board
  }
  const visit = async (fault: object) => {
    const board = await largest()
    await db()('boards').update({ pages: null })
    const id = town.sandbox.market.fault({ board: board.ident, ...fault })
    await town.refresh({ boards: [`greenhouse/${board.ident}`] })
    town.sandbox.market.clearFaults(id)
    return board
  }
  const waiting = async () => (await listQuarantine(db())).map(({ ident, reason }) => `${ident}: ${reason}`)
  const given = { source: 'greenhouse' }

  describe('page.replay', () => {
    it('has nothing to do while nothing waits, or what waits cannot be read', async () => {
      expect((await ask.plan('page.replay', given)).idle).to.equal('No page of a board of this source that is visited waits in quarantine.')
      await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
      expect((await ask.plan('page.replay', given)).idle).to.equal('None of 1 page in quarantine can be read by the parser as it is.')
    })

    it('reads boards in full again whose pages the parser can read by now, and lets their pages out', async () => {
      const board = await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
      await visit({ kind: 'html' })
      // A parser that reads it by now: what waits is a page as the parser knows them.
      const good = await db()('run_pages as p')
        .join('runs as r', 'r.id', 'p.run_id')
        .where({ 'r.board_id': board.id, 'r.complete': true })
        .first<{ hash: string }>('p.hash')
      const newest = await db()('quarantine').max('id as id').first<{ id: number }>()
      await db()('quarantine').where({ id: newest.id }).update({ hash: good.hash })
      expect(await waiting()).to.have.length(2)
      expect(await ask.plan('page.replay', given)).to.deep.equal({
        target: 'source/greenhouse',
        words: '1 of 1 board with pages in quarantine can be read now: they will be visited at once and read in full.',
      })
      await town.refresh({ boards: [`greenhouse/${board.ident}`] })
      const before = await countRows(db()('runs'))
      const deed = await ask.act('page.replay', given)
      expect(deed.words).to.equal('2 pages let out of quarantine; 1 board to be visited at once and read in full.')
      expect(await waiting()).to.deep.equal([])
      while ((await countRows(db()('runs'))) === before) await new Promise((resolve) => setTimeout(resolve, 20))
      const [run] = await listRuns(db(), { limit: 1 })
      expect(run).to.include({ trigger: 'runbook', board: board.ident, pages: 1, complete: true })
      expect(run?.bytes, 'the body came, not a 304').to.be.above(0)
      expect((await ask.plan('page.replay', given)).idle).to.match(/^No page/)
    })

    it('leaves boards alone that are paused', async () => {
      const board = await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
      await pauseBoards(db(), { board: `greenhouse/${board.ident}` }, new Date(Date.now() + 60_000), 'by hand')
      expect((await ask.plan('page.replay', given)).idle).to.match(/^No page of a board of this source that is visited/)
      expect((await ask.act('page.replay', given)).words).to.match(/^0 pages let out/)
      expect(await waiting()).to.have.length(1)
    })
  })

  describe('page.quarantine', () => {
    it('sets aside what a doubtful visit kept, once, and lets out exactly that', async () => {
      expect((await ask.plan('page.quarantine', given)).idle).to.equal('No page of a doubtful visit is left that is not set aside already.')
      const board = await visit({ kind: 'half_board' })
      // One that waits already, of another visit: it is not ours to let out.
      await db()('quarantine').insert({ run_id: randomUUID(), board_id: board.id, reason: 'older', created_at: new Date(0) })
      expect(await ask.plan('page.quarantine', given)).to.deep.equal({
        target: 'source/greenhouse',
        words: 'The newest page of 1 board will be set aside.',
      })
      const before = await waiting()
      const deed = await ask.act('page.quarantine', given)
      expect(deed.words).to.equal('1 page set aside.')
      expect(await waiting()).to.deep.equal([`${board.ident}: set aside by the runbook ScrapeOutage`, ...before])
      expect((await ask.plan('page.quarantine', given)).idle).to.match(/^No page/)
      expect(await ask.undo('page.quarantine', deed)).to.equal('1 page let out again.')
      expect(await waiting()).to.deep.equal(before)
      expect(await ask.undo('page.quarantine', deed)).to.equal('0 pages let out again. Let out by others meanwhile: 1.')
    })
  })

  describe('closings.undo', () => {
    it('opens again what one visit closed, and says so before', async () => {
      const board = await largest()
      const closed = await db()('postings').where({ board_id: board.id }).limit(3).pluck('uid')
      const [run] = await listRuns(db(), { board: board.ident, limit: 1 })
      const batch = run?.id ?? ''
      await db()('postings').whereIn('uid', closed).update({ closed_at: new Date(), close_batch: batch })
      await db()('runs').where({ id: batch }).update({ closed: 3 })
      await db()('boards').where({ id: board.id }).decrement('open_count', 3)
      // One of them was seen again since.
      await db()('postings').where({ uid: closed[0] }).update({ closed_at: null, close_batch: null })
      expect(await ask.plan('closings.undo', { batch })).to.deep.equal({
        target: `run/${batch}`,
        words: `2 postings of greenhouse/${board.ident} will be open again.`,
      })
      expect((await ask.act('closings.undo', { batch })).words).to.equal('2 postings open again.')
      expect(await countRows(db()('postings').whereNotNull('closed_at'))).to.equal(0)
      expect((await boards()).find(({ id }) => id === board.id)?.pages, 'the next visit judges afresh').to.equal(null)
      expect((await ask.plan('closings.undo', { batch })).idle).to.equal('Nothing that this visit closed is closed still.')
    })

    it('has nothing to do for a visit that is not there, and wants the id of one', async () => {
      expect((await ask.plan('closings.undo', { batch: randomUUID() })).idle).to.equal('There is no such visit.')
      expect((await ask.act('closings.undo', { batch: randomUUID() })).words).to.equal('0 postings open again.')
      expect(ask.refusal('closings.undo', { batch: 'all' })).to.equal('batch: must be the id of a visit')
    })
  })
})
