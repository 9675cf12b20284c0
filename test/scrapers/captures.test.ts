// Every captured board of every source, read whole: nothing lost, nothing rejected, nobody's address kept.

import { expect } from 'chai'
import { sourceNames, sources } from '../../scrapers/index.ts'
import { captured, capturesFolder } from './captured.ts'
import { parseJson } from './page.ts'

const ADDRESS = /[^\s@]@[^\s@]+\.[a-z]{2}/i

describe('captured boards', function () {
  this.timeout(120_000)
  const folder = capturesFolder()

  for (const name of sourceNames) {
    it(`of ${name} are read to the last posting`, function () {
      const source = sources[name]
      if (folder === undefined || source === undefined) throw this.skip()
      const total = { boards: 0, postings: 0, unlisted: 0, duplicates: 0, withPay: 0, withDescription: 0 }
      for (const { board, count, json } of captured(folder, [name])) {
        const page = parseJson(source, json, { ident: board, region: null })
        const unique = new Set(page.postings.map((posting) => posting.externalId)).size
        const duplicates = page.postings.length - unique
        expect(page.rejected.map(String), board).to.deep.equal([])
        expect(unique + duplicates + page.unlisted, board).to.equal(count)
        expect(page.listed, board).to.equal(count)
        if (page.total !== null) expect(page.total, board).to.equal(count)
        const facts = JSON.stringify(page.postings.map((posting) => posting.facts))
        expect(ADDRESS.test(facts), `${board}: an e-mail address among the facts`).to.equal(false)
        for (const person of peopleIn(json))
          expect(facts.includes(JSON.stringify(person)), `${board}: a person among the facts`).to.equal(false)
        const without = source.withoutPeople?.(json)
        if (without !== undefined) {
          expect(peopleIn(without), board).to.deep.equal([])
          expect(parseJson(source, without), board).to.deep.equal(parseJson(source, json))
        }
        total.boards += 1
        total.postings += unique
        total.unlisted += page.unlisted
        total.duplicates += duplicates
        total.withPay += page.postings.filter((posting) => posting.pay.length > 0).length
        total.withDescription += page.postings.filter((posting) => posting.description !== null).length
      }
      expect(total.boards).to.be.above(0)
      console.log(
        `        ${Object.entries(total)
          .map(([what, count]) => `${what} ${count}`)
          .join(' · ')}`,
      )
    })
  }
})

/** The names in fields of type `user`, wherever they are. */
function peopleIn(json: unknown): string[] {
  if (Array.isArray(json)) return json.flatMap(peopleIn)
  if (typeof json !== 'object' || json === null) return []
  if ('value_type' in json && json.value_type === 'user' && 'value' in json) {
    const { value } = json
    return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? [value.name] : []
  }
  return Object.values(json).flatMap(peopleIn)
}
