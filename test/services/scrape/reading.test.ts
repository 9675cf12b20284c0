// Reading a board: page after page, parsed only as far as something changed, and what is kept when it goes wrong in the middle.

import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { Failure, type FailureKind } from '../../../scrapers/failure.ts'
import { defineSource, type PageRequest, type ParsedPage, type RawPosting, type Source } from '../../../scrapers/source.ts'
import { quietLog } from '../../../ops/log.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { withAttempts, withBody } from '../../../services/scrape/evidence.ts'
import type { Door, Fetched, Visit } from '../../../services/scrape/fetch.ts'
import { createPage } from '../../../services/scrape/page.ts'
import { readBoard, readerOf, readsAlike, type ReadableBoard, type Reading } from '../../../services/scrape/reading.ts'

const HOST = 'https://jobs.example.org'
const READER = 'paged@1+1'

/** What a page of the source below holds. */
interface Content {
  ids: string[]
  next?: string
  total?: number
  /** Entries that cannot be read. */
  bad?: number
  unlisted?: number
}

/** A source whose pages say what comes next. */
const paged: Source = defineSource({
  name: 'paged',
  version: 1,
  pace: { perSecond: 10, atOnce: 1 },
  timeoutSeconds: 5,
  hosts: ['jobs.example.org'],
  absence: 'closes',
  empty: 'verified',
  maxPages: 4,
  first: ({ ident, region }) => ({ url: `${HOST}/${region === null ? '' : `${region}/`}${ident}`, headers: { 'x-page': '1' } }),
  parse(page, _board, request): ParsedPage {
    const { ids, next, total, bad = 0, unlisted = 0 } = page.json() as Content
    if (!Array.isArray(ids)) throw new Failure('drift', 'ids is missing', { path: 'ids' })
    const number = Number(request.headers?.['x-page'])
    return {
      postings: ids.map((externalId) => ({ externalId, facts: { asked: number } }) as unknown as RawPosting),
      rejected: Array.from({ length: bad }, (_, n) => new Failure('drift', 'title is missing', { path: `jobs[${n}].title` })),
      listed: ids.length + bad + unlisted,
      unlisted,
      total: total ?? null,
      next: next === undefined ? null : { url: HOST + next, headers: { 'x-page': String(number + 1) } },
    }
  },
  careersUrl: () => HOST,
})
const regional = Object.freeze({ ...paged, regions: ['us', 'eu'] })

interface Asked {
  path: string
  validator: Visit['validator']
  knownHash: Visit['knownHash']
}

/** A web of pages in memory behind a door: bodies by path, or the failure that comes instead. */
function openWeb(pages: Record<string, string | Content | Failure>): { door: Door; asked: Asked[]; pages: typeof pages } {
  const asked: Asked[] = []
  const fetch = async (request: PageRequest, visit: Visit): Promise<Fetched> => {
    await Promise.resolve()
    const path = request.url.slice(HOST.length)
    asked.push({ path, validator: visit.validator, knownHash: visit.knownHash })
    const found = pages[path] ?? new Failure('gone', 'no such page', { status: 404 })
    if (found instanceof Failure) throw withAttempts(found, 2)
    const body = typeof found === 'string' ? found : JSON.stringify(found)
    const hash = createHash('sha256').update(body).digest('hex')
    if (visit.validator?.etag === `"${hash}"`) return { kind: 'unchanged', attempts: 1 }
    const page = createPage({ url: request.url, status: 200, headers: {}, body })
    return { kind: 'page', page, etag: `"${hash}"`, lastModified: null, hash, bytes: body.length, attempts: 1 }
  }
  return { door: { fetch, close: () => Promise.resolve() }, asked, pages }
}

const watch = createWatch(createMetrics({ sources: ['paged'], queues: [], version: '0' }), quietLog)
const NEW: ReadableBoard = { ident: 'acme', region: null, reader: null, open_count: 0, pages: null }

const read = (web: { door: Door }, board: Partial<ReadableBoard> = {}, source = paged, reader = READER): Promise<Reading> =>
  readBoard({ watch, door: web.door }, source, { ...NEW, ...board }, reader)

/** The board as the house remembers it after a visit. */
const after = (reading: Reading): Partial<ReadableBoard> => ({
  reader: READER,
  open_count: reading.parsed.reduce((sum, page) => sum + page.postings.length, 0) || 1,
  // As it comes back from the database.
  pages: JSON.parse(JSON.stringify(reading.pages.map((page) => page.validator))) as NonNullable<ReadableBoard['pages']>,
})

