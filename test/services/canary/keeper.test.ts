// Rounds of the canary as processes make them: the whole way, and every way in which one does not get there.

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { keepCanaryGauges } from '../../../services/canary/keeper.ts'
import { visitBoard } from '../../../services/canary/round.ts'
import { CANARY_QUERY } from '../../../services/canary/source.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { createLog } from '../../../ops/log.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { CANARY_SEARCH } from '../../../services/store/canary-marks.ts'
import { takeTurn } from '../../../services/store/canary.ts'
import { createSearch } from '../../../services/store/searches.ts'
import { openDesk } from '../notify/seed.ts'
import { countsOf, openStand, until, type Process, type Stand } from './stand.ts'

describe('the keeper of the canary', function () {
  this.timeout(20_000)
  let stand: Stand
  before(async () => {
    stand = await openStand()
  })
  after(() => stand.close())
  afterEach(() => stand.clear())

  const observed = async ({ metrics }: Process) => {
    const { body } = await metrics.expose(undefined)
    const samples = body.split('\n').flatMap((line) => {
      const [, name, value] = /^rolewatch_canary_round_trip_seconds_(\S+) (\S+)$/.exec(line) ?? []
      return name === undefined ? [] : [[name.replace('channel="slack"', '').replace('{}', ''), Number(value)] as const]
    })
    return new Map(samples)
  }
  const titles = () => stand.cage.accepted.map(({ message }) => message.text)
  /** A round that nobody follows: its process was killed after the visit. */
  const abandoned = async (one: Process, options: { visited: boolean } = { visited: true }) => {
    const { round } = await takeTurn(stand.world.db, { ...one.parts, query: CANARY_QUERY })
    if (!round) throw new Error('no round was due')
    if (options.visited) expect((await visitBoard(one.parts, round)).trouble).to.equal(null)
    return round
  }
  const overdue = (seconds = 400) => stand.world.db.raw('update canary set began_at = began_at - make_interval(secs => ?)', [seconds])

  describe('when all is well', () => {
    it('sends a posting the whole way, times it from its commit to the answer, and takes it away again', async () => {
      const one = stand.process()
      one.notifier.start()
      const wait = await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 0, failed: 0 })
      expect(titles()).to.have.length(1)
      expect(titles()[0]).to.match(/^Canary: 1 new: Canary [0-9a-f]{8} \(Rolewatch canary\)$/)
      expect(stand.slack.requests, "people's channel").to.have.length(0)
      const seen = await observed(one)
      expect(seen.get('count')).to.equal(1)
      expect(seen.get('sum')).to.be.within(0.001, 5)
      expect(wait).to.be.within(290, 300)
      expect(await stand.leftovers()).to.deep.equal({})
      expect(await readdir(one.parts.folder)).to.deep.equal([])
    })

    it('sends another posting in each round, and only when one is due', async () => {
      const one = stand.process()
      one.notifier.start()
      await one.keep()
      expect(await one.keep()).to.be.within(290, 300)
      expect(await countsOf(one)).to.include({ delivered: 1 })
      await overdue(301)
      await one.keep()
      expect(await countsOf(one)).to.include({ delivered: 2 })
      expect(new Set(titles()).size).to.equal(2)
    })

    it('goes on by itself until it is closed', async () => {
      const one = stand.process({ everySeconds: 0.2 })
      one.notifier.start()
      const keeper = one.start()
      await until(async () => (await countsOf(one)).delivered >= 3)
      await keeper.close()
      const { delivered } = await countsOf(one)
      await sleep(300)
      expect(await countsOf(one)).to.deep.equal({ delivered, late: 0, failed: 0 })
    })

    it('takes over an interval that was made shorter', async () => {
      const slow = stand.process({ everySeconds: 3600 })
      slow.notifier.start()
      await slow.keep()
      const quick = stand.process({ everySeconds: 60 })
      expect(await quick.keep()).to.be.within(50, 60)
      await overdue(61)
      await quick.keep()
      expect(await countsOf(quick)).to.include({ delivered: 1 })
    })
  })

  describe('when Slack is not well', () => {
    it('calls a round failed when its message is refused for good, and times nothing', async () => {
      const one = stand.process()
      stand.cage.next({ status: 404, body: 'no_service' })
      one.notifier.start()
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 0, late: 0, failed: 1 })
      expect((await observed(one)).get('count')).to.equal(0)
      expect(await stand.leftovers()).to.deep.equal({})
    })

    it('waits while a refused message is tried again', async () => {
      const one = stand.process()
      stand.cage.next({ status: 503 })
      one.notifier.start()
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 0, failed: 0 })
      expect(stand.cage.requests).to.have.length(2)
      expect((await observed(one)).get('sum')).to.be.above(1)
    })

    it('calls a round late when there is no answer, and observes how long it was waited for', async () => {
      const one = stand.process({ everySeconds: 0.4, patienceSeconds: 0.8 })
      stand.cage.next({ hang: 'lost' })
      one.notifier.start()
      await one.keep()
      expect(await countsOf(one), 'before its time is over').to.deep.equal({ delivered: 0, late: 0, failed: 0 })
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 1, failed: 0 })
      const seen = await observed(one)
      expect(seen.get('count')).to.equal(2)
      expect(seen.get('sum')).to.be.within(0.5, 3)
    })

    it('does not take the notice of a lost message for the message', async () => {
      const one = stand.process({ everySeconds: 0.5, patienceSeconds: 2, notifier: { noticeSeconds: 0 } })
      stand.cage.next({ hang: 'accepted' })
      one.notifier.start()
      const keeping = one.keep()
      await until(() => titles().some((text) => text.includes('may not have reached you')))
      await keeping
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 1, failed: 0 })
    })

    it("holds nothing against people's Slack when its own refuses, nor the other way round", async () => {
      const one = stand.process({ everySeconds: 0.2, patienceSeconds: 0.5 })
      const desk = await openDesk(stand.world)
      const [alpha, beta] = [await desk.search('alpha'), await desk.search('beta')]
      one.notifier.start()
      await desk.tell(alpha, 1)
      await until(() => stand.slack.accepted.length === 1)
      stand.cage.next({ status: 429, headers: { 'retry-after': '60' } })
      await one.keep()
      await desk.tell(alpha, 1)
      await until(() => stand.slack.accepted.length === 2)
      const channels = await stand.world.db('channels').select('name', 'failing_since')
      expect(channels.find(({ name }) => name === 'canary')?.failing_since).to.be.instanceOf(Date)
      expect(channels.find(({ name }) => name === 'slack')?.failing_since).to.equal(null)

      await stand.world
        .db('channels')
        .where({ name: 'canary' })
        .update({ next_at: new Date(0) })
      stand.slack.next({ status: 429, headers: { 'retry-after': '60' } })
      await desk.tell(alpha, 1)
      await until(() => stand.slack.requests.length === 3)
      // It waits for people's turn, and the canary does not.
      await desk.tell(beta, 1)
      await one.keep()
      expect(stand.slack.requests).to.have.length(3)
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 1, failed: 0 })
    })

    it('goes by no other channel', async () => {
      const mail = { smtpUrl: 'smtp://127.0.0.1:9', to: 'them@example.org', from: 'us@example.org' }
      const one = stand.process({ notifier: { mail, fallbackAfterSeconds: 0 } })
      stand.cage.next({ status: 404, body: 'no_service' })
      one.notifier.start()
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 0, late: 0, failed: 1 })
    })

    it('is not sent by a process that does not know where to', async () => {
      const blind = stand.process({ notifier: { canary: undefined } })
      const desk = await openDesk(stand.world)
      await abandoned(blind)
      await desk.tell(await desk.search('alpha'), 1)
      expect(await blind.notifier.deliverDue()).to.equal(1)
      expect([stand.slack.accepted.length, stand.cage.requests.length]).to.deep.equal([1, 0])
      await overdue()
      const seeing = stand.process()
      seeing.notifier.start()
      await seeing.keep()
      expect(await countsOf(seeing)).to.deep.equal({ delivered: 1, late: 1, failed: 0 })
    })
  })

  describe('when a process goes', () => {
    it('is late when it was killed before anything was stored, and the next round goes through', async () => {
      const killed = stand.process()
      await abandoned(killed, { visited: false })
      await overdue()
      const next = stand.process()
      next.notifier.start()
      await next.keep()
      expect(await countsOf(next)).to.deep.equal({ delivered: 1, late: 1, failed: 0 })
      expect((await observed(next)).get('sum')).to.be.within(400, 420)
    })

    it('leaves rows that the next round takes away, on the disk too', async () => {
      const killed = stand.process()
      await abandoned(killed)
      await mkdir(join(killed.parts.folder, 'left-by-a-killed-one'), { recursive: true })
      await overdue()
      expect(await stand.leftovers()).to.include({ postings: 1, runs: 1, raw_pages: 1, run_pages: 1, matches: 1, outbox: 1 })
      const next = stand.process()
      next.notifier.start()
      await next.keep()
      expect(titles()).to.have.length(1)
      expect(titles()[0], 'the posting of the other round is gone').to.match(/^Canary: 1 new/)
      expect(await stand.leftovers()).to.deep.equal({})
      expect(await readdir(next.parts.folder)).to.deep.equal([])
    })

    it('is delivered all the same when others had sent it meanwhile', async () => {
      const killed = stand.process()
      const other = stand.process()
      await abandoned(killed)
      expect(await other.notifier.deliverDue()).to.equal(1)
      await overdue()
      const next = stand.process()
      next.notifier.start()
      await next.keep()
      expect(await countsOf(next)).to.deep.equal({ delivered: 2, late: 0, failed: 0 })
      expect((await observed(next)).get('sum'), 'the time that the message took').to.be.below(10)
    })

    it('ends the waiting and not the round when it is stopped', async () => {
      const stopped = stand.process({ notifier: { canary: undefined } })
      const keeper = stopped.start()
      await until(async () => (await stand.leftovers())['outbox'] === 1)
      await keeper.close()
      expect(await countsOf(stopped)).to.deep.equal({ delivered: 0, late: 0, failed: 0 })
      expect(await stand.leftovers()).to.include({ postings: 1, outbox: 1 })
    })

    it('tells the same of the last success after a restart, from every process', async () => {
      const one = stand.process()
      const fresh = () => {
        const metrics = createMetrics({ sources: [], queues: [], version: '0' })
        keepCanaryGauges(createWatch(metrics, createLog({ format: 'json', level: 'silent' })), stand.world.db, 300)
        return metrics.expose(undefined)
      }
      const before = await fresh()
      expect(before.body).to.include('rolewatch_canary_expected_interval_seconds{channel="slack"} 300')
      expect(before.body).not.to.include('rolewatch_canary_last_success_timestamp_seconds{')
      one.notifier.start()
      await one.keep()
      const [first, second] = await Promise.all([fresh(), fresh()])
      const line = /rolewatch_canary_last_success_timestamp_seconds\{channel="slack"\} (\S+)/
      const at = Number(line.exec(first.body)?.[1])
      expect(at).to.be.closeTo(Date.now() / 1000, 10)
      expect(Number(line.exec(second.body)?.[1])).to.equal(at)

      stand.cage.next({ status: 410 })
      await overdue(301)
      await one.keep()
      expect(Number(line.exec((await fresh()).body)?.[1]), 'a failed round is none').to.equal(at)
    })
  })

  describe('when there are several processes', () => {
    it('makes one round at a time, whoever begins', async () => {
      const all = [stand.process(), stand.process(), stand.process()]
      for (const one of all) one.notifier.start()
      await Promise.all(all.map((one) => one.keep()))
      const counts = await Promise.all(all.map(countsOf))
      expect(counts.reduce((sum, count) => sum + count.delivered, 0)).to.equal(1)
      expect(stand.cage.requests).to.have.length(1)
    })

    it('counts each round once', async () => {
      const all = [stand.process({ everySeconds: 0.2 }), stand.process({ everySeconds: 0.2 })]
      for (const one of all) {
        one.notifier.start()
        one.start()
      }
      const total = async () => (await Promise.all(all.map(countsOf))).reduce((sum, count) => sum + count.delivered, 0)
      await until(async () => (await total()) >= 5)
      for (const one of all) expect(await countsOf(one)).to.include({ late: 0, failed: 0 })
      await until(async () => (await total()) === stand.cage.accepted.length)
    })
  })

  describe('when we are not well ourselves', () => {
    it('fails a round whose search does not find it', async () => {
      const one = stand.process()
      one.notifier.start()
      await one.keep()
      await stand.world.db('searches').where({ id: CANARY_SEARCH }).update({ enabled: false })
      await overdue(301)
      await one.keep()
      expect(await countsOf(one)).to.deep.equal({ delivered: 1, late: 0, failed: 1 })
      expect(await stand.leftovers()).to.deep.equal({})
    })

    it('mends a search that was meddled with', async () => {
      const one = stand.process()
      one.notifier.start()
      await one.keep()
      await stand.world
        .db('searches')
        .where({ id: CANARY_SEARCH })
        .update({ query: JSON.stringify({ q: 'something else' }) })
      await overdue(301)
      await one.keep()
      expect(await countsOf(one)).to.include({ delivered: 2 })
    })

    it('fails a round whose visit cannot be made, and goes on', async () => {
      const one = stand.process({ everySeconds: 0.1 })
      await writeFile(join(stand.folder, 'canary-file'), '')
      const folder = one.parts.folder
      one.parts.folder = join(stand.folder, 'canary-file')
      one.notifier.start()
      one.start()
      await until(async () => (await countsOf(one)).failed > 0)
      one.parts.folder = folder
      await until(async () => (await countsOf(one)).delivered > 0)
    })
  })

  it("is not among people's lost messages when the process that sent it was killed", async () => {
    const killed = stand.process()
    await abandoned(killed)
    const claim = { state: 'sending', message_id: randomUUID(), claimed_by: 'gone', claimed_until: new Date(0) }
    await stand.world.db('outbox').update(claim)
    const one = stand.process()
    await one.notifier.deliverDue()
    expect(await stand.world.db('outbox').pluck('state')).to.deep.equal(['uncertain'])
    const uncertain = { channel: 'slack', outcome: 'uncertain' }
    expect(await one.metrics.value(one.metrics.messages, uncertain)).to.equal(0)
    expect(await one.parts.watch.metrics.value(one.parts.watch.metrics.messages, uncertain)).to.equal(1)
  })

  it('leaves all numbers of people as they are', async () => {
    const one = stand.process()
    one.notifier.start()
    await createSearch(stand.world.db, { name: 'All', query: {}, notify: { channel: 'slack', cadence: 'instant' } })
    const numbers = async () => {
      const { body } = await one.metrics.expose(undefined)
      return body.split('\n').filter((line) => line.startsWith('rolewatch_') && !line.startsWith('rolewatch_canary_'))
    }
    const before = await numbers()
    for (const behaviour of [undefined, { status: 503 }, { status: 404 }]) {
      if (behaviour) stand.cage.next(behaviour)
      await one.keep()
      await overdue(301)
    }
    expect(await countsOf(one)).to.deep.equal({ delivered: 2, late: 0, failed: 1 })
    expect(await numbers()).to.deep.equal(before)
    expect(before.length).to.be.above(100)
    expect(stand.slack.requests).to.have.length(0)
  })
})
