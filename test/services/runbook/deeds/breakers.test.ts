// Deeds on breakers: what they promise, the visit that becomes the probe, and what is left as it was.

import { expect } from 'chai'
import { currentVisits } from './visits.ts'
import { KNOWN_MS } from '../../../../services/scrape/seat.ts'
import { listHosts, openBreaker, pauseHost, takeTurn } from '../../../../services/store/hosts.ts'
import { pauseBoards } from '../../../../services/store/boards.ts'
import { seedBoard } from '../../api/seed.ts'
import { openTown, type Town } from '../../../journey/town.ts'
import { askWith, openBench, partsOf, type Bench } from '../bench.ts'

const GLOBAL = 'api.lever.co'
const EUROPE = 'api.eu.lever.co'

describe('deeds on breakers', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench({ queue: true })
  })
  after(() => bench.close())
  beforeEach(async () => {
    await bench.db.raw('truncate boards, companies, hosts restart identity cascade; delete from pgboss.job')
    for (const ident of ['a', 'b']) await seedBoard(bench.db, 'lever', ident)
    await seedBoard(bench.db, 'lever', 'e')
    await bench.db('boards').where({ ident: 'e' }).update({ region: 'eu' })
  })

  const open = async (host: string, times = 1) => {
    for (let n = 0; n < times; n++) {
      await bench.db('hosts').where({ host }).update({ breaker: 'closed' })
      await openBreaker(bench.db, { host, source: 'lever', error: 'it answered 500' })
    }
  }
  const hosts = () => bench.db('hosts').orderBy('host').select('*')
  const given = { source: 'lever' }

  describe('breaker.reset', () => {
    it('closes the breakers that it names, and leaves a pause that a host asked for', async () => {
      await open(GLOBAL, 3)
      await open(EUROPE)
      await pauseHost(bench.db, { host: EUROPE, source: 'lever', seconds: 3600 })
      const [europe] = await listHosts(bench.db, 'lever')
      expect(await bench.plan('breaker.reset', given)).to.deep.equal({
        target: 'breaker/lever',
        words: `The breaker of ${EUROPE} and ${GLOBAL} will be closed.`,
      })
      expect((await bench.act('breaker.reset', given)).words).to.equal(`The breaker of ${EUROPE} and ${GLOBAL} is closed.`)
      for (const host of await listHosts(bench.db, 'lever'))
        expect(host).to.include({ breaker: 'closed', openings: 0, opened_at: null, open_until: null, last_error: 'it answered 500' })
      expect((await listHosts(bench.db, 'lever'))[0]?.paused_until).to.deep.equal(europe?.paused_until)
      expect((await bench.plan('breaker.reset', given)).idle).to.equal('No breaker of lever is open.')
    })

    it('touches no other source', async () => {
      await open(GLOBAL)
      expect((await bench.plan('breaker.reset', { source: 'ashby' })).idle).to.equal('No breaker of ashby is open.')
      await bench.act('breaker.reset', { source: 'ashby' })
      expect((await hosts())[0]).to.include({ breaker: 'open' })
    })
  })

  describe('breaker.probe', () => {
    it('lets the next request through, asks for a visit to a board of that very host, and waits on when taken back', async () => {
      await open(EUROPE, 4)
      // Another host of the source is well: it is not asked, and stays as it is.
      await bench.db('hosts').insert({ host: GLOBAL, source: 'lever' })
      const before = await hosts()
      expect(await bench.plan('breaker.probe', given)).to.deep.equal({
        target: 'breaker/lever',
        words: `${EUROPE} will be asked by one request before the time of the breaker is over: a visit to lever/e.`,
      })
      const deed = await bench.act('breaker.probe', given)
      expect(deed.words).to.equal(`The next request to ${EUROPE} is the probe of the breaker: a visit to lever/e.`)
      expect(await currentVisits(bench.db)).to.deep.equal(['lever/e runbook 10'])
      expect((await hosts()).find(({ host }: { host: string }) => host === GLOBAL)).to.deep.equal(
        before.find(({ host }: { host: string }) => host === GLOBAL),
      )
      expect((await bench.plan('breaker.probe', given)).idle).to.equal('No breaker of lever is open and waits for its time.')
      expect(await bench.undo('breaker.probe', deed)).to.equal('1 breaker left open as long as before.')
      expect(await hosts()).to.deep.equal(before)
    })

    it('makes exactly one request the probe', async () => {
      await open(GLOBAL)
      const turn = () => takeTurn(bench.db, { host: GLOBAL, source: 'lever', gapSeconds: 0, owner: `t${Math.random()}` })
      expect(await turn()).to.include({ granted: false })
      await bench.act('breaker.probe', given)
      expect(await turn()).to.include({ granted: true, probe: true })
      expect(await turn()).to.include({ granted: false })
    })

    it('takes nothing back once the probe is under way or has come back', async () => {
      await open(GLOBAL)
      const deed = await bench.act('breaker.probe', given)
      await takeTurn(bench.db, { host: GLOBAL, source: 'lever', gapSeconds: 0, owner: 'probe' })
      const half = await hosts()
      expect(await bench.undo('breaker.probe', deed)).to.equal('0 breakers left open as long as before.')
      expect(await hosts()).to.deep.equal(half)
    })

    it('asks for no visit to boards that are paused', async () => {
      await open(GLOBAL)
      await pauseBoards(bench.db, { source: 'lever' }, new Date(Date.now() + 60_000), 'by hand')
      expect((await bench.plan('breaker.probe', given)).words).to.equal(
        `${GLOBAL} will be asked by one request before the time of the breaker is over.`,
      )
      await bench.act('breaker.probe', given)
      expect(await currentVisits(bench.db)).to.deep.equal([])
    })
  })
})

describe('a probe in a town', function () {
  this.timeout(60_000)
  let town: Town
  afterEach(() => town.close())

  it('closes the breaker when the host is well again, long before its time', async () => {
    town = await openTown({ boards: 6, postingsPerBoard: 3 })
    const ask = askWith(await partsOf(town.works))
    const { db } = town.works.database
    await town.refresh({ sources: ['greenhouse'] })
    const host = 'boards-api.greenhouse.io'
    await openBreaker(db, { host, source: 'greenhouse', error: 'it answered 500' })
    await db('hosts')
      .where({ host })
      .update({ open_until: new Date(Date.now() + 1_800_000) })
    // What the process saw of the host a moment ago is over by then.
    await new Promise((resolve) => setTimeout(resolve, KNOWN_MS + 50))
    await ask.act('breaker.probe', { source: 'greenhouse' })
    while ((await db('hosts').where({ host }).first<{ breaker: string }>('breaker')).breaker !== 'closed')
      await new Promise((resolve) => setTimeout(resolve, 50))
  })
})
