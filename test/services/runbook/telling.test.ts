// Telling: whatever an alert, a page or an action says, Slack takes the message, nothing in it leads elsewhere, and mail says the same.

import { expect } from 'chai'
import fc from 'fast-check'
import { messageIssue } from '../../../ops/sandbox/slack-rules.ts'
import { RUNBOOK_OUTCOMES } from '../../../ops/metrics.ts'
import { letterOf } from '../../../services/notify/digest-mail.ts'
import { headlineOf, needsPerson } from '../../../services/runbook/headline.ts'
import { tell, type Telling } from '../../../services/runbook/telling.ts'
import type { RunTold, StepTold, Update } from '../../../services/runbook/update.ts'
import type { Incident } from '../../../services/store/incidents.ts'
import { linesOf } from './ops-stand.ts'

const AT = '2030-01-01T12:00:00.000Z'
const NOW = new Date('2030-01-01T12:10:00Z')

const incidentOf = (more: Partial<Incident> = {}): Incident => ({
  id: '5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11',
  number: 12,
  fingerprint: 'f1',
  alertname: 'BreakerOpen',
  severity: 'ticket',
  priority: 'P1',
  labels: { alertname: 'BreakerOpen', source: 'greenhouse' },
  summary: 'The breaker of greenhouse is open',
  state: 'opened',
  opened_at: new Date(AT),
  acknowledged_at: null,
  acknowledged_by: null,
  mitigated_at: null,
  resolved_at: null,
  last_fired_at: new Date(AT),
  flaps: 0,
  held_at: null,
  escalated_at: null,
  ...more,
})
const runOf = (more: Partial<RunTold> = {}): RunTold => ({
  id: 'a0000000-0000-4000-8000-000000000001',
  alert: 'BreakerOpen',
  trigger: 'alert',
  actor: 'alertmanager',
  about: '',
  outcome: 'suggested',
  verdict: 'broken',
  causes: ['blocked'],
  words: 'Words.',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  traceparent: null,
  looks: [],
  steps: [],
  people: ['Ask the host.'],
  approval: null,
  ...more,
})
const updateOf = (more: Partial<Update> = {}): Update => ({
  kind: 'opened',
  at: AT,
  flaps: 0,
  openedAt: AT,
  resolvedAt: null,
  why: null,
  waitedMinutes: null,
  hasSecond: false,
  run: null,
  ...more,
})
const telling = (more: Partial<Telling> = {}): Telling => ({
  incident: incidentOf(),
  updates: [updateOf()],
  lostAt: null,
  dashboardUrl: null,
  publicUrl: 'https://roles.example',
  now: NOW,
  ...more,
})
const lines = (more: Partial<Telling>) => linesOf(tell(telling(more)))

