// Looks at processes: the queue, the workers, and how each process is.

import { expect } from 'chai'
import { fromKnex } from '../../../../ops/queue.ts'
import { VISITS } from '../../../../services/scrape/schedule.ts'
import { beat, type WorkerState } from '../../../../services/store/workers.ts'
import { seedBoard } from '../../api/seed.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago, seedVisit } from './seed.ts'

const STATE: WorkerState = {
  event_loop_p99_seconds: 0.004,
  rss_bytes: 300e6,
  heap_bytes: 100e6,
  heap_limit_bytes: 1000e6,
  concurrency: 8,
  active: 0,
}

describe('looks at processes', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench({ queue: true })
  })
  after(() => bench.close())
  beforeEach(() => bench.db.raw('truncate boards, companies, runs, workers restart identity cascade; delete from pgboss.job'))

  const present = async (owner: string, state: Partial<WorkerState> = {}, silent = 0, role = 'worker', host = 'one') => {
    const row = { owner, role, version: '1.0.0', host, pid: 1, started_at: ago(7200), state: { ...STATE, ...state } }
    await beat(bench.db, row)
    await bench
      .db('workers')
      .where({ owner })
      .update({ beat_at: ago(silent) })
  }

  describe('queue.state', () => {
    const look = () => bench.look('queue.state')
    const addTask = (seconds: number) =>
      bench.database.inTransaction(async (trx) => {
        await bench.parts.queue.add(VISITS, [{ key: '1', data: { board_id: 1 } }], fromKnex(trx))
        await trx.raw('update pgboss.job set start_after = ?', [ago(seconds)])
      })

    it('is healthy when nothing waits for long, though nobody was visited', async () => {
      expect(await look()).to.deep.include({ verdict: 'healthy', causes: [] })
      await addTask(30)
      expect((await look()).verdict).to.equal('healthy')
    })

    it('is broken when tasks wait for long and no visit ends, and degraded when some do', async () => {
      await addTask(700)
      const stuck = await look()
      expect(stuck).to.deep.include({ verdict: 'broken', causes: ['worker'] })
      expect(stuck.words).to.match(/the oldest for 12 min; \d going on, 0 ended within ten minutes; 0 boards overdue; 0 dead letters\.$/)
      const board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await bench.db('boards').update({ next_at: new Date(Date.now() + 60_000) })
      await seedVisit(bench.db, board, { outcome: 'ok', ago: 300 })
      expect(await look()).to.deep.include({ verdict: 'degraded', causes: ['load'] })
    })

    it('is broken when boards are due and nobody even asks for their visits', async () => {
      await seedBoard(bench.db, 'greenhouse', 'acme')
      await bench.db('boards').update({ next_at: ago(660) })
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['worker'] })
      await bench.db('boards').update({ paused_until: new Date(Date.now() + 60_000) })
      expect((await look()).verdict).to.equal('healthy')
    })

    it('is degraded by dead letters', async () => {
      await bench.parts.queue.add(VISITS, [{ key: '1', data: { board_id: 1 } }])
      const worker = bench.parts.queue.work(VISITS, { concurrency: 1, idleMs: 20 }, () => Promise.reject(new Error('no good')))
      while ((await bench.parts.queue.deadLetters(VISITS)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      await worker.stop()
      const finding = await look()
      expect(finding).to.deep.include({ verdict: 'degraded', causes: ['backlog'] })
      expect(finding.words).to.match(/1 dead letter\.$/)
    })
  })

  describe('workers.state', () => {
    const look = () => bench.look('workers.state')

    it('is healthy while somebody makes visits, and gives the busiest', async () => {
      await present('one:1', { active: 2 })
      await present('two:2', { active: 7 }, 5, 'all', 'two')
      await present('api:3', { concurrency: null }, 5, 'api', 'three')
      expect(await look()).to.deep.include({
        verdict: 'healthy',
        causes: [],
        values: { worker: 'two:2' },
        words: '3 processes alive, 2 of them to make visits.',
      })
    })

    it('is broken when nobody does', async () => {
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['worker'], words: '0 processes alive, 0 of them to make visits.' })
      await present('api:3', {}, 0, 'api')
      await present('one:1', {}, 60)
      const finding = await look()
      expect(finding).to.deep.include({ verdict: 'broken', causes: ['worker'] })
      expect(finding.words).to.match(/one:1 has not been heard of for 60 s\.$/)
    })

    it('is degraded when one fell silent, until it is replaced or forgotten', async () => {
      await present('two:2', {}, 0, 'worker', 'two')
      await present('one:1', {}, 120)
      expect(await look()).to.deep.include({ verdict: 'degraded', causes: ['worker'] })
      await bench
        .db('workers')
        .where({ owner: 'one:1' })
        .update({ beat_at: ago(1000) })
      expect((await look()).verdict).to.equal('healthy')
      await bench
        .db('workers')
        .where({ owner: 'one:1' })
        .update({ beat_at: ago(120) })
      await present('one:9')
      await bench
        .db('workers')
        .where({ owner: 'one:9' })
        .update({ started_at: ago(100) })
      expect((await look()).verdict).to.equal('healthy')
    })
  })

  describe('process.state', () => {
    const look = () => bench.look('process.state')

    it('is healthy while heaps have room and event loops are in time', async () => {
      await present('one:1')
      await present('two:2', { event_loop_p99_seconds: 0.03, heap_bytes: 500e6 })
      expect(await look()).to.deep.include({
        verdict: 'healthy',
        causes: [],
        values: { worker: 'two:2' },
        words: 'Of 2 processes the fullest heap is 50% full, the largest takes 300 MB, and the slowest event loop is 30 ms late.',
      })
    })

    it('is degraded, then broken, by a full heap', async () => {
      await present('one:1', { heap_bytes: 900e6 })
      expect(await look()).to.deep.include({
        verdict: 'degraded',
        causes: ['memory'],
        values: { worker: 'one:1' },
        words: 'The heap of one:1 is 90% full (900 MB).',
      })
      await present('two:2', { heap_bytes: 960e6 })
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['memory'], values: { worker: 'two:2' } })
    })

    it('is degraded by much memory, as the alert is', async () => {
      await present('one:1', { rss_bytes: 1.2e9 })
      expect(await look()).to.deep.include({
        verdict: 'degraded',
        causes: ['memory'],
        words: 'one:1 takes 1200 MB of memory; its heap is 10% full.',
      })
    })

    it('is degraded, then broken, by a late event loop', async () => {
      await present('one:1', { event_loop_p99_seconds: 0.3 })
      expect(await look()).to.deep.include({
        verdict: 'degraded',
        causes: ['load'],
        words: 'The event loop of one:1 is 300 ms late (p99).',
      })
      await present('one:1', { event_loop_p99_seconds: 0.6 })
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['load'], values: { worker: 'one:1' } })
    })

    it('says nothing of processes that are silent', async () => {
      await present('one:1', { heap_bytes: 990e6 }, 60)
      expect(await look()).to.deep.include({ verdict: 'inconclusive', causes: [] })
    })
  })
})
