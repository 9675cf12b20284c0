// Text made safe.

import { expect } from 'chai'
import fc from 'fast-check'
import { escapeHtml, slugOf } from '../../../ops/sandbox/text.ts'

describe('text', () => {
  it('is escaped for HTML', () => {
    expect(escapeHtml('<a href="x">R&D</a>')).to.equal('&lt;a href=&quot;x&quot;&gt;R&amp;D&lt;/a&gt;')
  })

  it('leaves nothing that opens a tag or ends an attribute', () => {
    fc.assert(fc.property(fc.string(), (text) => !/[<>"]/.test(escapeHtml(text))))
  })

  for (const [name, slug] of [
    ['Northbeam Health', 'northbeam-health'],
    ['Café Zürich!', 'cafe-zurich'],
    ['--a--b--', 'a-b'],
    ['東京', 'board'],
    ['', 'board'],
  ] as const)
    it(`becomes a slug: ${JSON.stringify(name)}`, () => {
      expect(slugOf(name)).to.equal(slug)
    })

  it('always becomes a slug that is one', () => {
    fc.assert(fc.property(fc.string(), (name) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slugOf(name))))
  })
})
