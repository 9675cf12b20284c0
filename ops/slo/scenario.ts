// The courses of events that every alert is tried on, and what each of them must show.

import { toNumber } from './decimal.ts'
import { course, simulate, type Course, type Stretch, type Verdict } from './model.ts'
import { countsTime } from './query.ts'
import type { Slo, Tier } from './spec.ts'

export interface Scenario {
  readonly name: string
  readonly events: Course
  /** The step at which counters begin anew, as after a restart. */
  readonly reset?: number
  /** Nothing bad has ever been counted, so its series does not exist. */
  readonly unborn?: boolean
  /** The moment that the age is measured from is not known. */
  readonly unknown?: boolean
  /** Verdicts of the model, per step; before `from` windows are not full yet. */
  readonly verdicts: readonly Verdict[]
  readonly from: number
  /** The last step of each stretch: what happens there is looked at, whatever the verdict. */
  readonly marks: readonly number[]
}

/** Seconds of a step: it divides every window, finely enough to tell a twentieth of a threshold. Coarser is quicker. */
export function stepOf(slo: Slo, { long, short, keepFiring }: Tier): number {
  const common = gcd(gcd(long, short), keepFiring)
  const least = countsTime(slo.sli) ? 40 : 24
  for (let step = common; step > 1; step--) if (common % step === 0 && long / step >= least && short / step >= 5) return step
  return 1
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** Every scenario of an alert. One that does not show what its name says is a mistake in the specification or here. */
export function scenariosOf(slo: Slo, tier: Tier): Scenario[] {
  return countsTime(slo.sli) ? timeScenarios(slo, tier) : eventScenarios(slo, tier)
}

function eventScenarios(slo: Slo, tier: Tier): Scenario[] {
  const step = stepOf(slo, tier)
  const [long, short] = [tier.long / step, tier.short / step]
  const all = 10 ** (tier.errorAbove.scale + 3)
  const threshold = toNumber(tier.errorAbove)
  const share = (times: number) => Math.round(threshold * times * all)
  /** So many bad events in as few steps as possible. */
  const burst = (amount: number): Stretch[] => {
    const full = Math.floor(amount / all)
    return [[full, all, all] as const, [1, Math.round(amount - full * all), all] as const].filter(([steps]) => steps > 0)
  }
  const good: Stretch = [long + 1, 0, all]
  const quiet: Stretch = [long + 1, 0, 0]
  const make = maker(slo, tier, step, long + 1)
  const after: Stretch = [short + tier.keepFiring / step + 4, share(0.95), all]
  const few = tier.minBad - 1
  return [
    make('at 0.95 of the threshold it is silent', 'silent', [[2 * long + 2, share(0.95), all]]),
    make('at 1.05 of the threshold it fires', 'fires', [[long + 3, share(1.05), all]]),
    make('a spike that the long window bears is silent, whatever was before', 'fires and stops', [
      good,
      ...burst(1.5 * threshold * long * all),
      good,
      ...burst(0.95 * threshold * long * all),
      [short, 0, all],
    ]),
    make('a burst fires, and stops when it is over', 'fires and stops', [good, good, ...burst(1.2 * threshold * long * all), after]),
    make('without traffic it is silent', 'silent', [good, quiet], { unborn: true }),
    ...(few > 0 ? [make('too few bad events are silent', 'silent', [quiet, [1, few, few], [short, 0, 0]])] : []),
    make('just enough bad events fire', 'fires', [quiet, [1, tier.minBad, tier.minBad], [short - 2, 0, 0]]),
    make('a restart is no failure', 'silent', [[2 * long + 2, share(0.95), all]], { reset: long + 3 }),
    make('a restart hides no failure', 'fires', [[2 * long + 2, share(1.05), all]], { reset: long + 3 }),
    outage(slo, tier, 'a total outage of busy traffic is told in time', [1, all], make),
    outage(slo, tier, 'a total outage of sparse traffic is told in time', sparse(slo, step), make),
  ]
}

/** Every how many steps so many events come, on the quietest day that the specification allows. */
function sparse({ cadence, batch }: Slo, step: number): [every: number, events: number] {
  return cadence >= step ? [Math.ceil(cadence / step), batch] : [1, Math.floor((batch * step) / cadence)]
}

function outage(slo: Slo, tier: Tier, name: string, [every, events]: [number, number], make: Make): Scenario {
  const step = stepOf(slo, tier)
  const beat = (bad: number, times: number) =>
    Array.from({ length: times }, (): Stretch[] => [[1, bad, events] as const, [every - 1, 0, 0] as const]).flat()
  const lead = Math.ceil((tier.long / step + 1) / every)
  const scenario = make(name, 'fires', [...beat(0, lead), ...beat(events, Math.floor(tier.detectWithin / step / every) + 1)])
  const first = lead * every + 1
  const told = scenario.verdicts.findIndex((verdict, t) => t >= first && verdict === true)
  if (told < 0 || (told - first) * step > tier.detectWithin)
    throw new Error(`${tier.alert}: ${name}: not before step ${told}, broken at ${first}`)
  return scenario
}

function timeScenarios(slo: Slo, tier: Tier): Scenario[] {
  const step = stepOf(slo, tier)
  const [long, short] = [tier.long / step, tier.short / step]
  const make = maker(slo, tier, step, long + 1)
  const good: Stretch = [long + 2, 0, 1]
  const after: Stretch = [short + tier.keepFiring / step + 4, 0, 1]
  const slices = (times: number) => Math.round(toNumber(tier.errorAbove) * long * times)
  const unknown = slo.sli.kind === 'age' && 'metric' in slo.sli.expected
  return [
    make('just below the limit it is silent', 'silent', [[2 * long, 0, 1]]),
    make('just above the limit it fires', 'fires', [[long + 5, 1, 1]]),
    make('a spike that the long window bears is silent, whatever was before', 'fires and stops', [
      good,
      [slices(1.5), 1, 1],
      good,
      [slices(0.95), 1, 1],
      after,
    ]),
    make('a longer one fires, and stops when it is over', 'fires and stops', [good, good, [slices(1.05), 1, 1], after]),
    make('a total outage is told in time', 'fires', [good, [Math.floor(tier.detectWithin / step) + 1, 1, 1]]),
    ...(unknown ? [make('what has never been read is stale', 'fires', [[long + 5, 1, 1]], { unknown: true })] : []),
  ]
}

type Shows = 'silent' | 'fires' | 'fires and stops'
type Make = (name: string, shows: Shows, stretches: Stretch[], more?: Partial<Scenario>) => Scenario

function maker(slo: Slo, tier: Tier, step: number, from: number): Make {
  return (name, shows, stretches, more = {}) => {
    const events = course(...stretches)
    const verdicts = simulate(slo, tier, events, step)
    const seen = verdicts.slice(from)
    const fired = seen.lastIndexOf(true)
    const right = { silent: fired < 0, fires: fired >= 0, 'fires and stops': fired >= 0 && seen.lastIndexOf(false) > fired }[shows]
    if (!right) throw new Error(`${tier.alert}: "${name}" does not show it: ${verdicts.map((verdict) => (verdict ? '!' : '.')).join('')}`)
    let end = 0
    const marks = stretches.map(([steps]) => (end += steps))
    return { name, events, verdicts, from, marks: marks.length > 8 ? [] : marks, ...more }
  }
}
