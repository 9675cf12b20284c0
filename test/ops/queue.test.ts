// The queue: done once, in order of urgency, with retries and dead letters, and no task lost with its worker.

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { expect } from 'chai'
import { quietLog, type Fields, type Log } from '../../ops/log.ts'
import { fromKnex, openQueue, type Queue, type QueueOptions, type Task } from '../../ops/queue.ts'
import { ROOT } from '../../services/config.ts'
import { queueDatabase } from '../../services/store/queue.ts'
import { openWorld, type World } from '../world.ts'

const task = (key: string, priority = 0): Task => ({ key, data: { key }, priority })
const keyOf = (data: unknown) => (data as { key: string }).key

/** Looks every 10 ms until it holds. */
async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`)
    await later(10)
  }
}

describe('ops/queue', () => {
  let world: World
  let name: string
  let queue: Queue
  let queues: Queue[]

  const open = async (options: Partial<QueueOptions> = {}): Promise<Queue> => {
    const opened = openQueue({
      database: queueDatabase(world.database),
      log: quietLog,
      queues: [name],
      supervise: false,
      retry: { limit: 2, delaySeconds: 0 },
      ...options,
    })
    queues.push(opened)
    await opened.start()
    return opened
  }
  const states = async (which = name): Promise<string[]> =>
    (await world.db('pgboss.job').where({ name: which }).orderBy('created_on').pluck('state')) as string[]

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    name = `q${randomUUID().slice(0, 8)}`
    queues = []
    queue = await open()
  })
  afterEach(() => Promise.all(queues.map((opened) => opened.close())))

  /** Works and writes down whose turn it was. */
  const workAll = (concurrency = 1) => {
    const done: string[] = []
    const worker = queue.work(name, { concurrency, idleMs: 20 }, async (data) => {
      await Promise.resolve()
      done.push(keyOf(data))
    })
    return { done, worker }
  }

  describe('adding', () => {
    it('says how many are new, and has each done once', async () => {
      expect(await queue.add(name, [task('a'), task('b'), task('c')])).to.equal(3)
      expect(await queue.add(name, [])).to.equal(0)
      const { done } = workAll(2)
      await until(async () => (await states()).every((state) => state === 'completed'))
      expect(done.toSorted()).to.deep.equal(['a', 'b', 'c'])
    })

    it('leaves out a key that waits or runs, and takes it again when it is done', async () => {
      await queue.add(name, [task('a')])
      expect(await queue.add(name, [task('a'), task('b')])).to.equal(1)
      const gate = Promise.withResolvers<void>()
      const running: string[] = []
      queue.work(name, { concurrency: 2, idleMs: 20 }, async (data) => {
        running.push(keyOf(data))
        await gate.promise
      })
      await until(() => running.length === 2)
      expect(await queue.add(name, [task('a'), task('b')])).to.equal(0)
      gate.resolve()
      await until(async () => (await states()).every((state) => state === 'completed'))
      expect(await queue.add(name, [task('a')])).to.equal(1)
      await until(() => running.length === 3)
      expect(running.toSorted()).to.deep.equal(['a', 'a', 'b'])
    })

    it('leaves out a key that comes twice in one call', async () => {
      expect(await queue.add(name, [task('a'), task('a')])).to.equal(1)
    })

    it('lets two processes add the same at the same time', async () => {
      const other = await open()
      const tasks = Array.from({ length: 50 }, (_, n) => task(`k${n}`))
      const added = await Promise.all([queue.add(name, tasks), other.add(name, tasks.toReversed())])
      expect(added.reduce((sum, n) => sum + n, 0)).to.equal(50)
      expect(await states()).to.have.length(50)
    })

    it('puts the more important first, and the older first among equals', async () => {
      const keys = Array.from({ length: 40 }, (_, n) => n)
      for (const n of keys) await queue.add(name, [task(`k${n}`, n % 4)])
      const { done } = workAll(8)
      await until(() => done.length === keys.length)
      const expected = keys.toSorted((a, b) => (b % 4) - (a % 4) || a - b)
      expect(done).to.deep.equal(expected.map((n) => `k${n}`))
    })

    it('raises what waits when it is asked for with more urgency, and never lowers it', async () => {
      await queue.add(name, [task('first', 3), task('raised'), task('lowered', 9)])
      expect(await queue.add(name, [task('raised', 5), task('lowered', 1), task('first')])).to.equal(0)
      const { done } = workAll()
      await until(() => done.length === 3)
      expect(done).to.deep.equal(['lowered', 'raised', 'first'])
    })

    it('happens with the transaction or not at all', async () => {
      const add = (key: string, fail: boolean) =>
        world.database.inTransaction(async (trx) => {
          await queue.add(name, [task(key)], fromKnex(trx))
          if (fail) throw new Error('no')
        })
      expect(await add('lost', true).catch((error: Error) => error.message)).to.equal('no')
      expect(await states()).to.deep.equal([])
      await add('kept', false)
      const { done } = workAll()
      await until(() => done.length === 1)
      expect(done).to.deep.equal(['kept'])
    })
  })

  describe('a task that fails', () => {
    const broken = (tries: string[], options: { mend: boolean }) =>
      queue.work(name, { concurrency: 1, idleMs: 20 }, async (data) => {
        tries.push(keyOf(data))
        if (!options.mend) throw new TypeError('broken pipe')
      })

    it('comes again so often, is a dead letter then, and comes back when it is sent', async () => {
      const tries: string[] = []
      const options = { mend: false }
      broken(tries, options)
      await queue.add(name, [task('a', 4)])
      await until(async () => (await queue.deadLetters(name)).length === 1)
      expect(tries).to.deep.equal(['a', 'a', 'a'])
      const [letter] = await queue.deadLetters(name)
      expect(letter?.data).to.deep.equal({ key: 'a' })
      expect(letter?.error).to.deep.equal({ message: 'broken pipe' })
      expect(Date.now() - Number(letter?.at)).to.be.within(-1000, 10_000)

      options.mend = true
      expect(await queue.redrive(name)).to.equal(1)
      await until(() => tries.length === 4)
      await until(async () => (await states()).includes('completed'))
      expect(await queue.deadLetters(name)).to.deep.equal([])
      expect(await queue.redrive(name)).to.equal(0)
    })

    it('is done when it goes well the second time, and does not hold up the others', async () => {
      const tries: string[] = []
      queue.work(name, { concurrency: 1, idleMs: 20 }, async (data) => {
        tries.push(keyOf(data))
        if (tries.length === 1) throw new Error('once')
      })
      await queue.add(name, [task('a', 1), task('b')])
      await until(async () => (await states()).every((state) => state === 'completed'))
      expect(tries.toSorted()).to.deep.equal(['a', 'a', 'b'])
      expect(await queue.deadLetters(name)).to.deep.equal([])
    })

    it('is in the log with its attempt and its error', async () => {
      const lines: [string, Fields | undefined][] = []
      const log: Log = { ...quietLog, error: (event, fields) => void lines.push([event, fields]) }
      name = `q${randomUUID().slice(0, 8)}`
      queue = await open({ log, retry: { limit: 1, delaySeconds: 0 } })
      const tries: string[] = []
      broken(tries, { mend: false })
      await queue.add(name, [task('a')])
      await until(() => lines.length === 2)
      expect(lines.map(([event, fields]) => [event, fields?.['attempt']])).to.deep.equal([1, 2].map((n) => ['queue.task_failed', n]))
      expect(lines[0]?.[1]).to.deep.include({ queue: name, task: { key: 'a' } })
      expect(String(lines[0]?.[1]?.['error'])).to.equal('TypeError: broken pipe')
    })

    it('waits before it comes again, longer each time, and five times unless told otherwise', async () => {
      name = `q${randomUUID().slice(0, 8)}`
      const { retry: _retry, ...usual } = {
        database: queueDatabase(world.database),
        log: quietLog,
        queues: [name],
        supervise: false,
        retry: undefined,
      }
      const careful = openQueue(usual)
      queues.push(careful)
      await careful.start()
      const settings = await world
        .db('pgboss.queue')
        .where({ name })
        .first('retry_limit', 'retry_delay', 'retry_backoff', 'heartbeat_seconds')
      expect(settings).to.deep.equal({ retry_limit: 5, retry_delay: 5, retry_backoff: true, heartbeat_seconds: 10 })
      let tries = 0
      careful.work(name, { concurrency: 1, idleMs: 20 }, async () => {
        tries++
        throw new Error('no')
      })
      await careful.add(name, [task('a')])
      await until(async () => (await states())[0] === 'retry')
      const { rows } = await world.db.raw<{ rows: { wait: number }[] }>(
        'select extract(epoch from start_after - now())::float8 as wait from pgboss.job where name = ?',
        [name],
      )
      expect(rows[0]?.wait).to.be.within(1, 11)
      expect(tries).to.equal(1)
    })
  })

  describe('working', () => {
    it('never has more in hand than it may, and fills free places while one task is slow', async () => {
      const gate = Promise.withResolvers<void>()
      const done: string[] = []
      let active = 0
      let most = 0
      const worker = queue.work(name, { concurrency: 3, idleMs: 20 }, async (data) => {
        most = Math.max(most, ++active)
        await (keyOf(data) === 'slow' ? gate.promise : later(5))
        active--
        done.push(keyOf(data))
      })
      await queue.add(name, [task('slow', 1), ...Array.from({ length: 20 }, (_, n) => task(`k${n}`))])
      await until(() => done.length === 20)
      expect(done).not.to.include('slow')
      expect(most).to.equal(3)
      await until(() => worker.active() === 1)
      gate.resolve()
      await until(() => worker.active() === 0)
      expect(done).to.have.length(21)
    })

    it('shares the tasks among workers: each is done by one', async () => {
      const other = await open()
      const done: string[] = []
      for (const one of [queue, other])
        one.work(name, { concurrency: 4, idleMs: 20 }, async (data) => {
          await later(1)
          done.push(keyOf(data))
        })
      await queue.add(
        name,
        Array.from({ length: 60 }, (_, n) => task(`k${n}`)),
      )
      await until(async () => (await states()).every((state) => state === 'completed'))
      expect(new Set(done).size).to.equal(60)
      expect(done).to.have.length(60)
    })

    it('begins at once with what is added in the same process', async () => {
      const done: number[] = []
      queue.work(name, { concurrency: 1, idleMs: 60_000 }, async () => void done.push(performance.now()))
      await later(50)
      const added = performance.now()
      await queue.add(name, [task('a')])
      await until(() => done.length === 1)
      expect((done[0] ?? Infinity) - added).to.be.lessThan(2000)
    })

    it('waits for what is in hand when it stops, and takes nothing new', async () => {
      const gate = Promise.withResolvers<void>()
      const started: string[] = []
      const worker = queue.work(name, { concurrency: 1, idleMs: 20 }, async (data) => {
        started.push(keyOf(data))
        await gate.promise
      })
      await queue.add(name, [task('a', 1), task('b')])
      await until(() => started.length === 1)
      let stopped = false
      const stopping = worker.stop().then(() => (stopped = true))
      await later(100)
      expect(stopped).to.equal(false)
      gate.resolve()
      await stopping
      expect(started).to.deep.equal(['a'])
      await worker.stop()
      expect((await states()).toSorted()).to.deep.equal(['completed', 'created'])
      const { done } = workAll()
      await until(() => done.length === 1, 1000)
      expect(done).to.deep.equal(['b'])
    })

    it('gives back what it has not begun without using up an attempt, however often', async () => {
      await queue.add(name, [task('patient')])
      for (let round = 0; round < 4; round++) {
        await queue.add(name, [task(`urgent${round}`, 1)])
        const gate = Promise.withResolvers<void>()
        const worker = queue.work(name, { concurrency: 1, idleMs: 20 }, () => gate.promise)
        await until(() => worker.active() === 2)
        const stopping = worker.stop()
        gate.resolve()
        await stopping
      }
      expect(await queue.deadLetters(name)).to.deep.equal([])
      const patient = await world.db('pgboss.job').where({ name, singleton_key: 'patient' }).first('state', 'retry_count')
      expect(patient).to.deep.equal({ state: 'created', retry_count: 0 })
    })

    it('waits only so long, and leaves the rest to others', async () => {
      const gate = Promise.withResolvers<void>()
      const worker = queue.work(name, { concurrency: 1, idleMs: 20 }, () => gate.promise)
      await queue.add(name, [task('a')])
      await until(() => worker.active() === 1)
      const began = performance.now()
      await worker.stop(100)
      expect(performance.now() - began).to.be.within(90, 3000)
      expect(await states()).to.deep.equal(['active'])
      gate.resolve()
      await until(() => worker.active() === 0)
    })

    it('counts what waits, runs and died', async () => {
      const supervisor = await open({ supervise: true })
      await queue.add(name, [task('a'), task('b'), task('c')])
      const counts = async () => (await supervisor.counts()).find((one) => one.name === name)
      await until(async () => (await counts())?.ready === 3)
      expect(await counts()).to.deep.equal({ name, ready: 3, active: 0, deferred: 0, failed: 0 })
      expect((await supervisor.counts()).map((one) => one.name)).to.have.members([name, `${name}-dead`])
    })
  })

  describe('a process', () => {
    const start = (mode: 'hang' | 'end') =>
      spawn(process.execPath, [join(ROOT, 'test/ops/queue-program.ts'), world.database.url, name, mode], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })

    it('ends by itself when queue and database are closed', async () => {
      await queue.add(name, [task('a')])
      const began = performance.now()
      const child = start('end')
      const [code] = (await once(child, 'exit')) as [number | null]
      expect(code).to.equal(0)
      expect(performance.now() - began).to.be.lessThan(10_000)
      expect(await states()).to.deep.equal(['completed'])
    })

    it('that is killed in the middle of a task has it done by another', async function () {
      this.timeout(40_000)
      this.slow(40_000)
      await queue.add(name, [task('a')])
      const child = start('hang')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const done: string[] = []
      const rescuer = await open({ supervise: true })
      rescuer.work(name, { concurrency: 1, idleMs: 100 }, async (data) => void done.push(keyOf(data)))
      expect(await states()).to.deep.equal(['active'])
      await until(() => done.length === 1, 35_000)
      await until(async () => (await states())[0] === 'completed')
      expect(done).to.deep.equal(['a'])
    })
  })
})
