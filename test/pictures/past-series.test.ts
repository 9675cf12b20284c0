// When an alert would have fired, of when its expression held, and which steps a panel takes.

import { expect } from 'chai'
import { firingTimes } from './past-series.ts'
import { intervalOf } from './picture.ts'

/** Minutes in place of seconds. */
function fires(holds: readonly number[], wait: number, keep: number, end: number): number[] {
  const times = firingTimes(
    holds.map((minute) => minute * 60),
    { wait: wait * 60, keep: keep * 60, end: end * 60 },
  )
  return times.map((at) => at / 60)
}

describe('an alert of the past', () => {
  it('fires as long as its expression holds', () => {
    expect(fires([3, 4, 5], 0, 0, 10)).to.deep.equal([3, 4, 5])
  })
  it('waits before, and begins anew after a break', () => {
    expect(fires([1, 2, 3, 5, 6, 7, 8], 2, 0, 10)).to.deep.equal([3, 7, 8])
  })
  it('is kept after, and over breaks that are short enough', () => {
    expect(fires([1, 3, 8], 0, 2, 12)).to.deep.equal([1, 2, 3, 4, 5, 8, 9, 10])
  })
  it('is not kept before it has fired', () => {
    expect(fires([1, 3], 1, 5, 9)).to.deep.equal([])
  })
  it('never fires without a reason', () => {
    expect(fires([], 0, 5, 9)).to.deep.equal([])
  })
})

describe('the time between two points of a panel', () => {
  const day = { from: 0, to: 86_400_000 }
  it('is a round one for its width', () => {
    expect(intervalOf(day, 500, 15)).to.equal(300)
    expect(intervalOf(day, 1400, 15)).to.equal(120)
  })
  it('is never below the scrapes, nor below what the panel says', () => {
    expect(intervalOf({ from: 0, to: 60_000 }, 500, 15)).to.equal(15)
    expect(intervalOf(day, 500, 15, '1h')).to.equal(3600)
    expect(intervalOf(day, 500, 15, '7d')).to.equal(604_800)
  })
})
