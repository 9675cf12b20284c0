// Units as Grafana words them: the samples were compared with @grafana/data 11.6.

import { expect } from 'chai'
import { decimalsFor, word, wordsOf } from './unit.ts'

const NOW = Date.UTC(2026, 0, 31, 12)
const said = (value: number, unit?: string, decimals?: number): string => wordsOf(word(value, unit, decimals, NOW))

describe('units', () => {
  const samples: readonly (readonly [value: number, unit: string, decimals: number | undefined, text: string])[] = [
    [0, 'short', undefined, '0'],
    [1234.5, 'short', undefined, '1.23 K'],
    [2.3456e7, 'short', 1, '23.5 Mil'],
    [0.98765, 'percentunit', undefined, '98.8%'],
    [0.999, 'percentunit', 2, '99.90%'],
    [42, 'percent', undefined, '42%'],
    [0.00034, 's', undefined, '340 µs'],
    [0.98765, 's', 1, '987.7 ms'],
    [59.9, 's', undefined, '59.9 s'],
    [90, 's', undefined, '1.50 mins'],
    [3600, 's', undefined, '1 hour'],
    [100_000, 's', 0, '1 days'],
    [0, 's', 2, '0 s'],
    [65_432, 'ms', undefined, '1.09 mins'],
    [1234.5, 'bytes', undefined, '1.21 KiB'],
    [65_432, 'decbytes', 1, '65.4 kB'],
    [1234.5, 'reqps', undefined, '1.23K req/s'],
    [0.5, 'cps', undefined, '0.500 c/s'],
    [1234, 'currencyUSD', 1, '$1.2K'],
    [1, 'bool', undefined, 'True'],
    [-3.2, 'none', undefined, '-3.20'],
    [5, 'suffix: rows', undefined, '5 rows'],
    [100_000, 'dtdurations', undefined, '1 day'],
    [NOW, 'dateTimeAsIso', undefined, '2026-01-31 12:00:00'],
  ]
  for (const [value, unit, decimals, text] of samples)
    it(`${value} in ${unit}${decimals === undefined ? '' : ` with ${decimals} digits`} is ${text}`, () => {
      expect(said(value, unit, decimals)).to.equal(text)
    })

  it('thousands are set apart by locale', () => {
    expect(said(1_234_567, 'locale', 0)).to.equal('1,234,567')
  })

  it('a time is told from now, and a coming one too', () => {
    expect(said(NOW - 3 * 3_600_000, 'dateTimeFromNow')).to.equal('3 hours ago')
    expect(said(NOW + 60_000, 'dateTimeFromNow')).to.equal('in 1 minute')
  })

  it('about three digits count where nobody says how many', () => {
    expect([0.0123, 0.5, 2, 2.34, 12.3456, 1234.5].map(decimalsFor)).to.deep.equal([4, 3, 0, 2, 1, 0])
  })

  it('what is no number is said too', () => {
    expect([said(Infinity), said(-Infinity), said(Number.NaN)]).to.deep.equal(['∞', '-∞', 'NaN'])
  })

  it('a unit that is not known is a mistake', () => {
    expect(() => said(1, 'parsecs')).to.throw('there is no unit parsecs')
  })
})
