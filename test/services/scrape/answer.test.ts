// What an answer means: truncated JSON told from broken JSON, walls from drift, and a kind for every status.

import { expect } from 'chai'
import fc from 'fast-check'
import { endsInTheMiddle, judge, refusalOf, type Asked } from '../../../services/scrape/answer.ts'
import { bodyOf } from '../../../services/scrape/evidence.ts'
import { Failure } from '../../../scrapers/failure.ts'

const NOW = new Date('2026-03-02T09:00:00Z')
const asked = (over: Partial<Asked> = {}): Asked => ({
  url: new URL('https://jobs.example.com/acme'),
  json: true,
  conditional: false,
  redirected: false,
  now: NOW,
  ...over,
})
const answer = (status: number, body = '', headers: Record<string, string> = {}) => ({ status, headers, bytes: Buffer.from(body) })

function failing(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('it did not fail')
}

function parseError(text: string): unknown {
  try {
    JSON.parse(text)
  } catch (error) {
    return error
  }
  return undefined
}

describe('truncated JSON', () => {
  /** What sources send: objects and lists, deep, with every kind of value and text. */
  const document = fc.oneof(
    fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }), { minKeys: 1 }),
    fc.array(fc.jsonValue({ stringUnit: 'binary' }), { minLength: 1 }),
  )

  it('is recognised wherever it was cut', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(0, 2), fc.double({ min: 0, max: 1, noNaN: true }), (value, indent, where) => {
        const whole = JSON.stringify(value, null, indent)
        const cut = whole.slice(0, 1 + Math.floor(where * (whole.length - 1.001)))
        const error = parseError(cut)
        expect(error, 'a beginning of JSON does not parse').to.not.equal(undefined)
        expect(endsInTheMiddle(cut, error), cut).to.equal(true)
      }),
      { numRuns: 2000 },
    )
  })

  for (const text of [
    '{"a":1,}',
    '[1,2,,3]',
    '{"a" 1, "b": [1, 2, 3]}',
    '{a:1}',
    '{"title":"a "quoted" word","more":"text that follows"}',
    '{"jobs":[]}<!-- served in 3 ms -->',
    '[1]]',
    '{"a":NaN,"b":"0123456789"}',
    "{'a':1,'b':2,'c':3}",
    '{"a":"line\nbreak","b":"0123456789"}',
  ])
    it(`is not what ${JSON.stringify(text)} is`, () => {
      expect(endsInTheMiddle(text, parseError(text))).to.equal(false)
    })
})

describe('judge', () => {
  it('gives a page its validators, and null for those it does not have', () => {
    const page = judge(answer(200, '{"a":1}'), asked())
    expect(page).to.include({ kind: 'page', etag: null, lastModified: null, bytes: 7 })
    expect(judge(answer(200, '{}', { etag: 'W/"x"', 'last-modified': 'yesterday' }), asked())).to.include({
      etag: 'W/"x"',
      lastModified: 'yesterday',
    })
  })

  it('accepts a list, white space around it, and other statuses of success', () => {
    for (const body of ['[]', ' \n{"a":1}\n ', '[1]'])
      for (const status of [200, 201, 203]) expect(judge(answer(status, body), asked()).kind).to.equal('page')
  })

  it('does not parse what was not asked for as JSON', () => {
    const page = judge(answer(200, '{"a":'), asked({ json: false }))
    expect(page.kind === 'page' && page.page.body).to.equal('{"a":')
  })

  it('takes an empty body for a fault of the network, whatever was asked for', () => {
    for (const json of [true, false]) expect(failing(() => judge(answer(200), asked({ json }))).kind).to.equal('network')
    expect(failing(() => judge(answer(204), asked())).message)
      .to.include('204')
      .and.to.include('empty')
  })

  it('takes 304 for unchanged only when it was asked for', () => {
    expect(judge(answer(304), asked({ conditional: true }))).to.deep.equal({ kind: 'unchanged' })
    expect(failing(() => judge(answer(304), asked())).kind).to.equal('network')
  })

  it('takes a redirect with a place to go to, and no other', () => {
    expect(judge(answer(307, '', { location: '/x' }), asked())).to.deep.equal({ kind: 'redirect', to: '/x' })
    expect(failing(() => judge(answer(307), asked())).kind).to.equal('drift')
    expect(failing(() => judge(answer(300, '', { location: '/x' }), asked())).kind).to.equal('drift')
  })

  it('sees a login in the path only after a redirect', () => {
    const login = asked({ url: new URL('https://jobs.example.com/uas/login') })
    expect(failing(() => judge(answer(200, '<html>'), login)).kind).to.equal('drift')
    expect(failing(() => judge(answer(200, '<html>'), { ...login, redirected: true })).kind).to.equal('blocked')
  })

  it('looks for walls only where a page would show them', () => {
    const late = `<html>${' '.repeat(100_001)}captcha`
    expect(failing(() => judge(answer(200, late), asked())).kind).to.equal('drift')
  })

  it('names the host and what it sent, and attaches the body', () => {
    const text = failing(() => judge(answer(200, 'Service unavailable'), asked()))
    expect(text.message).to.equal('jobs.example.com sent something else where JSON was expected')
    expect(bodyOf(text)).to.equal('Service unavailable')
    expect(bodyOf(failing(() => judge(answer(200, ''), asked())))).to.equal(undefined)
  })
})

describe('refusalOf', () => {
  const of = (status: number, headers: Record<string, string> = {}) => refusalOf(answer(status, '', headers), 'h.example', NOW)

  it('reads Retry-After where the host is busy, and only there', () => {
    expect(of(429, { 'retry-after': '5' })).to.include({ kind: 'throttled', retryAfter: 5 })
    expect(of(429, { 'retry-after': '-5' }).retryAfter).to.equal(undefined)
    expect(of(503, { 'retry-after': '5' })).to.include({ kind: 'server_error', retryAfter: 5 })
    expect(of(403, { 'retry-after': '5' }).retryAfter).to.equal(undefined)
    expect(of(429, { 'retry-after': '5' }).message).to.equal('h.example answered 429 and wants 5 s of peace')
  })

  it('has a kind for every status', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 999 }), (status) => {
        const failure = of(status)
        expect(failure.status).to.equal(status)
        if (status >= 500 && status <= 599) expect(failure.kind).to.equal('server_error')
        else expect(failure.kind).to.be.oneOf(['gone', 'blocked', 'throttled', 'timeout', 'drift'])
      }),
    )
  })
})
