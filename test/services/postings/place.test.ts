// Where a posting is: what words settle, and what they leave open.

import { expect } from 'chai'
import fc from 'fast-check'
import { normalisePlaces, readPlace } from '../../../services/postings/place.ts'
import { rawPlace } from './raw.ts'

type Read = readonly [text: string, city: string | null, region: string | null, country: string | null]

const SETTLED: readonly Read[] = [
  ['Berlin, Germany', 'Berlin', null, 'DE'],
  ['London, United Kingdom', 'London', null, 'GB'],
  ['London, UK', 'London', null, 'GB'],
  ['London, England', 'London', 'England', 'GB'],
  ['Greater London, England, United Kingdom', 'London', 'England', 'GB'],
  ['New York, NY', 'New York', 'New York', 'US'],
  ['New York, New York, United States', 'New York', 'New York', 'US'],
  ['New York', 'New York', 'New York', 'US'],
  ['San Francisco, CA', 'San Francisco', 'California', 'US'],
  ['San Francisco, CA, US', 'San Francisco', 'California', 'US'],
  ['San Francisco, CA - US', 'San Francisco', 'California', 'US'],
  ['San Francisco Bay Area', 'San Francisco', 'California', 'US'],
  ['San Jose, CA', 'San Jose', 'California', 'US'],
  ['San José, Costa Rica', 'San José', null, 'CR'],
  ['Mountain View, California (HQ)', 'Mountain View', 'California', 'US'],
  ['Austin, TX', 'Austin', 'Texas', 'US'],
  ['Galena, Illinois', 'Galena', 'Illinois', 'US'],
  ['Washington, DC', 'Washington', 'District of Columbia', 'US'],
  ['Washington, D.C.', 'Washington', 'District of Columbia', 'US'],
  ['Seattle, Washington', 'Seattle', 'Washington', 'US'],
  ['Washington', null, 'Washington', 'US'],
  ['New Orleans, LA', 'New Orleans', 'Louisiana', 'US'],
  ['Paris, TX', 'Paris', 'Texas', 'US'],
  ['London, OH', 'London', 'Ohio', 'US'],
  ['Vienna, VA', 'Vienna', 'Virginia', 'US'],
  ['Cambridge, MA', 'Cambridge', 'Massachusetts', 'US'],
  ['Portland, ME', 'Portland', 'Maine', 'US'],
  ['Wilmington, DE', 'Wilmington', 'Delaware', 'US'],
  ['Darmstadt, DE', 'Darmstadt', null, 'DE'],
  ['Gurugram, IN', 'Gurugram', null, 'IN'],
  ['Indianapolis, IN', 'Indianapolis', 'Indiana', 'US'],
  ['Bogotá, CO', 'Bogotá', null, 'CO'],
  ['Denver, CO', 'Denver', 'Colorado', 'US'],
  ['Toronto, CA', 'Toronto', 'Ontario', 'CA'],
  ['Toronto, ON, Canada', 'Toronto', 'Ontario', 'CA'],
  ['London, Ontario', 'London', 'Ontario', 'CA'],
  ['Vancouver, BC', 'Vancouver', 'British Columbia', 'CA'],
  ['Victoria, BC', 'Victoria', 'British Columbia', 'CA'],
  ['Perth, WA', 'Perth', 'Western Australia', 'AU'],
  ['Seattle, WA', 'Seattle', 'Washington', 'US'],
  ['Sydney, NSW', 'Sydney', 'New South Wales', 'AU'],
  ['Atlanta, Georgia', 'Atlanta', 'Georgia', 'US'],
  ['Tbilisi, Georgia', 'Tbilisi', null, 'GE'],
  ['Bengaluru, Karnataka, India', 'Bengaluru', 'Karnataka', 'IN'],
  ['Trento, Trentino, Italy', 'Trento', 'Trentino', 'IT'],
  ['Olímpia, Sao Paulo, Brasil', 'Olímpia', 'São Paulo', 'BR'],
  ['Auckland, NZ', 'Auckland', null, 'NZ'],
  ['Tokyo', 'Tokyo', null, 'JP'],
  ['Warszawa', 'Warszawa', null, 'PL'],
  ['Singapore', 'Singapore', null, 'SG'],
  ['Magyarország', null, null, 'HU'],
  ['1087 Budapest, Kerepesi út', 'Budapest', null, 'HU'],
  ['100 Example St, New York, NY 10012', 'New York', 'New York', 'US'],
  ['Remote - US', null, null, 'US'],
  ['US Remote', null, null, 'US'],
  ['Remote, United States', null, null, 'US'],
  ['Remote (US only)', null, null, 'US'],
  ['Remote, East Coast USA', null, null, 'US'],
  ['Exampleco US', null, null, 'US'],
  ['Anywhere in the US', null, null, 'US'],
  ['Anywhere in Belgium', null, null, 'BE'],
  ['Hybrid in Toronto', 'Toronto', 'Ontario', 'CA'],
  ['Remote - Texas', null, 'Texas', 'US'],
]

