// A search in its own words.

import { expect } from 'chai'
import { terms } from '../../../services/notify/terms.ts'

describe('the terms of a search', () => {
  it('say each field as people would', () => {
    expect(
      terms({
        q: 'platform or sre',
        title: 'engineer',
        company: 'acme',
        location: 'Berlin',
        country: 'de',
        mode: 'remote',
        level: 'senior',
        skill: ['go', 'c++'],
        salary_min: 150_000,
        currency: 'USD',
        source: 'lever',
        posted_within: 7,
      }),
    ).to.deep.equal([
      '“platform or sre”',
      '“engineer” in the title',
      'at acme',
      'Berlin',
      'Germany',
      'remote',
      'senior',
      'go',
      'c++',
      'from USD 150,000 a year',
      'on lever',
      'posted within 7 days',
    ])
  })

  it('leave out what says nothing about a posting', () => {
    expect(terms({ sort: 'newest', limit: 5, cursor: 'x', status: 'open', as_of: '2025-01-01' })).to.deep.equal([])
    expect(terms({ q: '', location: '  ' })).to.deep.equal(['“”'])
  })

  it('say pay with and without a currency, and a currency alone', () => {
    expect(terms({ salary_min: 90_000 })).to.deep.equal(['from 90,000 a year'])
    expect(terms({ currency: 'EUR' })).to.deep.equal(['paid in EUR'])
    expect(terms({ posted_within: 1 })).to.deep.equal(['posted within 1 day'])
  })

  it('repeat a country that is none', () => {
    expect(terms({ country: 'Nowhere' })).to.deep.equal(['Nowhere'])
    expect(terms({ country: 'QQ' })).to.deep.equal(['QQ'])
  })
})
