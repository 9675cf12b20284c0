// The host's row under many hands: one queue of turns, one probe, pauses and openings that every worker sees.

import { expect } from 'chai'
import fc from 'fast-check'
import {
  closeBreaker,
  listHosts,
  openBreaker,
  pauseHost,
  readHost,
  readRobots,
  releaseProbe,
  resetHost,
  saveRobots,
  takeTurn,
  type TurnRequest,
} from '../../../services/store/hosts.ts'
import { openWorld, type World } from '../../world.ts'

const NOON = Date.parse('2026-03-02T12:00:00Z')
const at = (seconds: number) => new Date(NOON + seconds * 1000)
const HOST = { host: 'jobs.example.com', source: 'lever' }

describe('hosts', () => {
  let world: World
  let turns = 0

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db('hosts').delete())

  const turn = (seconds: number, over: Partial<TurnRequest> = {}) =>
    takeTurn(world.db, { ...HOST, gapSeconds: 2, owner: `worker#${(turns += 1)}`, now: at(seconds), ...over })
  const open = (seconds: number, probe?: string) => openBreaker(world.db, { ...HOST, error: 'down', probe, now: at(seconds) })
  const row = async () => {
    const found = (await listHosts(world.db))[0]
    if (!found) throw new Error('no row')
    return found
  }

  describe('turns', () => {
    it('come at once to a host nobody has asked, and then one gap apart', async () => {
      expect(await turn(0)).to.deep.equal({ granted: true, waitMs: 0, breaker: 'closed', probe: false, pausedMs: 0 })
      expect((await turn(0)).waitMs).to.equal(2000)
      expect((await turn(1)).waitMs).to.equal(3000)
      expect((await turn(100)).waitMs, 'a host that was left alone owes nothing').to.equal(0)
      expect((await row()).next_at).to.deep.equal(at(102))
    })

    it('are different for all who ask at the same time', async () => {
      const waits = (await Promise.all(Array.from({ length: 25 }, () => turn(0)))).map((one) => Math.round(one.waitMs))
      expect(waits.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 25 }, (_, i) => i * 2000))
    })

    it('are taken by the clock of the database when none is given', async () => {
      const first = await takeTurn(world.db, { ...HOST, gapSeconds: 60, owner: 'a' })
      const second = await takeTurn(world.db, { ...HOST, gapSeconds: 60, owner: 'b' })
      expect(first.waitMs).to.equal(0)
      expect(second.waitMs).to.be.within(55_000, 60_000)
    })

    it('further away than anybody waits are not reserved', async () => {
      await turn(0, { gapSeconds: 121 })
      expect(await turn(0)).to.include({ granted: false, waitMs: 121_000 })
      expect(await turn(0.5, { patienceSeconds: 200 })).to.include({ granted: true, waitMs: 120_500 })
      expect((await row()).next_at).to.deep.equal(at(123))
    })

    it('never come closer than the gap, whoever asks and whenever', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ pass: fc.integer({ min: 0, max: 5 }), gap: fc.integer({ min: 1, max: 9 }) }), {
            minLength: 2,
            maxLength: 12,
          }),
          async (asks) => {
            await world.db('hosts').delete()
            let now = 0
            let earliest = 0
            for (const { pass, gap } of asks) {
              now += pass
              const { granted, waitMs } = await turn(now, { gapSeconds: gap })
              expect(granted).to.equal(true)
              const slot = now + waitMs / 1000
              expect(slot).to.be.at.least(earliest)
              expect(slot, 'nor later than they must').to.equal(Math.max(now, earliest))
              earliest = slot + gap
            }
          },
        ),
        { numRuns: 30 },
      )
    })
  })

  describe('pauses', () => {
    it('push every turn behind them', async () => {
      await turn(0)
      await pauseHost(world.db, { ...HOST, seconds: 20, now: at(0) })
      expect(await turn(5)).to.deep.equal({ granted: true, waitMs: 15_000, breaker: 'closed', probe: false, pausedMs: 15_000 })
      expect(await turn(5)).to.include({ waitMs: 17_000, pausedMs: 15_000 })
      expect(await readHost(world.db, HOST.host, at(5))).to.deep.equal({ breaker: 'closed', pausedMs: 15_000 })
    })

    it('longer than anybody sleeps are not waited for', async () => {
      await pauseHost(world.db, { ...HOST, seconds: 31, now: at(0) })
      expect(await turn(0)).to.include({ granted: false, pausedMs: 31_000 })
      expect(await turn(1)).to.include({ granted: true, pausedMs: 30_000 })
      expect(await turn(40)).to.include({ granted: true, pausedMs: 0 })
    })

    it('do not cut a longer one short', async () => {
      await pauseHost(world.db, { ...HOST, seconds: 60, now: at(0) })
      await pauseHost(world.db, { ...HOST, seconds: 5, now: at(1) })
      expect((await row()).paused_until).to.deep.equal(at(60))
    })
  })

  describe('breakers', () => {
    it('open for 30 s, then twice as long each time, half an hour at the most', async () => {
      const lengths: number[] = []
      let now = 0
      let opened = await open(now)
      for (let i = 0; i < 9 && opened; i++) {
        const length = (opened.openUntil.getTime() - at(now).getTime()) / 1000
        expect(opened.openings).to.equal(i + 1)
        lengths.push(length)
        now += length
        const owner = `probe ${i}`
        expect(await turn(now, { owner })).to.include({ probe: true })
        opened = await open(now, owner)
      }
      expect(lengths).to.deep.equal([30, 60, 120, 240, 480, 960, 1800, 1800, 1800])
    })

    it('stay open however often the same failure is reported', async () => {
      await turn(0)
      expect(await open(1)).to.include({ openings: 1 })
      expect(await open(2)).to.equal(undefined)
      expect(await row()).to.deep.include({ breaker: 'open', openings: 1, opened_at: at(1), open_until: at(31), last_error: 'down' })
    })

    it('open once when many workers find the host down at the same time', async () => {
      const openings = await Promise.all(Array.from({ length: 10 }, () => open(0)))
      expect(openings.filter(Boolean)).to.have.length(1)
      expect((await row()).openings).to.equal(1)
    })

    it('grant no turn while open, and write nothing', async () => {
      await open(0)
      const before = await row()
      expect(await turn(29)).to.deep.equal({ granted: false, waitMs: 0, breaker: 'open', probe: false, pausedMs: 0 })
      expect(await row()).to.deep.equal(before)
    })

    it('grant one probe when their time is over, whoever asks', async () => {
      await open(0)
      const all = await Promise.all(Array.from({ length: 20 }, () => turn(31)))
      expect(all.filter((one) => one.probe)).to.have.length(1)
      expect(all.filter((one) => one.granted)).to.have.length(1)
      expect(all.every((one) => one.breaker === 'half_open')).to.equal(true)
      expect((await row()).probe_until).to.deep.equal(at(91))
    })

    it('take a probe that does not report for dead when its lease is over', async () => {
      await open(0)
      await turn(31, { owner: 'dead', leaseSeconds: 90 })
      expect(await turn(120)).to.include({ granted: false })
      expect(await turn(121, { owner: 'heir' })).to.include({ probe: true })
      expect(await closeBreaker(world.db, HOST.host, 'dead'), 'it comes back too late').to.equal(false)
      expect(await open(122, 'dead')).to.equal(undefined)
      expect(await closeBreaker(world.db, HOST.host, 'heir')).to.equal(true)
      expect(await row()).to.include({ breaker: 'closed', openings: 0, open_until: null, probe_owner: null })
    })

    it('do not send their probe into a long pause', async () => {
      await open(0)
      await pauseHost(world.db, { ...HOST, seconds: 3600, now: at(0) })
      expect(await turn(31)).to.include({ granted: false, probe: false, breaker: 'open' })
      expect((await row()).breaker).to.equal('open')
      expect(await turn(3600)).to.include({ probe: true })
    })

    it('let somebody else be the probe when the lease is given back', async () => {
      await open(0)
      await turn(31, { owner: 'first' })
      await releaseProbe(world.db, HOST.host, 'another')
      expect(await turn(32)).to.include({ granted: false })
      await releaseProbe(world.db, HOST.host, 'first')
      expect(await turn(32, { owner: 'second' })).to.include({ probe: true })
    })

    it('are closed by nobody but their probe, or by hand', async () => {
      await open(0)
      expect(await closeBreaker(world.db, HOST.host, 'passer-by')).to.equal(false)
      await pauseHost(world.db, { ...HOST, seconds: 600, now: at(0) })
      expect(await resetHost(world.db, HOST.host)).to.equal(true)
      expect(await turn(0)).to.deep.equal({ granted: true, waitMs: 0, breaker: 'closed', probe: false, pausedMs: 0 })
      expect(await resetHost(world.db, 'no.such.host')).to.equal(false)
    })
  })

  it('that nobody has asked are closed and free, and reading them writes no row', async () => {
    expect(await readHost(world.db, 'never.example.com')).to.deep.equal({ breaker: 'closed', pausedMs: 0 })
    expect(await listHosts(world.db)).to.deep.equal([])
  })

  it('are listed by name, of one source or of all', async () => {
    for (const [host, source] of [
      ['c.example.com', 'lever'],
      ['a.example.com', 'ashby'],
      ['b.example.com', 'lever'],
    ] as const)
      await pauseHost(world.db, { host, source, seconds: 1 })
    expect((await listHosts(world.db)).map((one) => one.host)).to.deep.equal(['a.example.com', 'b.example.com', 'c.example.com'])
    expect((await listHosts(world.db, 'lever')).map((one) => one.host)).to.deep.equal(['b.example.com', 'c.example.com'])
  })

  it('remember their robots.txt beside everything else', async () => {
    await open(0)
    expect(await readRobots(world.db, HOST.host)).to.equal(undefined)
    await saveRobots(world.db, HOST.host, HOST.source, { robots: 'User-agent: *', robots_status: 200, robots_at: at(5) })
    expect(await readRobots(world.db, HOST.host)).to.deep.equal({ robots: 'User-agent: *', robots_status: 200, robots_at: at(5) })
    expect((await row()).breaker).to.equal('open')
  })
})
