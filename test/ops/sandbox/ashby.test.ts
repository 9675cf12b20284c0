// Ashby's wire format with its traps.

import { expect } from 'chai'
import { ashbyPath, useSandbox } from './stand.ts'

interface Component {
  compensationType: string
  interval: string
  currencyCode: string | null
  minValue: number | null
  maxValue: number | null
}
interface Job {
  id: string
  title: string
  isListed: boolean
  isRemote: boolean | null
  workplaceType: string | null
  location: string
  secondaryLocations: { location: string; address: unknown }[]
  address: { postalAddress: { addressCountry: string } } | null
  publishedAt: string
  descriptionHtml: string
  descriptionPlain: string
  jobUrl: string
  compensation?: {
    compensationTierSummary: string | null
    compensationTiers: { title: string | null; components: Component[] }[]
    summaryComponents: Component[]
  }
}
interface Answer {
  jobs: Job[]
  apiVersion: string
}

describe('ashby in the sandbox', () => {
  const stand = useSandbox({ boards: 80, postingsPerBoard: 25 })
  const all = async (query?: string) => {
    const idents = stand.sandbox.market.boards().filter((board) => board.source === 'ashby')
    const answers = await Promise.all(idents.map((board) => stand.json<Answer>(ashbyPath(board.ident, query))))
    return answers.flatMap((answer) => answer.jobs)
  }

  it('answers the whole board with its version', async () => {
    const { ident } = stand.board('ashby')
    const answer = await stand.json<Answer>(ashbyPath(ident))
    expect(Object.keys(answer)).to.deep.equal(['jobs', 'apiVersion'])
    expect(answer.apiVersion).to.equal('1')
  })

  it('answers for organisations whose name has spaces and capitals', async () => {
    const { ident, count } = stand.board('ashby', (board) => board.ident.includes(' '))
    const { jobs } = await stand.json<Answer>(ashbyPath(ident))
    expect(jobs.filter((job) => job.isListed)).to.have.length(count)
    expect(jobs[0]?.jobUrl).to.include('%20')
  })

  it('carries compensation only when asked, on each job', async () => {
    expect((await all('')).some((job) => 'compensation' in job)).to.equal(false)
    expect((await all('?includeCompensation=false')).some((job) => 'compensation' in job)).to.equal(false)
    expect((await all()).every((job) => 'compensation' in job)).to.equal(true)
  })

  it('writes tiers of components, with equity beside the salary and nulls where there is nothing', async () => {
    const jobs = await all()
    const paid = jobs.filter((job) => (job.compensation?.compensationTiers.length ?? 0) > 0)
    expect(paid.length / jobs.length).to.be.within(0.2, 0.7)
    const bare = jobs.find((job) => job.compensation?.compensationTiers.length === 0)
    expect(bare?.compensation).to.deep.equal({
      compensationTierSummary: null,
      scrapeableCompensationSalarySummary: null,
      compensationTiers: [],
      summaryComponents: [],
    })
    const components = paid.flatMap((job) => job.compensation?.compensationTiers.flatMap((tier) => tier.components) ?? [])
    const equity = components.find((one) => one.compensationType === 'EquityPercentage')
    expect(equity).to.include({ interval: 'NONE', currencyCode: null, minValue: null, maxValue: null })
    const intervals = new Set(components.map((one) => one.interval))
    expect(intervals).to.include.keys('1 YEAR', '1 HOUR', 'NONE')
    expect(paid.some((job) => job.compensation?.compensationTiers[0]?.title === 'Zone 1')).to.equal(true)
  })

  it('lists jobs that are not to be listed, and counts them apart', async () => {
    const jobs = await all()
    const hidden = jobs.filter((job) => !job.isListed).length
    expect(hidden).to.be.greaterThan(0)
    const counted = stand.sandbox.market.boards().filter((board) => board.source === 'ashby')
    expect(counted.reduce((sum, board) => sum + (board.count ?? 0), 0)).to.equal(jobs.length - hidden)
  })

  it('says remote and hybrid of the same job, and sometimes neither', async () => {
    const jobs = await all()
    expect(jobs.some((job) => job.workplaceType === 'Hybrid' && job.isRemote === true)).to.equal(true)
    expect(jobs.some((job) => job.workplaceType === null && job.isRemote === null)).to.equal(true)
    expect(new Set(jobs.map((job) => job.workplaceType))).to.include.keys('OnSite', 'Hybrid', 'Remote')
  })

  it('keeps further places, with and without an address, and writes one country two ways', async () => {
    const jobs = await all()
    expect(jobs.some((job) => job.secondaryLocations.length > 1)).to.equal(true)
    expect(jobs.some((job) => job.secondaryLocations.some((place) => place.address === null))).to.equal(true)
    expect(jobs.some((job) => job.address === null)).to.equal(true)
    const countries = new Set(jobs.map((job) => job.address?.postalAddress.addressCountry))
    expect(countries).to.include.keys('USA', 'United States')
  })

  it('writes the description twice, as HTML and as text', async () => {
    const [job] = await all()
    expect(job?.descriptionHtml).to.match(/^<h2><strong>About us/)
    expect(job?.descriptionPlain).to.match(/^ABOUT US\n\n/)
    expect(job?.descriptionPlain).to.not.match(/<p|<li|&amp;/)
    expect(job?.publishedAt).to.match(/\.\d{3}\+00:00$/)
  })

  it('gives a weak ETag, a minute of freshness and a 304', async () => {
    const { ident } = stand.board('ashby')
    const first = await stand.get(ashbyPath(ident))
    const etag = first.headers.get('etag') ?? ''
    expect(etag).to.match(/^W\/"/)
    expect(first.headers.get('cache-control')).to.include('max-age=60')
    expect((await stand.get(ashbyPath(ident), { 'if-none-match': etag })).status).to.equal(304)
  })

  it('answers 404 for an organisation it does not have', async () => {
    const response = await stand.get(ashbyPath('nobody-here'))
    expect(response.status).to.equal(404)
    expect(await response.text()).to.equal('Not Found')
  })
})
