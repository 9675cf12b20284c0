// Small means of HTTP, where a wrong answer would go unnoticed.

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { matchesEtag, parseJson, readBody, takesGzip } from '../../../ops/sandbox/http.ts'

const incoming = (body: string | Buffer, headers: Record<string, string> = {}) =>
  Object.assign(Readable.from([Buffer.from(body)]), { headers }) as unknown as IncomingMessage
const accepting = (value: string | undefined) => ({ headers: { 'accept-encoding': value } }) as unknown as IncomingMessage

describe('a validator', () => {
  for (const [header, etag, matches] of [
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"b", "a"', '"a"', true],
    ['*', '"a"', true],
    ['"b"', '"a"', false],
    [undefined, '"a"', false],
    ['"a"', null, false],
    ['a', '"a"', false],
  ] as const)
    it(`${String(header)} ${matches ? 'names' : 'does not name'} ${String(etag)}`, () => {
      expect(matchesEtag(header, etag)).to.equal(matches)
    })
})

describe('gzip', () => {
  for (const [header, takes] of [
    ['gzip', true],
    ['br, gzip;q=0.8', true],
    ['deflate, GZIP', true],
    ['gzip;q=0', false],
    ['gzip; q=0.0, br', false],
    ['br', false],
    [undefined, false],
  ] as const)
    it(`is ${takes ? '' : 'not '}taken by ${String(header)}`, () => {
      expect(takesGzip(accepting(header))).to.equal(takes)
    })
})

describe('a body', () => {
  it('is read whole, and unpacked', async () => {
    expect(await readBody(incoming('héllo'), 100)).to.equal('héllo')
    expect(await readBody(incoming(gzipSync('héllo'), { 'content-encoding': 'gzip' }), 100)).to.equal('héllo')
  })

  it('is refused when it is too long, also once unpacked, or torn', async () => {
    expect(await readBody(incoming('x'.repeat(101)), 100)).to.equal(undefined)
    expect(await readBody(incoming(gzipSync('x'.repeat(10_000)), { 'content-encoding': 'gzip' }), 100)).to.equal(undefined)
    expect(await readBody(incoming('nonsense', { 'content-encoding': 'gzip' }), 100)).to.equal(undefined)
  })

  it('is JSON or nothing', () => {
    expect(parseJson('{"a":1}')).to.deep.equal({ a: 1 })
    expect([parseJson('{'), parseJson(undefined)]).to.deep.equal([undefined, undefined])
  })
})
