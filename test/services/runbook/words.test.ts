// Words of findings.

import { expect } from 'chai'
import { counted, lasting, moment, some, tally } from '../../../services/runbook/words.ts'

describe('words of findings', () => {
  it('count with the right noun', () => {
    expect([counted(0, 'board'), counted(1, 'board'), counted(2000, 'board'), counted(2, 'process', 'processes')]).to.deep.equal([
      '0 boards',
      '1 board',
      '2,000 boards',
      '2 processes',
    ])
  })

  it('list counts, the most frequent first', () => {
    expect(tally({ ok: 2, timeout: 4, blocked: 8, drift: 4 })).to.equal('8 blocked, 4 drift, 4 timeout, 2 ok')
  })

  it('tell an age as people do, and none below 0', () => {
    const ages = [-3, 0.4, 119, 120, 7199, 7200, 172_799, 172_800].map(lasting)
    expect(ages).to.deep.equal(['0 s', '0 s', '119 s', '2 min', '120 min', '2.0 h', '48.0 h', '2 days'])
  })

  it('name a moment to the minute', () => {
    expect(moment(new Date('2026-11-22T10:00:59Z'))).to.equal('2026-11-22 10:00 UTC')
  })

  it('name the first few of a list', () => {
    expect([some([]), some(['a']), some(['a', 'b']), some(['a', 'b', 'c']), some(['a', 'b', 'c'], 2)]).to.deep.equal([
      '',
      'a',
      'a and b',
      'a, b and c',
      'a, b and 1 more',
    ])
  })
})
