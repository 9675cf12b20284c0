// What errors of the network mean, and that a bug stays a bug.

import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { asFailure } from '../../../services/scrape/trouble.ts'

const LIMIT = { timeoutMs: 2500, maxBytes: 1000 }
const coded = (code: string, message = 'it went wrong\nsecond line') => Object.assign(new Error(message), { code })

describe('trouble', () => {
  for (const [code, kind, words] of [
    ['ECONNREFUSED', 'network', 'ECONNREFUSED it went wrong'],
    ['ECONNRESET', 'network', 'ECONNRESET'],
    ['EPIPE', 'network', 'EPIPE'],
    ['EHOSTUNREACH', 'network', 'EHOSTUNREACH'],
    ['ENETUNREACH', 'network', 'ENETUNREACH'],
    ['UND_ERR_SOCKET', 'network', 'UND_ERR_SOCKET'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'network', 'CONTENT_LENGTH'],
    ['HPE_INVALID_CONSTANT', 'network', 'HPE_INVALID_CONSTANT'],
    ['ENOTFOUND', 'network', 'the name h.example could not be resolved'],
    ['EAI_AGAIN', 'network', 'could not be resolved (EAI_AGAIN)'],
    ['CERT_HAS_EXPIRED', 'network', 'TLS failed with CERT_HAS_EXPIRED'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'network', 'TLS failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'network', 'TLS failed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network', 'TLS failed'],
    ['EPROTO', 'network', 'TLS failed'],
    ['Z_BUF_ERROR', 'network', 'truncated or damaged'],
    ['Z_DATA_ERROR', 'network', 'truncated or damaged'],
    ['ERR_PADDING_1', 'network', 'truncated or damaged'],
    ['ZSTD_error_prefix_unknown', 'network', 'truncated or damaged'],
    ['ETIMEDOUT', 'timeout', 'within 2.5 s (ETIMEDOUT)'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', '2.5 s'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', '2.5 s'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', '2.5 s'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'drift', 'more than 1000 bytes'],
    ['ERR_BUFFER_TOO_LARGE', 'drift', 'more than 1000 bytes'],
  ] as const)
    it(`${code} is ${kind}`, () => {
      const error = coded(code)
      const failure = asFailure(error, 'h.example', LIMIT)
      expect(failure.kind).to.equal(kind)
      expect(failure.message).to.include('h.example').and.to.include(words).and.to.not.include('second line')
      expect(failure.cause).to.equal(error)
    })

  it('the end of the whole time is a timeout', () => {
    expect(asFailure(new DOMException('too long', 'TimeoutError'), 'h.example', LIMIT).kind).to.equal('timeout')
  })

  it('several failed connections are told by the first', () => {
    const both = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')])
    expect(asFailure(both, 'h.example', LIMIT).message).to.include('ECONNREFUSED')
  })

  it('a failure stays what it is', () => {
    const failure = new Failure('gone', 'x')
    expect(asFailure(failure, 'h.example', LIMIT)).to.equal(failure)
  })

  for (const bug of [
    new TypeError('undefined is not a function'),
    coded('UND_ERR_INVALID_ARG'),
    coded('ENOENT'),
    new AggregateError([]),
    'thrown text',
  ])
    it(`${String(bug).split('\n')[0]} stays a bug`, () => {
      let thrown: unknown
      try {
        asFailure(bug, 'h.example', LIMIT)
      } catch (error) {
        thrown = error
      }
      expect(thrown).to.equal(bug)
    })
})
