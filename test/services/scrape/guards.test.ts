// The guards: a sudden drop closes nothing until most of the window agrees, and a source that repeats its pages is noticed.

import { expect } from 'chai'
import fc from 'fast-check'
import { createPageGuard, DROP_SHARE, judgeDrop, median, nextWindow, WINDOW } from '../../../services/scrape/guards.ts'
import type { RawPosting } from '../../../scrapers/source.ts'

const counts = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 9 })

/** How many visits in a row see `seen` until the first of them is believed. */
function visitsUntilBelieved(window: readonly number[], seen: number): number {
  let recent = [...window]
  for (let visit = 1; visit <= 20; visit++) {
    if (!judgeDrop(seen, recent).refused) return visit
    recent = nextWindow(recent, seen)
  }
  return Infinity
}

const page = (...ids: string[]) => ids.map((externalId) => ({ externalId }) as RawPosting)

describe('services/scrape/guards', () => {
  describe('median', () => {
    it('is the middle one, the mean of the two middle ones, or 0 for none', () => {
      expect(median([5, 1, 100])).to.equal(5)
      expect(median([4, 1, 2, 100])).to.equal(3)
      expect(median([7])).to.equal(7)
      expect(median([])).to.equal(0)
    })

    it('does not depend on the order and leaves the list as it is', () => {
      fc.assert(
        fc.property(
          counts.chain((values) => fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length }))),
          ([values, shuffled]) => {
            const before = [...shuffled]
            expect(median(shuffled)).to.equal(median(values))
            expect(shuffled).to.deep.equal(before)
          },
        ),
      )
    })

    it('has at most half of the values on either side', () => {
      fc.assert(
        fc.property(counts, (values) => {
          const middle = median(values)
          expect(values.filter((value) => value < middle).length).to.be.at.most(values.length / 2)
          expect(values.filter((value) => value > middle).length).to.be.at.most(values.length / 2)
        }),
      )
    })

    it('moves with its values', () => {
      fc.assert(
        fc.property(counts, fc.nat(1000), (values, by) => {
          expect(median(values.map((value) => value + by))).to.equal(median(values) + by)
        }),
      )
    })
  })

  describe('the drop guard', () => {
    it('refuses below seven tenths of the median of the last five, and tells the numbers', () => {
      expect([WINDOW, DROP_SHARE]).to.deep.equal([5, 0.7])
      expect(judgeDrop(69, [100, 100, 100, 100, 100])).to.deep.equal({ refused: true, seen: 69, median: 100 })
      expect(judgeDrop(70, [100, 100, 100, 100, 100])).to.deep.equal({ refused: false, seen: 70, median: 100 })
    })

    it('looks at the last five alone, and is not led by one odd visit among them', () => {
      expect(judgeDrop(50, [1000, 1000, 1000, 50, 50, 50, 50, 50]).refused).to.equal(false)
      expect(judgeDrop(50, [60, 60, 5000, 60, 60]).refused).to.equal(false)
    })

    it('lets a first visit pass, whatever it saw', () => {
      fc.assert(fc.property(fc.nat(), (seen) => void expect(judgeDrop(seen, []).refused).to.equal(false)))
    })

    it('compares the first complete visit with what partial ones have stored', () => {
      expect(judgeDrop(69, [], 100)).to.deep.equal({ refused: true, seen: 69, median: 100 })
      expect(judgeDrop(70, [], 100).refused).to.equal(false)
      expect(judgeDrop(69, [69], 100).refused).to.equal(false)
    })

    it('never refuses growth', () => {
      fc.assert(
        fc.property(counts, fc.nat(), (window, more) => {
          expect(judgeDrop(Math.ceil(median(window.slice(-WINDOW))) + more, window).refused).to.equal(false)
        }),
      )
    })

    it('believes a board that really shrank with the fourth visit, when three of five agree', () => {
      expect(visitsUntilBelieved([100, 100, 100, 100, 100], 10)).to.equal(4)
      expect(visitsUntilBelieved([100, 100, 100, 100, 100], 0)).to.equal(4)
      expect(visitsUntilBelieved([3], 0)).to.equal(3)
    })

    it('believes in the end whatever stays, and a single bad visit changes no later verdict', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(10_000), { minLength: 1, maxLength: 5 }), fc.nat(10_000), (window, seen) => {
          expect(visitsUntilBelieved(window, seen)).to.be.at.most(4)
        }),
      )
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000), (usual, odd) => {
          const after = nextWindow([usual, usual, usual, usual, usual], odd)
          expect(judgeDrop(usual, after)).to.deep.equal({ refused: false, seen: usual, median: usual })
        }),
      )
    })
  })

  describe('the window', () => {
    it('keeps the last five, newest last', () => {
      expect(nextWindow([], 3)).to.deep.equal([3])
      expect(nextWindow([1, 2, 3, 4, 5], 6)).to.deep.equal([2, 3, 4, 5, 6])
    })
  })

  describe('the page guard', () => {
    it('notices a page that brings nothing new', () => {
      const isRepeated = createPageGuard()
      expect(isRepeated(page('a', 'b'))).to.equal(false)
      expect(isRepeated(page('c'))).to.equal(false)
      expect(isRepeated(page('b', 'c'))).to.equal(true)
    })

    it('lets a page pass that overlaps, as boards that shift while they are read', () => {
      const isRepeated = createPageGuard()
      isRepeated(page('a', 'b'))
      expect(isRepeated(page('b', 'c'))).to.equal(false)
    })

    it('does not take an empty page or a doubled first one for a repetition', () => {
      const isRepeated = createPageGuard()
      expect(isRepeated(page('a', 'a'))).to.equal(false)
      expect(isRepeated(page())).to.equal(false)
      expect(createPageGuard()(page('a'))).to.equal(false)
    })

    it('ends every visit to a source that has only so many postings', () => {
      fc.assert(
        fc.property(fc.array(fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }), { minLength: 5, maxLength: 8 }), (pages) => {
          const isRepeated = createPageGuard()
          // At most four pages can bring something new.
          expect(pages.some((ids) => isRepeated(page(...ids)))).to.equal(true)
        }),
      )
    })
  })
})
