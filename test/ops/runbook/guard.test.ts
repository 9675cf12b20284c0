// The guards: whatever the facts are, a change is allowed only when every one of its limits holds.

import { expect } from 'chai'
import fc from 'fast-check'
import {
  AUTOMATIC_RUNS,
  guardRun,
  guardStep,
  STEP_GUARDS,
  type Limits,
  type StepFacts,
  type StepGuard,
} from '../../../ops/runbook/guard.ts'

const NOW = new Date('2030-01-01T12:00:00Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)
const LIMITS: Limits = { name: 'source.pause', cooldownSeconds: 600, perHour: 3, perDay: 8 }
const QUIET: StepFacts = {
  now: NOW,
  switchedOff: undefined,
  isOver: false,
  maintenance: undefined,
  isApproved: false,
  target: 'source/lever',
  lockedBy: undefined,
  lastOnTarget: undefined,
  inHour: 0,
  inDay: 0,
  stops: [],
  sources: [],
}
const source = (name: string, healthy: boolean, stopped = false) => ({ name, healthy, stopped })
const decide = (facts: Partial<StepFacts>, limits: Partial<Limits> = {}) => guardStep({ ...LIMITS, ...limits }, { ...QUIET, ...facts })

describe('ops/runbook/guard', () => {
  it('allows what nothing speaks against', () => {
    expect(decide({})).to.deep.equal({ kind: 'allowed' })
  })

  const refusals: [StepGuard, Partial<StepFacts>, string][] = [
    ['switch', { switchedOff: { by: 'ada', reason: null } }, 'automation is off: ada said "no reason given"'],
    ['over', { isOver: true }, 'the alert has ended meanwhile'],
    [
      'maintenance',
      { maintenance: { reason: 'moving', until: new Date('2030-01-01T13:30:00Z') } },
      'there is maintenance until 2030-01-01 13:30Z ("moving")',
    ],
    [
      'lock',
      { lockedBy: { alert: 'SourceStale', since: ago(60) } },
      'the runbook SourceStale has been acting on source/lever since 2030-01-01 11:59Z',
    ],
    ['cooldown', { lastOnTarget: ago(599) }, 'source.pause acted on source/lever at 2030-01-01 11:50Z, and may again at 2030-01-01 12:00Z'],
    ['hour', { inHour: 3 }, 'source.pause may run 3 times an hour, and has'],
    ['day', { inDay: 8 }, 'source.pause may run 8 times a day, and has'],
    [
      'healthy',
      { stops: ['lever'], sources: [source('ashby', false), source('lever', true)] },
      'lever is the last healthy source: without it nothing would be visited',
    ],
    [
      'half',
      { stops: ['lever'], sources: [source('ashby', true), source('greenhouse', false, true), source('lever', false)] },
      'runbooks would hold back greenhouse and lever: 2 of 3 sources, more than half',
    ],
  ]
  for (const [guard, facts, words] of refusals)
    it(`refuses by ${guard}, in words`, () => {
      expect(decide(facts)).to.deep.equal({ kind: 'refused', guard, words })
    })

  it('knows no guard that is not proven here', () => {
    expect(refusals.map(([guard]) => guard)).to.deep.equal([...STEP_GUARDS])
  })

  it('lets each limit be reached and no more', () => {
    expect(decide({ lastOnTarget: ago(600) }).kind).to.equal('allowed')
    expect(decide({ inHour: 2, inDay: 7 }).kind).to.equal('allowed')
    expect(decide({ inHour: 1 }, { perHour: 1 })).to.deep.include({ words: 'source.pause may run once an hour, and has' })
  })

  it('lets a person who approved act within maintenance, and within nothing else', () => {
    const maintenance = { reason: 'moving', until: ago(-60) }
    expect(decide({ maintenance, isApproved: true }).kind).to.equal('allowed')
    for (const [guard, facts] of refusals)
      if (guard !== 'maintenance') expect(decide({ ...facts, isApproved: true })).to.deep.include({ guard })
  })

  it('lets a sick source be stopped although none is healthy, and half of them but no more', () => {
    const two = [source('ashby', false), source('lever', false)]
    expect(decide({ stops: ['lever'], sources: two }).kind).to.equal('allowed')
    expect(decide({ stops: ['lever'], sources: two.slice(1) })).to.deep.include({ guard: 'half' })
    expect(decide({ stops: ['lever'], sources: [source('ashby', true, true), source('lever', false, true)] })).to.deep.include({
      guard: 'half',
    })
    expect(decide({ stops: ['lever'], sources: [source('ashby', true), source('lever', false, true)] }).kind).to.equal('allowed')
  })

  const facts: fc.Arbitrary<{ facts: StepFacts; limits: Limits }> = fc.record({
    limits: fc.record({
      name: fc.constant('source.pause'),
      cooldownSeconds: fc.integer({ min: 0, max: 7200 }),
      perHour: fc.integer({ min: 1, max: 5 }),
      perDay: fc.integer({ min: 1, max: 9 }),
    }),
    facts: fc.record({
      now: fc.constant(NOW),
      switchedOff: fc.option(fc.constant({ by: 'ada', reason: 'x' }), { nil: undefined, freq: 1 }),
      isOver: fc.nat(5).map((n) => n === 0),
      maintenance: fc.option(fc.constant({ reason: 'x', until: ago(-60) }), { nil: undefined, freq: 1 }),
      isApproved: fc.boolean(),
      target: fc.constant('source/a'),
      lockedBy: fc.option(fc.constant({ alert: 'A', since: ago(5) }), { nil: undefined, freq: 1 }),
      lastOnTarget: fc.option(fc.integer({ min: 0, max: 9000 }).map(ago), { nil: undefined }),
      inHour: fc.integer({ min: 0, max: 6 }),
      inDay: fc.integer({ min: 0, max: 10 }),
      stops: fc.subarray(['a', 'b', 'c', 'd']),
      sources: fc
        .subarray(['a', 'b', 'c', 'd'])
        .chain((names) =>
          fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), healthy: fc.boolean(), stopped: fc.boolean() }))),
        ),
    }),
  })

  it('allows nothing that a limit forbids, whatever the facts', () => {
    let allowed = 0
    fc.assert(
      fc.property(facts, ({ facts: given, limits }) => {
        if (guardStep(limits, given).kind === 'refused') return
        allowed++
        expect(given.switchedOff).to.equal(undefined)
        expect(given.isOver).to.equal(false)
        expect(given.lockedBy).to.equal(undefined)
        expect(given.isApproved || given.maintenance === undefined).to.equal(true)
        expect(given.inHour).to.be.below(limits.perHour)
        expect(given.inDay).to.be.below(limits.perDay)
        if (given.lastOnTarget) expect(NOW.getTime() - given.lastOnTarget.getTime()).to.be.at.least(limits.cooldownSeconds * 1000)
        const stopping = given.sources.filter(({ name }) => given.stops.includes(name))
        if (stopping.length === 0) return
        const healthyBefore = given.sources.some(({ healthy }) => healthy)
        const healthyAfter = given.sources.some(({ name, healthy }) => healthy && !given.stops.includes(name))
        expect(healthyAfter || !healthyBefore, 'a healthy source is left').to.equal(true)
        const held = given.sources.filter(({ name, stopped }) => stopped || given.stops.includes(name)).length
        expect(held / given.sources.length, 'half at the most').to.be.at.most(0.5)
      }),
      { numRuns: 3000 },
    )
    expect(allowed, 'it does allow some').to.be.above(20)
  })

  it('never allows more when a limit is tightened', () => {
    fc.assert(
      fc.property(facts, ({ facts: given, limits }) => {
        const tighter = { ...limits, perHour: limits.perHour - 1, perDay: limits.perDay - 1, cooldownSeconds: limits.cooldownSeconds + 60 }
        if (guardStep(limits, given).kind === 'refused') expect(guardStep(tighter, given).kind).to.equal('refused')
      }),
    )
  })

  it('lets an incident start its runbook so often and no more', () => {
    expect(guardRun({ recent: AUTOMATIC_RUNS.most - 1 }).kind).to.equal('allowed')
    expect(guardRun({ recent: AUTOMATIC_RUNS.most })).to.deep.equal({
      kind: 'refused',
      guard: 'runs',
      words: 'the runbook ran 3 times for this incident in 6 hours: it does not help',
    })
  })
})
