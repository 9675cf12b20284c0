// What an errand carries: its headers, what may travel to another host, where a redirect may lead, and its time.

import { expect } from 'chai'
import { createBudget, errandOf, headersFor, onward } from '../../../services/scrape/errand.ts'
import { Failure } from '../../../scrapers/failure.ts'
import { testSource, visitOf } from './door.ts'

const BOARD = 'https://jobs.example.com/acme'
const AGENT = 'Rolewatch/1.0.0 (+https://rolewatch.example)'

describe('errandOf', () => {
  it('expects JSON of an API, and of a page for people only when it was asked for', () => {
    const people = visitOf(testSource({ robots: true }))
    expect(errandOf({ url: BOARD }, visitOf(), AGENT)).to.include({ json: true })
    expect(errandOf({ url: BOARD }, people, AGENT)).to.include({ json: false })
    expect(errandOf({ url: BOARD, headers: { Accept: 'application/json' } }, people, AGENT)).to.include({ json: true })
    expect(errandOf({ url: BOARD }, visitOf(), AGENT).headers['accept']).to.equal('application/json')
    expect(errandOf({ url: BOARD }, people, AGENT).headers['accept']).to.include('text/html')
  })

  it('lets a source set neither cookies nor its own name', () => {
    const headers = { COOKIE: 'a', Host: 'evil', 'user-agent': 'Mozilla', 'Accept-Encoding': 'x', 'Content-Length': '9', 'X-Trace': '1' }
    expect(errandOf({ url: BOARD, headers }, visitOf(), AGENT).headers).to.deep.equal({
      accept: 'application/json',
      'x-trace': '1',
      'user-agent': AGENT,
    })
  })

  it('is conditional when it has a validator to send', () => {
    const of = (etag: string | null, lastModified: string | null) =>
      errandOf({ url: BOARD }, visitOf(testSource(), { validator: { etag, lastModified } }), AGENT)
    expect(of(null, null).conditional).to.equal(false)
    expect(of('"a"', null)).to.include({ conditional: true })
    expect(of('"a"', null).headers).to.include({ 'if-none-match': '"a"' }).and.not.have.property('if-modified-since')
    expect(of(null, 'yesterday').headers).to.include({ 'if-modified-since': 'yesterday' }).and.not.have.property('if-none-match')
  })
})

describe('headersFor', () => {
  it('keeps everything at home, and what could be a key away from others', () => {
    const visit = visitOf(testSource(), { validator: { etag: '"a"', lastModified: null } })
    const errand = errandOf({ url: BOARD, headers: { 'X-Api-Key': 'k', 'Accept-Language': 'de' } }, visit, AGENT)
    expect(headersFor(errand, new URL('https://jobs.example.com/other'))).to.equal(errand.headers)
    for (const elsewhere of ['https://www.example.com/', 'https://jobs.example.com:8443/'])
      expect(headersFor(errand, new URL(elsewhere))).to.deep.equal({
        accept: 'application/json',
        'accept-language': 'de',
        'user-agent': AGENT,
        'if-none-match': '"a"',
      })
  })
})

describe('onward', () => {
  const from = new URL('https://jobs.example.com/a/b?x=1')
  for (const [to, expected] of [
    ['/c', 'https://jobs.example.com/c'],
    ['c?y=2', 'https://jobs.example.com/a/c?y=2'],
    ['//other.example.com/c#part', 'https://other.example.com/c'],
    ['../../../c', 'https://jobs.example.com/c'],
    ['?x=2', 'https://jobs.example.com/a/b?x=2'],
  ] as const)
    it(`leads to ${expected} by ${to}`, () => {
      expect(onward(from, to).href).to.equal(expected)
    })

  it('refuses to lead nowhere or out of encryption', () => {
    for (const to of ['https://', 'http://[x]/', 'http://jobs.example.com/']) expect(() => onward(from, to), to).to.throw(Failure)
    expect(onward(new URL('http://jobs.example.com/'), 'http://other.example.com/').protocol).to.equal('http:')
  })
})

describe('createBudget', () => {
  it('counts only the time that was spent, and always leaves a moment', async () => {
    const budget = createBudget(60)
    expect(budget.leftMs()).to.equal(60)
    expect(await budget.spend(async () => 'done')).to.equal('done')
    expect(budget.leftMs()).to.be.within(1, 60)
    const before = budget.leftMs()
    const busy = performance.now() + 70
    while (performance.now() < busy);
    expect(budget.leftMs(), 'time outside of spend is free').to.equal(before)
    await budget
      .spend(async () => {
        const until = performance.now() + 70
        while (performance.now() < until);
        throw new Error('failed late')
      })
      .catch(() => {})
    expect(budget.leftMs(), 'what failed has been spent too').to.equal(1)
  })
})
