// Deeds on processes: dead letters, orders to workers, and what is given back to whom.

import { expect } from 'chai'
import { VISITS } from '../../../../services/scrape/schedule.ts'
import { beat, takeOrders, type WorkerState } from '../../../../services/store/workers.ts'
import { openBench, type Bench } from '../bench.ts'

const STATE: WorkerState = { event_loop_p99_seconds: 0, rss_bytes: 1, heap_bytes: 1, heap_limit_bytes: 9, concurrency: 8, active: 0 }

describe('deeds on processes', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench({ queue: true })
  })
  after(() => bench.close())
  beforeEach(() => bench.db.raw('truncate workers, worker_orders restart identity cascade; delete from pgboss.job'))

  const present = async (owner: string, concurrency: number | null = 8, role = 'worker') =>
    beat(bench.db, { owner, role, version: '1', host: 'one', pid: 1, started_at: new Date(0), state: { ...STATE, concurrency } })
  const fallSilent = (owner: string) =>
    bench
      .db('workers')
      .where({ owner })
      .update({ beat_at: new Date(Date.now() - 60_000) })
  const orders = async (owner: string) =>
    (await takeOrders(bench.db, owner, 0)).map(({ kind, value }) => (value === null ? kind : `${kind} ${value}`))

  describe('queue.redrive', () => {
    const die = async (...keys: string[]) => {
      await bench.parts.queue.add(
        VISITS,
        keys.map((key) => ({ key, data: { board_id: Number(key) } })),
      )
      const worker = bench.parts.queue.work(VISITS, { concurrency: 4, idleMs: 20 }, () => Promise.reject(new Error('no good')))
      while ((await bench.parts.queue.deadLetters(VISITS)).length < keys.length) await new Promise((resolve) => setTimeout(resolve, 20))
      await worker.stop()
    }
    const waiting = async () =>
      (await bench.db.raw<{ rows: unknown[] }>(`select from pgboss.job where name = 'visit' and state < 'active'`)).rows.length

    it('sends them back as it says, once', async () => {
      expect((await bench.plan('queue.redrive')).idle).to.equal('There are no dead letters.')
      await die('1', '2')
      expect(await bench.plan('queue.redrive')).to.deep.equal({ target: 'queue/visit', words: '2 dead letters will be tried again.' })
      expect((await bench.act('queue.redrive')).words).to.equal('2 dead letters sent back to the queue.')
      expect(await waiting()).to.equal(2)
      expect((await bench.plan('queue.redrive')).idle).to.equal('There are no dead letters.')
      expect((await bench.act('queue.redrive')).words).to.equal('0 dead letters sent back to the queue.')
    })

    it('does not put a visit beside one that waits already', async () => {
      await die('1')
      await bench.parts.queue.add(VISITS, [{ key: '1', data: { board_id: 1 } }])
      await bench.act('queue.redrive')
      expect(await waiting()).to.equal(1)
    })
  })

  describe('worker.slow', () => {
    it('tells those that make more visits at once, and gives each back what it had', async () => {
      await present('a:1', 8)
      await present('b:2', 32)
      await present('c:3', 2)
      await present('d:4', null, 'api')
      expect(await bench.plan('worker.slow', { concurrency: '4' })).to.deep.equal({
        target: 'worker/all',
        words: 'a:1 and b:2 will make 4 visits at once at the most, in place of 8 and 32.',
      })
      const deed = await bench.act('worker.slow', { concurrency: '4' })
      expect(deed.words).to.equal('a:1 and b:2 told to make 4 visits at once at the most.')
      expect([await orders('a:1'), await orders('b:2'), await orders('c:3'), await orders('d:4')]).to.deep.equal([
        ['concurrency 4'],
        ['concurrency 4'],
        [],
        [],
      ])
      await present('a:1', 4)
      await present('b:2', 4)
      expect((await bench.plan('worker.slow', { concurrency: '4' })).idle).to.equal('No worker makes more visits at once than that.')
      expect(await bench.undo('worker.slow', deed)).to.equal('2 workers told to work as before.')
      expect([await orders('a:1'), await orders('b:2')]).to.deep.equal([['concurrency 8'], ['concurrency 32']])
    })

    it('leaves alone who is gone, or was told otherwise meanwhile', async () => {
      for (const owner of ['a:1', 'b:2', 'c:3']) await present(owner)
      const deed = await bench.act('worker.slow', { concurrency: '4' })
      for (const owner of ['a:1', 'b:2', 'c:3']) await orders(owner)
      await present('a:1', 6)
      await fallSilent('b:2')
      await present('c:3', 4)
      expect(await bench.undo('worker.slow', deed)).to.equal(
        '1 worker told to work as before. Left alone, because gone or told otherwise meanwhile: 2.',
      )
      expect([await orders('a:1'), await orders('b:2'), await orders('c:3')]).to.deep.equal([[], [], ['concurrency 8']])
    })

    it('is about one worker where it is named, and has nothing to do when that is not there', async () => {
      await present('a:1')
      await present('b:2')
      const given = { worker: 'b:2', concurrency: '1' }
      expect((await bench.plan('worker.slow', given)).target).to.equal('worker/b:2')
      await bench.act('worker.slow', given)
      expect([await orders('a:1'), await orders('b:2')]).to.deep.equal([[], ['concurrency 1']])
      await fallSilent('b:2')
      expect((await bench.plan('worker.slow', given)).idle).to.equal('No worker b:2 is alive.')
    })
  })

  describe('worker.restart', () => {
    it('tells every worker that lives, and nobody else', async () => {
      expect((await bench.plan('worker.restart')).idle).to.equal('No worker is alive that could be told.')
      for (const owner of ['a:1', 'b:2', 'c:3']) await present(owner)
      await present('d:4', null, 'api')
      await fallSilent('c:3')
      expect(await bench.plan('worker.restart')).to.deep.equal({
        target: 'worker/all',
        words: 'a:1 and b:2 will finish what is in hand and start anew.',
      })
      expect((await bench.act('worker.restart')).words).to.equal('a:1 and b:2 told to finish what is in hand and start anew.')
      expect([await orders('a:1'), await orders('b:2'), await orders('c:3'), await orders('d:4')]).to.deep.equal([
        ['restart'],
        ['restart'],
        [],
        [],
      ])
    })

    it('says who gave the order, and gives none when its transaction is rolled back', async () => {
      await present('a:1')
      const action = bench.registry.get('worker.restart')
      if (action?.kind !== 'write') throw new Error('no write')
      const occasion = { runId: 'r', alert: 'A', labels: {}, actor: 't', now: () => new Date(), signal: AbortSignal.timeout(1000) }
      const work = bench.database.inTransaction(async (trx) => {
        await action.act({}, occasion, trx)
        throw new Error('the record could not be written')
      })
      expect(String(await work.catch((error: unknown) => error))).to.contain('the record could not be written')
      expect(await orders('a:1')).to.deep.equal([])
      await bench.act('worker.restart', { worker: 'a:1' })
      expect(await bench.db('worker_orders').pluck('given_by')).to.deep.equal(['test'])
    })
  })

  it('refuse hostile arguments', () => {
    expect(bench.refusal('worker.restart', { worker: 'a; reboot' })).to.equal('worker: must name a process, as host:4711')
    expect(bench.refusal('worker.slow', { concurrency: '0' })).to.equal('concurrency: must be 1 to 256')
    expect(bench.refusal('worker.slow', { worker: 'a:1' })).to.match(/^concurrency: /)
    expect(bench.refusal('queue.redrive', { queue: 'pgboss' })).to.match(/queue/)
  })
})
