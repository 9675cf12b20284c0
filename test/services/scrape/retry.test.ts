// When an attempt is made again and after how long, and what Retry-After may say.

import { expect } from 'chai'
import fc from 'fast-check'
import { Failure, FAILURE_KINDS, type FailureKind } from '../../../scrapers/failure.ts'
import { decide, MAX_ATTEMPTS, MAX_RETRY_AFTER_SECONDS, parseRetryAfter } from '../../../services/scrape/retry.ts'

const NOW = new Date('2026-03-02T09:00:00Z')

describe('retry', () => {
  const PASSING: FailureKind[] = ['network', 'timeout', 'server_error', 'throttled']

  for (const kind of FAILURE_KINDS)
    it(`${PASSING.includes(kind) ? 'tries again after' : 'does not try again after'} ${kind}`, () => {
      expect(decide(1, new Failure(kind, 'x'), () => 0.5).again).to.equal(PASSING.includes(kind))
    })

  it('makes three attempts and no more', () => {
    const failure = new Failure('network', 'x')
    expect([1, 2, 3, 4].map((attempt) => decide(attempt, failure, () => 0).again)).to.deep.equal([true, true, false, false])
  })

  it('waits anything between nothing and twice as long each time', () => {
    const failure = new Failure('timeout', 'x')
    for (const [attempt, random, delayMs] of [
      [1, 0, 0],
      [1, 0.25, 250],
      [1, 0.9999, 1000],
      [2, 0, 0],
      [2, 0.25, 500],
      [2, 0.9999, 2000],
    ] as const)
      expect(decide(attempt, failure, () => random)).to.deep.equal({ again: true, delayMs })
  })

  it('waits exactly as long as the host asked for, unless that is more than 30 s', () => {
    const asked = (retryAfter: number) => decide(1, new Failure('throttled', 'x', { retryAfter }), () => 0.9)
    expect(asked(0.5)).to.deep.equal({ again: true, delayMs: 500 })
    expect(asked(30)).to.deep.equal({ again: true, delayMs: 30_000 })
    expect(asked(31)).to.deep.equal({ again: false })
  })

  it('never sleeps longer than 30 s, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_ATTEMPTS }),
        fc.constantFrom(...FAILURE_KINDS),
        fc.option(fc.nat(), { nil: undefined }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (attempt, kind, retryAfter, random) => {
          const decision = decide(attempt, new Failure(kind, 'x', { retryAfter }), () => random)
          if (decision.again) expect(decision.delayMs).to.be.within(0, 30_000)
        },
      ),
    )
  })
})

describe('parseRetryAfter', () => {
  for (const [header, seconds] of [
    ['0', undefined],
    ['1', 1],
    [' 120 ', 120],
    ['86400', 86_400],
    ['31536000', MAX_RETRY_AFTER_SECONDS],
    ['99999999999999999999999999', MAX_RETRY_AFTER_SECONDS],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    ['Mon, 02 Mar 2026 09:01:30 GMT', 90],
    ['Monday, 02-Mar-26 09:01:30 GMT', 90],
    ['Mon Mar  2 09:01:30 2026', 90],
    ['Mon, 02 Mar 2026 08:59:59 GMT', undefined],
    ['Tue, 02 Mar 2027 09:00:00 GMT', MAX_RETRY_AFTER_SECONDS],
    ['Mon, 99 Foo 2026', undefined],
    ['2026-03-02T09:01:30Z', undefined],
  ] as const)
    it(`takes ${JSON.stringify(header)} for ${seconds === undefined ? 'nothing' : `${seconds} s`}`, () => {
      expect(parseRetryAfter(header, NOW)).to.equal(seconds)
    })

  it('rounds a date up: never back before the host said', () => {
    expect(parseRetryAfter('Mon, 02 Mar 2026 09:00:10 GMT', new Date('2026-03-02T09:00:00.001Z'))).to.equal(10)
  })

  it('gives a whole number within a day, or nothing, for any header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map(String),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (header) => {
          const seconds = parseRetryAfter(header, NOW)
          if (seconds !== undefined) expect(Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_RETRY_AFTER_SECONDS).to.equal(true)
        },
      ),
    )
  })
})
