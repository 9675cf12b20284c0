// Deeds on boards: each planned, done, seen, and taken back; what a person changed meanwhile stays theirs.

import { expect } from 'chai'
import { claimDue, pauseBoards, resumeBoards, sourceSummaries } from '../../../../services/store/boards.ts'
import { seedBoard } from '../../api/seed.ts'
import { openBench, type Bench } from '../bench.ts'

const NOW = new Date('2030-05-01T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

describe('deeds on boards', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())
  beforeEach(async () => {
    bench.clock.at = NOW
    await bench.db.raw('truncate boards, companies restart identity cascade')
    for (const ident of ['a', 'b', 'c']) await seedBoard(bench.db, 'greenhouse', ident)
    await seedBoard(bench.db, 'lever', 'x')
    await seedBoard(bench.db, 'ashby', 'Acme Corp')
    await bench.db('boards').update({ next_at: later(600), last_run_at: later(-600) })
  })

  const state = () =>
    bench
      .db('boards')
      .orderBy('id')
      .select('ident', 'paused_until', 'pause_reason', 'slow_factor', 'slow_until', bench.db.raw('next_at::text as due'))
  const board = async (ident: string) => (await state()).find((one: { ident: string }) => one.ident === ident) as Record<string, unknown>

  describe('source.pause', () => {
    const given = { source: 'greenhouse', for: '2h' }

    it('stops the visits that it says, and is taken back to the letter', async () => {
      const before = await state()
      expect(await bench.plan('source.pause', given)).to.deep.equal({
        target: 'source/greenhouse',
        words: 'greenhouse will not be visited until 2030-05-01 14:00 UTC: 3 boards.',
        stops: ['greenhouse'],
      })
      expect(await state(), 'a plan changes nothing').to.deep.equal(before)
      const deed = await bench.act('source.pause', given)
      expect(deed.words).to.equal('3 boards of greenhouse paused until 2030-05-01 14:00 UTC.')
      expect(await board('a')).to.deep.include({ paused_until: later(7200), pause_reason: `runbook ScrapeOutage, run ${bench.runId}` })
      expect(await board('x')).to.deep.include({ paused_until: null })
      expect(await claimDue(bench.db, 10, later(700))).to.have.length(2)
      expect(await bench.undo('source.pause', deed)).to.equal('3 boards let go.')
      expect((await state()).filter(({ ident }: { ident: string }) => 'abc'.includes(ident))).to.deep.equal(before.slice(0, 3))
    })

    it('has nothing to do a second time, nor for a source without boards', async () => {
      await bench.act('source.pause', given)
      expect(await bench.plan('source.pause', given)).to.include({ idle: 'greenhouse is not visited now anyway.' })
      await bench.db('boards').where({ source: 'lever' }).update({ enabled: false })
      expect(await bench.plan('source.pause', { source: 'lever', for: '1h' })).to.include({
        idle: 'There is no board of lever to be visited.',
      })
    })

    it(`leaves a person's pause as it is, in doing and in taking back`, async () => {
      await pauseBoards(bench.db, { board: 'greenhouse/a' }, later(60), 'moving house')
      expect((await bench.plan('source.pause', given)).words).to.match(/: 2 boards\.$/)
      const deed = await bench.act('source.pause', given)
      expect(await board('a')).to.deep.include({ paused_until: later(60), pause_reason: 'moving house' })
      await pauseBoards(bench.db, { board: 'greenhouse/b' }, later(86_400), 'I look at it')
      await resumeBoards(bench.db, { board: 'greenhouse/c' })
      await pauseBoards(bench.db, { board: 'greenhouse/c' }, later(7200), 'the same time, but mine')
      const touched = await state()
      expect(await bench.undo('source.pause', deed)).to.equal(
        '0 boards let go. Left alone, because paused otherwise or let go meanwhile: 2.',
      )
      expect(await state()).to.deep.equal(touched)
    })

    it('lets go only what it paused itself, when two of them follow each other', async () => {
      await bench
        .db('boards')
        .where({ ident: 'a' })
        .update({ paused_until: later(-5), pause_reason: 'over' })
      const first = await bench.act('source.pause', { source: 'greenhouse', for: '10m' })
      bench.clock.at = later(660)
      const second = await bench.act('source.pause', given)
      expect(await bench.undo('source.pause', first)).to.match(/^0 boards let go/)
      expect(await board('a')).to.deep.include({ paused_until: later(660 + 7200) })
      expect(await bench.undo('source.pause', second)).to.equal('3 boards let go.')
      expect(await board('a')).to.deep.include({ paused_until: later(600) })
    })

    it('rolls back whole with its transaction', async () => {
      const before = await state()
      const action = bench.registry.get('source.pause')
      if (action?.kind !== 'write') throw new Error('no write')
      const work = bench.database.inTransaction(async (trx) => {
        const signal = AbortSignal.timeout(1000)
        await action.act({ source: 'greenhouse', for: 60 }, { runId: 'r', alert: 'A', labels: {}, actor: 't', now: () => NOW, signal }, trx)
        throw new Error('the record could not be written')
      })
      expect(String(await work.catch((error: unknown) => error))).to.contain('the record could not be written')
      expect(await state()).to.deep.equal(before)
    })
  })

  describe('board.pause', () => {
    it('stops one board, with a space in its name too, and tells when it is all that its source has', async () => {
      expect(await bench.plan('board.pause', { board: 'greenhouse/b', for: '30m' })).to.deep.equal({
        target: 'board/greenhouse/b',
        words: 'greenhouse/b will not be visited until 2030-05-01 12:30 UTC: 1 board.',
      })
      const deed = await bench.act('board.pause', { board: 'greenhouse/b', for: '30m' })
      expect((await state()).filter((one: { paused_until: Date | null }) => one.paused_until)).to.have.length(1)
      expect(await bench.undo('board.pause', deed)).to.equal('1 board let go.')
      expect(await bench.plan('board.pause', { board: 'ashby/Acme Corp', for: '30m' })).to.deep.include({ stops: ['ashby'] })
      await bench.act('board.pause', { board: 'ashby/Acme Corp', for: '30m' })
      expect(await board('Acme Corp')).to.deep.include({ paused_until: later(1800) })
    })

    it('has nothing to do for a board that is not there', async () => {
      expect(await bench.plan('board.pause', { board: 'greenhouse/zz', for: '30m' })).to.include({
        idle: 'There is no board greenhouse/zz to be visited.',
      })
    })

    it('takes its names as names, whatever they hold', async () => {
      const before = await state()
      const given = { board: `greenhouse/a' or '1'='1`, for: '30m' }
      expect((await bench.plan('board.pause', given)).idle).to.match(/^There is no board/)
      expect((await bench.act('board.pause', given)).words).to.match(/^0 boards/)
      expect(await state()).to.deep.equal(before)
    })
  })

  describe('source.resume and board.resume', () => {
    it('let go what is paused, say why it was, and pause it again to the letter', async () => {
      await pauseBoards(bench.db, { source: 'greenhouse' }, later(3600), 'moving')
      await pauseBoards(bench.db, { board: 'greenhouse/c' }, later(60), 'a while')
      const before = await state()
      expect(await bench.plan('source.resume', { source: 'greenhouse' })).to.deep.equal({
        target: 'source/greenhouse',
        words: '3 paused boards of greenhouse will be visited again (a while and moving).',
      })
      const deed = await bench.act('source.resume', { source: 'greenhouse' })
      expect(deed.words).to.equal('3 paused boards of greenhouse let go: visited again from now on.')
      expect((await state()).every((one: { paused_until: Date | null }) => one.paused_until === null)).to.equal(true)
      expect((await bench.plan('source.resume', { source: 'greenhouse' })).idle).to.equal('greenhouse is not paused.')
      expect(await bench.undo('source.resume', deed)).to.equal('3 boards paused as before.')
      expect(await state()).to.deep.equal(before)
      await bench.act('board.resume', { board: 'greenhouse/c' })
      expect(await board('c')).to.deep.include({ paused_until: null })
      expect(await board('b')).to.deep.include({ pause_reason: 'moving' })
    })

    it('leave a pause alone that a runbook made: it was meant to last', async () => {
      await bench.act('source.pause', { source: 'greenhouse', for: '6h' })
      const before = await state()
      expect((await bench.plan('source.resume', { source: 'greenhouse' })).idle).to.equal(
        'greenhouse is paused by a runbook, and that ends by itself.',
      )
      expect((await bench.act('source.resume', { source: 'greenhouse' })).words).to.match(/^0 paused boards/)
      expect(await state()).to.deep.equal(before)
      await pauseBoards(bench.db, { board: 'greenhouse/b' }, later(99), 'by hand')
      expect((await bench.plan('source.resume', { source: 'greenhouse' })).words).to.match(/^1 paused board of greenhouse will be visited/)
    })

    it('do not pause again what a person has paused otherwise meanwhile', async () => {
      await pauseBoards(bench.db, { source: 'greenhouse' }, later(3600), 'moving')
      const deed = await bench.act('source.resume', { source: 'greenhouse' })
      await pauseBoards(bench.db, { board: 'greenhouse/b' }, later(99), 'mine')
      expect(await bench.undo('source.resume', deed)).to.equal(
        '2 boards paused as before. Left alone, because paused otherwise meanwhile: 1.',
      )
      expect(await board('b')).to.deep.include({ paused_until: later(99), pause_reason: 'mine' })
    })
  })

  describe('source.slow', () => {
    const given = { source: 'greenhouse', factor: '4', for: '6h' }
    const due = async (ident: string) => new Date(String((await board(ident))['due'])).getTime()

    it('visits less often until then, and expects no more meanwhile', async () => {
      expect(await bench.plan('source.slow', given)).to.deep.equal({
        target: 'source/greenhouse',
        words: '3 boards of greenhouse will be visited 4 times less often until 2030-05-01 18:00 UTC.',
      })
      const deed = await bench.act('source.slow', given)
      expect(deed.words).to.equal('3 boards of greenhouse visited 4 times less often until 2030-05-01 18:00 UTC.')
      expect((await bench.plan('source.slow', given)).idle).to.equal('greenhouse is slowed down already.')
      await claimDue(bench.db, 10, later(700))
      for (const ident of ['a', 'b', 'c'])
        expect((await due(ident)) - later(700).getTime()).to.be.within(0.9 * 14_400_000, 1.1 * 14_400_000)
      expect((await due('x')) - later(700).getTime()).to.be.within(0.9 * 3_600_000, 1.1 * 3_600_000)
      const expected = async (at: Date) =>
        (await sourceSummaries(bench.db, at)).map(({ source, expected_interval_seconds: seconds }) => [source, seconds])
      const usual = [
        ['ashby', 3600],
        ['greenhouse', 3600],
        ['lever', 3600],
      ]
      expect(await expected(later(0))).to.deep.equal(usual.with(1, ['greenhouse', 14_400]))
      // The visit after its end is still one that was put off.
      expect(await expected(later(6 * 3600 + 3599))).to.deep.equal(usual.with(1, ['greenhouse', 14_400]))
      expect(await expected(later(7 * 3600))).to.deep.equal(usual)
    })

    it('puts no visit off beyond its end, nor makes one come sooner', async () => {
      await bench.act('source.slow', given)
      await bench
        .db('boards')
        .where({ source: 'greenhouse' })
        .update({ next_at: later(4 * 3600) })
      await claimDue(bench.db, 10, later(4 * 3600))
      for (const ident of ['a', 'b', 'c'])
        expect((await due(ident)) - later(4 * 3600).getTime()).to.be.within(0.9 * 7_200_000, 1.1 * 7_200_000)
      await bench
        .db('boards')
        .where({ source: 'greenhouse' })
        .update({ next_at: later(5.9 * 3600) })
      await claimDue(bench.db, 10, later(5.9 * 3600))
      for (const ident of ['a', 'b', 'c'])
        expect((await due(ident)) - later(5.9 * 3600).getTime()).to.be.within(0.9 * 3_600_000, 1.1 * 3_600_000)
    })

    it('gives back the usual cadence, and what was put off is due as if it never had been', async () => {
      const before = await board('a')
      const deed = await bench.act('source.slow', given)
      expect(await board('a')).to.deep.include({ slow_factor: 4, slow_until: later(6 * 3600) })
      await bench
        .db('boards')
        .where({ ident: 'a' })
        .update({ next_at: later(4 * 3600) })
      expect(await bench.undo('source.slow', deed)).to.equal('3 boards visited as often as before.')
      expect(await board('a')).to.deep.include({ slow_factor: 1, slow_until: null, pause_reason: null })
      expect(await due('a')).to.equal(later(3000).getTime())
      expect(await due('b'), 'what is due sooner stays so').to.equal(new Date(String(before['due'])).getTime())
    })

    it('leaves alone what is slowed down otherwise, in doing and in taking back, and pauses too', async () => {
      await bench
        .db('boards')
        .where({ ident: 'a' })
        .update({ slow_factor: 12, slow_until: later(60) })
      expect((await bench.plan('source.slow', given)).words).to.match(/^2 boards/)
      const deed = await bench.act('source.slow', given)
      expect(await board('a')).to.deep.include({ slow_factor: 12 })
      await bench.db('boards').where({ ident: 'b' }).update({ slow_factor: 2 })
      await pauseBoards(bench.db, { board: 'greenhouse/c' }, later(99), 'mine')
      expect(await bench.undo('source.slow', deed)).to.equal(
        '1 board visited as often as before. Left alone, because slowed down otherwise meanwhile: 1.',
      )
      expect(await board('b')).to.deep.include({ slow_factor: 2, slow_until: later(6 * 3600) })
      expect(await board('c')).to.deep.include({ slow_factor: 1, paused_until: later(99), pause_reason: 'mine' })
    })
  })

  it('refuse hostile arguments', () => {
    expect(bench.refusal('source.pause', { source: 'canary', for: '2h' })).to.match(/^source: must be one of/)
    expect(bench.refusal('source.pause', { source: 'greenhouse', for: 'forever' })).to.equal('for: must be a time as 30m, 2h or 7d')
    expect(bench.refusal('source.pause', { source: 'greenhouse' })).to.match(/^for: /)
    expect(bench.refusal('board.pause', { board: '*', for: '2h' })).to.equal('board: must be as greenhouse/stripe')
    expect(bench.refusal('source.slow', { source: 'greenhouse', factor: '1000', for: '2h' })).to.equal('factor: must be 2 to 24')
  })
})
