// Arguments as people type them: read, or refused with what would do.

import { expect } from 'chai'
import fc from 'fast-check'
import { collect, count, positive, readDay, readId, readName, readSource, readTarget, readTime } from '../../../services/cli/given.ts'

const misuse = (work: () => unknown, says: RegExp) => expect(work).to.throw(Error, says).with.property('name', 'Misuse')

describe('what was given on the command line', () => {
  it('is a list, repeated or parted by commas, and never an empty one', () => {
    expect(collect('a, b', ['x'])).to.deep.equal(['x', 'a', 'b'])
    expect(collect('a,,b,')).to.deep.equal(['a', 'b'])
    for (const nothing of ['', ' ', ',', ' , ']) expect(() => collect(nothing)).to.throw('It is empty')
  })

  it('is a whole number', () => {
    fc.assert(fc.property(fc.nat(), (n) => count(String(n)) === n && (n === 0 || positive(` ${n} `) === n)))
    for (const none of ['', ' ', 'x', '-1', '1.5', '1e3', '0x10', '9'.repeat(16), 'NaN', 'Infinity'])
      expect(() => count(none), none).to.throw('not a whole number')
    expect(() => positive('0')).to.throw('1 at the least')
  })

  it('is a time with its unit, of a year at the most', () => {
    expect(['90s', '30m', '2h', '7d', '365d'].map(readTime)).to.deep.equal([90_000, 1_800_000, 7_200_000, 604_800_000, 31_536_000_000])
    for (const none of ['', '5', 'h', '0h', '-1h', '1.5h', '2w', '2 h', '366d', '999999999d', '9999999999s'])
      misuse(() => readTime(none), /is not a time: write it as 30m, 2h or 7d/)
  })

  it('is a day that the calendar has and that has begun', () => {
    const now = new Date('2026-03-01T00:00:00Z')
    expect(readDay(undefined, now)).to.equal('2026-03-01')
    expect(readDay('2024-02-29', now)).to.equal('2024-02-29')
    for (const none of ['', 'today', '2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00', '20260101', ' 2026-01-01'])
      misuse(() => readDay(none, now), /is not a date/)
    misuse(() => readDay('2026-03-02', now), /still to come: today is 2026-03-01/)
    const days = fc.date({ min: new Date('1990-01-01'), max: now, noInvalidDate: true })
    fc.assert(fc.property(days, (day) => readDay(day.toISOString().slice(0, 10), now) === day.toISOString().slice(0, 10)))
  })

  it('is a source, or a board of one, whose name may hold a slash', () => {
    expect(readTarget('lever')).to.deep.equal({ source: 'lever' })
    expect(readTarget('lever/acme/eu')).to.deep.equal({ source: 'lever', board: 'acme/eu' })
    expect(readSource('ashby')).to.have.property('name', 'ashby')
    for (const none of ['', 'acme', 'Lever', '/lever', 'toString', '__proto__'])
      misuse(() => readTarget(none), /No such source: .*There are ashby, greenhouse, lever/)
  })

  it('is a name with something in it', () => {
    expect(readName('  Remote Go ')).to.equal('Remote Go')
    for (const none of [undefined, '', '  ', 'x'.repeat(121)]) misuse(() => readName(none), /1 to 120 characters/)
  })

  it('is an id, or the answer names the command that shows ids', () => {
    const id = 'A0000000-0000-4000-8000-00000000000F'
    expect(readId(id, 'run', 'rolewatch runs')).to.equal(id.toLowerCase())
    for (const none of [undefined, '', '7', '-'.repeat(36), `${id}0`, id.replace('A', 'G')])
      expect(() => readId(none, 'run', 'rolewatch runs'))
        .to.throw('is not the id of a run: "rolewatch runs" shows them.')
        .with.property('name', 'Refusal')
  })
})
