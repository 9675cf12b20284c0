// The judgement of a drill: every way in which it can be other than expected is told.

import { expect } from 'chai'
import type { Expected, Report } from '../../../services/drill/drill.ts'
import { judge } from '../../../services/drill/judge.ts'

const EXPECTED: Expected = {
  verdict: ['broken'],
  causes: ['blocked'],
  ending: 'mends itself',
  outcome: ['mended'],
  does: ['source.pause'],
}

const REPORT: Report = {
  name: 'bot-wall',
  kind: 'real',
  alert: 'ScrapeOutage',
  about: 'a wall',
  incidents: [],
  passed: true,
  faults: [],
  times: { sign: 1, alert: 2, classified: 3, done: 4, verified: 5, resolved: 6 },
  totalSeconds: 7,
  verdict: 'broken',
  causes: ['blocked', 'drift'],
  outcome: 'mended',
  did: ['source.pause'],
  ending: 'mends itself',
  manual: [],
  words: 'It helped.',
  incident: 'INC-1',
}

const faultsOf = (report: Partial<Report>, expected: Partial<Expected> = {}, signs?: string[]): string[] =>
  judge({ expected: { ...EXPECTED, ...expected }, ...(signs ? { signs } : {}) }, { ...REPORT, ...report })

describe('the judgement of a drill', () => {
  it('finds nothing where all is as expected', () => {
    expect(faultsOf({})).to.deep.equal([])
    expect(faultsOf({}, {}, ['blocked'])).to.deep.equal([])
  })

  it('tells of another verdict, of a cause that was not found, and of another end', () => {
    expect(faultsOf({ verdict: 'degraded' })).to.deep.equal(['the verdict was degraded and not broken'])
    expect(faultsOf({ verdict: null })).to.deep.equal(['the verdict was none and not broken'])
    expect(faultsOf({ causes: ['drift'] })).to.deep.equal(['not found: blocked (found: drift)'])
    expect(faultsOf({ outcome: 'refused', words: 'No.' })).to.deep.equal(['the run came to refused and not to mended: No.'])
  })

  it('tells of a change that was not made; one that was taken back was made', () => {
    expect(faultsOf({ did: [] })).to.deep.equal(['not done: source.pause (done: nothing)'])
    expect(faultsOf({ did: ['source.pause (undone)'] })).to.deep.equal([])
    expect(faultsOf({ did: ['source.pauses'] })).to.have.length(1)
  })

  it('tells where a person had to do what the machine was to, and the other way round', () => {
    expect(faultsOf({ manual: ['approve'] })).to.deep.equal(['it was to mend itself, and a person had to: approve'])
    expect(faultsOf({}, { ending: 'asks a person' })).to.deep.equal(['it was to ask a person, and nobody was needed'])
    expect(faultsOf({ manual: ['repair'] }, { ending: 'asks a person' })).to.deep.equal([])
    expect(faultsOf({ manual: ['repair'] }, { ending: 'asks a person', allowed: true })).to.deep.equal(['it did not ask for leave'])
  })

  it('tells where nothing was verified, and where no visit failed', () => {
    const { verified: _verified, ...times } = REPORT.times
    expect(faultsOf({ times })).to.deep.equal(['it was not verified'])
    expect(faultsOf({ times: { ...REPORT.times, sign: Number.NaN } }, {}, ['blocked'])).to.deep.equal(['no visit ended in blocked'])
  })
})
