// Decimals: exact where doubles are not.

import { expect } from 'chai'
import fc from 'fast-check'
import {
  compare,
  decimal,
  minus,
  over,
  parseDecimal,
  parsePercent,
  print,
  printPercent,
  times,
  toNumber,
} from '../../../ops/slo/decimal.ts'
import { parseDuration, printDuration } from '../../../ops/slo/duration.ts'

const number = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.nat(8)).map(([units, scale]) => ({ units, scale }))

describe('ops/slo/decimal', () => {
  it('leaves no bits over: 1 - 0.95 is 0.05, where a double says 0.050000000000000044', () => {
    expect(print(minus(decimal('1'), decimal('0.95')))).to.equal('0.05')
    expect(print(minus(decimal('1'), decimal('0.999')))).to.equal('0.001')
    expect(print(times(decimal('14.4'), decimal('0.001')))).to.equal('0.0144')
    expect(1 - 0.95).not.to.equal(0.05)
  })

  it('reads percentages and writes them again', () => {
    for (const text of ['95%', '99.9%', '0.5%', '100%', '0%', '12.345%'])
      expect(printPercent(parsePercent(text) ?? decimal('7'))).to.equal(text)
    expect(print(parsePercent('0.5 %') ?? decimal('7'))).to.equal('0.005')
  })

  it('reads nothing that is no number', () => {
    for (const text of ['', '.5', '5.', '1e3', '0x1', '1,5', ' 1', 'NaN', '--1', '5%']) expect(parseDecimal(text), text).to.equal(undefined)
    for (const text of ['95', '%', 'x%', '9 5%']) expect(parsePercent(text), text).to.equal(undefined)
    expect(() => decimal('one')).to.throw('one is not a decimal number')
  })

  it('prints what it reads', () => {
    fc.assert(
      fc.property(number, (value) => {
        const again = parseDecimal(print(value))
        expect(again && compare(again, value)).to.equal(0)
        expect(print(value)).to.match(/^-?\d+(\.\d*[1-9]|\.\d+)?$/)
      }),
    )
  })

  it('subtracts and multiplies without loss', () => {
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(compare(minus(minus(a, b), minus(c, b)), minus(a, c))).to.equal(0)
        expect(compare(times(minus(a, b), c), minus(times(a, c), times(b, c)))).to.equal(0)
        expect(Math.sign(compare(a, b))).to.equal(-Math.sign(compare(b, a)) || 0)
      }),
    )
  })

  it('divides with the last digit rounded', () => {
    expect(print(over(decimal('0.1'), decimal('0.05'), 2))).to.equal('2')
    expect(print(over(decimal('2'), decimal('3'), 2))).to.equal('0.67')
    expect(print(over(decimal('0.08'), decimal('0.05'), 2))).to.equal('1.6')
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), fc.bigInt(1n, 10n ** 6n), (a, b) => {
        expect(toNumber(over({ units: a, scale: 3 }, { units: b, scale: 2 }, 4))).to.be.closeTo(
          Number(a) / 1000 / (Number(b) / 100),
          0.0000501,
        )
      }),
    )
  })
})

describe('ops/slo/duration', () => {
  it('reads what Prometheus writes', () => {
    expect(['90s', '15m', '1h', '24h', '7d'].map(parseDuration)).to.deep.equal([90, 900, 3600, 86_400, 604_800])
    for (const text of ['', '0m', '5', 'm', '1.5h', '1h30m', '1w', '-5m', '5 m', '01m'])
      expect(parseDuration(text), text).to.equal(undefined)
  })

  it('writes the same time again', () => {
    expect([90, 900, 3600, 86_400, 172_800, 604_800, 61].map(printDuration)).to.deep.equal(['90s', '15m', '1h', '24h', '2d', '7d', '61s'])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), (seconds) => {
        expect(parseDuration(printDuration(seconds))).to.equal(seconds)
      }),
    )
  })
})
