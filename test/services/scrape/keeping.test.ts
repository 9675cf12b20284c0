// Keeping pages: people are out before anything reaches the disk, and a body that cannot be read is kept all the same.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Failure } from '../../../scrapers/failure.ts'
import { sources } from '../../../scrapers/index.ts'
import { defineSource, type Page, type Source } from '../../../scrapers/source.ts'
import { openArchive, type Archive } from '../../../services/scrape/archive.ts'
import { keepBad, keepPages } from '../../../services/scrape/keeping.ts'
import { createPage } from '../../../services/scrape/page.ts'

const WHERE = 'https://jobs.example.org/acme'

/** A source without people in its pages. */
const plain: Source = defineSource({
  name: 'plain',
  version: 1,
  pace: { perSecond: 1, atOnce: 1 },
  timeoutSeconds: 5,
  hosts: ['jobs.example.org'],
  absence: 'closes',
  empty: 'suspect',
  first: () => ({ url: WHERE }),
  parse: () => ({ postings: [], rejected: [], listed: 0, unlisted: 0, total: null, next: null }),
  careersUrl: () => WHERE,
})

/** A source whose jobs name their recruiter. */
const named: Source = Object.freeze({
  ...plain,
  withoutPeople(json: unknown) {
    const { jobs } = json as { jobs: { recruiter?: string }[] }
    if (!jobs.some((job) => job.recruiter !== undefined)) return undefined
    return { jobs: jobs.map(({ recruiter: _recruiter, ...job }) => job) }
  },
})

const WITH = JSON.stringify({ jobs: [{ id: 1, recruiter: 'Mary Blogs <mary@example.org>' }, { id: 2 }] })
const WITHOUT = JSON.stringify({ jobs: [{ id: 1 }, { id: 2 }] })

