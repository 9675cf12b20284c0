// Checks of what comes in: every fault at once, in words.

import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { check, isFaults, nearest, withoutEmpty } from '../../../services/api/check.ts'
import { filterFields, savedQuery } from '../../../services/store/posting-fields.ts'

describe('checking what comes in', () => {
  const schema = z.strictObject({
    name: z.string(),
    count: z.coerce.number('must be a number').optional(),
    tags: z.array(z.string()).optional(),
  })
  const known = Object.keys(schema.shape)

  it('gives the value, with what was text turned into what it means', () => {
    expect(check(schema, { name: 'a', count: '7' }, 'query', known)).to.deep.equal({ name: 'a', count: 7 })
  })
  it('gives every fault with its field', () => {
    const faults = check(schema, { count: 'x', tags: [1], nme: 'a' }, 'body', known)
    expect(isFaults(faults)).to.equal(true)
    expect(faults).to.have.deep.members([
      { field: 'name', message: 'is missing' },
      { field: 'count', message: 'must be a number' },
      { field: 'tags.0', message: 'must be text' },
      { field: 'nme', message: 'is not a field of this body; the nearest is name' },
    ])
  })
  it('says nothing of a nearest name where none is known', () => {
    expect(check(z.strictObject({}), { a: '1' }, 'query', [])).to.deep.equal([
      { field: 'a', message: 'is not a parameter of this address' },
    ])
  })
  it('lists what there is where nothing is near', () => {
    expect(check(schema, { name: 'a', __proto__x: 1 }, 'query', known)).to.deep.equal([
      { field: '__proto__x', message: 'is not a parameter of this address; it has name, count, tags' },
    ])
  })
  it('never throws, and never lets through what the schema does not know', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const checked = check(schema, value, 'body', known)
        if (!isFaults(checked)) expect(known).to.include.members(Object.keys(checked))
      }),
    )
  })
  it('counts an empty parameter as not given', () => {
    expect(withoutEmpty({ a: '', b: '0', c: ['', 'x'] })).to.deep.equal({ b: '0', c: ['', 'x'] })
  })

  describe('the nearest name', () => {
    it('is the one with the fewest changes', () => {
      const names = ['location', 'company', 'country', 'currency']
      expect(nearest('locatoin', names)).to.equal('location')
      expect(nearest('contry', names)).to.equal('country')
      expect(nearest('CURRENCY', names)).to.equal('currency')
      expect(nearest('x', [])).to.equal(undefined)
      expect(nearest('nope', names)).to.equal(undefined)
    })
    it('is the name itself where it is known', () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.string({ minLength: 1 }).map((name) => name.toLowerCase()),
            { minLength: 1 },
          ),
          fc.nat(),
          (names, index) => {
            const name = names[index % names.length] ?? ''
            expect(nearest(name, names)).to.equal(name)
          },
        ),
      )
    })
  })
})

describe('the fields of a query', () => {
  const filter = z.strictObject(filterFields)

  it('take skills as text, as a list, with commas and blanks, each once', () => {
    for (const skill of ['go, sql ,,go', ['go', 'sql'], ['go,sql']]) expect(filter.parse({ skill })).to.deep.equal({ skill: ['go', 'sql'] })
  })
  it('turn codes into capitals and figures into numbers', () => {
    expect(filter.parse({ country: 'de', currency: 'eur', salary_min: '50000', posted_within: '7' })).to.deep.equal({
      country: 'DE',
      currency: 'EUR',
      salary_min: 50_000,
      posted_within: 7,
    })
  })
  it('refuse what cannot be meant', () => {
    for (const fields of [
      { country: 'UK' },
      { country: 'DEU' },
      { currency: 'euro' },
      { salary_min: 0 },
      { salary_min: 'Infinity' },
      { posted_within: 1.5 },
      { posted_within: 0 },
      { source: 'nowhere' },
      { q: ' ' },
      { q: 'x'.repeat(301) },
    ])
      expect(filter.safeParse(fields).success, JSON.stringify(fields)).to.equal(false)
  })
  it('of a saved search narrow it', () => {
    expect(savedQuery.safeParse({}).success).to.equal(false)
    expect(savedQuery.safeParse({ q: undefined }).success).to.equal(false)
    expect(savedQuery.safeParse({ status: 'all', q: 'x' }).success).to.equal(true)
  })
})
