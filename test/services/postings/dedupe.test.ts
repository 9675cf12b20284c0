// The same posting twice on one visit.

import { expect } from 'chai'
import fc from 'fast-check'
import { dedupe } from '../../../services/postings/dedupe.ts'
import { normalise } from '../../../services/postings/normalise.ts'
import { HOME, rawPosting } from './raw.ts'

const posting = (externalId: string, title = 'Engineer') => normalise(rawPosting({ externalId, title }), HOME)

describe('dedupe', () => {
  it('keeps the first of two with the same id and counts the other', () => {
    const { postings, duplicates } = dedupe([posting('1', 'First'), posting('2'), posting('1', 'Second')])
    expect(postings.map(({ external_id, title }) => [external_id, title])).to.deep.equal([
      ['1', 'First'],
      ['2', 'Engineer'],
    ])
    expect(duplicates).to.equal(1)
  })

  it('does not take the same text under two ids for the same posting', () => {
    expect(dedupe([posting('1'), posting('2')])).to.deep.include({ duplicates: 0 })
    expect(dedupe([])).to.deep.equal({ postings: [], duplicates: 0 })
  })

  it('loses no id and keeps none twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', '__proto__')), (ids) => {
        const { postings, duplicates } = dedupe(ids.map((id) => posting(id)))
        expect(postings.map((one) => one.external_id)).to.deep.equal([...new Set(ids)])
        expect(postings.length + duplicates).to.equal(ids.length)
      }),
    )
  })
})
