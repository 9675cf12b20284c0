// The console's words for incidents and runbooks: one for everything that the product may say, and none for what it never says.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { VERDICTS } from '../../ops/runbook/action.ts'
import { MODES, RUN_STATES } from '../../ops/runbook/flow.ts'
import { RUNBOOK_OUTCOMES } from '../../ops/metrics.ts'
import { approval, toldRun } from '../../services/api/runbook-shapes.ts'
import { ROOT } from '../../services/config.ts'
import { INCIDENT_STATES } from '../../services/store/incidents.ts'

type Words = Readonly<Record<string, readonly [string, string]>>
interface Terms {
  INCIDENTS: Words
  OUTCOMES: Words
  RUN_STATES: Words
  VERDICTS: Words
  STEPS: Words
  APPROVALS: Words
  MODES: Readonly<Record<string, string>>
}

describe('dashboards/console/terms', () => {
  let terms: Terms
  before(async () => {
    terms = (await import(pathToFileURL(join(ROOT, 'dashboards', 'console', 'terms.js')).href)) as Terms
  })

  it('has a word for everything', () => {
    expect(terms.INCIDENTS).to.have.all.keys(INCIDENT_STATES)
    expect(terms.OUTCOMES).to.have.all.keys(RUNBOOK_OUTCOMES)
    expect(terms.RUN_STATES).to.have.all.keys(RUN_STATES)
    expect(terms.VERDICTS).to.have.all.keys(VERDICTS)
    expect(terms.MODES).to.have.all.keys(MODES)
    expect(terms.STEPS).to.have.all.keys(toldRun.shape.steps.element.shape.state.options)
    expect(terms.APPROVALS).to.have.all.keys(approval.shape.state.options)
  })

  it('uses no word for two things of a kind, and colours that there are', () => {
    const { MODES: modes, ...lists } = terms
    for (const list of Object.values(lists)) {
      const words = Object.values(list).map(([word]) => word)
      expect(new Set(words).size, words.join()).to.equal(words.length)
      for (const [, kind] of Object.values(list)) expect(kind).to.be.oneOf(['', 'good', 'warn', 'bad'])
    }
    expect(new Set(Object.values(modes)).size).to.equal(MODES.length)
  })
})
