// Redirects hop by hop, addresses that are refused, and robots.txt, against a real server.

import { expect } from 'chai'
import type { Door } from '../../../services/scrape/fetch.ts'
import { openWorld, type World } from '../../world.ts'
import {
  createClock,
  failureOf,
  json,
  openTestDoor,
  openWeb,
  redirect,
  say,
  testSource,
  visitOf,
  type TestClock,
  type Web,
} from './door.ts'

const BOARD = 'https://jobs.example.com/acme'
const PATH = '/jobs.example.com/acme'

describe('the way through redirects and robots.txt', () => {
  let world: World
  let web: Web
  let door: Door
  let clock: TestClock

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('hosts').delete()
    web = await openWeb()
    clock = createClock()
    door = openTestDoor(world, web, { clock })
  })
  afterEach(async () => {
    await door.close()
    await web.close()
  })

  const fetchFailing = (url = BOARD, headers: Record<string, string> = {}) => failureOf(door.fetch({ url, headers }, visitOf()))

  describe('redirects', () => {
    for (const status of [301, 302, 303, 307, 308])
      it(`follows ${status} and reports the address that answered`, async () => {
        web.on(PATH, redirect('/acme/all?page=1#top', status))
        web.on('/jobs.example.com/acme/all?page=1', json({ jobs: [] }))
        const fetched = await door.fetch({ url: BOARD }, visitOf())
        expect(fetched.kind === 'page' && fetched.page.url).to.equal('https://jobs.example.com/acme/all?page=1')
        expect(fetched.attempts, 'a redirect is not another attempt').to.equal(1)
      })

    it('sends each hop through the upstream, whatever host it leads to', async () => {
      web.on(PATH, redirect('https://boards.example.org/acme'))
      web.on('/boards.example.org/acme', redirect('//third.example.net:8443/x'))
      web.on('/third.example.net:8443/x', json({ jobs: [] }))
      const fetched = await door.fetch({ url: BOARD }, visitOf())
      expect(fetched.kind === 'page' && fetched.page.url).to.equal('https://third.example.net:8443/x')
      expect(web.seen.map((one) => one.path)).to.deep.equal([PATH, '/boards.example.org/acme', '/third.example.net:8443/x'])
    })

    it('follows three and no more', async () => {
      web.on(PATH, redirect('/1'))
      web.on('/jobs.example.com/1', redirect('/2'))
      web.on('/jobs.example.com/2', redirect('/3'))
      web.on('/jobs.example.com/3', json({ jobs: [] }))
      expect(await door.fetch({ url: BOARD }, visitOf())).to.include({ kind: 'page' })
      web.on('/jobs.example.com/3', redirect('/4'))
      web.seen.length = 0
      const failure = await fetchFailing()
      expect(failure.kind).to.equal('drift')
      expect(failure.message).to.include('more than 3 times')
      expect(web.seen, 'counted, and not tried again').to.have.length(4)
    })

    it('gives up on a circle', async () => {
      web.on(PATH, redirect(BOARD))
      expect((await fetchFailing()).kind).to.equal('drift')
      expect(web.seen).to.have.length(4)
    })

    it('refuses to give up encryption', async () => {
      web.on(PATH, redirect('http://jobs.example.com/acme'))
      expect((await fetchFailing()).message).to.include('from https to http')
      expect(web.seen).to.have.length(1)
    })

    it('may gain encryption', async () => {
      web.on(PATH, redirect('https://jobs.example.com/secure'))
      web.on('/jobs.example.com/secure', json({ jobs: [] }))
      expect(await door.fetch({ url: 'http://jobs.example.com/acme' }, visitOf())).to.include({ kind: 'page' })
    })

    for (const to of [
      'https://127.0.0.1/admin',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://169.254.169.254/latest/meta-data',
      'https://localhost/',
      'https://db.internal/',
      'https://user:secret@boards.example.org/',
      'ftp://boards.example.org/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'https://',
    ])
      it(`refuses to be led to ${to}`, async () => {
        web.on(PATH, redirect(to))
        const failure = await fetchFailing()
        expect(failure.kind).to.equal('drift')
        expect(failure.message).to.not.include('secret')
        expect(web.seen, 'nothing was sent there, and nothing again').to.have.length(1)
      })

    it('refuses to be led to the upstream itself', async () => {
      web.on(PATH, redirect(`${web.upstream}/other.example.com/x`.replace('http:', 'https:')))
      expect((await fetchFailing()).message).to.include('private address')
    })

    it('gives another host no header that could be a key', async () => {
      web.on(PATH, redirect('/next'))
      web.on('/jobs.example.com/next', redirect('https://boards.example.org/acme'))
      web.on('/boards.example.org/acme', json({ jobs: [] }))
      await door.fetch({ url: BOARD, headers: { Authorization: 'Bearer k', 'X-Api-Key': 'k', 'Accept-Language': 'en' } }, visitOf())
      const [first, next, elsewhere] = web.seen.map((one) => one.headers)
      expect(first).to.include({ authorization: 'Bearer k', 'x-api-key': 'k' })
      expect(next).to.include({ authorization: 'Bearer k', 'x-api-key': 'k' })
      expect(elsewhere).to.not.have.any.keys('authorization', 'x-api-key')
      expect(elsewhere).to.include({ 'accept-language': 'en', 'user-agent': 'Rolewatch/1.2.3 (+https://rolewatch.example/about)' })
    })

    it('takes a turn at the host of each hop', async () => {
      const paced = openTestDoor(world, web, { clock, paced: true })
      web.on(PATH, redirect('/next'))
      web.on('/jobs.example.com/next', redirect('https://boards.example.org/acme'))
      web.on('/boards.example.org/acme', json({ jobs: [] }))
      const before = await world.metrics.value(world.metrics.attempts, { source: 'lever', status: '3xx' })
      await paced.fetch({ url: BOARD }, visitOf(testSource({ pace: { perSecond: 100, atOnce: 1 } })))
      const turns = (await world.db('hosts').orderBy('host').select('host', 'next_at')).map((row) => [
        row.host,
        row.next_at.getTime() - Date.parse('2026-03-02T09:00:00Z'),
      ])
      expect(turns).to.deep.equal([
        ['boards.example.org', 20],
        ['jobs.example.com', 20],
      ])
      expect(await world.metrics.value(world.metrics.attempts, { source: 'lever', status: '3xx' })).to.equal(before + 2)
      await paced.close()
    })

    it('shares one time limit among the hops', async () => {
      const hasty = openTestDoor(world, web, { timeoutSeconds: 0.4 })
      const later = (to: string) => (_request: unknown, response: Parameters<ReturnType<typeof redirect>>[1]) =>
        void setTimeout(() => response.writeHead(302, { location: to }).end(), 250)
      web.on(PATH, later('/slow'))
      web.on('/jobs.example.com/slow', later('/never'))
      const failure = await failureOf(hasty.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('timeout')
      expect(web.seen.map((one) => one.path)).to.not.include('/jobs.example.com/never')
      await hasty.close()
    })
  })

  describe('without an upstream', () => {
    for (const [address, words] of [
      ['http://127.0.0.1:1/', 'private address'],
      ['http://localhost:1/', 'private address'],
      ['http://[::1]:1/', 'private address'],
      ['http://10.1.2.3/', 'private address'],
      ['https://user:secret@jobs.example.com/', 'credentials'],
      ['ftp://jobs.example.com/', 'not an address of the web'],
    ] as const)
      it(`sends nothing to ${address}`, async () => {
        const direct = openTestDoor(world, web, { upstream: undefined })
        const failure = await failureOf(direct.fetch({ url: address }, visitOf()))
        expect(failure.kind).to.equal('drift')
        expect(failure.message).to.include(words)
        await direct.close()
      })

    it('reaches the host itself and follows its redirects', async () => {
      const direct = openTestDoor(world, web, { upstream: undefined, allowAddress: (address) => address === '127.0.0.1' })
      web.on('/start', redirect('/acme?x=1'))
      web.on('/acme?x=1', json({ jobs: [] }))
      const fetched = await direct.fetch({ url: `${web.upstream}/start` }, visitOf())
      expect(fetched.kind === 'page' && fetched.page.url).to.equal(`${web.upstream}/acme?x=1`)
      await direct.close()
    })
  })

  describe('robots.txt', () => {
    const people = testSource({ robots: true })
    const ROBOTS = '/jobs.example.com/robots.txt'
    const html = say(200, '<html>Open roles')
    const asked = () => web.seen.map((one) => one.path)

    it('is not asked for APIs', async () => {
      web.on(PATH, json({ jobs: [] }))
      await door.fetch({ url: BOARD }, visitOf())
      expect(asked()).to.deep.equal([PATH])
    })

    it('is asked first, once a day, and its rules for us are kept to', async () => {
      web.on(ROBOTS, say(200, 'User-agent: *\nDisallow: /\n\nUser-agent: Rolewatch\nDisallow: /private\nAllow: /\n'))
      web.on(PATH, html)
      expect(await door.fetch({ url: BOARD }, visitOf(people))).to.include({ kind: 'page' })
      const failure = await failureOf(door.fetch({ url: 'https://jobs.example.com/private/x' }, visitOf(people)))
      expect(failure.kind).to.equal('skipped')
      expect(failure.message).to.include('robots.txt').and.to.include('/private/x')
      expect(asked()).to.deep.equal([ROBOTS, PATH])
      expect(web.seen[0]?.headers['user-agent']).to.match(/^Rolewatch\//)

      clock.pass(23.9 * 3600)
      await door.fetch({ url: BOARD }, visitOf(people))
      clock.pass(0.2 * 3600)
      await door.fetch({ url: BOARD }, visitOf(people))
      expect(asked()).to.deep.equal([ROBOTS, PATH, PATH, ROBOTS, PATH])
    })

    it('is remembered on the row of the host for every other worker', async () => {
      web.on(ROBOTS, say(200, 'User-agent: *\nDisallow: /acme'))
      await failureOf(door.fetch({ url: BOARD }, visitOf(people)))
      const other = openTestDoor(world, web, { clock })
      expect((await failureOf(other.fetch({ url: BOARD }, visitOf(people)))).kind).to.equal('skipped')
      expect(asked()).to.deep.equal([ROBOTS])
      await other.close()
    })

    it('is asked once when many pages are wanted at the same time', async () => {
      web.on(ROBOTS, say(200, ''))
      web.on(PATH, html)
      await Promise.all([1, 2, 3, 4].map(() => door.fetch({ url: BOARD }, visitOf(people))))
      expect(asked().filter((path) => path === ROBOTS)).to.have.length(1)
    })

    for (const status of [401, 403, 404])
      it(`that answers ${status} allows everything`, async () => {
        web.on(ROBOTS, say(status))
        web.on(PATH, html)
        expect(await door.fetch({ url: BOARD }, visitOf(people))).to.include({ kind: 'page' })
      })

    for (const status of [429, 500, 503])
      it(`that answers ${status} forbids everything, and is asked again after ten minutes`, async () => {
        web.on(ROBOTS, say(status), say(status), say(status), say(200, ''))
        web.on(PATH, html)
        const failure = await failureOf(door.fetch({ url: BOARD }, visitOf(people)))
        expect(failure.kind).to.equal('skipped')
        expect(failure.message).to.include('could not be read')
        expect((await failureOf(door.fetch({ url: BOARD }, visitOf(people)))).kind).to.equal('skipped')
        expect(asked()).to.deep.equal([ROBOTS, ROBOTS, ROBOTS])
        clock.pass(601)
        expect(await door.fetch({ url: BOARD }, visitOf(people))).to.include({ kind: 'page' })
      })

    it('serves from an old copy while the host cannot tell', async () => {
      web.on(ROBOTS, say(200, 'User-agent: *\nDisallow: /private'), say(500))
      web.on(PATH, html)
      await door.fetch({ url: BOARD }, visitOf(people))
      clock.pass(25 * 3600)
      expect(await door.fetch({ url: BOARD }, visitOf(people))).to.include({ kind: 'page' })
      expect((await failureOf(door.fetch({ url: 'https://jobs.example.com/private' }, visitOf(people)))).kind).to.equal('skipped')
      expect(asked().filter((path) => path === ROBOTS)).to.have.length(4)
      clock.pass(601)
      await door.fetch({ url: BOARD }, visitOf(people))
      expect(
        asked().filter((path) => path === ROBOTS),
        'asked again soon',
      ).to.have.length(7)
    })

    it('is followed through five redirects', async () => {
      web.on(ROBOTS, redirect('/r1'))
      for (const n of [1, 2, 3, 4]) web.on(`/jobs.example.com/r${n}`, redirect(`/r${n + 1}`))
      web.on('/jobs.example.com/r5', say(200, 'User-agent: *\nDisallow: /acme'))
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf(people)))).message).to.include('forbids /acme')
    })

    it('is asked of every host that a redirect leads to', async () => {
      web.on(PATH, redirect('https://boards.example.org/acme'))
      web.on('/boards.example.org/robots.txt', say(200, 'User-agent: *\nDisallow: /'))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf(people)))
      expect(failure.message).to.include('boards.example.org')
      expect(asked()).to.not.include('/boards.example.org/acme')
    })

    it('sets a floor under the gap between two requests', async () => {
      const paced = openTestDoor(world, web, { clock, paced: true })
      web.on(ROBOTS, say(200, 'User-agent: *\nCrawl-delay: 9'))
      web.on(PATH, html)
      await paced.fetch({ url: BOARD }, visitOf(testSource({ robots: true, pace: { perSecond: 100, atOnce: 1 } })))
      const row = await world.db('hosts').where({ host: 'jobs.example.com' }).first('next_at')
      expect(row.next_at.getTime() - clock.now().getTime()).to.equal(9000)
      await paced.close()
    })

    it('says nothing when it could not be asked for a reason of ours', async () => {
      let left = 0
      const capped = openTestDoor(world, web, { clock, calls: async () => left-- > 0 })
      web.on(ROBOTS, say(200, ''))
      web.on(PATH, html)
      expect((await failureOf(capped.fetch({ url: BOARD }, visitOf(people)))).message).to.include('daily cap')
      left = 10
      expect(await capped.fetch({ url: BOARD }, visitOf(people))).to.include({ kind: 'page' })
      await capped.close()
    })
  })
})