const OPEN: readonly Read[] = [
  ['Ontario, CA', 'Ontario', null, null],
  ['Remote - CA', null, null, null],
  ['Remote, OR', null, null, null],
  ['Georgia', null, null, null],
  ['Dublin', 'Dublin', null, null],
  ['Panama City, PA', 'Panama City', null, null],
  ['Smallville, TN', null, null, null],
  ['la', null, null, null],
  ['de', null, null, null],
  ['(PATTAN)', null, null, null],
  ['53 Locations', null, null, null],
  ['america-chicago', null, null, null],
  ['EMEA', null, null, null],
  ['Home based - Worldwide', null, null, null],
  ['Germany, France', null, null, null],
  ['distributed systems', null, null, null],
  ['', null, null, null],
]

describe('a place in words', () => {
  for (const [text, city, region, country] of SETTLED)
    it(`is settled by "${text}"`, () => {
      expect(readPlace(text, null)).to.deep.equal({ city, region, country })
    })

  for (const [text, city, region, country] of OPEN)
    it(`is left open by "${text}"`, () => {
      expect(readPlace(text, null)).to.deep.equal({ city, region, country })
    })

  it('of several meanings is the one at home, and never another', () => {
    expect(readPlace('Ontario, CA', 'US')).to.deep.equal({ city: 'Ontario', region: 'California', country: 'US' })
    expect(readPlace('Ontario, CA', 'CA').country).to.equal('CA')
    expect(readPlace('Ontario, CA', 'DE').country).to.equal(null)
    expect(readPlace('Dublin', 'IE')).to.deep.equal({ city: 'Dublin', region: null, country: 'IE' })
    expect(readPlace('Dublin', 'US').country).to.equal('US')
    expect(readPlace('Remote - CA', 'CA').country).to.equal('CA')
    expect(readPlace('Remote - CA', 'US')).to.deep.equal({ city: null, region: 'California', country: 'US' })
    expect(readPlace('Smallville, TN', 'US')).to.deep.equal({ city: 'Smallville', region: 'Tennessee', country: 'US' })
  })

  it('is not moved home when its words settle it', () => {
    expect(readPlace('Berlin, Germany', 'US').country).to.equal('DE')
    expect(readPlace('Darmstadt, DE', 'US').country).to.equal('DE')
    expect(readPlace('Tokyo', 'US').country).to.equal('JP')
    expect(readPlace('EMEA', 'US').country).to.equal(null)
    expect(readPlace('Remote', 'US').country).to.equal(null)
  })

  it('never throws, and has a country of two capitals or none', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('CA', 'Berlin', 'Georgia', ', ', ' - ', 'Remote', 'US', '(', ')', 'New York', 'WA', 'constructor'),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.constantFrom('US', 'DE', null), (words, home) => {
        expect(readPlace(words.join(''), home).country ?? 'XX').to.match(/^[A-Z]{2}$/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the places of a posting', () => {
  const texts = (...given: string[]) =>
    normalisePlaces(
      given.map((text) => rawPlace(text)),
      null,
    ).map((place) => place.text)

  it('are one for each that a text lists', () => {
    expect(texts('San Francisco, CA; Remote, US')).to.deep.equal(['San Francisco, CA', 'Remote, US'])
    expect(texts('Berlin | Paris\nRome')).to.deep.equal(['Berlin', 'Paris', 'Rome'])
    expect(texts('SF / NYC')).to.deep.equal(['SF', 'NYC'])
    expect(texts('Melbourne HQ or Sydney')).to.deep.equal(['Melbourne HQ', 'Sydney'])
    expect(texts('New York, San Francisco, or Seattle')).to.deep.equal(['New York', 'San Francisco', 'Seattle'])
  })

  it('are one where commas only narrow it down', () => {
    expect(texts('New York, New York')).to.deep.equal(['New York, New York'])
    expect(texts('Berlin, Germany')).to.deep.equal(['Berlin, Germany'])
    expect(texts('Singapore, Singapore')).to.deep.equal(['Singapore, Singapore'])
    expect(texts('Portland, Oregon')).to.deep.equal(['Portland, Oregon'])
  })

  it('are named once each, in one line', () => {
    expect(texts('Berlin ', ' Berlin', 'Berlin; Berlin')).to.deep.equal(['Berlin'])
    expect(texts('Berlin,\u00a0 Germany')).to.deep.equal(['Berlin, Germany'])
    expect(texts('', ' ; ')).to.deep.equal([])
  })

  it('leave out a way of working that stands for a place, unless there is nothing else', () => {
    expect(texts('Hybrid', 'Berlin')).to.deep.equal(['Berlin'])
    expect(texts('Remote')).to.deep.equal(['Remote'])
    expect(texts('Remote', 'Hybrid')).to.deep.equal(['Remote'])
  })

  it('keep the parts that the source states itself, with countries as codes and states by their full names', () => {
    expect(normalisePlaces([rawPlace('SF HQ', { city: 'San Francisco', region: 'CA', country: 'USA' })], null)).to.deep.equal([
      { text: 'SF HQ', city: 'San Francisco', region: 'California', country: 'US' },
    ])
    expect(normalisePlaces([rawPlace('Head office', { city: ' Tbilisi', country: 'Georgia' })], null)[0]).to.include({
      city: 'Tbilisi',
      country: 'GE',
    })
    expect(normalisePlaces([rawPlace('London, Paris or Rome', { country: 'GB' })], null), 'it is not taken apart').to.have.lengthOf(1)
  })

  it('fall back on the words where what the source states is no country', () => {
    expect(normalisePlaces([rawPlace('Berlin, Germany', { country: 'EMEA remote' })], null)[0]).to.include({ country: 'DE' })
    expect(normalisePlaces([rawPlace('Somewhere', { country: 'European Union' })], null)[0]).to.include({ country: null })
  })

  it('believe the source’s country before the words', () => {
    expect(normalisePlaces([rawPlace('Paris', { country: 'US' })], null)[0]).to.include({ country: 'US' })
  })

  it('take neither a way of working nor the country again for a state', () => {
    expect(normalisePlaces([rawPlace('Remote', { city: 'Remote', region: 'Remote', country: 'US' })], null)[0]).to.include({
      city: null,
      region: null,
    })
    expect(normalisePlaces([rawPlace('London', { region: 'UK', country: 'United Kingdom' })], null)[0]).to.include({
      region: null,
      country: 'GB',
    })
    expect(normalisePlaces([rawPlace('Lyon', { region: 'Rhône', country: 'France' })], null)[0]).to.include({ region: 'Rhône' })
  })
})
