// The traps of Greenhouse, one by one.

import { expect } from 'chai'
import { greenhouse } from '../../scrapers/greenhouse.ts'
import type { RawPosting } from '../../scrapers/source.ts'
import { parseJson } from './page.ts'

const JOB = { id: 1, title: 'Engineer', absolute_url: 'https://job-boards.greenhouse.io/exampleco/jobs/1' }

function only(job: Record<string, unknown>): RawPosting {
  const [posting] = parseJson(greenhouse, { jobs: [{ ...JOB, ...job }] }).postings
  if (posting === undefined) throw new Error('the posting was not read')
  return posting
}

const field = (name: string, value: unknown, value_type: string) => ({ id: 1, name, value, value_type })
const html = (content: string) => only({ content }).description?.value

describe('greenhouse', () => {
  it('asks for descriptions and for pay in one request, and has no second page', () => {
    const request = greenhouse.first({ ident: 'stripe', region: null })
    expect(request.url).to.equal('https://boards-api.greenhouse.io/v1/boards/stripe/jobs?content=true&pay_transparency=true')
    expect(parseJson(greenhouse, { jobs: [JOB], meta: { total: 1 } })).to.include({ next: null, total: 1 })
  })

  it('takes exactly one layer of escaping off the description', () => {
    expect(html('&lt;p&gt;a&amp;nbsp;b&lt;/p&gt;')).to.equal('<p>a&nbsp;b</p>')
    expect(html('&lt;p&gt;R&amp;amp;D&lt;/p&gt;')).to.equal('<p>R&amp;D</p>')
    expect(html('&lt;p&gt;if a &amp;lt; b&lt;/p&gt;')).to.equal('<p>if a &lt; b</p>')
    expect(html('&amp;lt;script&amp;gt;')).to.equal('&lt;script&gt;')
    expect(html('&#60;p&#x3e;it&#39;s&lt;/p&gt;')).to.equal("<p>it's</p>")
    expect(html('&#99999999;&#x110000;&copy;')).to.equal('&#99999999;&#x110000;&copy;')
  })

  it('leaves HTML that was never escaped as it is', () => {
    expect(html('<p>use &lt;b&gt; for bold</p>')).to.equal('<p>use &lt;b&gt; for bold</p>')
  })

  it('dates a posting by its first publication, and never by its last edit', () => {
    const dates = { first_published: '2026-01-15T09:30:00-05:00', updated_at: '2026-02-20T10:00:00-05:00' }
    expect(only(dates)).to.include({ postedAt: '2026-01-15T14:30:00.000Z', editedAt: '2026-02-20T15:00:00.000Z' })
    expect(only({ updated_at: dates.updated_at })).to.include({ postedAt: null, editedAt: '2026-02-20T15:00:00.000Z' })
    expect(only({ first_published: null, updated_at: 'yesterday' })).to.include({ postedAt: null, editedAt: null })
  })

  it('asks the offices where the location is only a way of working or nothing', () => {
    const offices = [
      { name: 'Headquarters', location: 'Berlin, Germany' },
      { name: 'Lisbon', location: null },
    ]
    const texts = (name: unknown) => only({ location: { name }, offices }).places.map((place) => place.text)
    expect(texts('Hybrid')).to.deep.equal(['Hybrid', 'Berlin, Germany', 'Lisbon'])
    expect(texts(' Remote ')).to.deep.equal(['Remote', 'Berlin, Germany', 'Lisbon'])
    expect(texts('In-Office')).to.deep.equal(['In-Office', 'Berlin, Germany', 'Lisbon'])
    expect(texts(null)).to.deep.equal(['Berlin, Germany', 'Lisbon'])
    expect(texts('')).to.deep.equal(['Berlin, Germany', 'Lisbon'])
    expect(texts('Remote - US')).to.deep.equal(['Remote - US'])
    expect(texts('Munich')).to.deep.equal(['Munich'])
    expect(only({}).places).to.deep.equal([])
  })

  it('keeps the offices and all departments as facts, and "No Department" as none', () => {
    const posting = only({
      location: { name: 'Munich' },
      offices: [{ name: 'EMEA' }],
      departments: [{ name: 'Data' }, { name: 'Platform' }],
    })
    expect(posting.department).to.equal('Data')
    expect(posting.facts).to.deep.equal({ departments: ['Data', 'Platform'], offices: ['EMEA'] })
    expect(only({ departments: [{ id: 0, name: 'No Department' }] }).department).to.equal(null)
  })

  describe('pay ranges', () => {
    const range = (extra: object) =>
      only({ pay_input_ranges: [{ min_cents: 5_000_000, max_cents: 6_000_050, currency_type: 'USD', ...extra }] }).pay[0]

    it('are minor units already', () => {
      expect(range({ title: 'Range' })).to.include({ minMinor: 5_000_000, maxMinor: 6_000_050, currency: 'USD', basis: 'base' })
    })

    it('have a period only where title or blurb say so', () => {
      expect(range({ title: 'Annual base salary' })?.period).to.equal('year')
      expect(range({ title: 'Hourly' })?.period).to.equal('hour')
      expect(range({ title: 'Zone 1', blurb: '<p>The range is&nbsp;per year.</p>' })?.period).to.equal('year')
      expect(range({ title: 'Zone 1', blurb: 'Hourly, plus an annual bonus.' })?.period).to.equal('hour')
      expect(range({ title: 'Zone 1', blurb: 'Hourly or annual, as agreed.' })?.period).to.equal(null)
      expect(range({ title: 'Salary range', blurb: 'Plus 401(k).' })?.period).to.equal(null)
      expect(range({})?.period).to.equal(null)
    })

    it('are all kept, each with its label', () => {
      const zones = ['NYC', 'Ohio', 'Remote'].map((title, zone) => ({ title, min_cents: zone, max_cents: zone, currency_type: 'USD' }))
      expect(only({ pay_input_ranges: zones }).pay.map((pay) => pay.label)).to.deep.equal(['NYC', 'Ohio', 'Remote'])
    })

    it('say OTE where the title does', () => {
      expect(range({ title: 'On-Target Earnings' })?.basis).to.equal('ote')
      expect(range({ title: 'Total target cash' })?.basis).to.equal('total')
    })
  })

  describe('custom fields', () => {
    const facts = (...metadata: unknown[]) => only({ metadata }).facts

    it('of every type become facts by name', () => {
      expect(
        facts(
          field('Job Type', 'Contract', 'single_select'),
          field('Teams', ['A', ' B ', ''], 'multi_select'),
          field('Remote', false, 'yes_no'),
          field('Note', ' one ', 'short_text'),
          field('Story', 'a\nb', 'long_text'),
          field('Size', '9.0', 'number'),
          field('Start', '2026-03-01', 'date'),
          field('Link', 'https://example.com', 'url'),
          field('Budget', { unit: 'USD', amount: '10.0' }, 'currency'),
          field('Span', { unit: null, min_value: '1', max_value: '2' }, 'number_range'),
          field('New kind', 5, 'never_seen'),
        ),
      ).to.deep.equal({
        'Job Type': 'Contract',
        Teams: ['A', 'B'],
        Remote: false,
        Note: 'one',
        Story: 'a\nb',
        Size: 9,
        Start: '2026-03-01',
        Link: 'https://example.com',
        Budget: '10.0 USD',
        Span: '1 – 2',
        'New kind': '5',
      })
    })

    it('without a value are no facts', () => {
      const empty = [null, '', '  ', [], {}].map((value, n) => field(`f${n}`, value, 'short_text'))
      expect(facts(...empty, field('n', 'many', 'number'), { id: 9 }, null, 7)).to.deep.equal({})
      expect(only({ metadata: null }).facts).to.deep.equal({})
    })

    it('called __proto__ is a fact like any other', () => {
      const posting = only({ metadata: [field('__proto__', 'x', 'short_text')] })
      expect(Object.keys(posting.facts)).to.deep.equal(['__proto__'])
      expect(Object.getPrototypeOf(posting.facts)).to.equal(Object.prototype)
    })

    it('that name a person are never kept', () => {
      const person = { user_id: 1, name: 'Robin Muster', email: 'robin@example.com', employee_id: null }
      expect(
        facts(
          field('Owner', person, 'user'),
          field('Owner again', person, 'renamed_type'),
          field('Owner without address', { name: 'Robin Muster', employee_id: '7' }, 'user'),
          field('Owner by name', 'Robin Muster', 'user'),
          field('Owners', ['Robin Muster'], 'user'),
          field('Recruiter', 'Robin Muster', 'single_select'),
          field('Hiring Manager', 'Kim Beispiel', 'short_text'),
          field('HR Business Partner', 'Kim Beispiel', 'short_text'),
          field('Ticket', 'ask robin@example.com', 'short_text'),
          field('Approvers', ['robin@example.com'], 'multi_select'),
        ),
      ).to.deep.equal({})
    })

    it('that name a person are set to null before the page is archived, and nothing else is', () => {
      const page = {
        jobs: [
          { ...JOB, metadata: [field('Recruiter', { user_id: 1, email: 'robin@example.com' }, 'user'), field('Team', 'A', 'short_text')] },
          { ...JOB, id: 2, metadata: null },
        ],
        meta: { total: 2 },
      }
      const without = greenhouse.withoutPeople?.(page)
      expect(JSON.stringify(without)).to.not.include('robin')
      expect(without).to.deep.equal({
        ...page,
        jobs: [{ ...JOB, metadata: [field('Recruiter', null, 'user'), field('Team', 'A', 'short_text')] }, page.jobs[1]],
      })
      expect(greenhouse.withoutPeople?.(without), 'a second time there is nobody left').to.equal(undefined)
    })

    it('that name a person are found on a page that changed its shape, which is kept as evidence', () => {
      const person = { name: 'Robin Muster', user_id: 1 }
      const pages = [
        { postings: [{ ...JOB, metadata: [field('Owner', person, 'user')] }] },
        { jobs: [{ ...JOB, custom: { fields: [field('Owner', 'Robin Muster', 'user')] } }] },
        { jobs: { 0: { metadata: [{ id: 1, name: 'Owner', person }] } } },
      ]
      for (const page of pages) {
        const before = structuredClone(page)
        expect(JSON.stringify(greenhouse.withoutPeople?.(page)))
          .to.include('Owner')
          .and.not.include('Muster')
        expect(page).to.deep.equal(before)
      }
    })

    it('with a range of money are pay only where their name speaks of pay', () => {
      const range = (name: string, extra: object = {}) =>
        only({ metadata: [field(name, { unit: 'EUR', min_value: '70000.0', max_value: '90000.5', ...extra }, 'currency_range')] })
      expect(range('Annual Salary').pay).to.deep.equal([
        {
          minMinor: 7_000_000,
          maxMinor: 9_000_050,
          currency: 'EUR',
          period: 'year',
          basis: 'base',
          label: 'Annual Salary',
          evidence: 'Annual Salary: 70000.0 – 90000.5 EUR',
        },
      ])
      expect(range('Annual Salary').facts).to.deep.equal({})
      expect(range('Pay Transparency Range').pay[0]).to.include({ period: null })
      expect(range('Geo A Hourly Range').pay[0]).to.include({ period: 'hour' })
      expect(range('On Target Earnings').pay[0]).to.include({ basis: 'ote' })
      expect(range('Salary', { unit: null }).pay[0]).to.include({ currency: null })
      for (const other of ['Referral Reward', 'Sign-on bonus', 'Relocation Allowance Pay', 'Project Budget'])
        expect(range(other), other).to.deep.include({ pay: [], facts: { [other]: '70000.0 – 90000.5 EUR' } })
    })

    it('called "Employment Type" is the employment type', () => {
      expect(only({ metadata: [field('Employment Type', 'Full-time', 'single_select')] }).employmentType).to.equal('Full-time')
      expect(only({ metadata: [field('Employment Type', ['Full-time'], 'multi_select')] }).employmentType).to.equal(null)
    })
  })

  it('rejects a posting without id, title or address, with the exact path, and reads the others', () => {
    const page = parseJson(greenhouse, {
      jobs: [
        JOB,
        { ...JOB, id: null },
        { ...JOB, title: ' ' },
        { ...JOB, absolute_url: 'javascript:alert(1)' },
        { ...JOB, id: { n: 1 } },
        [],
        'x',
      ],
    })
    expect(page.postings).to.have.lengthOf(1)
    expect(page.rejected.map((failure) => failure.path)).to.deep.equal([
      'jobs[1].id',
      'jobs[2].title',
      'jobs[3].absolute_url',
      'jobs[4].id',
      'jobs[5]',
      'jobs[6]',
    ])
    expect(page.rejected.map((failure) => failure.message)).to.include.members([
      'jobs[1].id is missing',
      'jobs[2].title is an empty text where a text was expected',
      'jobs[3].absolute_url is a text where an http address was expected',
      'jobs[4].id is an object where a text was expected',
      'jobs[5] is a list where an object was expected',
    ])
  })
})
