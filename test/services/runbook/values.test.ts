// Values of actions: what they take, and hostile ones refused in words.

import { expect } from 'chai'
import type { z } from 'zod'
import { board, source, time, whole, worker } from '../../../services/runbook/values.ts'

const refusal = (type: z.ZodType, value: unknown): string | undefined => {
  const result = type.safeParse(value)
  return result.success ? undefined : result.error.issues[0]?.message
}

describe('values of actions', () => {
  it('name a source that is known, and no other', () => {
    expect(source.parse('greenhouse')).to.equal('greenhouse')
    for (const hostile of [
      '',
      'Greenhouse',
      'greenhouse ',
      'canary',
      '__proto__',
      `greenhouse' or '1'='1`,
      'greenhouse\0',
      7,
      null,
      ['greenhouse'],
    ])
      expect(refusal(source, hostile), String(hostile)).to.equal('must be one of ashby, greenhouse, lever')
  })

  it('name a board of a known source, with spaces where it has some', () => {
    for (const name of ['greenhouse/stripe', 'ashby/Acme Corp', `lever/o'neill`, 'ashby/žluťoučký'])
      expect(board.parse(name)).to.equal(name)
    for (const hostile of [
      'greenhouse',
      'greenhouse/',
      '/x',
      'canary/x',
      'greenhouse/a/b',
      'greenhouse/../x',
      'greenhouse/a?b',
      'greenhouse/a\0',
      'greenhouse/a\nb',
    ])
      expect(refusal(board, hostile), hostile).to.equal('must be as greenhouse/stripe')
    expect(refusal(board, `greenhouse/${'a'.repeat(200)}`)).to.equal('must be 200 characters at the most')
  })

  it('read a time in seconds, above 0 and thirty days at the most', () => {
    const read = ['90s', '30m', '2h', '7d', '30d', '2592000s'].map((text) => time.parse(text))
    expect(read).to.deep.equal([90, 1800, 7200, 604_800, 2_592_000, 2_592_000])
    for (const hostile of ['', '2', '2 h', '-2h', '1.5h', '2h2m', '1e3h', 'Infinity', '99999999s', '２h'])
      expect(refusal(time, hostile), hostile).to.equal('must be a time as 30m, 2h or 7d')
    for (const wide of ['0m', '31d', '9999999d']) expect(refusal(time, wide), wide).to.equal('must be above 0, and thirty days at the most')
  })

  it('read a whole number within its bounds, in digits', () => {
    const count = whole(2, 24)
    expect([count.parse('2'), count.parse('24')]).to.deep.equal([2, 24])
    for (const hostile of ['', ' ', '0x10', '1e1', '2.0', '-3', '+3', '3;', '9999999999'])
      expect(refusal(count, hostile), hostile).to.equal('must be a whole number')
    for (const wide of ['1', '25', '0']) expect(refusal(count, wide), wide).to.equal('must be 2 to 24')
  })

  it('name a process as processes call themselves', () => {
    expect(worker.parse('host-1.example:4711')).to.equal('host-1.example:4711')
    for (const hostile of ['', 'a b', 'a;b', 'a\0', 'x'.repeat(201), '$(reboot)'])
      expect(refusal(worker, hostile)).to.match(/must name a process/)
  })
})