const idsOf = (reading: Reading) => reading.parsed.map((page) => page.postings.map((posting) => posting.externalId).join(''))
const pathsOf = (web: { asked: Asked[] }) => web.asked.splice(0).map((one) => one.path)
const failed = (reading: Reading) => (reading.failure ? [reading.failure.kind, reading.failure.message] : null)

const THREE = {
  '/acme': { ids: ['a', 'b'], next: '/acme/2' },
  '/acme/2': { ids: ['c'], next: '/acme/3' },
  '/acme/3': { ids: ['d'] },
}

describe('services/scrape/reading', () => {
  it('names the reader by source, its version, the normaliser and the company', () => {
    const acme = { company_id: 3, company_name: 'Acme', company_country: 'DE' }
    const reader = readerOf(paged, 7, acme)
    expect(reader).to.equal('paged@1+7 for 3|Acme|DE')
    const renamed = readerOf(paged, 7, { ...acme, company_name: 'Acme for All', company_country: null })
    expect(renamed).to.equal('paged@1+7 for 3|Acme for All|')
    expect(readsAlike(reader, renamed)).to.equal(true)
    expect(readsAlike(reader, readerOf(paged, 8, acme))).to.equal(false)
    expect(readsAlike(reader, readerOf({ ...paged, version: 2 }, 7, acme))).to.equal(false)
  })

  describe('a first visit', () => {
    it('reads all pages in their order, each asked for as the page before says', async () => {
      const web = openWeb(THREE)
      const reading = await read(web)
      expect(pathsOf(web)).to.deep.equal(['/acme', '/acme/2', '/acme/3'])
      expect(idsOf(reading)).to.deep.equal(['ab', 'c', 'd'])
      expect(reading.parsed.map((page) => page.postings[0]?.facts['asked'])).to.deep.equal([1, 2, 3])
      expect(reading).to.deep.include({ untouched: false, failure: null, truncated: null, bad: [], region: null, attempts: 3 })
      expect(reading.bytes).to.equal(Object.values(THREE).reduce((sum, page) => sum + JSON.stringify(page).length, 0))
    })

    it('leaves of each page what the next visit needs', async () => {
      const reading = await read(openWeb(THREE))
      const [first, , last] = reading.pages.map((page) => page.validator)
      expect(first?.url).to.equal(`${HOST}/acme`)
      expect(first?.hash).to.match(/^[0-9a-f]{64}$/)
      expect(first?.etag).to.equal(`"${first?.hash}"`)
      expect(first?.next).to.deep.equal({ url: `${HOST}/acme/2`, headers: { 'x-page': '2' } })
      expect(last?.next).to.equal(null)
    })

    it('asks for everything without a condition', async () => {
      const web = openWeb(THREE)
      await read(web)
      expect(web.asked.map((one) => [one.validator, one.knownHash])).to.deep.equal([1, 2, 3].map(() => [null, undefined]))
    })
  })

  describe('a board that did not change', () => {
    it('answers 304 to a single page, and nothing is parsed', async () => {
      const web = openWeb({ '/acme': { ids: ['a'] } })
      const before = await read(web)
      const reading = await read(web, after(before))
      expect(web.asked[1]?.validator).to.deep.equal({ etag: before.pages[0]?.validator.etag, lastModified: null })
      expect(reading).to.deep.include({ untouched: true, pages: [], parsed: [], bytes: 0, attempts: 1, truncated: null })
    })

    it('is known by its hashes where there are several pages, without a condition, and nothing is parsed', async () => {
      const web = openWeb(THREE)
      const before = await read(web)
      web.asked.length = 0
      const reading = await read(web, after(before))
      expect(reading).to.deep.include({ untouched: true, parsed: [], truncated: null })
      expect(reading.pages).to.have.length(3)
      expect(web.asked.map((one) => one.validator)).to.deep.equal([null, null, null])
      expect(web.asked.map((one) => one.knownHash)).to.deep.equal(before.pages.map((page) => page.validator.hash))
    })

    it('is known by its hash where the host gives no validator', async () => {
      const web = openWeb({ '/acme': { ids: ['a'] } })
      const memory = after(await read(web))
      const bare = memory.pages?.map((page) => ({ ...page, etag: null, last_modified: null })) ?? null
      const reading = await read(web, { ...memory, pages: bare })
      expect(web.asked[1]?.validator).to.equal(null)
      expect(reading).to.deep.include({ untouched: true, parsed: [] })
    })

    it('stays as it was however often it is visited', async () => {
      const web = openWeb(THREE)
      let memory = after(await read(web))
      for (let visit = 0; visit < 3; visit++) {
        const reading = await read(web, memory)
        expect(reading.untouched).to.equal(true)
        memory = after(reading)
      }
    })
  })

  describe('what is remembered does not count', () => {
    for (const [why, change] of [
      ['another reader reads the board now', { reader: 'paged@0+1' }],
      ['the board was never read', { reader: null }],
      ['the board has no open postings', { open_count: 0 }],
      ['the last visit left nothing', { pages: null }],
    ] as [string, Partial<ReadableBoard>][])
      it(`when ${why}`, async () => {
        const web = openWeb({ '/acme': { ids: ['a'] } })
        const memory = { ...after(await read(web)), ...change }
        const reading = await read(web, memory)
        expect(web.asked[1]).to.include({ validator: null, knownHash: undefined })
        expect(reading.untouched).to.equal(false)
        expect(idsOf(reading)).to.deep.equal(['a'])
      })

    it('when the page has another address now', async () => {
      const web = openWeb({ '/acme': { ids: ['a'] }, '/umbrella': { ids: ['a'] } })
      const memory = after(await read(web))
      const reading = await read(web, { ...memory, ident: 'umbrella' })
      expect(web.asked[1]?.validator).to.equal(null)
      expect(idsOf(reading)).to.deep.equal(['a'])
    })

    it('when it does not hang together: the way ends before the last page that was there', async () => {
      const web = openWeb(THREE)
      const memory = after(await read(web))
      const broken = memory.pages?.map((page) => ({ ...page, next: null })) ?? null
      const reading = await read(web, { ...memory, pages: broken })
      expect(reading.untouched).to.equal(false)
      expect(idsOf(reading)).to.deep.equal(['ab', 'c', 'd'])
    })
  })

  describe('a board that changed', () => {
    it('on its second page is parsed up to there and from there on', async () => {
      const web = openWeb({ ...THREE })
      const memory = after(await read(web))
      web.pages['/acme/2'] = { ids: ['x'], next: '/acme/3' }
      const reading = await read(web, memory)
      expect(reading.untouched).to.equal(false)
      expect(idsOf(reading)).to.deep.equal(['ab', 'x', 'd'])
      expect(reading.parsed.map((page) => page.postings[0]?.facts['asked'])).to.deep.equal([1, 2, 3])
    })

    it('on its first page is parsed from the start', async () => {
      const web = openWeb({ ...THREE })
      const memory = after(await read(web))
      web.pages['/acme'] = { ids: ['a'], next: '/acme/2' }
      expect(idsOf(await read(web, memory))).to.deep.equal(['a', 'c', 'd'])
    })

    it('by a page more or a page less is read to its new end', async () => {
      const web = openWeb({ ...THREE })
      const memory = after(await read(web))
      web.pages['/acme/3'] = { ids: ['d'], next: '/acme/4' }
      web.pages['/acme/4'] = { ids: ['e'] }
      const longer = await read(web, memory)
      expect(idsOf(longer)).to.deep.equal(['ab', 'c', 'd', 'e'])
      web.pages['/acme/2'] = { ids: ['c'] }
      const shorter = await read(web, after(longer))
      expect(idsOf(shorter)).to.deep.equal(['ab', 'c'])
      expect(shorter.pages.map((page) => page.validator.next)).to.deep.equal([{ url: `${HOST}/acme/2`, headers: { 'x-page': '2' } }, null])
    })

    it('gives what a first visit gives, whatever changed', async () => {
      const board = fc.array(fc.subarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 }), { minLength: 1, maxLength: 3 })
      const publish = (pages: string[][]) =>
        Object.fromEntries(
          pages.map((ids, n) => [n === 0 ? '/acme' : `/acme/${n + 1}`, n + 1 < pages.length ? { ids, next: `/acme/${n + 2}` } : { ids }]),
        )
      await fc.assert(
        fc.asyncProperty(board, board, async (one, two) => {
          const memory = after(await read(openWeb(publish(one))))
          const reading = await read(openWeb(publish(two)), memory)
          const plain = await read(openWeb(publish(two)))
          if (reading.untouched) expect(two).to.deep.equal(one)
          else {
            expect(idsOf(reading)).to.deep.equal(idsOf(plain))
            expect(reading.truncated).to.equal(plain.truncated)
            expect(reading.pages.map((page) => page.validator)).to.deep.equal(plain.pages.map((page) => page.validator))
          }
        }),
      )
    })
  })

  describe('a visit that is not whole', () => {
    it('ends at a page that brings nothing new, and leaves that page out', async () => {
      const web = openWeb({ '/acme': { ids: ['a', 'b'], next: '/acme/2' }, '/acme/2': { ids: ['b', 'a'], next: '/acme/2' } })
      const reading = await read(web)
      expect(reading.truncated).to.equal('repeated_page')
      expect(idsOf(reading)).to.deep.equal(['ab'])
      expect(pathsOf(web)).to.deep.equal(['/acme', '/acme/2'])
    })

    it('ends at such a page too when the pages before it had not changed', async () => {
      const web = openWeb({ ...THREE })
      const memory = after(await read(web))
      web.pages['/acme/2'] = { ids: ['a', 'b'], next: '/acme/3' }
      const reading = await read(web, memory)
      expect(reading.truncated).to.equal('repeated_page')
      expect(idsOf(reading)).to.deep.equal(['ab'])
    })

    it('stops at the limit of pages when there is another', async () => {
      const endless = Object.fromEntries(
        Array.from({ length: 9 }, (_, n) => [n === 0 ? '/acme' : `/acme/${n}`, { ids: [`p${n}`], next: `/acme/${n + 1}` }]),
      )
      const web = openWeb(endless)
      const reading = await read(web)
      expect(reading.truncated).to.equal('page_cap')
      expect(reading.parsed).to.have.length(4)
      expect(pathsOf(web)).to.have.length(4)
    })

    it('is whole when the last page is just the limit', async () => {
      const web = openWeb({ ...THREE, '/acme/3': { ids: ['d'], next: '/acme/4' }, '/acme/4': { ids: ['e'] } })
      expect((await read(web)).truncated).to.equal(null)
    })

    it('misses entries when the source itself counts more; those unread or unlisted count as come', async () => {
      expect((await read(openWeb({ '/acme': { ids: ['a'], total: 2 } }))).truncated).to.equal('total')
      expect((await read(openWeb({ '/acme': { ids: ['a'], bad: 1, unlisted: 1, total: 3 } }))).truncated).to.equal(null)
      expect((await read(openWeb({ '/acme': { ids: ['a', 'b', 'c'], total: 2 } }))).truncated).to.equal(null)
      const paging = { '/acme': { ids: ['a'], total: 3, next: '/acme/2' }, '/acme/2': { ids: ['b'], total: 3 } }
      expect((await read(openWeb(paging))).truncated).to.equal('total')
    })
  })

  describe('regions', () => {
    const remembered = (reading: Reading) => [reading.region, failed(reading)?.[0] ?? null]

    it('are tried in their order until one has the board, and that one is remembered', async () => {
      const web = openWeb({ '/eu/acme': { ids: ['a'] } })
      const reading = await read(web, {}, regional)
      expect(remembered(reading)).to.deep.equal(['eu', null])
      expect(idsOf(reading)).to.deep.equal(['a'])
      expect(pathsOf(web)).to.deep.equal(['/us/acme', '/eu/acme'])
      expect(reading.attempts).to.equal(3)
    })

    it('end with the first that answers', async () => {
      const web = openWeb({ '/us/acme': { ids: [] }, '/eu/acme': { ids: ['a'] } })
      expect(remembered(await read(web, {}, regional))).to.deep.equal(['us', null])
      expect(pathsOf(web)).to.deep.equal(['/us/acme'])
    })

    for (const kind of ['timeout', 'server_error', 'throttled', 'blocked'] as FailureKind[])
      it(`are not searched further after ${kind}: that says nothing of where the board lives`, async () => {
        const web = openWeb({ '/us/acme': new Failure(kind, 'not now'), '/eu/acme': { ids: ['a'] } })
        const reading = await read(web, {}, regional)
        expect(reading.failure?.kind).to.equal(kind)
        expect(pathsOf(web)).to.deep.equal(['/us/acme'])
      })

    it('are not searched further when a board lost its second page', async () => {
      const web = openWeb({ '/us/acme': { ids: ['a'], next: '/us/acme/2' } })
      const reading = await read(web, {}, regional)
      expect(remembered(reading)).to.deep.equal(['us', 'gone'])
      expect(idsOf(reading)).to.deep.equal(['a'])
      expect(pathsOf(web)).to.deep.equal(['/us/acme', '/us/acme/2'])
    })

    it('are none when nobody has the board', async () => {
      const web = openWeb({})
      expect(remembered(await read(web, {}, regional))).to.deep.equal([null, 'gone'])
      expect(pathsOf(web)).to.deep.equal(['/us/acme', '/eu/acme'])
    })

    it('are not searched when it is known', async () => {
      const web = openWeb({ '/us/acme': { ids: ['a'] } })
      expect(remembered(await read(web, { region: 'eu' }, regional))).to.deep.equal(['eu', 'gone'])
      expect(pathsOf(web)).to.deep.equal(['/eu/acme'])
    })
  })

  describe('a failure', () => {
    it('on the second page keeps the first', async () => {
      const reading = await read(openWeb({ ...THREE, '/acme/2': new Failure('timeout', 'too slow') }))
      expect(failed(reading)).to.deep.equal(['timeout', 'too slow'])
      expect(idsOf(reading)).to.deep.equal(['ab'])
      expect(reading).to.deep.include({ untouched: false, truncated: null, bad: [], attempts: 3 })
      expect(reading.pages).to.have.length(1)
    })

    it('on the second page of a board that did not change on the first parses nothing', async () => {
      const web = openWeb({ ...THREE })
      const memory = after(await read(web))
      web.pages['/acme/2'] = new Failure('network', 'reset')
      const reading = await read(web, memory)
      expect(reading).to.deep.include({ untouched: false, parsed: [] })
      expect(reading.failure?.kind).to.equal('network')
    })

    it('counts the attempts that were made', async () => {
      expect((await read(openWeb({ '/acme': new Failure('timeout', 'too slow') }))).attempts).to.equal(2)
    })

    it('of the door leaves the body that could not be read', async () => {
      const wall = withBody(new Failure('blocked', 'a wall', { status: 403 }), '<html>log in</html>')
      const { bad } = await read(openWeb({ ...THREE, '/acme/2': wall }))
      expect(bad).to.deep.equal([{ body: '<html>log in</html>', url: `${HOST}/acme/2`, status: 403, failure: wall }])
    })

    it('to parse a page leaves its body, and keeps the pages before', async () => {
      const reading = await read(openWeb({ ...THREE, '/acme/2': '{"jobs":[]}' }))
      expect(failed(reading)).to.deep.equal(['drift', 'ids is missing'])
      expect(idsOf(reading)).to.deep.equal(['ab'])
      expect(reading.bad.map(({ body, url, status, failure }) => [body, url, status, failure.path])).to.deep.equal([
        ['{"jobs":[]}', `${HOST}/acme/2`, 200, 'ids'],
      ])
    })

    it('to parse a page that is no JSON at all does the same', async () => {
      const reading = await read(openWeb({ '/acme': '<html>' }))
      expect(failed(reading)).to.deep.equal(['drift', 'the page is not JSON'])
      expect(reading.bad.map((one) => one.body)).to.deep.equal(['<html>'])
    })

    it('of single entries leaves one body per page with its first reason, and the reading goes on', async () => {
      const reading = await read(openWeb({ '/acme': { ids: ['a'], bad: 3, next: '/acme/2' }, '/acme/2': { ids: ['b'], bad: 1 } }))
      expect(reading.failure).to.equal(null)
      expect(idsOf(reading)).to.deep.equal(['a', 'b'])
      expect(reading.bad.map((one) => [one.url.slice(HOST.length), one.failure.path])).to.deep.equal([
        ['/acme', 'jobs[0].title'],
        ['/acme/2', 'jobs[0].title'],
      ])
    })

    it('that nobody expected is a bug and thrown on', async () => {
      const broken = Object.freeze({
        ...paged,
        parse: () => {
          throw new TypeError('oops')
        },
      })
      const error = await read(openWeb(THREE), {}, broken).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(TypeError)
    })
  })
})
