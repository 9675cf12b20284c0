// The outcome of a run: one sentence per way it can end, and what is more important than what.

import { expect } from 'chai'
import fc from 'fast-check'
import { FAILURE_KINDS } from '../../../scrapers/failure.ts'
import { OUTCOMES, type Outcome } from '../../../ops/metrics.ts'
import { COMPLETE_OUTCOMES, decideOutcome, DRIFT_SHARE, isComplete, isDrift, type VisitFacts } from '../../../services/scrape/outcome.ts'

/** A good visit to a board of ten, in which nothing changed. */
const PLAIN: VisitFacts = {
  failure: null,
  untouched: false,
  seen: 10,
  listed: 10,
  unlisted: 0,
  rejected: 0,
  truncated: false,
  dropRefused: false,
  changes: 0,
  everHadPostings: true,
  emptyMeans: 'suspect',
}
const EMPTY: Partial<VisitFacts> = { seen: 0, listed: 0, everHadPostings: false }

const sentences: [string, Partial<VisitFacts>, Outcome][] = [
  ['postings came and some of them are new', { changes: 3 }, 'ok'],
  ['every posting is as it was', {}, 'unchanged'],
  ['the board sent the very bytes it sent before', { untouched: true, seen: 0, listed: 0 }, 'unchanged'],
  ['there are no postings, and the source answers 404 for boards it does not know', { ...EMPTY, emptyMeans: 'verified' }, 'empty_verified'],
  ['there are no postings on a board that had some, and the guard believes it', { ...EMPTY, everHadPostings: true }, 'empty_verified'],
  ['there are no postings and never were, and the source answers so to anything', EMPTY, 'empty_suspect'],
  [
    'there are no postings where there were many a moment ago',
    { ...EMPTY, everHadPostings: true, emptyMeans: 'verified', dropRefused: true },
    'empty_suspect',
  ],
  ['all entries are unlisted by a source that answers 404 otherwise', { seen: 0, unlisted: 10, emptyMeans: 'verified' }, 'empty_verified'],
  ['one entry in ten could not be read', { seen: 9, rejected: 1, changes: 1 }, 'partial'],
  ['there were more pages than may be asked for', { truncated: true, changes: 5 }, 'partial'],
  ['so many are missing that the guard closes nothing', { seen: 2, listed: 2, dropRefused: true, changes: 1 }, 'partial'],
  ['a page after the first timed out', { failure: 'timeout', changes: 2 }, 'partial'],
  ['one entry in five could not be read', { seen: 8, rejected: 2 }, 'drift'],
  ['entries are listed and not one could be read', { seen: 0, rejected: 10 }, 'drift'],
  ['the page as a whole is not what the source gives', { failure: 'drift', seen: 0, listed: 0 }, 'drift'],
  ['the second page is not what the source gives', { failure: 'drift', seen: 10 }, 'drift'],
  ...FAILURE_KINDS.map((kind): [string, Partial<VisitFacts>, Outcome] => [
    `nothing came but a failure of kind ${kind}`,
    { ...EMPTY, failure: kind, everHadPostings: true },
    kind,
  ]),
]

const facts: fc.Arbitrary<VisitFacts> = fc.record({
  failure: fc.option(fc.constantFrom(...FAILURE_KINDS)),
  untouched: fc.boolean(),
  seen: fc.nat(5),
  listed: fc.nat(5),
  unlisted: fc.nat(5),
  rejected: fc.nat(5),
  truncated: fc.boolean(),
  dropRefused: fc.boolean(),
  changes: fc.nat(3),
  everHadPostings: fc.boolean(),
  emptyMeans: fc.constantFrom('verified' as const, 'suspect' as const),
})

