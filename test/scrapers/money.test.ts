// Decimals of currencies, minor units, bands.

import { expect } from 'chai'
import fc from 'fast-check'
import { bandOf, decimalsOf, toMinor } from '../../scrapers/money.ts'

describe('money', () => {
  it('knows how many decimals each currency has', () => {
    expect(['USD', 'EUR', 'GBP', 'INR', 'PLN'].map(decimalsOf)).to.deep.equal([2, 2, 2, 2, 2])
    expect(['JPY', 'KRW', 'VND', 'CLP', 'ISK'].map(decimalsOf)).to.deep.equal([0, 0, 0, 0, 0])
    expect(['KWD', 'BHD', 'TND'].map(decimalsOf)).to.deep.equal([3, 3, 3])
  })

  it('knows nothing of what is no active currency', () => {
    for (const other of ['DEM', 'XXX', 'BTC', 'usd', '$', '', null]) expect(decimalsOf(other), String(other)).to.equal(null)
  })

  it('makes minor units without losing a cent to binary fractions', () => {
    expect(toMinor(26.08, 'USD')).to.equal(2608)
    expect(toMinor(0.29, 'USD')).to.equal(29)
    expect(toMinor(220_500.5, 'USD')).to.equal(22_050_050)
    expect(toMinor(1200, 'JPY')).to.equal(1200)
    expect(toMinor(1.2345, 'KWD')).to.equal(1235)
    expect(toMinor(5, null), 'an unknown currency as if it had two decimals').to.equal(500)
    expect(toMinor(null, 'USD')).to.equal(null)
    expect(toMinor(1e300, 'USD'), 'beyond what a number holds exactly').to.equal(null)
  })

  it('gives back every whole number of cents', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (cents) => toMinor(cents / 100, 'EUR') === cents))
  })

  it('makes a band of whatever end is stated, and none of nothing', () => {
    const stated = { currency: 'USD', period: 'year', basis: 'base', label: null, evidence: null } as const
    expect(bandOf([{ a: 1, b: 2 }, 'a', 'b'], stated)).to.deep.equal([{ ...stated, minMinor: 100, maxMinor: 200, evidence: '1 – 2 USD' }])
    expect(bandOf([{ a: '5.5' }, 'a', 'b'], stated)[0]).to.include({ minMinor: 550, maxMinor: null, evidence: '5.5 – ? USD' })
    expect(bandOf([{ b: 3 }, 'a', 'b'], { ...stated, evidence: 'up to three' })[0]).to.include({ minMinor: null, evidence: 'up to three' })
    expect(bandOf([{ a: null, b: 'much' }, 'a', 'b'], stated)).to.deep.equal([])
  })
})
