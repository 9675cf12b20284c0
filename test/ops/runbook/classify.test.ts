// Classification: cautious whatever was found, and never moved to act by being asked to slow down.

import { expect } from 'chai'
import fc from 'fast-check'
import { CAUSES, VERDICTS, type Finding } from '../../../ops/runbook/action.ts'
import { classify, isMeant } from '../../../ops/runbook/classify.ts'

const finding = (verdict: Finding['verdict'], ...causes: Finding['causes'][number][]): Finding => ({ verdict, causes, words: '' })

const findings: fc.Arbitrary<Finding[]> = fc.array(
  fc.record({ verdict: fc.constantFrom(...VERDICTS), causes: fc.subarray([...CAUSES]), words: fc.string() }),
  { maxLength: 6 },
)

describe('ops/runbook/classify', () => {
  const cases: [string, Finding[], ReturnType<typeof classify>][] = [
    ['nothing looked at settles nothing', [], { verdict: 'inconclusive', causes: [] }],
    ['all is well when everything is', [finding('healthy'), finding('healthy')], { verdict: 'healthy', causes: [] }],
    [
      'one look that says nothing leaves all unsettled',
      [finding('healthy'), finding('inconclusive')],
      { verdict: 'inconclusive', causes: [] },
    ],
    [
      'what is broken weighs most, and brings all causes',
      [finding('degraded', 'load'), finding('inconclusive', 'disk'), finding('broken', 'blocked', 'load')],
      { verdict: 'broken', causes: ['load', 'blocked'] },
    ],
    ['being asked to slow down is no breakage', [finding('broken', 'throttled')], { verdict: 'degraded', causes: ['throttled'] }],
    ['but it may come with one', [finding('broken', 'throttled', 'gone')], { verdict: 'broken', causes: ['throttled', 'gone'] }],
  ]
  for (const [what, given, expected] of cases)
    it(what, () => {
      expect(classify(given)).to.deep.equal(expected)
    })

  it('does not depend on the order of what was found', () => {
    fc.assert(
      fc.property(findings, (given) => {
        const [there, back] = [classify(given), classify(given.toReversed())]
        expect(back.verdict).to.equal(there.verdict)
        expect([...back.causes].toSorted()).to.deep.equal([...there.causes].toSorted())
      }),
    )
  })

  it('is healthy only when all is, and never broken by throttling alone', () => {
    fc.assert(
      fc.property(findings, (given) => {
        const { verdict, causes } = classify(given)
        if (verdict === 'healthy') expect(given.length > 0 && given.every((one) => one.verdict === 'healthy')).to.equal(true)
        if (verdict === 'broken')
          expect(
            given.some((one) => one.verdict === 'broken' && (one.causes.length === 0 || one.causes.some((cause) => cause !== 'throttled'))),
          ).to.equal(true)
        if (verdict === 'healthy' || verdict === 'inconclusive') expect(causes).to.deep.equal([])
        expect(new Set(causes).size).to.equal(causes.length)
      }),
    )
  })

  it('gets no better by a look more', () => {
    const worth = ['healthy', 'inconclusive', 'degraded', 'broken']
    fc.assert(
      fc.property(findings, findings, (some, more) => {
        if (some.length === 0) return
        expect(worth.indexOf(classify([...some, ...more]).verdict)).to.be.at.least(worth.indexOf(classify(some).verdict))
      }),
    )
  })

  it('means a step for its causes and verdicts, for everything that is not well where it names none, and never where nothing is settled', () => {
    const blocked = classify([finding('broken', 'blocked')])
    expect(isMeant([], blocked)).to.equal(true)
    expect(isMeant(['blocked', 'gone'], blocked)).to.equal(true)
    expect(isMeant(['broken'], blocked)).to.equal(true)
    expect(isMeant(['degraded', 'gone'], blocked)).to.equal(false)
    fc.assert(
      fc.property(findings, fc.subarray([...CAUSES, ...VERDICTS]), (given, when) => {
        const classification = classify(given)
        const isUnsettled = classification.verdict === 'healthy' || classification.verdict === 'inconclusive'
        if (isUnsettled) expect(isMeant(when, classification)).to.equal(false)
      }),
    )
  })
})