describe('services/scrape/outcome', () => {
  for (const [sentence, given, outcome] of sentences)
    it(`is ${outcome} when ${sentence}`, () => {
      expect(decideOutcome({ ...PLAIN, ...given })).to.equal(outcome)
    })

  it('has a sentence for every outcome there is', () => {
    expect(new Set(sentences.map(([, , outcome]) => outcome))).to.deep.equal(new Set(OUTCOMES))
  })

  describe('what counts more', () => {
    const stronger: [string, Partial<VisitFacts>, Outcome][] = [
      ['a failure over bytes that did not change', { failure: 'timeout', untouched: true, seen: 0 }, 'timeout'],
      ['a failure over unreadable entries', { failure: 'network', rejected: 5, seen: 0 }, 'network'],
      ['drift over a cut-off visit', { truncated: true, seen: 5, rejected: 5 }, 'drift'],
      ['a cut-off visit over emptiness', { ...EMPTY, truncated: true, emptyMeans: 'verified' }, 'partial'],
      ['drift over a drop', { seen: 5, rejected: 5, dropRefused: true }, 'drift'],
      ['a drop over changes', { dropRefused: true, changes: 4 }, 'partial'],
      ['drift over postings seen before it', { failure: 'drift', changes: 4 }, 'drift'],
    ]
    for (const [what, given, outcome] of stronger)
      it(what, () => {
        expect(decideOutcome({ ...PLAIN, ...given })).to.equal(outcome)
      })
  })

  describe('drift', () => {
    it('begins at a fifth of what was to be read, and unlisted entries were not', () => {
      expect(DRIFT_SHARE).to.equal(0.2)
      expect(isDrift({ listed: 100, unlisted: 0, rejected: 19, seen: 81 })).to.equal(false)
      expect(isDrift({ listed: 100, unlisted: 0, rejected: 20, seen: 80 })).to.equal(true)
      expect(isDrift({ listed: 100, unlisted: 5, rejected: 19, seen: 76 })).to.equal(true)
      expect(isDrift({ listed: 100, unlisted: 100, rejected: 0, seen: 0 })).to.equal(false)
      expect(isDrift({ listed: 0, unlisted: 0, rejected: 0, seen: 0 })).to.equal(false)
      expect(isDrift({ listed: 1, unlisted: 0, rejected: 0, seen: 0 })).to.equal(true)
    })
  })

  describe('a visit is complete', () => {
    it('when nothing failed, was cut off or could not be read', () => {
      expect(isComplete(PLAIN)).to.equal(true)
      expect(isComplete({ ...PLAIN, ...EMPTY })).to.equal(true)
      for (const flaw of [{ failure: 'gone' as const }, { truncated: true }, { rejected: 1 }])
        expect(isComplete({ ...PLAIN, ...flaw }), JSON.stringify(flaw)).to.equal(false)
    })

    it('whenever its outcome says that the board was read completely', () => {
      fc.assert(
        fc.property(facts, (given) => {
          if (COMPLETE_OUTCOMES.includes(decideOutcome(given))) expect(given.untouched || isComplete(given)).to.equal(true)
        }),
        { numRuns: 2000 },
      )
    })
  })

  describe('whatever the facts', () => {
    it('it is one of the closed list', () => {
      fc.assert(fc.property(facts, (given) => void expect(OUTCOMES).to.include(decideOutcome(given))))
    })

    it('it is never plain success without a posting', () => {
      fc.assert(
        fc.property(facts, (given) => void expect(decideOutcome({ ...given, seen: 0 })).not.to.equal('ok')),
        { numRuns: 2000 },
      )
      fc.assert(
        fc.property(
          facts,
          (given) => void expect(decideOutcome({ ...given, seen: 0, untouched: false })).not.to.be.oneOf(['ok', 'unchanged']),
        ),
        { numRuns: 2000 },
      )
    })

    it('it is never complete after a failure, a cut or a refused drop', () => {
      fc.assert(
        fc.property(facts, fc.constantFrom(...FAILURE_KINDS), (given, failure) => {
          expect(COMPLETE_OUTCOMES).not.to.include(decideOutcome({ ...given, failure }))
          expect(COMPLETE_OUTCOMES).not.to.include(decideOutcome({ ...given, untouched: false, truncated: true }))
          expect(COMPLETE_OUTCOMES).not.to.include(decideOutcome({ ...given, untouched: false, dropRefused: true }))
        }),
        { numRuns: 2000 },
      )
    })
  })
})
