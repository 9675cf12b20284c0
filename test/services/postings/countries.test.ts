// Countries by their names and codes.

import { expect } from 'chai'
import { countryCoded, countryNamed, countryStated, fold } from '../../../services/postings/countries.ts'

describe('countries', () => {
  it('are known by their English names, short forms and what they call themselves', () => {
    for (const [name, code] of [
      ['Germany', 'DE'],
      ['United States', 'US'],
      ['USA', 'US'],
      ['U.S.', 'US'],
      ['us', 'US'],
      ['United Kingdom', 'GB'],
      ['UK', 'GB'],
      ['UAE', 'AE'],
      ['Czech Republic', 'CZ'],
      ['Czechia', 'CZ'],
      ['South Korea', 'KR'],
      ['Viet Nam', 'VN'],
      ['Vietnam', 'VN'],
      ['The Netherlands', 'NL'],
      ['Türkiye', 'TR'],
      ['turkiye', 'TR'],
      ['Magyarország', 'HU'],
      ['brasil', 'BR'],
      ['Polska', 'PL'],
      ['Deutschland', 'DE'],
      ['Serbia ', 'RS'],
      ['France, Metropolitan', 'FR'],
      ['Hong Kong', 'HK'],
      ['日本', 'JP'],
      ['Україна', 'UA'],
      ['Ελλάδα', 'GR'],
    ] as const)
      expect(countryNamed(name), name).to.equal(code)
  })

  it('are not regions of the world, cities or codes alone', () => {
    for (const name of [
      'European Union',
      'EMEA',
      'Europe',
      'Asia',
      'North America',
      'Worldwide',
      'Remote',
      'Berlin',
      'DE',
      'CA',
      'IN',
      '',
      'constructor',
    ])
      expect(countryNamed(name), name).to.equal(null)
  })

  it('are known by codes of two or three capitals', () => {
    expect(['DE', 'GBR', 'US', 'USA'].map(countryCoded)).to.deep.equal(['DE', 'GB', 'US', 'US'])
    for (const code of ['de', 'XX', 'EU', 'GERM', 'toString']) expect(countryCoded(code), code).to.equal(null)
  })

  it('in a field of their own may be a name or a code in any case', () => {
    expect(['de', 'GB', 'uk', 'gbr', 'Germany', ' France '].map(countryStated)).to.deep.equal(['DE', 'GB', 'GB', 'GB', 'DE', 'FR'])
    expect(countryStated('EMEA remote')).to.equal(null)
  })

  it('are compared without case and accents', () => {
    expect(fold(' São Tomé ')).to.equal('sao tome')
  })
})
