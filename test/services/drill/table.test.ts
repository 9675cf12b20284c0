// What drills came to, as people read it.

import { expect } from 'chai'
import type { Report } from '../../../services/drill/drill.ts'
import { QUICK, tableOf, timelineOf } from '../../../services/drill/table.ts'

const REPORT: Report = {
  name: 'bot-wall',
  kind: 'real',
  alert: 'ScrapeOutage',
  about: 'a wall | for bots',
  incidents: [1],
  passed: true,
  faults: [],
  times: { sign: 1.04, alert: 4, classified: 4.26, done: 4.5, verified: 11, resolved: 10 },
  totalSeconds: 12,
  verdict: 'broken',
  causes: ['blocked'],
  outcome: 'mended',
  did: ['source.pause'],
  ending: 'mends itself',
  manual: [],
  words: 'It helped.',
  incident: 'INC-3',
}

describe('the timeline of a drill', () => {
  it('has a line for each thing that happened, in the order of time, with the seconds of each', () => {
    expect(timelineOf(REPORT).split('\n')).to.deep.equal([
      'passed  bot-wall → ScrapeOutage (real): a wall | for bots',
      '    0.0 s          fault',
      '    1.0 s  +  1.0  first visit failed',
      '    4.0 s  +  3.0  told: incident      ScrapeOutage, INC-3',
      '    4.3 s  +  0.3  classified          broken: blocked',
      '    4.5 s  +  0.2  done                source.pause',
      '   10.0 s  +  5.5  resolved            Alertmanager says that it is over',
      '   11.0 s  +  1.0  verified            It helped.',
      '   12.0 s          calm again          mends itself; by hand: nothing',
    ])
  })

  it('leaves out what did not happen, and says what went wrong', () => {
    const text = timelineOf({ ...REPORT, times: { sign: Number.NaN }, passed: false, faults: ['no alert came'] })
    expect(text).to.include('FAILED  bot-wall').and.to.include('    ! no alert came').and.not.to.include('first visit failed')
  })

  it('says of a guard what it saw', () => {
    const guard: Report = { ...REPORT, kind: 'guard', alert: null, times: {}, ending: 'guard holds', words: 'All stayed open.' }
    expect(timelineOf(guard)).to.include('All stayed open.')
  })
})

describe('the table of drills', () => {
  it('is one row each, with as many cells, whatever the texts hold', () => {
    const lines = tableOf([REPORT, { ...REPORT, passed: false, faults: ['a|b\nc'] }]).split('\n')
    const rows = lines.filter((line) => line.startsWith('|'))
    expect(rows).to.have.length(4)
    for (const row of rows) expect(row.split('|').length, row).to.equal(rows[0]?.split('|').length)
    expect(lines.at(-1)).to.equal(QUICK)
  })

  it('says how much quicker the time was', () => {
    expect(QUICK).to.match(/\b60 times as fast/)
  })
})
