// Every captured posting, normalised: what holds for all of them, and how long it takes.

import { expect } from 'chai'
import { sourceNames, sources } from '../../../scrapers/index.ts'
import { decimalsOf } from '../../../scrapers/money.ts'
import { normalise } from '../../../services/postings/normalise.ts'
import { captured, capturesFolder } from '../../scrapers/captured.ts'
import { parseJson } from '../../scrapers/page.ts'

describe('captured postings', function () {
  this.timeout(120_000)

  it('come out storable, in order, and fast', function () {
    const folder = capturesFolder()
    if (folder === undefined) throw this.skip()
    const tally = {
      postings: 0,
      milliseconds: 0,
      described: 0,
      characters: 0,
      millisecondsDescribed: 0,
      places: 0,
      withCountry: 0,
      bands: 0,
      annual: 0,
    }
    for (const { source: name, board, json } of captured(folder, sourceNames)) {
      const source = sources[name]
      if (source === undefined) continue
      const raw = parseJson(source, json, { ident: board, region: null }).postings
      const [described, bare] = [
        raw.filter((posting) => posting.description !== null),
        raw.filter((posting) => posting.description === null),
      ]
      const start = performance.now()
      const postings = described.map((posting) => normalise(posting, { source: name, ident: board, country: null }))
      tally.millisecondsDescribed += performance.now() - start
      postings.push(...bare.map((posting) => normalise(posting, { source: name, ident: board, country: null })))
      tally.milliseconds += performance.now() - start
      tally.described += described.length
      for (const posting of postings) {
        const text = JSON.stringify(posting)
        expect(text.includes('\\u0000') || /\\ud[89a-f]/.test(text), posting.url).to.equal(false)
        expect(posting.title, posting.url).to.equal(posting.title.trim()).and.not.equal('')
        expect(posting.description, posting.url).to.not.match(/<\/(?:p|li|div|span)>|&(?:nbsp|amp|lt);/)
        for (const place of posting.places) expect(place.country ?? 'XX', place.text).to.match(/^[A-Z]{2}$/)
        for (const pay of posting.pay) {
          expect(pay.min_minor ?? 0, pay.evidence).to.be.at.most(pay.max_minor ?? Infinity)
          if (pay.currency !== null) expect(decimalsOf(pay.currency), pay.evidence).to.be.a('number')
        }
        tally.postings += 1
        tally.characters += posting.description_html?.length ?? 0
        tally.places += posting.places.length
        tally.withCountry += posting.places.filter((place) => place.country !== null).length
        tally.bands += posting.pay.length
        tally.annual += posting.pay.filter((pay) => pay.annual_min !== null || pay.annual_max !== null).length
      }
    }
    expect(tally.postings).to.be.above(0)
    expect(tally.withCountry / tally.places, 'share of places with a country').to.be.above(0.85)
    const rounded = Object.entries(tally).map(([what, count]) => `${what} ${Math.round(count)}`)
    console.log(`        ${rounded.join(' · ')} · ${((tally.millisecondsDescribed / tally.characters) * 3072).toFixed(3)} ms per 3 KB`)
  })
})
