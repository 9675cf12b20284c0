// Looks at closings and at the coverage of fields.

import { expect } from 'chai'
import { closeSeeded, place, seedBoard, seedPostings, type Draft } from '../../api/seed.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago, seedVisit } from './seed.ts'

const GUARD = { name: 'drop', seen: 3, median: 20, would_close: 17 }

describe('looks at what is open', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())
  beforeEach(() => bench.db.raw('truncate boards, companies, runs, postings restart identity cascade'))

  describe('closings.state', () => {
    it('is healthy while closings are few, and gives no batch to undo', async () => {
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await seedVisit(bench.db, board, { outcome: 'ok', seen: 90, closed: 10 })
      await seedVisit(bench.db, board, { outcome: 'ok', seen: 2, closed: 3 })
      const finding = await bench.look('closings.state')
      expect(finding).to.deep.include({ verdict: 'healthy', causes: [] })
      expect(finding.values).to.equal(undefined)
    })

    it('tells refused closings, and doubts what the same board closed before', async () => {
      const acme = await seedBoard(bench.db, 'greenhouse', 'acme')
      const other = await seedBoard(bench.db, 'lever', 'other')
      const batch = await seedVisit(bench.db, acme, { outcome: 'ok', seen: 20, closed: 4, ago: 7200 })
      await seedVisit(bench.db, other, { outcome: 'ok', seen: 100, closed: 30, ago: 7000 })
      await seedVisit(bench.db, acme, { outcome: 'partial', guard: GUARD, ago: 3600 })
      await seedVisit(bench.db, acme, { outcome: 'partial', guard: GUARD, ago: 60 })
      expect(await bench.look('closings.state')).to.deep.include({
        verdict: 'degraded',
        causes: ['drift'],
        values: { source: 'greenhouse', batch },
        words:
          '2 visits saw far fewer postings than before, and closed nothing: greenhouse/acme. One visit closed 4 and still saw 20 of greenhouse/acme.',
      })
      expect(await bench.look('closings.state', { source: 'lever' })).to.include({ verdict: 'healthy' })
    })

    it('doubts a closing that took much of a board away, until it is undone, and for a day', async () => {
      const acme = await seedBoard(bench.db, 'greenhouse', 'acme')
      const batch = await seedVisit(bench.db, acme, { outcome: 'ok', seen: 6, closed: 14 })
      expect(await bench.look('closings.state')).to.deep.include({ verdict: 'degraded', values: { source: 'greenhouse', batch } })
      await bench.db('runs').update({ undone_at: new Date() })
      expect((await bench.look('closings.state')).verdict).to.equal('healthy')
      await bench.db('runs').update({ undone_at: null, started_at: ago(86_400 + 60) })
      expect((await bench.look('closings.state')).verdict).to.equal('healthy')
    })
  })

  describe('coverage.state', () => {
    const FULL: Partial<Draft> = { places: [place('Berlin', 'DE')], level: 'senior', department: 'Platform' }
    const drafts = (prefix: string, count: number, fields: Partial<Draft>): Draft[] =>
      Array.from({ length: count }, (_, n) => ({ external_id: `${prefix}${n}`, ...fields }))

    it('is healthy while the fields are there, and says which never are', async () => {
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await seedPostings(bench.db, board, ago(3 * 86_400).toISOString(), drafts('a', 12, FULL))
      const finding = await bench.look('coverage.state', { source: 'greenhouse' })
      expect(finding).to.deep.include({ verdict: 'healthy', causes: [] })
      expect(finding.words).to.equal('As far as is known, greenhouse never has: posted_at, work_mode, pay, employment_type.')
    })

    it('is broken when no posting has a place or a text', async () => {
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await seedPostings(bench.db, board, ago(60).toISOString(), drafts('a', 12, { ...FULL, places: [] }))
      expect(await bench.look('coverage.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'broken',
        causes: ['drift'],
        words: 'None of 12 open postings of greenhouse has: places.',
      })
    })

    it('is degraded when what was written within a day lacks a field that most of the older ones have', async () => {
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await seedPostings(bench.db, board, ago(3 * 86_400).toISOString(), drafts('a', 12, FULL))
      await seedPostings(bench.db, board, ago(3600).toISOString(), drafts('b', 10, { ...FULL, department: null }))
      expect(await bench.look('coverage.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'degraded',
        causes: ['drift'],
        words: 'None of 10 postings written within a day has: department; most of the older ones do.',
      })
    })

    it('says nothing of a handful of postings, nor of closed ones', async () => {
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      const uids = await seedPostings(bench.db, board, ago(60).toISOString(), drafts('a', 12, { places: [] }))
      await closeSeeded(bench.db, board, ago(10).toISOString(), uids.slice(0, 3))
      expect(await bench.look('coverage.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'inconclusive',
        words: 'Only 9 postings of greenhouse are open.',
      })
    })
  })
})
