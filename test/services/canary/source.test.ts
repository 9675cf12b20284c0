// The canary's board: what it answers is read as any source's answer is, and fits its own search.

import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { openDoorTo } from '../../../services/canary/door.ts'
import { boardOf, canarySource } from '../../../services/canary/source.ts'
import { normalise } from '../../../services/postings/normalise.ts'
import { createPage } from '../../../services/scrape/page.ts'

const ROUND = '5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'
const AT = new Date('2026-03-02T09:00:00Z')
const BOARD = { ident: 'canary', region: null }

describe('the board of the canary', () => {
  const parse = (body: string) => {
    const request = canarySource.first(BOARD)
    return canarySource.parse(createPage({ url: request.url, status: 200, headers: {}, body }), BOARD, request)
  }

  it('has one vacancy, which is read in full', () => {
    const { postings, rejected, listed, total, next } = parse(boardOf(ROUND, AT))
    expect([postings.length, rejected.length, listed, total, next]).to.deep.equal([1, 0, 1, 1, null])
    expect(postings[0]).to.deep.include({ externalId: ROUND, title: 'Canary 5f0c9d52', workMode: 'remote', postedAt: AT.toISOString() })
  })

  it('gives a posting that its search is about, in every field that is searched', () => {
    const [raw] = parse(boardOf(ROUND, AT)).postings
    if (!raw) throw new Error('there is no posting')
    const posting = normalise(raw, { source: 'canary', ident: 'canary', country: 'NL' })
    expect(posting.places).to.deep.equal([{ text: 'Amsterdam, Netherlands', city: 'Amsterdam', region: null, country: 'NL' }])
    expect(posting.skills).to.deep.equal(['TypeScript'])
    expect(posting.pay[0]).to.include({ annual_min: 90_000, annual_max: 110_000, currency: 'EUR', period: 'year' })
    expect(posting.description).to.include('invented posting')
  })

  it('drifts as any source does', () => {
    for (const body of ['', 'null', '[]', '{}', '{"vacancies":{}}']) expect(() => parse(body), body).to.throw(Failure)
    const { rejected } = parse('{"vacancies":[{"id":"1"}]}')
    expect(rejected.map((failure) => failure.path)).to.deep.equal(['vacancies[0].title'])
  })

  it('leads nowhere: its host can never be', () => {
    expect(canarySource.hosts).to.deep.equal(['canary.invalid'])
    expect(new URL(canarySource.first(BOARD).url).host).to.equal('canary.invalid')
    expect(canarySource.careersUrl('canary')).to.equal('https://canary.invalid')
    expect(canarySource.absence, 'the posting of the last round is not closed but taken away').to.equal('nothing')
  })

  it('is answered from memory, with all that a visit has to know', async () => {
    const door = openDoorTo('{"vacancies":[]}')
    const fetched = await door.fetch(canarySource.first(BOARD), { source: canarySource, validator: null })
    if (fetched.kind !== 'page') throw new Error('it is no page')
    expect(fetched).to.include({ etag: null, lastModified: null, bytes: 16, attempts: 1 })
    expect(fetched.hash).to.match(/^[0-9a-f]{64}$/)
    expect(fetched.page.json()).to.deep.equal({ vacancies: [] })
    await door.close()
  })
})
