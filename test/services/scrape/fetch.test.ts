// The door from end to end, against a real server: pages, broken bodies, statuses, Retry-After, the network, caps.

import { createHash } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect } from 'chai'
import { attemptsOf, bodyOf, type Door } from '../../../services/scrape/fetch.ts'
import { openWorld, type World } from '../../world.ts'
import {
  createClock,
  failureOf,
  hang,
  json,
  openTestDoor,
  openWeb,
  redirect,
  reset,
  say,
  testSource,
  visitOf,
  type TestClock,
  type Web,
} from './door.ts'

const BOARD = 'https://jobs.example.com/acme'
const PATH = '/jobs.example.com/acme'
const JOBS = { jobs: [{ id: 1, title: 'Zookeeper' }] }

describe('the door to the web', () => {
  let world: World
  let web: Web
  let door: Door
  let clock: TestClock

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    // Every test asks the same host: what one leaves on its row is not the next one's.
    await world.db('hosts').delete()
    web = await openWeb()
    clock = createClock()
    door = openTestDoor(world, web, { clock })
  })
  afterEach(async () => {
    await door.close()
    await web.close()
  })

  const value = (metric: 'attempts' | 'retries' | 'pages' | 'pageBytes', labels: Record<string, string> = {}) =>
    world.metrics.value(world.metrics[metric], { source: 'lever', ...labels })

  describe('a page', () => {
    it('comes back decoded, parsed once, hashed and counted', async () => {
      web.on(PATH, json(JOBS, { etag: '"v1"', 'last-modified': 'Mon, 02 Mar 2026 08:00:00 GMT', 'set-cookie': 'sid=1' }))
      const before = { pages: await value('pages'), bytes: await value('pageBytes'), attempts: await value('attempts', { status: '2xx' }) }
      const fetched = await door.fetch({ url: BOARD }, visitOf())
      if (fetched.kind !== 'page') throw new Error('no page')
      const body = JSON.stringify(JOBS)
      expect(fetched.page.url).to.equal(BOARD)
      expect(fetched.page.status).to.equal(200)
      expect(fetched.page.body).to.equal(body)
      expect(fetched.page.json()).to.deep.equal(JOBS)
      expect(fetched.page.json()).to.equal(fetched.page.json())
      expect(fetched.page.headers).to.include({ 'content-type': 'application/json' })
      expect(fetched.page.headers, 'no cookie is handed on').to.not.have.property('set-cookie')
      expect(fetched).to.include({ etag: '"v1"', lastModified: 'Mon, 02 Mar 2026 08:00:00 GMT', attempts: 1, bytes: body.length })
      expect(fetched.hash).to.equal(createHash('sha256').update(body).digest('hex'))
      expect(await value('pages')).to.equal(before.pages + 1)
      expect(await value('pageBytes')).to.equal(before.bytes + body.length)
      expect(await value('attempts', { status: '2xx' })).to.equal(before.attempts + 1)
    })

    it('is asked for with an honest name, and without cookies or headers of the connection', async () => {
      web.on(`${PATH}?mode=json`, json(JOBS))
      await door.fetch(
        { url: `${BOARD}?mode=json`, headers: { Accept: 'application/json', Cookie: 'a=b', 'User-Agent': 'Mozilla/5.0' } },
        visitOf(),
      )
      expect(web.seen[0]?.path).to.equal(`${PATH}?mode=json`)
      expect(web.seen[0]?.headers).to.include({
        accept: 'application/json',
        'user-agent': 'Rolewatch/1.2.3 (+https://rolewatch.example/about)',
        'accept-encoding': 'gzip, br, deflate, zstd',
      })
      expect(web.seen[0]?.headers).to.not.have.any.keys('cookie', 'if-none-match', 'if-modified-since')
    })

    for (const [coding, encode] of Object.entries({
      gzip: gzipSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
      deflate: deflateSync,
      'deflate without its header': deflateRawSync,
      'gzip, br': (text: string) => brotliCompressSync(gzipSync(text)),
      identity: (text: string) => Buffer.from(text),
    }))
      it(`is decompressed from ${coding}`, async () => {
        const body = JSON.stringify({ jobs: Array.from({ length: 3000 }, (_, id) => ({ id, text: `posting ${id * 7919}` })) })
        web.on(PATH, say(200, encode(body), { 'content-encoding': coding.replace(' without its header', '') }))
        const fetched = await door.fetch({ url: BOARD }, visitOf())
        expect(fetched.kind === 'page' && fetched.page.body).to.equal(body)
        expect(fetched.kind === 'page' && fetched.bytes).to.equal(body.length)
      })

    it('is decoded by its charset, and the same text has the same hash whatever it was sent as', async () => {
      const text = '{"city":"Zürich"}'
      web.on(
        PATH,
        say(200, text, { 'content-type': 'application/json' }),
        say(200, Buffer.from(text, 'latin1'), { 'content-type': 'application/json; charset=ISO-8859-1' }),
        say(200, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)])),
        say(200, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])),
        say(200, text, { 'content-type': 'application/json; charset=x-no-such-thing' }),
      )
      const hashes = new Set<string>()
      for (let i = 0; i < 5; i++) {
        const fetched = await door.fetch({ url: BOARD }, visitOf())
        if (fetched.kind !== 'page') throw new Error('no page')
        expect(fetched.page.body).to.equal(text)
        hashes.add(fetched.hash)
      }
      expect([...hashes]).to.deep.equal([createHash('sha256').update(text).digest('hex')])
    })
  })

  describe('conditional requests', () => {
    it('send both validators and take 304 for unchanged', async () => {
      web.on(PATH, say(304))
      const validator = { etag: 'W/"7"', lastModified: 'Mon, 02 Mar 2026 08:00:00 GMT' }
      const fetched = await door.fetch({ url: BOARD }, visitOf(testSource(), { validator }))
      expect(fetched).to.deep.equal({ kind: 'unchanged', attempts: 1 })
      expect(web.seen[0]?.headers).to.include({ 'if-none-match': 'W/"7"', 'if-modified-since': 'Mon, 02 Mar 2026 08:00:00 GMT' })
    })

    it('take a 304 that answers no validator for a fault of the network', async () => {
      web.on(PATH, say(304))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure).to.include({ kind: 'network', status: 304 })
      expect(web.seen).to.have.length(3)
    })

    it('do not look into a body that was read well before', async () => {
      const broken = '{"jobs": ['
      const knownHash = createHash('sha256').update(broken).digest('hex')
      web.on(PATH, say(200, broken))
      const fetched = await door.fetch({ url: BOARD }, visitOf(testSource(), { knownHash }))
      expect(fetched.kind === 'page' && fetched.hash).to.equal(knownHash)
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf(testSource(), { knownHash: 'another' })))).kind).to.equal('network')
    })
  })

  describe('bodies that are not what they should be', () => {
    it('tries again after an empty body', async () => {
      web.on(PATH, say(200), json(JOBS))
      const before = await value('retries', { reason: 'network' })
      const fetched = await door.fetch({ url: BOARD }, visitOf())
      expect(fetched).to.include({ kind: 'page', attempts: 2 })
      expect(await value('retries', { reason: 'network' })).to.equal(before + 1)
    })

    for (const [name, answer] of Object.entries({
      'an empty body': say(200),
      'a body of white space': say(200, ' \n'),
      'a part nobody asked for': say(206, '{"jobs":[]}'),
    }))
      it(`gives up on ${name} after three attempts`, async () => {
        web.on(PATH, answer)
        const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
        expect(failure.kind).to.equal('network')
        expect(attemptsOf(failure)).to.equal(3)
        expect(web.seen).to.have.length(3)
      })

    it('tries truncated JSON again, and in the end hands over what came', async () => {
      const cut = '{"jobs":[{"id":1,"title":"Zoo'
      web.on(PATH, say(200, cut))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('network')
      expect(failure.message).to.include('truncated')
      expect(bodyOf(failure)).to.equal(cut)
      expect(web.seen).to.have.length(3)
      expect(JSON.stringify(failure), 'the body stays out of the log').to.not.include('Zoo')
    })

    it('calls JSON that is broken in the middle drift and does not ask again', async () => {
      const broken = '{"jobs":[{"id":1,"title":"a "quoted" word"}],"meta":{"total":1}}'
      web.on(PATH, say(200, broken))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('drift')
      expect(bodyOf(failure)).to.equal(broken)
      expect(web.seen).to.have.length(1)
    })

    it('calls HTML drift where JSON is expected', async () => {
      const html = '<!doctype html><title>Careers</title><h1>Open roles</h1>'
      web.on(PATH, say(200, html, { 'content-type': 'text/html' }))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure).to.include({ kind: 'drift', status: 200 })
      expect(bodyOf(failure)).to.equal(html)
      expect(web.seen).to.have.length(1)
    })

    for (const [name, html] of Object.entries({
      'a challenge of Cloudflare': '<html><title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/x.js"></script>',
      'a captcha': '<html><div class="g-recaptcha"></div>',
      'a question for a human': '<html><p>Please verify you are human</p>',
      'a login wall': '<html><form action="/authwall"></form>',
      'a form for a password': '<html><form><input name=p type="password"></form>',
    }))
      it(`calls ${name} blocked`, async () => {
        web.on(PATH, say(200, html, { 'content-type': 'text/html' }))
        const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
        expect(failure.kind).to.equal('blocked')
        expect(bodyOf(failure)).to.equal(html)
        expect(web.seen).to.have.length(1)
      })

    it('calls a redirect that ends at a login page blocked', async () => {
      web.on(PATH, redirect('/login?next=acme'))
      web.on('/jobs.example.com/login', say(200, '<html>welcome'))
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf()))).kind).to.equal('blocked')
    })

    it('takes HTML for what it is where a page for people was asked for', async () => {
      const people = testSource({ robots: true })
      web.on(PATH, say(200, '<html><div id="captcha-help">', { 'content-type': 'text/html' }))
      const fetched = await door.fetch({ url: BOARD }, visitOf(people))
      expect(fetched.kind).to.equal('page')
      expect((await failureOf(door.fetch({ url: BOARD, headers: { accept: 'application/json' } }, visitOf(people)))).kind).to.equal(
        'blocked',
      )
    })

    it('refuses a body that is too large, on the wire and unpacked, without asking again', async () => {
      const small = openTestDoor(world, web, { maxBytes: 100_000 })
      web.on(PATH, say(200, Buffer.alloc(100_001, 0x20)))
      web.on('/jobs.example.com/bomb', say(200, gzipSync(Buffer.alloc(3_000_000, 0x20)), { 'content-encoding': 'gzip' }))
      web.on('/jobs.example.com/double', say(200, gzipSync(gzipSync(Buffer.alloc(90_000_000))), { 'content-encoding': 'gzip, gzip' }))
      for (const path of ['acme', 'bomb', 'double']) {
        const failure = await failureOf(small.fetch({ url: `https://jobs.example.com/${path}` }, visitOf()))
        expect(failure.kind, path).to.equal('drift')
        expect(failure.message, path).to.include('more than 100000 bytes')
      }
      expect(web.seen).to.have.length(3)
      await small.close()
    })

    it('refuses codings it did not ask for', async () => {
      web.on(PATH, say(200, 'x', { 'content-encoding': 'compress' }))
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf()))).message).to.include('"compress"')
      web.on(PATH, say(200, 'x', { 'content-encoding': 'gzip, gzip, gzip, gzip' }))
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf()))).message).to.include('4 times over')
    })

    it('takes a damaged or cut compressed body for a fault of the network', async () => {
      const whole = gzipSync(JSON.stringify({ jobs: Array.from({ length: 500 }, (_, id) => id * 7919) }))
      web.on(
        PATH,
        say(200, whole.subarray(0, whole.length - 20), { 'content-encoding': 'gzip' }),
        say(200, 'not gzip', { 'content-encoding': 'gzip' }),
      )
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('network')
      expect(web.seen).to.have.length(3)
    })
  })

  describe('statuses', () => {
    for (const [status, kind, requests] of [
      [400, 'drift', 1],
      [401, 'blocked', 1],
      [403, 'blocked', 1],
      [404, 'gone', 1],
      [408, 'timeout', 3],
      [410, 'gone', 1],
      [422, 'drift', 1],
      [429, 'throttled', 3],
      [451, 'blocked', 1],
      [500, 'server_error', 3],
      [503, 'server_error', 3],
      [529, 'server_error', 3],
      [999, 'blocked', 1],
      [302, 'drift', 1],
    ] as const)
      it(`${status} is ${kind}, asked ${requests === 1 ? 'once' : 'three times'}`, async () => {
        web.on(PATH, say(status, 'x'))
        const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
        expect(failure).to.include({ kind, status })
        expect(failure.message).to.include(String(status))
        expect(web.seen).to.have.length(requests)
        expect(attemptsOf(failure)).to.equal(requests)
      })

    it('recovers when two server errors are followed by a page', async () => {
      web.on(PATH, say(500), say(500), json(JOBS))
      const before = { retries: await value('retries', { reason: 'server_error' }), attempts: await value('attempts', { status: '5xx' }) }
      expect(await door.fetch({ url: BOARD }, visitOf())).to.include({ kind: 'page', attempts: 3 })
      expect(clock.slept, 'full jitter at 0.5: half of 1 s, half of 2 s').to.deep.equal([500, 1000])
      expect(await value('retries', { reason: 'server_error' })).to.equal(before.retries + 2)
      expect(await value('attempts', { status: '5xx' })).to.equal(before.attempts + 2)
    })

    it('tells a refusal with a challenge from a server error', async () => {
      web.on(PATH, say(503, '', { 'cf-mitigated': 'challenge' }))
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf()))).kind).to.equal('blocked')
    })
  })

  describe('Retry-After', () => {
    it('is slept on when it is short, exactly that long', async () => {
      web.on(PATH, say(429, '', { 'retry-after': '7' }), json(JOBS))
      expect(await door.fetch({ url: BOARD }, visitOf())).to.include({ kind: 'page', attempts: 2 })
      expect(clock.slept).to.deep.equal([7000])
    })

    it('ends the visit when it is long, and keeps every worker away from the host until then', async () => {
      web.on(PATH, say(429, '', { 'retry-after': 'Mon, 02 Mar 2026 10:00:00 GMT' }))
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure).to.include({ kind: 'throttled', status: 429, retryAfter: 3600 })
      expect(clock.slept).to.deep.equal([])
      const row = await world.db('hosts').where({ host: 'jobs.example.com' }).first('paused_until')
      expect(row.paused_until.toISOString()).to.equal('2026-03-02T10:00:00.000Z')

      clock.pass(600)
      const other = openTestDoor(world, web, { clock, owner: 'other' })
      for (const paced of [other, openTestDoor(world, web, { clock, owner: 'paced', paced: true })]) {
        const refused = await failureOf(paced.fetch({ url: 'https://jobs.example.com/other' }, visitOf()))
        expect(refused).to.include({ kind: 'throttled', status: undefined, retryAfter: 3000 })
        await paced.close()
      }
      expect(web.seen, 'nothing more was sent').to.have.length(1)
    })

    it('is waited for by other workers when little of it is left', async () => {
      web.on(PATH, say(503, '', { 'retry-after': '60' }), json(JOBS))
      expect(await failureOf(door.fetch({ url: BOARD }, visitOf()))).to.include({ kind: 'server_error', retryAfter: 60 })
      clock.pass(48)
      expect(await door.fetch({ url: BOARD }, visitOf())).to.include({ kind: 'page', attempts: 1 })
      expect(clock.slept).to.deep.equal([12_000])
    })
  })

  describe('the network', () => {
    it('takes a reset for a fault of the network and tries again', async () => {
      web.on(PATH, reset, json(JOBS))
      const before = await value('attempts', { status: 'none' })
      expect(await door.fetch({ url: BOARD }, visitOf())).to.include({ kind: 'page', attempts: 2 })
      expect(await value('attempts', { status: 'none' })).to.equal(before + 1)
    })

    it('notices a body shorter than it was said to be', async () => {
      web.on(PATH, (_request, response) => {
        response.writeHead(200, { 'content-length': '500' })
        response.write('{"jobs":[]}', () => response.socket?.end())
      })
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('network')
      expect(web.seen).to.have.length(3)
    })

    it('notices a chunked body that breaks off', async () => {
      web.on(PATH, (_request, response) => {
        response.writeHead(200)
        response.write('{"jobs":[]}', () => response.socket?.resetAndDestroy())
      })
      expect((await failureOf(door.fetch({ url: BOARD }, visitOf()))).kind).to.equal('network')
    })

    it('gives up on a host that hangs, before the answer and in the middle of it', async () => {
      const hasty = openTestDoor(world, web, { timeoutSeconds: 0.15 })
      web.on(PATH, hang, (_request, response) => {
        response.writeHead(200)
        response.write('{"jobs":[')
      })
      const failure = await failureOf(hasty.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('timeout')
      expect(failure.message).to.include('0.15 s')
      expect(web.seen).to.have.length(3)
      await hasty.close()
    })

    it('gives up on a host that never stops sending a little', async () => {
      const hasty = openTestDoor(world, web, { timeoutSeconds: 0.3 })
      const drips: NodeJS.Timeout[] = []
      web.on(PATH, (_request, response) => {
        response.writeHead(200)
        drips.push(setInterval(() => response.write(' '), 20))
      })
      expect((await failureOf(hasty.fetch({ url: BOARD }, visitOf()))).kind).to.equal('timeout')
      for (const drip of drips) clearInterval(drip)
      expect(drips).to.have.length(3)
      await hasty.close()
    })

    it('takes the time limit of the source unless told otherwise', async () => {
      web.on(PATH, hang)
      const failure = await failureOf(door.fetch({ url: BOARD }, visitOf(testSource({ timeoutSeconds: 0.1 }))))
      expect(failure.message).to.include('0.1 s')
    })

    it('calls a refused connection, a name that does not resolve and failing TLS network', async () => {
      const direct = openTestDoor(world, web, { upstream: undefined, allowAddress: (address) => address === '127.0.0.1' })
      const closed = await openWeb()
      await closed.close()
      for (const [url, words] of [
        [`http://127.0.0.1:${closed.port}/`, 'ECONNREFUSED'],
        ['https://no-such-host.invalid/', 'could not be resolved'],
        [`https://127.0.0.1:${web.port}/`, 'TLS'],
      ] as const) {
        const failure = await failureOf(direct.fetch({ url }, visitOf()))
        expect(failure.kind, url).to.equal('network')
        expect(failure.message, url).to.include(words)
      }
      await direct.close()
    })
  })

  describe('caps and closing', () => {
    it('asks before each request whether the daily cap still allows it', async () => {
      let left = 2
      const capped = openTestDoor(world, web, { calls: async () => left-- > 0 })
      web.on(PATH, say(500))
      const failure = await failureOf(capped.fetch({ url: BOARD }, visitOf()))
      expect(failure.kind).to.equal('skipped')
      expect(failure.message).to.include('daily cap of calls')
      expect(web.seen).to.have.length(2)
      await capped.close()
    })

    it('wakes who waits when it is closed, and sends nothing more', async () => {
      web.on(PATH, say(429, '', { 'retry-after': '25' }))
      const closing = openTestDoor(world, web, { realSleep: true })
      const retried = new Promise<void>((resolve) => {
        const span = { set() {}, event: () => resolve() }
        void failureOf(closing.fetch({ url: BOARD }, visitOf(testSource(), { span }))).then((failure) => ends.push(failure.kind))
      })
      const ends: string[] = []
      await retried
      await closing.close()
      while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve))
      expect(ends).to.deep.equal(['skipped'])
      expect((await failureOf(closing.fetch({ url: BOARD }, visitOf()))).kind).to.equal('skipped')
      expect(web.seen).to.have.length(1)
    })

    it('lets what is on the wire end when it is closed, but starts no further request for it', async () => {
      let answer = (): void => {}
      const later =
        (work: (response: Parameters<typeof hang>[1]) => void): typeof hang =>
        (_request, response) => {
          answer = () => work(response)
        }
      const sent = async (count: number) => {
        while (web.seen.length < count) await new Promise((resolve) => setImmediate(resolve))
      }
      web.on(
        PATH,
        later((response) => response.end('{}')),
      )
      const whole = door.fetch({ url: BOARD }, visitOf())
      await sent(1)
      const closed = door.close()
      answer()
      expect(await whole).to.include({ kind: 'page' })
      await closed

      const second = openTestDoor(world, web, { clock })
      web.on(
        PATH,
        later((response) => response.writeHead(302, { location: '/next' }).end()),
      )
      const redirected = failureOf(second.fetch({ url: BOARD }, visitOf()))
      await sent(2)
      const closedToo = second.close()
      answer()
      expect((await redirected).kind).to.equal('skipped')
      await closedToo
      expect(web.seen).to.have.length(2)
    })

    it('refuses what is not an address', async () => {
      expect((await failureOf(door.fetch({ url: 'acme' }, visitOf()))).kind).to.equal('drift')
    })
  })

  it('lets a bug through as what it is', async () => {
    web.on(PATH, json(JOBS))
    const broken = openTestDoor(world, web, { calls: () => Promise.reject(new RangeError('a bug')) })
    const error = await broken.fetch({ url: BOARD }, visitOf()).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(RangeError)
    await broken.close()
  })
})
