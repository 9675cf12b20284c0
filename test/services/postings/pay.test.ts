// Pay bands made comparable.

import { expect } from 'chai'
import fc from 'fast-check'
import { annualise, normalisePay, payUnknown, PERIODS_PER_YEAR, toMajor } from '../../../services/postings/pay.ts'
import { rawPay } from './raw.ts'

const one = (extra: Parameters<typeof rawPay>[0]) => normalisePay([rawPay(extra)])[0]

describe('annual pay', () => {
  for (const [minor, currency, period, annual] of [
    [10_000_000, 'USD', 'year', 100_000],
    [500_000, 'EUR', 'month', 60_000],
    [200_000, 'GBP', 'week', 104_000],
    [30_000, 'GBP', 'day', 78_000],
    [1923, 'USD', 'hour', 39_998.4],
    [1500, 'JPY', 'hour', 3_120_000],
    [5_000_000, 'JPY', 'year', 5_000_000],
    [1_234_500, 'KWD', 'month', 14_814],
    [2608, 'USD', 'hour', 54_246.4],
  ] as const)
    it(`of ${minor} minor units of ${currency} per ${period} is ${annual}`, () => {
      expect(annualise(minor, currency, period)).to.equal(annual)
    })

  it('is unknown where amount, currency or period is', () => {
    expect(annualise(null, 'USD', 'year')).to.equal(null)
    expect(annualise(100, null, 'year')).to.equal(null)
    expect(annualise(100, 'XYZ', 'year')).to.equal(null)
    expect(annualise(100, 'USD', null)).to.equal(null)
  })

  it('grows with the amount, for every period', () => {
    const period = fc.constantFrom(...(Object.keys(PERIODS_PER_YEAR) as (keyof typeof PERIODS_PER_YEAR)[]))
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(10 ** 9), period, (a, b, per) => {
        const [low, high] = [annualise(Math.min(a, b), 'USD', per), annualise(Math.max(a, b), 'USD', per)]
        return low !== null && high !== null && low <= high
      }),
    )
  })
})

describe('minor units', () => {
  it('become major ones by the decimals of their currency', () => {
    expect(toMajor(1250, 'USD')).to.equal(12.5)
    expect(toMajor(1250, 'JPY')).to.equal(1250)
    expect(toMajor(1250, 'KWD')).to.equal(1.25)
    expect(toMajor(1250, null)).to.equal(12.5)
  })
})

describe('pay bands', () => {
  it('keep what the source states beside what it comes to', () => {
    expect(one({ minMinor: 2000, maxMinor: 2550, period: 'hour', label: ' Zone  1 ', evidence: ' $20\u00a0– $25.50/hr ' })).to.deep.equal({
      min_minor: 2000,
      max_minor: 2550,
      currency: 'USD',
      period: 'hour',
      basis: 'base',
      label: 'Zone 1',
      annual_min: 41_600,
      annual_max: 53_040,
      origin: 'structured',
      evidence: '$20 – $25.50/hr',
    })
  })

  it('are put in order where the ends are swapped, with the source’s words kept', () => {
    expect(one({ minMinor: 900, maxMinor: 500, evidence: '9 – 5' })).to.include({
      min_minor: 500,
      max_minor: 900,
      annual_min: 5,
      annual_max: 9,
      evidence: '9 – 5',
    })
  })

  it('are left out where both ends are zero, nothing or nonsense', () => {
    for (const [minMinor, maxMinor] of [
      [0, 0],
      [null, null],
      [0, null],
      [-5, 0],
      [Number.NaN, null],
      [1e300, null],
    ] as const)
      expect(normalisePay([rawPay({ minMinor, maxMinor })]), `${minMinor} – ${maxMinor}`).to.deep.equal([])
  })

  it('have an open end where only one end is stated', () => {
    expect(one({ minMinor: 100, maxMinor: null })).to.include({ min_minor: 100, max_minor: null, annual_min: 1, annual_max: null })
    expect(one({ minMinor: 0, maxMinor: 300 }), 'zero is no lower end').to.include({
      min_minor: null,
      max_minor: 300,
      annual_min: null,
      annual_max: 3,
    })
  })

  it('have no annual figure without a known currency, and say why', () => {
    for (const currency of [null, 'XYZ', '$', 'US Dollars']) {
      const pay = one({ currency })
      expect(pay, String(currency)).to.include({ currency: null, annual_min: null, annual_max: null, min_minor: 100 })
      expect(pay && payUnknown(pay)).to.equal('currency_unknown')
    }
    expect(one({ currency: ' usd ' })?.currency).to.equal('USD')
  })

  it('have no annual figure without a period, and say why', () => {
    const pay = one({ period: null })
    expect(pay).to.include({ annual_min: null, annual_max: null, currency: 'USD' })
    expect(pay && payUnknown(pay)).to.equal('period_unknown')
    const known = one({})
    expect(known && payUnknown(known)).to.equal(null)
  })

  it('of equity have no annual figure: a grant is no yearly pay', () => {
    expect(one({ basis: 'equity', period: 'year' })).to.include({ annual_min: null, annual_max: null, period: 'year', basis: 'equity' })
  })

  it('are all kept, in order', () => {
    expect(normalisePay(['a', 'b', 'c'].map((label) => rawPay({ label }))).map((pay) => pay.label)).to.deep.equal(['a', 'b', 'c'])
  })

  it('always have their lower end below the upper one', () => {
    const end = fc.option(fc.integer({ min: -100, max: 10 ** 9 }))
    fc.assert(
      fc.property(end, end, (minMinor, maxMinor) =>
        normalisePay([rawPay({ minMinor, maxMinor })]).every(
          (pay) =>
            pay.min_minor === null ||
            pay.max_minor === null ||
            (pay.min_minor <= pay.max_minor && (pay.annual_min ?? 0) <= (pay.annual_max ?? 0)),
        ),
      ),
    )
  })
})
