// The traps of Lever, one by one.

import { expect } from 'chai'
import { lever } from '../../scrapers/lever.ts'
import type { RawPosting } from '../../scrapers/source.ts'
import { BOARD, failureOf, pageOf, parseJson } from './page.ts'

const POSTING = { id: 'a', text: 'Engineer', hostedUrl: 'https://jobs.lever.co/exampleco/a' }

function only(posting: Record<string, unknown>): RawPosting {
  const [read] = parseJson(lever, [{ ...POSTING, ...posting }]).postings
  if (read === undefined) throw new Error('the posting was not read')
  return read
}

const page = (count: number, skip = 0) => {
  const request = { url: `https://api.lever.co/v0/postings/exampleco?mode=json&skip=${skip}&limit=100` }
  const body = JSON.stringify(Array.from({ length: count }, (_, n) => ({ ...POSTING, id: `${skip + n}` })))
  return lever.parse(pageOf(body, request.url), BOARD, request)
}

describe('lever', () => {
  it('has a host of its own for Europe, and asks the American one when nothing is known', () => {
    expect(lever.regions).to.deep.equal(['us', 'eu'])
    expect(lever.first({ ident: 'x', region: null }).url).to.equal('https://api.lever.co/v0/postings/x?mode=json&skip=0&limit=100')
    expect(lever.first({ ident: 'x', region: 'us' }).url).to.equal('https://api.lever.co/v0/postings/x?mode=json&skip=0&limit=100')
    expect(lever.first({ ident: 'x', region: 'eu' }).url).to.equal('https://api.eu.lever.co/v0/postings/x?mode=json&skip=0&limit=100')
  })

  it('asks for JSON by name, on every page, because it answers HTML otherwise', () => {
    expect(lever.first(BOARD).headers).to.deep.equal({ accept: 'application/json' })
    expect(page(100).next?.headers).to.deep.equal({ accept: 'application/json' })
  })

  it('goes on after a full page, on the same host, and stops after a short one', () => {
    expect(page(100).next?.url).to.equal('https://api.lever.co/v0/postings/exampleco?mode=json&skip=100&limit=100')
    expect(page(100, 300).next?.url).to.include('skip=400')
    expect(page(99).next).to.equal(null)
    expect(page(0, 100).next).to.equal(null)
    expect(page(302).next, 'the limit was not kept: everything came at once').to.equal(null)
    const request = lever.first({ ident: 'x', region: 'eu' })
    const full = pageOf(JSON.stringify(Array.from({ length: 100 }, () => POSTING)))
    expect(lever.parse(full, { ident: 'x', region: 'eu' }, request).next?.url).to.include('api.eu.lever.co')
  })

  it('stops at fifty pages', () => {
    expect(lever.maxPages).to.equal(50)
  })

  it('says drift when the page is {"ok":false} and not a list', () => {
    const failure = failureOf(() => parseJson(lever, { ok: false, error: 'Document not found' }))
    expect(failure).to.include({ kind: 'drift', path: 'the page' })
  })

  it('puts the text together in the order of the page: description, lists with their headings, closing words', () => {
    const { description } = only({
      description: '<p>First</p>',
      lists: [{ text: 'R&D <now>', content: '<li>one</li>' }, { content: '<li>two</li>' }],
      additional: '<p>Last</p>',
      opening: '<p>Not again</p>',
    })
    expect(description).to.deep.equal({
      kind: 'html',
      value: '<p>First</p>\n<h3>R&amp;D &lt;now></h3><ul><li>one</li></ul>\n<ul><li>two</li></ul>\n<p>Last</p>',
    })
  })

  it('makes do with the plain text where there is no HTML', () => {
    expect(only({ descriptionPlain: 'a < b\nc', additionalPlain: 'd' }).description?.value).to.equal('<p>a &lt; b<br>c</p>\n<p>d</p>')
    expect(only({}).description).to.equal(null)
  })

  it('keeps every location, and gives the country to the first alone', () => {
    const categories = { location: 'London', allLocations: ['London', 'Paris'] }
    expect(only({ categories, country: 'GB' }).places).to.deep.equal([
      { text: 'London', city: null, region: null, country: 'GB' },
      { text: 'Paris', city: null, region: null, country: null },
    ])
    expect(only({ categories: { allLocations: ['Rome'] }, country: 'IT' }).places).to.deep.equal([
      { text: 'Rome', city: null, region: null, country: 'IT' },
    ])
    expect(only({ categories: { location: 'Oslo' } }).places).to.have.lengthOf(1)
    expect(only({ categories: null }).places).to.deep.equal([])
  })

  it('reads the way of working from its own enumeration, and "unspecified" as nothing', () => {
    const mode = (workplaceType: unknown) => only({ workplaceType }).workMode
    expect(['on-site', 'onsite', 'remote', 'hybrid', 'unspecified', '', null, 'moon'].map(mode)).to.deep.equal([
      'onsite',
      'onsite',
      'remote',
      'hybrid',
      null,
      null,
      null,
      null,
    ])
  })

  it('reads the day of publication from milliseconds', () => {
    expect(only({ createdAt: 1_767_225_600_000 }).postedAt).to.equal('2026-01-01T00:00:00.000Z')
    expect(only({ createdAt: 'soon' }).postedAt).to.equal(null)
    expect(only({ createdAt: 1e20 }).postedAt).to.equal(null)
  })

  describe('pay', () => {
    const pay = (salaryRange: object, extra: object = {}) => only({ salaryRange, ...extra }).pay[0]

    it('comes in major units and is kept in minor ones, with the currency’s own decimals', () => {
      expect(pay({ min: 60_000, max: 80_000.5, currency: 'GBP', interval: 'per-year-salary' })).to.include({
        minMinor: 6_000_000,
        maxMinor: 8_000_050,
      })
      expect(pay({ min: 1200, max: 1500, currency: 'JPY', interval: 'per-hour-wage' })).to.include({ minMinor: 1200, maxMinor: 1500 })
      expect(pay({ min: 1.234, max: 2, currency: 'KWD', interval: 'per-hour-wage' })).to.include({ minMinor: 1234, maxMinor: 2000 })
    })

    it('has the period of its interval, and none where the interval is of another kind', () => {
      const period = (interval: string) => pay({ min: 1, max: 2, currency: 'USD', interval })?.period
      expect(['per-year-salary', 'per-month-salary', 'per-week-salary', 'per-day-wage', 'per-hour-wage'].map(period)).to.deep.equal([
        'year',
        'month',
        'week',
        'day',
        'hour',
      ])
      expect(['semi-month-salary', 'bi-week-salary', 'one-time', ''].map(period)).to.deep.equal([null, null, null, null])
    })

    it('carries the source’s own words as evidence', () => {
      const range = { min: 1, max: 2, currency: 'USD', interval: 'per-hour-wage' }
      expect(pay(range, { salaryDescriptionPlain: 'one or two dollars' })?.evidence).to.equal('one or two dollars')
      expect(pay(range)?.evidence).to.equal('1 – 2 USD')
    })

    it('is none where neither end is stated', () => {
      expect(only({ salaryRange: { currency: 'USD', interval: 'per-year-salary' } }).pay).to.deep.equal([])
      expect(only({ salaryRange: null }).pay).to.deep.equal([])
    })
  })

  it('rejects a posting without id, title or address by its place in the list', () => {
    const { rejected, postings } = parseJson(lever, [
      { ...POSTING, id: '' },
      POSTING,
      { ...POSTING, text: 3 },
      { ...POSTING, hostedUrl: '//x' },
      null,
    ])
    expect(rejected.map((failure) => failure.path)).to.deep.equal(['[0].id', '[3].hostedUrl', '[4]'])
    expect(postings.map((posting) => posting.title)).to.deep.equal(['Engineer', '3'])
  })
})
