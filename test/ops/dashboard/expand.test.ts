// What is put in place of Grafana's variables and macros.

import { expect } from 'chai'
import fc from 'fast-check'
import { expand, isSql, type Asking } from '../../../ops/dashboard/expand.ts'

const asking = (more: Partial<Asking> = {}): Asking => ({
  from: new Date('2026-03-01T00:00:00Z'),
  to: new Date('2026-03-01T06:00:00Z'),
  interval: 30,
  source: ['ashby'],
  ...more,
})

describe('ops/dashboard/expand', () => {
  it('fills intervals: a rate spans four scrapes at least, and one more than a step', () => {
    expect(expand('rate(a_total[$__rate_interval])', asking())).to.equal('rate(a_total[60s])')
    expect(expand('rate(a_total[$__rate_interval])', asking({ interval: 300 }))).to.equal('rate(a_total[315s])')
    expect(expand('rate(a_total[$__rate_interval])', asking({ scrape: 60 }))).to.equal('rate(a_total[240s])')
    expect(expand('increase(a_total[$__interval])', asking())).to.equal('increase(a_total[30s])')
    expect(expand('x[$__range] / $__range_s', asking())).to.equal('x[21600s] / 21600')
  })

  it('writes one source as itself and several as a choice, in every way of writing a variable', () => {
    expect(expand('a{source=~"$source"}', asking())).to.equal('a{source=~"ashby"}')
    const several = asking({ source: ['ashby', 'lever.co'] })
    for (const text of ['$source', '${source}', '${source:regex}'])
      expect(expand(`a{source=~"${text}"}`, several)).to.equal(String.raw`a{source=~"(ashby|lever\\.co)"}`)
  })

  it('matches the sources that were chosen and no others, whatever they are called', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }), (names) => {
        fc.pre(names.every((name) => !/["\n\r\u2028\u2029]/.test(name)))
        const [, pattern = ''] = /^a\{source=~"(.*)"\}$/s.exec(expand('a{source=~"$source"}', asking({ source: names.slice(1) }))) ?? []
        const regex = new RegExp(`^(?:${pattern.replaceAll('\\\\', '\\')})$`)
        return names.slice(1).every((name) => regex.test(name)) && !regex.test(names[0] ?? '')
      }),
    )
  })

  it('expands the macros of SQL', () => {
    expect(isSql('select 1')).to.equal(true)
    expect(isSql('  WITH x as (select 1) select * from x')).to.equal(true)
    expect(isSql('selected_total')).to.equal(false)
    const text = 'select $__timeGroup(at, \'1d\', 0) as "time" from t where $__timeFilter(at) and source in ($source)'
    expect(expand(text, asking({ source: ['a', "b'c"] }))).to.equal(
      `select floor(extract(epoch from at)/86400)*86400 as "time" from t where at BETWEEN '2026-03-01T00:00:00.000Z' AND '2026-03-01T06:00:00.000Z' and source in ('a','b''c')`,
    )
    expect(expand("select $__timeGroupAlias(at, '7d')", asking())).to.equal('select floor(extract(epoch from at)/604800)*604800 AS "time"')
    expect(expand('select $__timeGroup(at, $__interval)', asking())).to.contain('/30)*30')
    expect(expand("select '$currency', $__timeFrom(), $__timeTo()", asking({ currency: 'EUR' }))).to.equal(
      "select 'EUR', '2026-03-01T00:00:00.000Z', '2026-03-01T06:00:00.000Z'",
    )
  })

  it('refuses what it does not know: it would be sent as it stands', () => {
    expect(() => expand('rate(a_total[$__rate_intervall])', asking())).to.throw('$__rate_intervall is a variable that nobody fills')
    expect(() => expand('select $__unixEpochFilter(at)', asking())).to.throw('$__unixEpochFilter(at) is a macro that nobody expands')
    expect(() => expand('select ${board}', asking())).to.throw('${board} is a variable that nobody fills')
  })
})