describe('services/runbook/telling', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc.constantFrom('', '<!channel>', '<https://evil.example|Approve>', '*x*', '&amp;', 'a|b', '\u0000', '`'.repeat(400), '&'.repeat(1000)),
  )
  const step = fc.record<StepTold>({
    number: fc.nat(99),
    action: text,
    sign: fc.constantFrom('planned', 'later', 'done', 'undone', 'failed', 'refused', 'started'),
    target: fc.option(text),
    words: text,
  })
  const steps = fc.array(step, { maxLength: 12 })
  const run = fc
    .record({
      id: fc.uuid(),
      alert: text,
      actor: text,
      about: text,
      words: fc.option(text),
      looks: steps,
      steps,
      people: fc.array(text, { maxLength: 12 }),
      outcome: fc.constantFrom(null, ...RUNBOOK_OUTCOMES),
      traceId: fc.option(text),
      approval: fc.option(fc.record({ id: fc.uuid(), until: fc.constant(AT) })),
      trigger: fc.constantFrom('alert', 'hand', 'drill'),
    })
    .map((fields) => runOf(fields))
  const update = fc
    .record({
      kind: fc.constantFrom<Update['kind'][]>('opened', 'found', 'done', 'asked', 'escalated', 'resolved', 'noted'),
      run: fc.option(run),
      flaps: fc.nat(5),
      why: fc.constantFrom<Update['why'][]>(null, 'held', 'unacknowledged'),
      hasSecond: fc.boolean(),
    })
    .map((fields) => updateOf(fields))
  const any = fc.record({
    incident: fc.option(
      fc
        .record({ alertname: text, summary: text, acknowledged_by: text, labels: fc.record({ source: text }) })
        .map((fields) => incidentOf({ ...fields, acknowledged_at: NOW, severity: 'page' })),
      { nil: undefined },
    ),
    updates: fc.array(update, { minLength: 1, maxLength: 12 }),
    lostAt: fc.option(fc.constant(NOW)),
    dashboardUrl: fc.option(fc.oneof(text, fc.webUrl(), fc.constant('javascript:alert(1)'))),
    publicUrl: fc.option(fc.constant('https://roles.example'), { nil: undefined }),
  })

  it('makes a message that Slack takes of whatever there is', () => {
    fc.assert(
      fc.property(any, (given) => {
        const message = tell(telling(given))
        expect(messageIssue(message)).to.equal(null)
        expect(message.text.length).to.be.below(600)
        expect(letterOf(message).subject.length).to.be.below(201)
      }),
      { numRuns: 300 },
    )
  })

  it('leads nowhere but to us and to the dashboard, and calls nobody, whatever is in it', () => {
    fc.assert(
      fc.property(any, (given) => {
        const dashboard = 'https://grafana.example/d/x'
        const all = JSON.stringify(tell(telling({ ...given, dashboardUrl: dashboard })).blocks)
        for (const [, target = ''] of all.matchAll(/<([^>|]*)/g))
          expect(target).to.match(/^https:\/\/(?:roles\.example\/#\/(?:runbook|incidents|approvals)\/|grafana\.example\/d\/x\?from=)/)
      }),
      { numRuns: 300 },
    )
  })

  it('says of every kind and every end what it comes to, and calls a person for what needs one', () => {
    const told = (more: Partial<Update>) => [headlineOf(updateOf(more)), needsPerson(updateOf(more))]
    const ended = (outcome: string) => told({ kind: 'done', run: runOf({ outcome }) })
    expect(RUNBOOK_OUTCOMES.map((outcome) => [outcome, ...ended(outcome)])).to.deep.equal([
      ['healthy', 'its runbook found nothing wrong', false],
      ['suggested', 'a person must act', true],
      ['mended', 'mended by its runbook', false],
      ['unmended', 'its runbook did not help, a person must act', true],
      ['inconclusive', 'its runbook cannot tell what is wrong, a person must look', true],
      ['refused', 'its runbook was held back, a person must act', true],
      ['rejected', 'its runbook was told no, a person must act', true],
      ['expired', 'nobody answered its runbook, a person must act', true],
      ['failed', 'its runbook failed, a person must act', true],
      ['interrupted', 'its runbook was interrupted, a person must act', true],
      ['dry_run', 'its runbook was tried dry', false],
    ])
    expect([
      told({ kind: 'opened' }),
      told({ kind: 'opened', flaps: 1 }),
      told({ kind: 'found', run: runOf() }),
      told({ kind: 'asked', run: runOf() }),
      told({ kind: 'escalated', why: 'held' }),
      told({ kind: 'escalated', why: 'unacknowledged', waitedMinutes: 15 }),
      told({ kind: 'escalated', run: runOf({ outcome: 'failed' }) }),
      told({ kind: 'noted' }),
      told({ kind: 'resolved', resolvedAt: '2030-01-01T14:30:00.000Z' }),
    ]).to.deep.equal([
      ['it fires', false],
      ['it fires again', false],
      ['its runbook acts', false],
      ['its runbook asks for a yes', false],
      ['its runbook has run often enough, a person must act', true],
      ['nobody has acknowledged it for 15 min', true],
      ['its runbook failed, a person must act', true],
      ['there is no runbook for it, a person must act', true],
      ['over after 2.5 h', false],
    ])
  })

  it('says so when it tells something again', () => {
    expect(lines({ lostAt: new Date('2030-01-01T12:03:00Z') })[3]).to.equal(
      '(Told again: a message of 12:03 UTC got no answer, it may have arrived or not.)',
    )
    expect(lines({}).join('\n')).not.to.contain('Told again')
  })

  it('gives the trace, and the dashboard of the time, and leaves out an address that is none', () => {
    const of = (dashboardUrl: string | null, incident = incidentOf()) =>
      lines({ dashboardUrl, incident, updates: [updateOf({ kind: 'done', run: runOf() })] }).at(-1)
    expect(of('/d/rolewatch-overview')).to.equal(
      '(<https://roles.example/#/runbook/BreakerOpen|Runbook> · <https://roles.example/#/incidents/12|INC-12> · trace 0af7651916cd43dd8448eb211c80319c)',
    )
    const over = incidentOf({ resolved_at: new Date('2030-01-01T12:30:00Z') })
    expect(of('https://g.example/d/x', over)).to.contain('from=1893497400000&amp;to=1893501600000|Dashboard>')
  })

  it('names a command where there is no address of ours', () => {
    expect(lines({ publicUrl: undefined }).at(-1)).to.equal('(`rolewatch incident show INC-12`)')
    const asked = lines({
      publicUrl: undefined,
      updates: [updateOf({ kind: 'asked', run: runOf({ approval: { id: 'an-id', until: '2030-01-01T13:00:00.000Z' } }) })],
    })
    expect(asked).to.include('Approve or reject until 13:00 UTC, here or with:').and.include('`rolewatch runbook approve an-id`')
  })

  it('counts what it leaves out of long lists', () => {
    const many = Array.from({ length: 11 }, (_, n) => ({ number: n + 1, action: 'a.b', sign: 'broken', target: null, words: 'x' }))
    const told = lines({ updates: [updateOf({ kind: 'done', run: runOf({ looks: many }) })] })
    expect(told.filter((line) => line.includes('a.b'))).to.have.length(8)
    expect(told).to.include('… and 3 more')
  })

  it('says in a drill that it is one, and who asked for a run', () => {
    const found = (more: Partial<RunTold>) => lines({ updates: [updateOf({ kind: 'found', run: runOf({ looks: LOOKED, ...more }) })] })[3]
    expect(found({})).to.equal('*Found: broken (blocked)*')
    expect(found({ trigger: 'drill' })).to.equal('*Found: broken (blocked), in a drill*')
    expect(found({ trigger: 'hand', actor: 'cli' })).to.equal('*Found: broken (blocked), in a run asked for by cli*')
  })

  it('says the same in a letter, with its links', () => {
    const { subject, text: letter } = letterOf(tell(telling({ updates: [updateOf({ kind: 'done', run: runOf({ looks: LOOKED }) })] })))
    expect(subject).to.equal('INC-12 BreakerOpen: a person must act')
    expect(letter).to.contain('Found: broken (blocked)\n1. host.state – broken: It is open.\n')
    expect(letter).to.contain('• Ask the host.').and.contain('INC-12 <https://roles.example/#/incidents/12>')
  })
})

const LOOKED: StepTold[] = [{ number: 1, action: 'host.state', sign: 'broken', target: null, words: 'It is open.' }]
