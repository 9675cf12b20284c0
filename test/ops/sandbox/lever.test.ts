// Lever's wire format with its traps.

import { expect } from 'chai'
import { leverPath, useSandbox } from './stand.ts'

interface Posting {
  id: string
  text: string
  createdAt: number
  country: string | null
  workplaceType: string
  categories: { location: string; team: string; department?: string; commitment: string; allLocations: string[] }
  lists: { text: string; content: string }[]
  description: string
  descriptionPlain: string
  additional: string
  salaryRange?: { min: number; max: number; currency: string; interval: string }
  hostedUrl: string
  applyUrl: string
}

describe('lever in the sandbox', () => {
  const stand = useSandbox({ boards: 80, postingsPerBoard: 40 })
  const american = () => stand.board('lever', (board) => board.region === null)
  const european = () => stand.board('lever', (board) => board.region === 'eu')
  const large = () => stand.board('lever', (board) => board.region === null && (board.count ?? 0) > 120)

  it('answers a bare array in pages of a hundred, in the same order each time', async () => {
    const { ident, count } = large()
    const pages: Posting[][] = []
    for (let skip = 0; ; skip += 100) {
      const page = await stand.json<Posting[]>(leverPath(ident, `?mode=json&skip=${skip}&limit=100`))
      pages.push(page)
      if (page.length < 100) break
    }
    const ids = pages.flat().map((posting) => posting.id)
    expect(ids).to.have.length(count)
    expect(new Set(ids).size).to.equal(count)
  })

  it('never gives more than a hundred and takes no limit for a hundred', async () => {
    const { ident } = large()
    for (const query of ['?mode=json', '?mode=json&limit=500', '?mode=json&limit=0', '?mode=json&limit=none'])
      expect(await stand.json(leverPath(ident, query)), query).to.have.length(100)
    expect(await stand.json(leverPath(ident, '?mode=json&skip=3&limit=2'))).to.have.length(2)
  })

  it('answers an empty array beyond the end', async () => {
    expect(await stand.json(leverPath(american().ident, '?mode=json&skip=100000'))).to.deep.equal([])
  })

  it('does not begin with the newest', async () => {
    const times = (await stand.json<Posting[]>(leverPath(large().ident))).map((posting) => posting.createdAt)
    expect(times).to.not.deep.equal(times.toSorted((a, b) => b - a))
    expect(times).to.not.deep.equal(times.toSorted((a, b) => a - b))
  })

  it('keeps European boards on the European host alone, and the others off it', async () => {
    const response = await stand.get(leverPath(european().ident))
    expect(response.status).to.equal(404)
    expect(await response.json()).to.deep.equal({ ok: false, error: 'Document not found' })
    const postings = await stand.json<Posting[]>(leverPath(european().ident, '?mode=json', 'api.eu.lever.co'))
    expect(postings[0]?.hostedUrl).to.match(/^https:\/\/jobs\.eu\.lever\.co\//)
    expect((await stand.get(leverPath(american().ident, '?mode=json', 'api.eu.lever.co'))).status).to.equal(404)
  })

  it('answers HTML unless JSON is asked for, and the query outranks the header', async () => {
    const { ident } = american()
    const type = async (query: string, headers: Record<string, string>) =>
      (await stand.get(leverPath(ident, query), headers)).headers.get('content-type')
    expect(await type('', { accept: '*/*' })).to.match(/^text\/html/)
    expect(await type('', { accept: 'application/json' })).to.match(/^application\/json/)
    expect(await type('?mode=json', { accept: 'text/html' })).to.match(/^application\/json/)
    expect(await type('?mode=html', { accept: 'application/json' })).to.match(/^text\/html/)
    const page = await (await stand.get(leverPath(ident, '?mode=html'))).text()
    expect(page).to.match(/^<div class='lever'><ul>/)
  })

  it('gives no ETag and ignores validators', async () => {
    const response = await stand.get(leverPath(american().ident), { 'if-none-match': '*' })
    expect(response.status).to.equal(200)
    expect(response.headers.get('etag')).to.equal(null)
  })

  it('writes postings with lists, places and a pay range on some', async () => {
    const postings = await stand.json<Posting[]>(leverPath(large().ident))
    const [first] = postings
    expect(first?.lists.map((list) => list.text)).to.have.length(2)
    expect(first?.lists[0]?.content).to.match(/<li>.*<\/li>/)
    expect(first?.applyUrl).to.equal(`${first?.hostedUrl}/apply`)
    expect(first?.description).to.not.include('&lt;')
    expect(new Set(postings.map((posting) => posting.workplaceType))).to.include.keys('on-site', 'hybrid', 'remote', 'unspecified')
    expect(postings.some((posting) => posting.country === null)).to.equal(true)
    expect(postings.some((posting) => posting.categories.allLocations.length > 1)).to.equal(true)
    expect(postings.some((posting) => posting.categories.department === undefined)).to.equal(true)
    const ranges = postings.flatMap((posting) => posting.salaryRange ?? [])
    expect(ranges.length).to.be.within(10, 80)
    for (const range of ranges) expect(range.interval).to.match(/^per-(year-salary|hour-wage|month-salary)$/)
    expect(postings.every((posting) => Number.isInteger(posting.createdAt) && posting.createdAt > 1e12)).to.equal(true)
  })
})
