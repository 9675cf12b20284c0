// Tables and moments as people read them.

import { expect } from 'chai'
import fc from 'fast-check'
import { print, toTable, utc } from '../../../services/cli/print.ts'
import { caught } from './desk.ts'

const columns = { name: (row: { name: string }) => row.name, n: (row: { n?: number | null }) => row.n }

describe('printing', () => {
  it('aligns columns under their names, figures to the right', () => {
    expect(
      toTable(
        [
          { name: 'greenhouse', n: 1200 },
          { name: 'x', n: null },
        ],
        columns,
      ).split('\n'),
    ).to.deep.equal(['name            n', '──────────  ─────', 'greenhouse  1,200', 'x'])
  })

  it('leaves words to the left, even where a figure is among them', () => {
    const rows = [{ value: 1 }, { value: 'many' }]
    expect(toTable(rows, { value: (row) => row.value })).to.equal('value\n─────\n1\nmany')
  })

  it('keeps a row on one line, whatever is in it, and every cell below its name', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', ' ', ',', '1'), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(fc.record({ name: text, n: fc.option(fc.integer()) }), { minLength: 1, maxLength: 5 }), (rows) => {
        const lines = toTable(rows, columns).split('\n')
        expect(lines).to.have.length(rows.length + 2)
        expect(new Set(lines.slice(2).map((line) => line.length <= (lines[1]?.length ?? 0)))).to.deep.equal(new Set([true]))
      }),
    )
  })

  it('gives programs the whole, and people a sentence where there is nothing', async () => {
    const show = async (format: 'json' | 'table', rows: { name: string; n: number }[]) =>
      (await caught(async () => print(format, { items: rows }, rows, columns, 'Nothing yet.'))).out
    expect(JSON.parse(await show('json', []))).to.deep.equal({ items: [] })
    expect(await show('table', [])).to.equal('Nothing yet.')
    expect(await show('table', [{ name: 'a', n: 1 }])).to.match(/^name\s+n\n/)
  })

  it('tells moments in UTC, to the second', () => {
    expect(utc(new Date('2026-01-31T23:59:59.999+02:00'))).to.equal('2026-01-31 21:59:59Z')
    expect(utc('2026-01-31T00:00:00Z')).to.equal('2026-01-31 00:00:00Z')
    expect([utc(null), utc(undefined)]).to.deep.equal(['', ''])
  })
})
