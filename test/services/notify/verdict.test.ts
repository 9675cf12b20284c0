// Verdicts: what one or two answers come to, and how long is waited before the next try.

import { expect } from 'chai'
import fc from 'fast-check'
import type { Answer } from '../../../services/notify/slack.ts'
import { askedBy, backoff, lastOf, outcomeOf, persist, restAfter, verdictOn } from '../../../services/notify/verdict.ts'
import type { Course } from '../../../services/notify/way.ts'

const YES: Answer = { kind: 'accepted', status: 200, words: '200 ok' }
const SILENCE: Answer = { kind: 'unknown', status: null, words: 'no answer in time' }
const no = (again: boolean, retryAfter: number | null = null): Answer => ({ kind: 'refused', again, status: 503, retryAfter, words: '503' })
const course = (answers: readonly Answer[], patienceSeconds: number | null = null): Course => ({
  tries: answers.map((answer, n) => ({ channel: n === 0 ? 'slack' : 'email', answer })),
  patienceSeconds,
})

describe('services/notify/verdict', () => {
  it('doubles its patience from one second to ten minutes, or to what the channel asked for', () => {
    expect([1, 2, 3, 4, 10, 11, 60].map((attempt) => backoff(attempt, null))).to.deep.equal([1, 2, 4, 8, 512, 600, 600])
    expect([backoff(1, 30), backoff(11, 3600), backoff(5, 3)]).to.deep.equal([30, 3600, 16])
  })

  it('goes by the last answer', () => {
    expect(verdictOn(course([no(true), YES]), 1, 2)).to.deep.equal({ kind: 'delivered', by: 'email', secondsAgo: 2 })
    expect(verdictOn(course([YES]), 1, 0)).to.include({ by: 'slack' })
    expect(verdictOn(course([no(false), SILENCE]), 3, 0)).to.deep.equal({ kind: 'uncertain', delay: 4, error: 'no answer in time' })
    expect(verdictOn(course([no(false), no(true)]), 1, 0)).to.deep.include({ kind: 'retried', error: 'slack: 503; email: 503' })
    expect(lastOf(course([])).answer.kind, 'nothing was tried: nobody knows').to.equal('unknown')
  })

  it('calls a refusal final only when everybody`s was', () => {
    expect(verdictOn(course([no(false)]), 1, 0)).to.deep.equal({ kind: 'failed', delay: 600, error: '503' })
    expect(verdictOn(course([no(true), no(false)]), 1, 0).kind).to.equal('retried')
    expect([YES, SILENCE, no(true), no(false)].map(outcomeOf)).to.deep.equal(['delivered', 'uncertain', 'retried', 'failed'])
  })

  it('tries again when mail may stand in at the latest', () => {
    const delay = (attempt: number, patience: number | null, asked: number | null = null) => {
      const verdict = verdictOn(course([no(true, asked)], patience), attempt, 0)
      return verdict.kind === 'retried' ? verdict.delay : Number.NaN
    }
    expect([delay(5, null), delay(5, null, 60), delay(9, 20), delay(9, 0.2), delay(9, 0)]).to.deep.equal([16, 60, 20, 1, 256])
  })

  it('leaves the channel alone for as long as it asked, but no longer than mail waits, and for its interval in any case', () => {
    expect(restAfter(course([YES]), 1)).to.equal(1)
    expect(restAfter(course([no(true, 30)]), 1)).to.equal(30)
    expect(restAfter(course([no(true, 30)], 12), 1)).to.equal(12)
    fc.assert(
      fc.property(fc.nat(5000), fc.option(fc.nat(300)), fc.nat(5), (asked, patience, interval) => {
        const rest = restAfter(course([no(true, asked)], patience), interval)
        expect(rest).to.be.at.least(interval)
        expect(rest).to.be.at.most(Math.max(interval, askedBy(course([no(true, asked)]))))
      }),
    )
  })

  it('writes down what it can in the end, and says why where it cannot', async () => {
    let left = 1
    expect(await persist(async () => (left-- > 0 ? Promise.reject(new Error('away')) : 'kept'))).to.equal('kept')
  })
})