describe('services/scrape/keeping', () => {
  let folder: string
  let archive: Archive
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-keeping-'))
    archive = openArchive(folder)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const read = (body: string, status = 200) => {
    const page: Page = createPage({ url: WHERE, status, headers: {}, body })
    return { page, validator: { url: WHERE, etag: null, last_modified: null, hash: '', next: null } }
  }
  const failure = new Failure('drift', 'title is missing', { path: 'jobs[0].title' })
  const bad = (body: string, status = 200) => ({ body, url: WHERE, status, failure })
  /** What is on the disk of a page that was read, and of one that was not. */
  const keptPage = async (source: Source, body: string) => archive.read((await keepPages(archive, source, [read(body)]))[0]?.hash ?? '')
  const keptBad = async (source: Source, body: string) => archive.read((await keepBad(archive, source, [bad(body)]))[0]?.page.hash ?? '')

  describe('a page that was read', () => {
    it('is kept to the letter when there are no people in it', async () => {
      const body = ' {"jobs": [ {"id": 1} ]}\n'
      expect(await keptPage(named, body)).to.equal(body)
      expect(await keptPage(plain, WITH)).to.equal(WITH)
    })

    it('is kept without the people in it', async () => {
      expect(await keptPage(named, WITH)).to.equal(WITHOUT)
    })

    it('is found again by the hash of what is kept, with its address and status, in the order of the visit', async () => {
      const kept = await keepPages(archive, named, [read(WITH), read('{"jobs":[]}', 203)])
      expect(kept.map(({ url, status, bytes }) => [url, status, bytes])).to.deep.equal([
        [WHERE, 200, Buffer.byteLength(WITHOUT)],
        [WHERE, 203, 11],
      ])
      expect(kept[0]?.storedBytes).to.be.greaterThan(0)
      expect(await archive.read(kept[1]?.hash ?? '')).to.equal('{"jobs":[]}')
    })

    it('may be none', async () => {
      expect(await keepPages(archive, named, [])).to.deep.equal([])
    })

    it('is kept without addresses when it does not parse, and does not stop the others from being kept', async () => {
      const kept = await keepPages(archive, named, [read(WITH), read('<p>Write to mary.blogs+jobs@mail.example.org!')])
      const bodies = await Promise.all(kept.map((page) => archive.read(page.hash)))
      expect(bodies).to.deep.equal([WITHOUT, '<p>Write to [e-mail]!'])
    })
  })

  describe('a page that could not be read', () => {
    it('is kept with the reason and where it was', async () => {
      const [kept] = await keepBad(archive, plain, [bad('{"jobs":[{}]}', 206)])
      expect(kept).to.deep.include({ reason: 'title is missing', path: 'jobs[0].title' })
      expect(kept?.page).to.include({ url: WHERE, status: 206, bytes: 13 })
      const [whole] = await keepBad(archive, plain, [{ ...bad('x'), failure: new Failure('blocked', 'a wall') }])
      expect(whole).to.deep.include({ reason: 'a wall', path: null })
    })

    it('is kept without people where it parses', async () => {
      expect(await keptBad(named, WITH)).to.equal(WITHOUT)
      expect(await keptBad(named, '{"jobs": []}')).to.equal('{"jobs": []}')
    })

    it('is kept without addresses where it does not parse, whatever the source', async () => {
      const cut = '{"jobs":[{"recruiter":"mary@example.org","title":"R&D @ Acme"},{"recr'
      for (const source of [named, plain])
        expect(await keptBad(source, cut)).to.equal('{"jobs":[{"recruiter":"[e-mail]","title":"R&D @ Acme"},{"recr')
    })

    it('is kept without the objects that identify somebody where it does not parse', async () => {
      const cut = '{"jobs":[{"title":"A","metadata":[{"value":{"name":"Mary Blogs","user_id":7}},{"value":{"user_id": 8,"name":"Bob Bl'
      for (const source of [named, plain])
        expect(await keptBad(source, cut)).to.equal('{"jobs":[{"title":"A","metadata":[{"value":{}},{"value":{}')
      const long = `{"email":${'"user_id":{'.repeat(50_000)}`
      const began = performance.now()
      await keptBad(named, long)
      expect(performance.now() - began).to.be.lessThan(2000)
    })

    it('is kept without addresses where the rule of the source does not fit its shape', async () => {
      expect(await keptBad(named, '{"posts":"ask bob@example.org"}')).to.equal('{"posts":"ask [e-mail]"}')
    })

    it('is searched for addresses in no time, however long a word in it is', async () => {
      const began = performance.now()
      const body = `<p>${'a'.repeat(120_000)}`
      expect(await keptBad(named, body)).to.equal(body)
      expect(performance.now() - began).to.be.lessThan(2000)
    })

    it('holds no address afterwards', async () => {
      const name = fc.stringMatching(/^[a-z][a-z0-9.+_-]{0,12}[a-z0-9]$/)
      const domain = fc.stringMatching(/^[a-z0-9-]{1,10}(\.[a-z]{2,6}){1,2}$/)
      await fc.assert(
        fc.asyncProperty(name, domain, fc.constantFrom(' ', '<', '"', '>', ';', ','), async (local, host, edge) => {
          expect(await keptBad(named, `{${edge}${local}@${host}${edge}`)).to.equal(`{${edge}[e-mail]${edge}`)
        }),
        { numRuns: 50 },
      )
    })
  })

  it('knows the people that Greenhouse shows', async () => {
    const greenhouse = sources['greenhouse']
    if (!greenhouse) throw new Error('there is no greenhouse')
    const person = { id: 9, name: 'Hiring Manager', value: { name: 'Mary Blogs', email: 'mary@example.org' }, value_type: 'user' }
    const body = JSON.stringify({ jobs: [{ id: 1, title: 'Baker', metadata: [person] }] })
    expect(await keptPage(greenhouse, body))
      .to.contain('Baker')
      .and.not.to.match(/Mary|example\.org/)
  })
})
