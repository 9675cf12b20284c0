// The traps of Ashby, one by one.

import { expect } from 'chai'
import { ashby } from '../../scrapers/ashby.ts'
import type { RawPosting } from '../../scrapers/source.ts'
import { parseJson } from './page.ts'

const JOB = { id: 'a', title: 'Engineer', jobUrl: 'https://jobs.ashbyhq.com/exampleco/a', isListed: true }

function only(job: Record<string, unknown>, page: Record<string, unknown> = {}): RawPosting {
  const [posting] = parseJson(ashby, { jobs: [{ ...JOB, ...job }], ...page }).postings
  if (posting === undefined) throw new Error('the posting was not read')
  return posting
}

const part = (compensationType: string, minValue: number | null, maxValue: number | null, extra: object = {}) => ({
  compensationType,
  minValue,
  maxValue,
  interval: '1 YEAR',
  currencyCode: 'USD',
  ...extra,
})
const tiers = (...compensationTiers: object[]) => ({
  compensationTierSummary: 'in all',
  compensationTiers,
  summaryComponents: [part('Salary', 1, 9)],
})

describe('ashby', () => {
  it('asks for compensation, and escapes names with spaces once', () => {
    expect(ashby.first({ ident: 'Example Co', region: null }).url).to.equal(
      'https://api.ashbyhq.com/posting-api/job-board/Example%20Co?includeCompensation=true',
    )
    expect(ashby.timeoutSeconds).to.equal(30)
  })

  it('does not take an empty board for a verified one', () => {
    expect(ashby.empty).to.equal('suspect')
    expect(parseJson(ashby, { jobs: [] })).to.deep.include({ postings: [], listed: 0 })
  })

  it('leaves unlisted jobs out and counts them, even unreadable ones', () => {
    const page = parseJson(ashby, { jobs: [JOB, { ...JOB, isListed: false }, { isListed: false }] })
    expect(page).to.include({ listed: 3, unlisted: 2 })
    expect(page.postings).to.have.lengthOf(1)
    expect(page.rejected).to.deep.equal([])
    expect(parseJson(ashby, { jobs: [{ ...JOB, isListed: undefined }] }).postings, 'no word is no').to.have.lengthOf(1)
  })

  it('believes workplaceType before isRemote', () => {
    const mode = (job: object) => only({ ...job }).workMode
    expect(mode({ workplaceType: 'Hybrid', isRemote: true })).to.equal('hybrid')
    expect(mode({ workplaceType: 'OnSite', isRemote: true })).to.equal('onsite')
    expect(mode({ workplaceType: 'Remote', isRemote: false })).to.equal('remote')
    expect(mode({ isRemote: true })).to.equal('remote')
    expect(mode({ isRemote: false }), 'not remote may be hybrid').to.equal(null)
    expect(mode({ isRemote: true, location: 'San Francisco-Hybrid' }), 'the place says otherwise').to.equal(null)
    expect(mode({})).to.equal(null)
  })

  it('keeps the secondary locations, with the parts of their addresses', () => {
    const address = { postalAddress: { addressLocality: 'Austin', addressRegion: 'Texas', addressCountry: 'United States' } }
    const secondaryLocations = [
      { location: 'Austin, TX', address },
      { location: 'Anywhere', address: null },
      { location: 'Berlin' },
      {},
      null,
    ]
    expect(only({ location: 'Berlin', secondaryLocations }).places).to.deep.equal([
      { text: 'Berlin', city: null, region: null, country: null },
      { text: 'Austin, TX', city: 'Austin', region: 'Texas', country: 'United States' },
      { text: 'Anywhere', city: null, region: null, country: null },
    ])
    expect(only({ address }).places).to.deep.equal([
      { text: 'Austin, Texas, United States', city: 'Austin', region: 'Texas', country: 'United States' },
    ])
  })

  it('reads the description from HTML, and from plain text where there is none', () => {
    expect(only({ descriptionHtml: '<p>a</p>', descriptionPlain: 'a' }).description).to.deep.equal({ kind: 'html', value: '<p>a</p>' })
    expect(only({ descriptionHtml: ' ', descriptionPlain: 'a' }).description).to.deep.equal({ kind: 'text', value: 'a' })
    expect(only({}).description).to.equal(null)
  })

  describe('compensation', () => {
    it('hangs on each job: one band per salary of each tier, named after the tier', () => {
      const { pay } = only({
        compensation: tiers(
          { title: 'Zone 1', components: [part('Salary', 200_000, 250_000, { summary: '$200K – $250K' })] },
          { title: null, components: [part('Salary', 20.5, 30, { interval: '1 HOUR', currencyCode: 'EUR' })] },
        ),
      })
      expect(pay).to.deep.equal([
        {
          minMinor: 20_000_000,
          maxMinor: 25_000_000,
          currency: 'USD',
          period: 'year',
          basis: 'base',
          label: 'Zone 1',
          evidence: '$200K – $250K',
        },
        { minMinor: 2050, maxMinor: 3000, currency: 'EUR', period: 'hour', basis: 'base', label: null, evidence: 'in all' },
      ])
    })

    it('is read from the job itself too, where it hangs at the top', () => {
      const top = tiers({ title: 'All', components: [part('Salary', 1, 2)] })
      expect(only({ ...top, compensation: null }).pay).to.have.lengthOf(1)
      expect(only(top).pay[0]).to.include({ label: 'All', minMinor: 100 })
    })

    it('next to the list belongs to the job only when there is one job alone', () => {
      const compensation = tiers({ title: 'All', components: [part('Salary', 1, 2)] })
      expect(only({}, { compensation }).pay).to.have.lengthOf(1)
      const two = parseJson(ashby, { jobs: [JOB, { ...JOB, id: 'b' }], compensation })
      expect(two.postings.flatMap((posting) => posting.pay)).to.deep.equal([])
    })

    it('uses the summary only where there are no tiers', () => {
      const summary = { compensationTiers: [], summaryComponents: [part('Salary', 5, 6)], compensationTierSummary: '$5 – $6' }
      expect(only({ compensation: summary }).pay).to.have.lengthOf(1)
      expect(only({ compensation: summary }).pay[0]).to.include({ minMinor: 500, evidence: '$5 – $6' })
      expect(only({ compensation: tiers({ components: [part('Salary', 7, 8)] }) }).pay.map((pay) => pay.minMinor)).to.deep.equal([700])
    })

    it('never makes money of a share of the company', () => {
      const { pay, facts } = only({
        compensation: tiers({
          components: [part('EquityPercentage', 0.1, 0.5, { interval: 'NONE', currencyCode: null, summary: '0.1% – 0.5%' })],
        }),
      })
      expect(pay).to.deep.equal([])
      expect(facts).to.deep.equal({ compensation: 'in all', equity: '0.1% – 0.5%' })
    })

    it('keeps equity in cash apart from the salary, and bonus and commission as words', () => {
      const { pay, facts } = only({
        compensation: tiers({
          components: [
            part('EquityCashValue', 10, 20),
            part('Bonus', 5, 5, { summary: '$5 Bonus' }),
            part('Commission', 1, 2),
            part('Allowance', 1, 2),
          ],
        }),
      })
      expect(pay.map((band) => band.basis)).to.deep.equal(['equity'])
      expect(facts).to.deep.equal({ compensation: 'in all', equity: true, bonus: '$5 Bonus', commission: true })
    })

    it('says OTE where its words do', () => {
      const basis = (summary: string) => only({ compensation: tiers({ components: [part('Salary', 1, 2, { summary })] }) }).pay[0]?.basis
      expect(basis('OTE $200K – $250K')).to.equal('ote')
      expect(basis('$200K plus equity'), 'words about equity do not make a salary equity').to.equal('base')
    })

    it('has no period for NONE and for intervals of several units', () => {
      const period = (interval: unknown) =>
        only({ compensation: tiers({ components: [part('Salary', 1, 2, { interval })] }) }).pay[0]?.period
      expect(['1 YEAR', '1 MONTH', '1 WEEK', '1 DAY', '1 HOUR', 'NONE', '2 WEEK', null].map(period)).to.deep.equal([
        'year',
        'month',
        'week',
        'day',
        'hour',
        null,
        null,
        null,
      ])
    })

    it('keeps an open end open, and leaves out bands without any amount', () => {
      const bands = only({ compensation: tiers({ components: [part('Salary', 5, null), part('Salary', null, null)] }) }).pay
      expect(bands).to.have.lengthOf(1)
      expect(bands[0]).to.include({ minMinor: 500, maxMinor: null })
    })
  })
})
