// The arithmetic of budgets: what the parts mean to each other, for any objective and any course of events.

import { expect } from 'chai'
import fc from 'fast-check'
import { budgetLeft, budgetOf, budgetSpent, burnRate, errorRatio, highestBurn, timeToExhaustion } from '../../../ops/slo/budget.ts'

const objective = fc.integer({ min: 500, max: 9999 }).map((n) => n / 10_000)
const share = fc.double({ min: 0, max: 1, noNaN: true })
const period = fc.constantFrom(3600, 86_400, 604_800, 2_592_000)

describe('ops/slo/budget', () => {
  it('knows the figures of the house', () => {
    expect(burnRate(0.1, 0.95)).to.be.closeTo(2, 1e-9)
    expect(burnRate(0.08, 0.95)).to.be.closeTo(1.6, 1e-9)
    expect(burnRate(0.01, 0.999)).to.be.closeTo(10, 1e-9)
    expect(highestBurn(0.95)).to.be.closeTo(20, 1e-9)
    expect(budgetSpent(0.1, 0.95, 3600, 86_400)).to.be.closeTo(0.0833, 1e-4)
    expect(budgetOf(0.999) * 7 * 24 * 60).to.be.closeTo(10.08, 1e-6)
    // 5% of 10,000 requests are 500.
    expect(budgetOf(0.95) * 10_000).to.be.closeTo(500, 1e-6)
  })

  it('takes a time without events for a good time', () => {
    expect(errorRatio(0, 0)).to.equal(0)
    expect(errorRatio(1, 4)).to.equal(0.25)
  })

  it('has nothing left exactly when as much went wrong as may', () => {
    fc.assert(
      fc.property(objective, share, (promised, bad) => {
        const left = budgetLeft(bad, promised)
        expect(left).to.be.at.most(1)
        expect(budgetLeft(0, promised)).to.equal(1)
        expect(budgetLeft(1 - promised, promised)).to.be.closeTo(0, 1e-9)
        expect(Math.abs(left) < 1e-9 || left > 0 === bad < 1 - promised).to.equal(true)
      }),
    )
  })

  it('spends the whole budget in one period at a burn of 1, and in half of it at 2', () => {
    fc.assert(
      fc.property(period, objective, fc.double({ min: 0.01, max: 50, noNaN: true }), (seconds, promised, burn) => {
        expect(timeToExhaustion(1, burn, seconds)).to.be.closeTo(seconds / burn, 1e-6)
        expect(budgetSpent(burn * budgetOf(promised), promised, seconds / burn, seconds)).to.be.closeTo(1, 1e-9)
      }),
    )
  })

  it('is spent when the time to exhaustion has passed, and not before', () => {
    fc.assert(
      fc.property(
        period,
        objective,
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (seconds, promised, left, bad) => {
          const wait = timeToExhaustion(left, burnRate(bad, promised), seconds)
          expect(left - budgetSpent(bad, promised, wait, seconds)).to.be.closeTo(0, 1e-9)
          expect(left - budgetSpent(bad, promised, wait * 0.99, seconds)).to.be.greaterThan(0)
        },
      ),
    )
  })

  it('is never spent when nothing burns, and at once when nothing is left', () => {
    expect(timeToExhaustion(0.5, 0, 3600)).to.equal(Infinity)
    expect(timeToExhaustion(0, 0, 3600)).to.equal(0)
    expect(timeToExhaustion(-0.2, 3, 3600)).to.equal(0)
  })

  it('burns faster the more goes wrong, and never beyond the highest burn', () => {
    fc.assert(
      fc.property(objective, share, share, (promised, a, b) => {
        expect(burnRate(Math.min(a, b), promised)).to.be.at.most(burnRate(Math.max(a, b), promised))
        expect(burnRate(a, promised)).to.be.at.most(highestBurn(promised))
      }),
    )
  })
})
