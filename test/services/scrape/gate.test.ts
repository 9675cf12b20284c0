// Pace, breaker and probe through real doors: several workers, one database.

import { expect } from 'chai'
import type { Fields } from '../../../ops/log.ts'
import { createWatch, type Span } from '../../../ops/telemetry.ts'
import type { Failure } from '../../../scrapers/failure.ts'
import type { Door, DoorOptions } from '../../../services/scrape/fetch.ts'
import { listHosts, openBreaker, pauseHost, resetHost, takeTurn } from '../../../services/store/hosts.ts'
import { openWorld, type World } from '../../world.ts'
import {
  createClock,
  failureOf,
  hang,
  json,
  openTestDoor,
  openWeb,
  reset,
  say,
  testSource,
  visitOf,
  type Answerer,
  type TestClock,
  type Web,
} from './door.ts'

const HOST = 'jobs.example.com'
const BOARD = `https://${HOST}/acme`
const PATH = `/${HOST}/acme`
const good = json({ jobs: [] })

describe('the gate before a host', () => {
  let world: World
  let web: Web
  let clock: TestClock
  let doors: Door[]
  const lines: { level: string; event: string; fields: Fields }[] = []

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('hosts').delete()
    web = await openWeb()
    clock = createClock()
    doors = []
    lines.length = 0
  })
  afterEach(async () => {
    await Promise.all(doors.map((door) => door.close()))
    await web.close()
  })

  function open(over: Partial<DoorOptions> = {}): Door {
    const write =
      (level: string) =>
      (event: string, fields: Fields = {}) =>
        void lines.push({ level, event, fields })
    const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const door = openTestDoor(world, web, { clock, watch: createWatch(world.metrics, log), owner: `worker ${doors.length}`, ...over })
    doors.push(door)
    return door
  }

  const row = async () => (await listHosts(world.db))[0]
  const fetching = (door: Door, url = BOARD) => door.fetch({ url }, visitOf())
  const kinds = async (fetches: Promise<unknown>[]): Promise<string[]> =>
    (await Promise.allSettled(fetches)).map((one) =>
      one.status === 'fulfilled' ? (one.value as { kind: string }).kind : (one.reason as Failure).kind,
    )
  /** One attempt each, so that a failure is one request. */
  async function failTimes(door: Door, times: number, answer: Answerer = say(403)): Promise<void> {
    web.on(PATH, answer)
    for (let i = 0; i < times; i++) await failureOf(fetching(door))
  }

  describe('pace', () => {
    const brisk = testSource({ pace: { perSecond: 100, atOnce: 100 } })

    it('gives every request of all workers its own turn', async () => {
      web.on(PATH, good)
      const waits: number[] = []
      const still = { now: clock.now, sleep: async (ms: number) => void waits.push(Math.round(ms)), paced: true }
      const [one, two] = [open(still), open(still)]
      const before = await world.metrics.value(world.metrics.paceWaitSeconds, { source: 'lever' })
      await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).fetch({ url: BOARD }, visitOf(brisk))))
      expect(waits.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 19 }, (_, i) => (i + 1) * 10))
      expect(web.seen).to.have.length(20)
      expect(await world.metrics.value(world.metrics.paceWaitSeconds, { source: 'lever' })).to.be.greaterThan(before)
    })

    it('takes a turn for each retry', async () => {
      web.on(PATH, say(500), say(500), good)
      await open({ paced: true, random: () => 0 }).fetch({ url: BOARD }, visitOf(brisk))
      expect(clock.slept.map(Math.round)).to.deep.equal([0, 10, 0, 10])
    })

    it('sends no more at once than the source allows', async () => {
      let now = 0
      let most = 0
      web.on(PATH, (_request, response) => {
        most = Math.max(most, (now += 1))
        setTimeout(() => {
          now -= 1
          response.end('{}')
        }, 20)
      })
      const door = open({ paced: true })
      const shy = testSource({ pace: { perSecond: 1000, atOnce: 2 } })
      await Promise.all(Array.from({ length: 8 }, () => door.fetch({ url: BOARD }, visitOf(shy))))
      expect(most).to.equal(2)
    })

    it('does not wait for a turn that is too far away, nor reserve it', async () => {
      const far = new Date(clock.now().getTime() + 121_000)
      await world.db('hosts').insert({ host: HOST, source: 'lever', next_at: far })
      const failure = await failureOf(fetching(open({ paced: true })))
      expect(failure).to.include({ kind: 'throttled', status: undefined })
      expect(failure.message).to.include('121 s').and.to.include('nothing was sent')
      expect((await row())?.next_at).to.deep.equal(far)
      expect(web.seen).to.have.length(0)
    })

    it('does not queue in this process beyond what anybody waits for, and lets the queue go when it is closed', async () => {
      web.on(PATH, hang)
      const slow = testSource({ pace: { perSecond: 0.01, atOnce: 1 }, timeoutSeconds: 0.2 })
      const door = open({ paced: true })
      const fetches = Array.from({ length: 4 }, () => failureOf(door.fetch({ url: BOARD }, visitOf(slow))))
      const fourth = await fetches[3]
      expect(fourth).to.include({ kind: 'throttled', retryAfter: 200 })
      await door.close()
      expect((await Promise.all(fetches)).map((failure) => failure.kind)).to.deep.equal(['skipped', 'skipped', 'throttled', 'throttled'])
    })

    it('looks again after a long wait: a pause that came meanwhile holds for who was waiting too', async () => {
      web.on(PATH, good)
      await world.db('hosts').insert({ host: HOST, source: 'lever', next_at: new Date(clock.now().getTime() + 10_000) })
      const slept: number[] = []
      const door = open({
        paced: true,
        sleep: async (ms) => {
          slept.push(Math.round(ms))
          clock.pass(ms / 1000)
          if (slept.length === 1) await pauseHost(world.db, { host: HOST, source: 'lever', seconds: 20, now: clock.now() })
        },
      })
      await fetching(door)
      expect(slept).to.deep.equal([10_000, 20_000])
    })

    it('looks again after a long wait: a breaker that opened meanwhile ends it', async () => {
      await world.db('hosts').insert({ host: HOST, source: 'lever', next_at: new Date(clock.now().getTime() + 10_000) })
      const door = open({
        paced: true,
        sleep: async (ms) => {
          clock.pass(ms / 1000)
          await openBreaker(world.db, { host: HOST, source: 'lever', error: 'down', now: clock.now() })
        },
      })
      expect((await failureOf(fetching(door))).kind).to.equal('rejected')
      expect(web.seen).to.have.length(0)
    })

    it('can be lifted: then no row is written, and one look at it serves many requests', async () => {
      web.on(PATH, good)
      let looks = 0
      const count = ({ sql }: { sql: string }) => {
        if (sql.includes('hosts')) looks += 1
      }
      world.db.on('query', count)
      const door = open()
      await Promise.all(Array.from({ length: 30 }, () => fetching(door)))
      await fetching(door)
      expect(looks).to.equal(1)
      clock.pass(0.3)
      await fetching(door)
      expect(looks).to.equal(2)
      world.db.removeListener('query', count)
      expect(await row()).to.equal(undefined)
    })
  })

  describe('breaker', () => {
    it('opens after ten requests of which more than half failed, and says so everywhere', async () => {
      const events: string[] = []
      const span: Span = { set() {}, event: (name, attributes) => void events.push(`${name} ${String(attributes?.['rolewatch.host'])}`) }
      const transitions = () => world.metrics.value(world.metrics.breakerTransitions, { source: 'lever', to: 'open' })
      const before = await transitions()
      const door = open()
      await failTimes(door, 9)
      expect(await row(), 'nine are not enough').to.equal(undefined)
      await failureOf(door.fetch({ url: BOARD }, visitOf(testSource(), { span })))

      const opened = await row()
      expect(opened).to.include({ breaker: 'open', openings: 1, source: 'lever', last_error: `${HOST} answered 403` })
      expect(opened?.open_until?.getTime()).to.equal(clock.now().getTime() + 30_000)
      expect(await transitions()).to.equal(before + 1)
      expect(lines.filter((line) => line.event === 'breaker.open')).to.deep.equal([
        {
          level: 'warn',
          event: 'breaker.open',
          fields: { source: 'lever', host: HOST, openings: 1, open_until: opened?.open_until, error: `${HOST} answered 403` },
        },
      ])
      expect(events).to.deep.equal([`breaker.open ${HOST}`])

      web.seen.length = 0
      for (const url of [BOARD, `https://${HOST}/another`]) {
        const failure = await failureOf(fetching(door, url))
        expect(failure.kind).to.equal('rejected')
        expect(failure.message).to.include(HOST).and.to.include('nothing was sent')
      }
      expect(web.seen).to.have.length(0)
    })

    for (const [name, answer] of Object.entries<Answerer>({
      reset,
      'server errors': say(500),
      throttling: say(429),
      'empty bodies': say(200),
    }))
      it(`counts each attempt that ends in ${name}`, async () => {
        await failTimes(open(), 3, answer)
        expect(await row()).to.equal(undefined)
        await failTimes(open({ breaker: { volume: 5 } }), 2, answer)
        expect((await row())?.breaker).to.equal('open')
      })

    it('counts hosts that hang', async () => {
      await failTimes(open({ breaker: { volume: 3 }, timeoutSeconds: 0.05 }), 1, hang)
      expect((await row())?.breaker).to.equal('open')
    })

    for (const [name, answer] of Object.entries<Answerer>({
      'boards that are gone': say(404),
      'requests that were wrong': say(400),
      'pages that changed their shape': say(200, '<html>'),
      'redirects into nowhere': say(302),
    }))
      it(`does not count ${name}`, async () => {
        await failTimes(open({ breaker: { volume: 2 } }), 12, answer)
        expect(await row()).to.equal(undefined)
        expect(web.seen).to.have.length(12)
      })

    it('does not open while half of the requests go well', async () => {
      const door = open()
      web.on(PATH, ...Array.from({ length: 20 }, (_, i) => (i % 2 ? say(403) : good)))
      await kinds(Array.from({ length: 20 }, () => fetching(door)))
      expect(await row()).to.equal(undefined)
    })

    it('is one breaker per host, not per board and not per source', async () => {
      const door = open()
      await failTimes(door, 10)
      web.on('/eu.example.com/acme', good)
      expect(await fetching(door, 'https://eu.example.com/acme')).to.include({ kind: 'page' })
      expect((await failureOf(fetching(door, `https://${HOST}/never-asked`))).kind).to.equal('rejected')
    })

    for (const paced of [true, false])
      it(`keeps every other worker away, ${paced ? 'paced' : 'not paced'}, and one that starts later`, async () => {
        const other = open({ paced })
        web.on(PATH, good)
        await other.fetch({ url: BOARD }, visitOf(testSource({ pace: { perSecond: 1000, atOnce: 10 } })))
        await failTimes(open(), 10)
        clock.pass(0.3)
        web.seen.length = 0
        expect((await failureOf(fetching(other))).kind).to.equal('rejected')
        expect((await failureOf(fetching(open({ paced })))).kind, 'after a restart').to.equal('rejected')
        expect(web.seen).to.have.length(0)
      })

    it('writes nothing to the row while it rejects', async () => {
      const door = open({ paced: true })
      await openBreaker(world.db, { host: HOST, source: 'lever', error: 'down', now: clock.now() })
      const version = () => world.db('hosts').first(world.db.raw('xmin::text as version'))
      const before = await version()
      await failureOf(fetching(door))
      expect(await version()).to.deep.equal(before)
    })
  })

  describe('probe', () => {
    async function openedHost(...extra: Partial<DoorOptions>[]): Promise<Door[]> {
      const [first, ...rest] = [open(extra[0]), ...extra.slice(1).map((over) => open(over))]
      await failTimes(first, 10)
      web.seen.length = 0
      return [first, ...rest]
    }

    for (const paced of [true, false])
      it(`is one request among all workers, ${paced ? 'paced' : 'not paced'}; its success closes the breaker for all`, async () => {
        const pair = await openedHost({}, { paced }, { paced })
        clock.pass(31)
        let answer = (): void => {}
        web.on(PATH, (_request, response) => {
          answer = () => void response.end('{}')
        })
        const fast = visitOf(testSource({ pace: { perSecond: 1000, atOnce: 100 } }))
        const wave = pair.flatMap((door) => Array.from({ length: 5 }, () => door.fetch({ url: BOARD }, fast)))
        const ended = kinds(wave)
        while (web.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
        expect((await row())?.breaker).to.equal('half_open')
        // The other fourteen have their answer before the probe has its own.
        await Promise.race([Promise.allSettled(wave.map((one) => one.catch(() => {}))), new Promise((resolve) => setTimeout(resolve, 100))])
        expect(web.seen).to.have.length(1)
        answer()
        const counts = await ended
        expect(counts.filter((kind) => kind === 'page')).to.have.length(1)
        expect(counts.filter((kind) => kind === 'rejected')).to.have.length(14)

        expect(await row()).to.include({ breaker: 'closed', openings: 0, probe_owner: null })
        web.on(PATH, good)
        clock.pass(0.3)
        expect(await kinds(pair.map((door) => door.fetch({ url: BOARD }, fast)))).to.deep.equal(['page', 'page', 'page'])
        expect(lines.filter((line) => line.event.startsWith('breaker.')).map((line) => `${line.level} ${line.event}`)).to.deep.equal([
          'warn breaker.open',
          'info breaker.half_open',
          'info breaker.closed',
        ])
      })

    it('that fails opens the breaker again for twice as long', async () => {
      const [door] = await openedHost()
      if (!door) throw new Error('no door')
      for (const [openings, seconds] of [
        [2, 60],
        [3, 120],
      ] as const) {
        clock.pass(3600)
        web.on(PATH, say(500))
        const failure = await failureOf(fetching(door))
        expect(failure.kind, 'after the probe the next attempt is rejected').to.equal('rejected')
        const again = await row()
        expect(again).to.include({ breaker: 'open', openings, probe_owner: null })
        expect((again?.open_until?.getTime() ?? 0) - clock.now().getTime()).to.be.closeTo(seconds * 1000, 2000)
      }
      expect(web.seen).to.have.length(2)
    })

    it('that finds the board gone has found the host well', async () => {
      const [door] = await openedHost()
      clock.pass(31)
      expect((await failureOf(fetching(door as Door, `https://${HOST}/unknown`))).kind).to.equal('gone')
      expect((await row())?.breaker).to.equal('closed')
    })

    it('begins the count anew: one failure after recovery opens nothing', async () => {
      const [door] = await openedHost()
      clock.pass(31)
      web.on(PATH, good, say(403))
      await fetching(door as Door)
      await failureOf(fetching(door as Door))
      expect((await row())?.breaker).to.equal('closed')
    })

    it('of a worker that died is replaced after its lease', async () => {
      const [door] = await openedHost()
      clock.pass(31)
      const dead = { host: HOST, source: 'lever', gapSeconds: 0, owner: 'dead', now: clock.now() }
      expect(await takeTurn(world.db, dead)).to.include({ probe: true })
      clock.pass(59)
      web.on(PATH, good)
      expect((await failureOf(fetching(door as Door))).kind).to.equal('rejected')
      clock.pass(2)
      expect(await fetching(door as Door)).to.include({ kind: 'page' })
      expect((await row())?.breaker).to.equal('closed')
    })

    it('gives its lease back when the daily cap forbids it', async () => {
      let left = 10
      const [door] = await openedHost({ calls: async () => left-- > 0 })
      clock.pass(31)
      expect((await failureOf(fetching(door as Door))).kind).to.equal('skipped')
      expect(await row()).to.include({ breaker: 'half_open', probe_owner: null })
      web.on(PATH, good)
      expect(await fetching(open())).to.include({ kind: 'page' })
    })

    it('gives its lease back when a bug ends it', async () => {
      const [door] = await openedHost()
      clock.pass(31)
      web.on(PATH, good)
      const buggy = visitOf(testSource())
      Object.defineProperty(buggy, 'knownHash', {
        get() {
          throw new RangeError('a bug')
        },
      })
      const error = await (door as Door).fetch({ url: BOARD }, buggy).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(RangeError)
      expect(await row()).to.include({ breaker: 'half_open', probe_owner: null })
    })

    it('is not needed when somebody closes the breaker by hand', async () => {
      const [door] = await openedHost()
      await resetHost(world.db, HOST)
      web.on(PATH, good)
      clock.pass(0.3)
      expect(await kinds([fetching(door as Door), fetching(door as Door)])).to.deep.equal(['page', 'page'])
    })
  })
})
