// Looks at sources: well, failing, throttled, paused, stale, and nothing known.

import { expect } from 'chai'
import { seedBoard } from '../../api/seed.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago, seedSource, seedVisit } from './seed.ts'

describe('looks at sources', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())
  beforeEach(() => bench.db.raw('truncate boards, companies, runs, hosts restart identity cascade'))

  const boards = (source: string) => bench.db('boards').where({ source })

  describe('source.state', () => {
    it('is healthy while the last visits went well, and names the source', async () => {
      await seedSource(bench.db, 'greenhouse', ['ok', 'unchanged', 'empty_verified', 'gone'])
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'healthy',
        causes: [],
        words: 'greenhouse: the last visit of 0 of 3 boards went wrong.',
        values: { source: 'greenhouse' },
      })
    })

    it('is broken when most failed, degraded when some did, with the causes', async () => {
      await seedSource(bench.db, 'greenhouse', ['blocked', 'blocked', 'timeout', 'ok'])
      await seedSource(bench.db, 'lever', ['drift', 'ok', 'ok', 'ok'])
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'broken',
        causes: ['blocked', 'network'],
        words: 'greenhouse: the last visit of 3 of 4 boards went wrong (2 blocked, 1 ok, 1 timeout).',
      })
      expect(await bench.look('source.state', { source: 'lever' })).to.deep.include({ verdict: 'degraded', causes: ['drift'] })
    })

    it('finds the worst source by itself', async () => {
      await seedSource(bench.db, 'ashby', ['ok', 'ok'])
      await seedSource(bench.db, 'greenhouse', ['throttled', 'throttled'])
      await seedSource(bench.db, 'lever', ['server_error', 'server_error', 'ok'])
      const finding = await bench.look('source.state')
      expect(finding).to.deep.include({ verdict: 'broken', causes: ['upstream'], values: { source: 'lever' } })
      expect(finding.words).to.match(/^The worst of 3 sources: lever: the last visit of 2 of 3/)
    })

    it('does not take being throttled for breakage, nor what a breaker turned back for nothing else', async () => {
      const seeded = await seedSource(bench.db, 'greenhouse', ['throttled', 'throttled', 'rejected', 'rejected'])
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
      for (const board of seeded) await seedVisit(bench.db, board, { outcome: 'rejected', ago: 1 })
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
      await bench.db('runs').where({ outcome: 'throttled' }).update({ outcome: 'blocked' })
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({ verdict: 'broken', causes: ['blocked'] })
    })

    it('says when all is paused, and names breakers that are not closed', async () => {
      await seedSource(bench.db, 'greenhouse', ['ok', 'blocked'])
      await boards('greenhouse').update({ paused_until: new Date(Date.now() + 60_000), pause_reason: 'by hand' })
      await bench.db('hosts').insert({ host: 'boards.example', source: 'greenhouse', breaker: 'open' })
      expect(await bench.look('source.state', { source: 'greenhouse' })).to.deep.include({
        verdict: 'degraded',
        causes: ['paused'],
        words: 'Every board of greenhouse is paused. Not closed: the breaker of boards.example.',
      })
    })

    it('sees that nobody reads a source any more, though it was well last', async () => {
      const [board] = await seedSource(bench.db, 'greenhouse', ['ok'])
      await boards('greenhouse').update({ last_complete_at: ago(3600 * 1.5 + 660) })
      const finding = await bench.look('source.state', { source: 'greenhouse' })
      expect(finding).to.deep.include({ verdict: 'degraded', causes: ['worker'] })
      expect(finding.words).to.match(/It was last read completely 101 min ago\.$/)
      // One that a runbook slowed down is expected later.
      await boards('greenhouse')
        .where({ id: board?.id })
        .update({ slow_factor: 2, slow_until: new Date(Date.now() + 60_000) })
      expect((await bench.look('source.state', { source: 'greenhouse' })).verdict).to.equal('healthy')
    })

    it('says nothing of a source without boards, without visits, or without a board to be visited', async () => {
      expect(await bench.look('source.state', { source: 'lever' })).to.include({ verdict: 'inconclusive' })
      expect(await bench.look('source.state')).to.include({ verdict: 'inconclusive' })
      await seedBoard(bench.db, 'lever', 'new')
      expect(await bench.look('source.state')).to.include({ verdict: 'inconclusive', words: 'No visit to lever says how it is.' })
      await boards('lever').update({ enabled: false })
      expect(await bench.look('source.state')).to.include({ verdict: 'inconclusive', words: 'No board of lever is to be visited.' })
    })
  })

  describe('runs.last', () => {
    it('tells what the visits came to, and the newest error with its board', async () => {
      await seedSource(bench.db, 'greenhouse', ['ok', 'timeout', 'blocked', 'blocked'])
      expect(await bench.look('runs.last', { source: 'greenhouse' })).to.deep.include({
        verdict: 'broken',
        causes: ['blocked', 'network'],
        values: { source: 'greenhouse', board: 'greenhouse/greenhouse-1' },
        words:
          'The last 4 visits within an hour: 2 blocked, 1 ok, 1 timeout. The newest error, on greenhouse/greenhouse-1: it ended with timeout',
      })
    })

    it('is about one board when asked so, or about the newest few', async () => {
      const [well] = await seedSource(bench.db, 'greenhouse', ['unchanged', 'blocked'])
      expect(await bench.look('runs.last', { board: `greenhouse/${well?.ident ?? ''}` })).to.include({ verdict: 'healthy' })
      expect(await bench.look('runs.last', { board: 'greenhouse/greenhouse-1' })).to.include({ verdict: 'broken' })
      expect(await bench.look('runs.last', { limit: '1' })).to.include({ verdict: 'healthy' })
    })

    it('says nothing when nobody was visited within the hour: some boards are visited once a day', async () => {
      const [board] = await seedSource(bench.db, 'greenhouse', [])
      expect(board).to.equal(undefined)
      const old = await seedBoard(bench.db, 'greenhouse', 'old')
      await seedVisit(bench.db, old, { outcome: 'blocked', ago: 3700 })
      expect(await bench.look('runs.last')).to.deep.include({ verdict: 'inconclusive', causes: [] })
      await seedVisit(bench.db, old, { outcome: 'skipped', ago: 10 })
      expect(await bench.look('runs.last')).to.deep.include({ verdict: 'inconclusive', causes: [] })
    })

    it('takes throttled visits for degraded at the most', async () => {
      await seedSource(bench.db, 'greenhouse', ['throttled', 'throttled', 'rejected'])
      expect(await bench.look('runs.last')).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
    })
  })

  it('refuse hostile arguments', () => {
    expect(bench.refusal('source.state', { source: 'greenhouse; --' })).to.match(/must be one of/)
    expect(bench.refusal('runs.last', { board: '../etc/passwd' })).to.match(/must be as/)
    expect(bench.refusal('runs.last', { limit: '100000' })).to.equal('limit: must be 1 to 500')
  })
})
