// Looks at hosts: breakers, pauses, a control request through the real door, names, and robots.txt.

import { expect } from 'chai'
import { openBreaker, pauseHost, saveRobots } from '../../../../services/store/hosts.ts'
import { seedBoard, type SeededBoard } from '../../api/seed.ts'
import { hang, json, say } from '../../scrape/door.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago, seedVisit } from './seed.ts'

const HOST = 'boards-api.greenhouse.io'

describe('looks at hosts', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())
  beforeEach(() => bench.db.raw('truncate boards, companies, runs, hosts restart identity cascade'))

  const state = () => bench.look('host.state', { source: 'greenhouse' })
  const open = (at: Date, error = 'it answered 500') => openBreaker(bench.db, { host: HOST, source: 'greenhouse', error, now: at })

  describe('host.state', () => {
    it('is healthy while breakers are closed and nobody asked for a pause', async () => {
      await bench.db('hosts').insert({ host: HOST, source: 'greenhouse' })
      expect(await state()).to.deep.include({ verdict: 'healthy', causes: [] })
    })

    it('is broken while one is open, for what its visits ended with before', async () => {
      await seedVisit(bench.db, await seedBoard(bench.db, 'greenhouse', 'acme'), { outcome: 'server_error', ago: 360 })
      await seedVisit(bench.db, await seedBoard(bench.db, 'greenhouse', 'other'), { outcome: 'drift', ago: 360 })
      await open(ago(300))
      expect(await state()).to.deep.include({
        verdict: 'broken',
        causes: ['upstream'],
        values: { host: HOST },
        words: `The breaker of ${HOST} is open for 5 min: it answered 500`,
      })
      await bench.db('hosts').update({ breaker: 'half_open' })
      expect((await state()).words).to.match(/is half open for 5 min/)
    })

    it('is degraded and no more when the breaker opened because we were to slow down', async () => {
      await seedVisit(bench.db, await seedBoard(bench.db, 'greenhouse', 'acme'), { outcome: 'throttled', ago: 120 })
      await open(ago(60), 'it answered 429')
      expect(await state()).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
    })

    it('is degraded while a host asked for a pause, and well when that is over', async () => {
      await pauseHost(bench.db, { host: HOST, source: 'greenhouse', seconds: 120 })
      const finding = await state()
      expect(finding).to.deep.include({ verdict: 'degraded', causes: ['throttled'], values: { host: HOST } })
      expect(finding.words).to.match(/asked for a pause until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/)
      await bench.db('hosts').update({ paused_until: ago(1) })
      expect((await state()).verdict).to.equal('healthy')
    })

    it('says nothing of a source whose hosts nobody has asked', async () => {
      expect(await state()).to.deep.include({ verdict: 'inconclusive', causes: [] })
    })
  })

  describe('host.control', () => {
    // The door remembers what a host said: each test has its own.
    let kept: Bench
    let board: SeededBoard
    const path = `/${HOST}/v1/boards/acme/jobs`
    const control = () => bench.look('host.control', { source: 'greenhouse' })
    beforeEach(async () => {
      kept = bench
      bench = await openBench()
      await seedVisit(bench.db, await seedBoard(bench.db, 'greenhouse', 'older'), { outcome: 'ok', ago: 7200 })
      board = await seedBoard(bench.db, 'greenhouse', 'acme')
      await seedVisit(bench.db, board, { outcome: 'ok', ago: 3600 })
      await seedVisit(bench.db, board, { outcome: 'blocked' })
    })
    afterEach(async () => {
      await bench.close()
      bench = kept
    })

    it('asks the board that was well last, once', async () => {
      bench.web.on(path, json({ jobs: [] }))
      const before = bench.web.seen.length
      expect(await control()).to.deep.include({
        verdict: 'healthy',
        causes: [],
        words: 'greenhouse/acme, which was well last, answers now too.',
      })
      expect(bench.web.seen.slice(before).map((one) => one.path.split('?')[0])).to.deep.equal([path])
    })

    it('is broken for the reason for which that board fails too', async () => {
      bench.web.on(path, say(403, 'no'))
      expect(await control()).to.deep.include({ verdict: 'broken', causes: ['blocked'] })
      bench.web.on(path, json({ vacancies: [] }))
      expect(await control()).to.deep.include({ verdict: 'broken', causes: ['drift'] })
    })

    it('is degraded when we are to slow down, and asks no more then', async () => {
      bench.web.on(path, say(429, '', { 'retry-after': '3600' }))
      expect(await control()).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
      const before = bench.web.seen.length
      expect((await control()).verdict).not.to.equal('broken')
      expect(bench.web.seen.length).to.equal(before)
    })

    it('says nothing when that board is gone, when the breaker is open, and when all boards are paused', async () => {
      bench.web.on(path, say(404, 'no'))
      expect(await control()).to.deep.include({ verdict: 'inconclusive', causes: [] })
      await bench.db('boards').update({ paused_until: new Date(Date.now() + 60_000), pause_reason: 'the host asked us' })
      const before = bench.web.seen.length
      bench.web.on(path, hang)
      expect(await control()).to.deep.include({ verdict: 'inconclusive', causes: [] })
      expect(bench.web.seen.length, 'a paused source is left in peace').to.equal(before)
    })
  })

  describe('host.resolve', () => {
    const resolve = () => bench.look('host.resolve', { source: 'greenhouse' })

    it('says nothing before any host was asked', async () => {
      expect(await resolve()).to.deep.include({ verdict: 'inconclusive' })
    })

    it('is broken when a name leads nowhere, or to a private address', async () => {
      await bench.db('hosts').insert({ host: 'nowhere.invalid', source: 'greenhouse' })
      const finding = await resolve()
      expect(finding).to.deep.include({ verdict: 'broken', causes: ['network'] })
      expect(finding.words).to.match(/^nowhere\.invalid: its name cannot be resolved \(E/)
      await bench.db('hosts').update({ host: 'localhost' })
      expect((await resolve()).words).to.match(/^localhost: its name leads to .+, which is no public address$/)
    })

    it('asks the upstream in their place where everything goes there', async () => {
      const other = await openBench({ env: { ROLEWATCH_UPSTREAM: bench.web.upstream } })
      try {
        await other.db('hosts').insert({ host: 'nowhere.invalid', source: 'greenhouse' })
        const finding = await other.look('host.resolve', { source: 'greenhouse' })
        expect(finding).to.deep.include({ verdict: 'healthy', causes: [] })
        expect(finding.words).to.equal(`Every request goes to 127.0.0.1:${bench.web.port} in place of the hosts, and that can be reached.`)
      } finally {
        await other.close()
      }
    })
  })

  describe('robots.read', () => {
    const read = () => bench.look('robots.read', { source: 'greenhouse' })
    const keep = (status: number, robots: string | null) =>
      saveRobots(bench.db, HOST, 'greenhouse', { robots, robots_status: status, robots_at: new Date() })

    it('is healthy for an interface that is made for programs', async () => {
      expect(await read()).to.deep.include({
        verdict: 'healthy',
        words: 'greenhouse is an interface for programs: its robots.txt is not asked for.',
      })
    })

    it('shows what was read, and is degraded when a host could not be asked', async () => {
      await keep(200, 'User-agent: *\nDisallow: /embed/')
      const finding = await read()
      expect(finding).to.deep.include({ verdict: 'healthy', words: 'The robots.txt of 1 host could be read.' })
      expect(JSON.stringify(finding.facts)).to.contain('Disallow: /embed/')
      await keep(0, null)
      expect(await read()).to.deep.include({ verdict: 'degraded', causes: ['network'] })
    })
  })

  it('refuse what is no source', () => {
    for (const name of ['host.state', 'host.control', 'host.resolve', 'robots.read'])
      expect(bench.refusal(name, { source: 'http://169.254.169.254/' }), name).to.match(/must be one of/)
  })
})
