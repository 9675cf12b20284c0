// Chance repeats itself, and is chance all the same.

import { expect } from 'chai'
import fc from 'fast-check'
import { between, chanceOf, hash32, pick, pickSome, uuidOf } from '../../../ops/sandbox/chance.ts'

describe('chance', () => {
  it('gives the same stream for the same name and another one for another', () => {
    const draw = (name: string) => {
      const chance = chanceOf(name, 1)
      return Array.from({ length: 20 }, chance)
    }
    expect(draw('a')).to.deep.equal(draw('a'))
    expect(draw('a')).to.not.deep.equal(draw('b'))
  })

  it('keeps the parts of a name apart', () => {
    expect(chanceOf('ab', 'c')()).to.not.equal(chanceOf('a', 'bc')())
  })

  it('stays within 0 and 1 and reaches every tenth of it', () => {
    const chance = chanceOf('spread')
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) {
      const n = chance()
      expect(n >= 0 && n < 1).to.equal(true)
      const tenth = Math.floor(n * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(count).to.be.within(850, 1150)
  })

  it('picks only what is in the list', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.integer(), { minLength: 1 }), (name, list) => {
        expect(list).to.include(pick(chanceOf(name), list))
      }),
    )
  })

  it('picks different ones, as many as asked for or as there are', () => {
    fc.assert(
      fc.property(fc.string(), fc.uniqueArray(fc.integer()), fc.nat(10), (name, list, count) => {
        const some = pickSome(chanceOf(name), list, count)
        expect(some).to.have.length(Math.min(count, list.length))
        expect(new Set(some).size).to.equal(some.length)
        expect(list).to.include.members(some)
      }),
    )
  })

  it('draws whole numbers with both ends included', () => {
    const chance = chanceOf('ends')
    const drawn = new Set(Array.from({ length: 200 }, () => between(chance, 3, 5)))
    expect([...drawn].toSorted((a, b) => a - b)).to.deep.equal([3, 4, 5])
  })

  it('hashes near names far apart', () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => hash32(`board/${i}`)))
    expect(hashes.size).to.be.greaterThan(19_995)
  })

  it('makes UUIDs of version 4 that belong to their name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(uuidOf(name)).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(uuidOf(name)).to.equal(uuidOf(name))
      }),
    )
  })
})
