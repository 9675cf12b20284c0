// Cursors: what they carry, and which they refuse.

import { expect } from 'chai'
import fc from 'fast-check'
import { CursorError, packCursor, unpackCursor } from '../../../services/store/cursor.ts'
import { readCursor, writeCursor } from '../../../services/store/posting-cursor.ts'
import { z } from 'zod'

const UID = 'ab'.repeat(20)
const MOMENT = '2025-07-01T10:20:30.123456Z'

describe('cursors', () => {
  it('give back what was put in, for the same list', () => {
    const query = { q: 'rust', skill: ['go'], limit: 5 }
    const cursor = writeCursor(query, 'newest', [MOMENT, UID])
    expect(cursor).to.match(/^[\w-]+$/)
    expect(readCursor({ ...query, cursor }, 'newest')).to.deep.equal([MOMENT, UID])
  })
  it('do not care for the size of the page, nor for the order of the filters', () => {
    const cursor = writeCursor({ q: 'rust', mode: 'remote', limit: 5 }, 'newest', [MOMENT, UID])
    expect(readCursor({ mode: 'remote', q: 'rust', limit: 200, source: undefined, cursor }, 'newest')).to.deep.equal([MOMENT, UID])
  })
  it('are of one list alone', () => {
    const cursor = writeCursor({ q: 'rust' }, 'newest', [MOMENT, UID])
    expect(() => readCursor({ q: 'rust', cursor }, 'salary')).to.throw(CursorError, /another sort/)
    expect(() => readCursor({ q: 'rusty', cursor }, 'newest')).to.throw(CursorError)
    expect(() => readCursor({ q: 'rust', as_of: '2025-01-01', cursor }, 'newest')).to.throw(CursorError)
    expect(readCursor({ q: 'rust' }, 'newest')).to.equal(undefined)
  })
  it('keep the place in a window of ranks', () => {
    const key = { below: [MOMENT, UID] as [string, string], low: null, last: [1.2345678901234567, MOMENT, UID] as [number, string, string] }
    expect(readCursor({ cursor: writeCursor({}, 'relevance', key) }, 'relevance')).to.deep.equal(key)
  })
  it('that are none are refused, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (cursor) => {
          expect(() => unpackCursor(cursor, { list: 'x' }, z.string())).to.throw(CursorError)
        },
      ),
    )
    for (const key of [['2025-07-01', UID], [MOMENT, 'x'], [MOMENT], { a: 1 }, null])
      expect(() => readCursor({ cursor: packCursor({ list: 'postings', sort: 'newest' }, key) }, 'newest')).to.throw(
        CursorError,
        /not one that this list gave/,
      )
  })
})
