// Judging outcomes: what is broken, what is only slow, and that being throttled is never the first.

import { expect } from 'chai'
import fc from 'fast-check'
import { OUTCOMES } from '../../../ops/metrics.ts'
import { causesOf, judgeOutcomes } from '../../../services/runbook/causes.ts'

const counts = (names: readonly string[]) => fc.dictionary(fc.constantFrom(...names), fc.nat({ max: 50 }))

describe('outcomes as causes', () => {
  it('are healthy while the objective allows it, degraded above, and broken when most are bad', () => {
    expect(judgeOutcomes({ ok: 95, blocked: 5 })).to.deep.equal({ verdict: 'healthy', causes: [], bad: 5, all: 100 })
    expect(judgeOutcomes({ ok: 94, blocked: 6 })).to.deep.equal({ verdict: 'degraded', causes: ['blocked'], bad: 6, all: 100 })
    expect(judgeOutcomes({ unchanged: 5, timeout: 5 }).verdict).to.equal('degraded')
    expect(judgeOutcomes({ unchanged: 4, timeout: 5 })).to.deep.equal({ verdict: 'broken', causes: ['network'], bad: 5, all: 9 })
  })

  it('say nothing when nothing was attempted: a skipped visit is ours, and a board that is gone its own', () => {
    expect(judgeOutcomes({})).to.include({ verdict: 'inconclusive', all: 0 })
    expect(judgeOutcomes({ skipped: 9, gone: 3 })).to.include({ verdict: 'inconclusive', all: 0 })
  })

  it('name the most frequent cause first, each once', () => {
    expect(causesOf({ partial: 1, drift: 3, server_error: 9, network: 2, timeout: 3, ok: 50 })).to.deep.equal([
      'upstream',
      'drift',
      'network',
    ])
  })

  it('are never broken by being throttled, nor by a breaker that opened for nothing else', () => {
    expect(judgeOutcomes({ throttled: 10 })).to.include({ verdict: 'degraded' })
    expect(judgeOutcomes({ rejected: 10 }, { throttled: 3 })).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
    expect(judgeOutcomes({ rejected: 10, throttled: 1, ok: 1 })).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
    expect(judgeOutcomes({ rejected: 10 }, { throttled: 3, blocked: 1 })).to.deep.include({
      verdict: 'broken',
      causes: ['throttled', 'blocked'],
    })
    expect(judgeOutcomes({ rejected: 10 })).to.deep.include({ verdict: 'broken', causes: [] })
  })

  it('are never broken unless most of them are bad and not throttled', () => {
    fc.assert(
      fc.property(counts(OUTCOMES), counts(OUTCOMES), (outcomes, behind) => {
        const { verdict, all } = judgeOutcomes(outcomes, behind)
        const soft = (outcomes['throttled'] ?? 0) + (outcomes['ok'] ?? 0) + (outcomes['unchanged'] ?? 0) + (outcomes['empty_verified'] ?? 0)
        if (all > 0 && 2 * soft >= all) expect(verdict).not.to.equal('broken')
        if (verdict === 'healthy' || verdict === 'inconclusive') expect(judgeOutcomes(outcomes, behind).causes).to.deep.equal([])
      }),
    )
    fc.assert(
      fc.property(counts(['throttled', 'ok', 'rejected']), (outcomes) => {
        expect(judgeOutcomes(outcomes, { throttled: 1 }).verdict).not.to.equal('broken')
      }),
    )
  })
})
