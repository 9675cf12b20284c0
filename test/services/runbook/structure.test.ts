// Forms of pages: equal ones differ in nothing, and what is taken out is told as exactly that.

import { expect } from 'chai'
import fc from 'fast-check'
import { diffForms, formOf } from '../../../services/runbook/structure.ts'

const diff = (before: unknown, after: unknown) => diffForms(formOf(JSON.stringify(before)), formOf(JSON.stringify(after)))
const NOTHING = { vanished: [], appeared: [], changed: [] }

/** Objects of objects, without arrays: each place of it is there once. */
const tree = fc.letrec<{ tree: Record<string, unknown>; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
  tree: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a.b', '', 'x[]', 'id', 'title')),
    fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('tree')),
    {
      maxKeys: 5,
      noNullPrototype: true,
    },
  ),
})).tree

function keysOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...keysOf(inner, [...path, key])])
}

function without(value: Record<string, unknown>, [key = '', ...rest]: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (name !== key) return [[name, inner]]
    return rest.length === 0 ? [] : [[name, without(inner as Record<string, unknown>, rest)]]
  })
  return Object.fromEntries(entries)
}

/** As the source writes paths, spelt out once more. */
const pathOf = (keys: readonly string[]): string =>
  keys.reduce(
    (path, key) => (/^[A-Za-z_$][\w$-]*$/.test(key) ? `${path === '' ? '' : `${path}.`}${key}` : `${path}[${JSON.stringify(key)}]`),
    '',
  )

describe('forms of pages', () => {
  it('do not differ from themselves, whatever they are', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(diffForms(formOf(text), formOf(text))).to.deep.equal(NOTHING)
      }),
    )
  })

  it('tell a key that was taken out as exactly that path, and the other way round as one that appeared', () => {
    fc.assert(
      fc.property(tree, fc.nat(), (page, choice) => {
        const keys = keysOf(page).filter((path) => path.every((key) => key.length <= 60))
        const path = keys[choice % Math.max(1, keys.length)]
        fc.pre(path !== undefined)
        const rest = without(page, path)
        expect(diff(page, rest)).to.deep.equal({ ...NOTHING, vanished: [pathOf(path)] })
        expect(diff(rest, page)).to.deep.equal({ ...NOTHING, appeared: [pathOf(path)] })
      }),
    )
  })

  it('see the items of an array as one place, wherever in it they are', () => {
    const page = { jobs: [{ id: 1, title: 'a' }, { id: 2 }] }
    expect(diff(page, { jobs: [{ id: 3 }, { id: 4, title: 'b' }, { id: 5 }] })).to.deep.equal(NOTHING)
    expect(diff(page, { jobs: [{ id: 3, name: 'b' }] })).to.deep.equal({
      vanished: ['jobs[].title'],
      appeared: ['jobs[].name'],
      changed: [],
    })
    expect(diff([{ id: 1 }], [{}])).to.deep.equal({ ...NOTHING, vanished: ['[].id'] })
  })

  it('tell a type that changed, and nothing below it', () => {
    expect(diff({ jobs: [{ id: 1 }] }, { jobs: { id: 1 } })).to.deep.equal({ ...NOTHING, changed: ['jobs: array → object'] })
    expect(diff({ id: 1 }, { id: '1' }).changed).to.deep.equal(['id: number → string'])
    expect(diff({ place: [{ a: 1 }, 'x', null] }, { place: [true] }).changed).to.deep.equal(['place[]: object|string → boolean'])
    expect(diff({ jobs: [] }, 'gone').changed).to.deep.equal(['the page: object → string'])
  })

  it('take null and an empty list for no type, but for a loss where there was something', () => {
    expect(diff({ a: null, b: [], c: [null] }, { a: { x: 1 }, b: [{ y: 1 }], c: ['z'] })).to.deep.equal(NOTHING)
    expect(diff({ a: { x: 1 }, b: [{ y: 1 }] }, { a: null, b: [] }).changed).to.deep.equal(['a: object → null', 'b: array → empty array'])
    expect(diff({ a: [{ x: 1 }, null] }, { a: [null, { x: 2 }] })).to.deep.equal(NOTHING)
  })

  it('stand deep nesting and very many keys', function () {
    this.timeout(30_000)
    const deep = '['.repeat(20_000) + ']'.repeat(20_000)
    expect(diffForms(formOf(deep), formOf(deep))).to.deep.equal(NOTHING)
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, n]))
    expect(diff(wide, {}).vanished.length).to.equal(200_000)
  })

  it('show no key at full length that is no name any more', () => {
    const [path = ''] = diff({ ['x'.repeat(5000)]: 1 }, {}).vanished
    expect(path.length).to.be.below(80)
  })

  it('refuse what is no JSON', () => {
    expect(() => formOf('<html>')).to.throw(SyntaxError)
  })
})
