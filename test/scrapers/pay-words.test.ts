// What the words around an amount say of it.

import { expect } from 'chai'
import { basisIn, periodIn, periodNamed, speaksOfPay } from '../../scrapers/pay-words.ts'

describe('words about pay', () => {
  for (const [words, period] of [
    ['Annual base salary', 'year'],
    ['annualized', 'year'],
    ['$100K per year', 'year'],
    ['€50.000 p.a.', 'year'],
    ['60k per annum', 'year'],
    ['$120k/yr', 'year'],
    ['Yearly pay', 'year'],
    ['Hourly rate', 'hour'],
    ['$20.50 per hour', 'hour'],
    ['$20/hr', 'hour'],
    ['twenty dollars an hour', 'hour'],
    ['monthly gross', 'month'],
    ['1800 EUR/month', 'month'],
    ['$15,000/week', 'week'],
    ['weekly', 'week'],
    ['day rate', 'day'],
    ['£300 per day', 'day'],
    ['Hourly, with an annual bonus', 'hour'],
    ['Annual salary, reviewed at the annual review', 'year'],
    ['Monthly salary and a yearly learning allowance', 'month'],
    ['Hourly pay in weekly pay checks', 'hour'],
    ['Annual salary for 8 hours per day', 'year'],
  ] as const)
    it(`says ${period} in "${words}"`, () => {
      expect(periodIn(words)).to.equal(period)
    })

  for (const words of [
    'Salary range',
    'hourly or annual',
    'Annual bonus',
    '2 years of experience',
    'everyday work',
    'Zone 1',
    'Manual',
    '',
  ])
    it(`says no period in "${words}"`, () => {
      expect(periodIn(words)).to.equal(null)
    })

  it('says nothing where there are no words', () => {
    expect(periodIn(null)).to.equal(null)
    expect(basisIn(null)).to.equal('base')
    expect(periodNamed(null)).to.equal(null)
  })

  it('knows the enumerations of periods, and takes no multiple or fraction for one', () => {
    expect(['1 YEAR', '1 hour', 'per-month-salary', 'per-day-wage'].map(periodNamed)).to.deep.equal(['year', 'hour', 'month', 'day'])
    for (const other of ['NONE', '2 YEAR', '10 HOUR', 'semi-month-salary', 'bi-week-salary', 'one-time', 'year', '1 QUARTER'])
      expect(periodNamed(other), other).to.equal(null)
  })

  it('tells base, OTE, total and equity apart', () => {
    for (const [words, basis] of [
      ['Base salary', 'base'],
      ['OTE', 'ote'],
      ['On-Target Earnings (OTE)', 'ote'],
      ['Total compensation', 'total'],
      ['total target cash', 'total'],
      ['Equity', 'equity'],
      ['RSUs', 'equity'],
      ['remote', 'base'],
    ] as const)
      expect(basisIn(words), words).to.equal(basis)
  })

  it('takes only pay for pay', () => {
    for (const name of ['Salary', 'Pay Transparency Range', 'Base Compensation', 'Hourly rate', 'Wage', 'On Target Earnings'])
      expect(speaksOfPay(name), name).to.equal(true)
    for (const name of [
      'Referral Reward',
      'Signing bonus',
      'Relocation pay',
      'Payload',
      'Company',
      'Budget',
      'Stock compensation',
      'Commission pay',
    ])
      expect(speaksOfPay(name), name).to.equal(false)
  })
})
