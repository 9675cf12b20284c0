// Greenhouse's wire format with its traps.

import { expect } from 'chai'
import { greenhousePath, useSandbox } from './stand.ts'

interface Job {
  id: number
  title: string
  company_name: string
  absolute_url: string
  updated_at: string
  first_published: string
  requisition_id: string | null
  location: { name: string }
  metadata: { name: string; value: unknown; value_type: string }[] | null
  content?: string
  departments?: { name: string }[]
  offices?: { name: string; location: string }[]
  pay_input_ranges?: { min_cents: number; max_cents: number; currency_type: string; title: string }[]
}
interface Answer {
  jobs: Job[]
  meta: { total: number }
}

describe('greenhouse in the sandbox', () => {
  const stand = useSandbox({ boards: 40, postingsPerBoard: 15 })
  const all = async (query?: string) => {
    const idents = stand.sandbox.market.boards().filter((board) => board.source === 'greenhouse')
    const answers = await Promise.all(idents.map((board) => stand.json<Answer>(greenhousePath(board.ident, query))))
    return answers.flatMap((answer) => answer.jobs)
  }

  it('answers the whole board at once with its total', async () => {
    const { ident, count } = stand.board('greenhouse')
    const { jobs, meta } = await stand.json<Answer>(greenhousePath(ident))
    expect(jobs).to.have.length(count)
    expect(meta).to.deep.equal({ total: count })
    expect(new Set(jobs.map((job) => job.id)).size).to.equal(count)
  })

  it('ignores page and per_page', async () => {
    const { ident, count } = stand.board('greenhouse', (board) => (board.count ?? 0) > 5)
    const { jobs } = await stand.json<Answer>(greenhousePath(ident, '?page=7&per_page=2'))
    expect(jobs).to.have.length(count)
  })

  it('sends content, departments and offices only when asked', async () => {
    const [bare] = await all('')
    expect(bare).to.not.have.any.keys('content', 'departments', 'offices', 'pay_input_ranges')
    const [full] = await all('?content=true')
    expect(full).to.include.keys('content', 'departments', 'offices')
    expect(full).to.not.have.property('pay_input_ranges')
    const [paid] = await all('?pay_transparency=true')
    expect(paid).to.have.property('pay_input_ranges')
    expect(paid).to.not.have.property('content')
  })

  it('encodes the HTML of the content twice', async () => {
    const [job] = await all()
    expect(job?.content).to.match(/^&lt;div class=&quot;content-intro&quot;&gt;/)
    expect(job?.content).to.not.match(/[<>]/)
    expect(job?.content).to.include('&amp;rsquo;')
    expect(job?.content?.length).to.be.within(2000, 8000)
  })

  it('states pay in cents, for a share of the postings, sometimes in zones and by the hour', async () => {
    const jobs = await all()
    const paid = jobs.filter((job) => (job.pay_input_ranges?.length ?? 0) > 0)
    expect(paid.length / jobs.length).to.be.within(0.2, 0.7)
    expect(paid.some((job) => (job.pay_input_ranges?.length ?? 0) > 1)).to.equal(true)
    const ranges = paid.flatMap((job) => job.pay_input_ranges ?? [])
    expect(new Set(ranges.map((range) => range.currency_type)).size).to.be.greaterThan(3)
    for (const range of ranges) {
      expect(range.min_cents).to.be.lessThan(range.max_cents)
      expect(Number.isInteger(range.min_cents) && range.min_cents > 0).to.equal(true)
    }
    const yearly = ranges.filter((range) => range.currency_type === 'USD' && range.title.includes('Annual'))
    for (const range of yearly) expect(range.min_cents).to.be.greaterThan(2_000_000)
    expect(ranges.some((range) => range.title.includes('Hourly'))).to.equal(true)
  })

  it('writes places as free text, "Hybrid" alone among them', async () => {
    const names = (await all()).map((job) => job.location.name)
    expect(names).to.include('Hybrid')
    expect(names.some((name) => name.startsWith('Remote - '))).to.equal(true)
    expect(names.some((name) => name.includes('; ') || name.includes(' or '))).to.equal(true)
  })

  it('carries metadata of several kinds, a person among them, or none at all', async () => {
    const jobs = await all()
    const kinds = new Set(jobs.flatMap((job) => job.metadata ?? []).map((one) => one.value_type))
    expect([...kinds]).to.include.members(['single_select', 'multi_select', 'yes_no', 'short_text', 'user'])
    const people = jobs.flatMap((job) => job.metadata ?? []).filter((one) => one.value_type === 'user' && one.value !== null)
    expect(people[0]?.value).to.include.keys('name', 'email', 'user_id')
    expect(jobs.some((job) => job.metadata === null)).to.equal(true)
  })

  it('writes times of the US East Coast and titles with stray blanks', async () => {
    const jobs = await all()
    for (const job of jobs) {
      expect(job.updated_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-04:00$/)
      expect(Date.parse(job.updated_at)).to.be.at.least(Date.parse(job.first_published))
    }
    expect(jobs.some((job) => job.title !== job.title.trim())).to.equal(true)
    expect(jobs.some((job) => job.requisition_id === null)).to.equal(true)
  })

  it('gives a strong ETag and answers 304 to it, also in a list and in its weak form', async () => {
    const { ident } = stand.board('greenhouse')
    const first = await stand.get(greenhousePath(ident))
    const etag = first.headers.get('etag') ?? ''
    expect(etag).to.match(/^"[0-9a-f]{32}"$/)
    for (const validator of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
      const again = await stand.get(greenhousePath(ident), { 'if-none-match': validator })
      expect(again.status, validator).to.equal(304)
      expect(again.headers.get('etag')).to.equal(etag)
      expect(await again.text()).to.equal('')
    }
    expect((await stand.get(greenhousePath(ident), { 'if-none-match': '"other"' })).status).to.equal(200)
  })

  it('gives another ETag for another question', async () => {
    const { ident } = stand.board('greenhouse')
    const etags = await Promise.all(['', '?content=true', '?pay_transparency=true'].map((query) => stand.get(greenhousePath(ident, query))))
    expect(new Set(etags.map((response) => response.headers.get('etag'))).size).to.equal(3)
  })

  it('answers 404 for a board it does not have', async () => {
    const response = await stand.get(greenhousePath('nobody-here'))
    expect(response.status).to.equal(404)
    expect(await response.json()).to.deep.equal({ status: 404, error: 'Job not found' })
    expect((await stand.get('/boards-api.greenhouse.io/v2/else')).status).to.equal(404)
  })
})
