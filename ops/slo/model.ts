// A plain model of an alert: what it must do on a given course of events, calculated without Prometheus.

import { countsTime } from './query.ts'
import type { Decimal } from './decimal.ts'
import type { Slo, Tier } from './spec.ts'

/** Events of each step, from step 1 on; where time is counted, one slice per step that is bad (1) or good (0). */
export interface Course {
  readonly bad: readonly number[]
  readonly total: readonly number[]
}

/** So many steps with so many bad events among so many in each. */
export type Stretch = readonly [steps: number, bad: number, total: number]

export function course(...stretches: Stretch[]): Course {
  const bad = [0]
  const total = [0]
  for (const [steps, wrong, all] of stretches) {
    for (let step = 0; step < steps; step++) {
      bad.push(wrong)
      total.push(all)
    }
  }
  return { bad, total }
}

/** At each step: firing, silent, or undefined where it hangs on a bit of a double or on whether a window holds its left edge. */
export type Verdict = boolean | undefined

/** A window of Prometheus 2 holds the sample on its left edge, one of Prometheus 3 does not. */
const EDGES = ['closed', 'open'] as const

export function simulate(slo: Slo, tier: Tier, events: Course, step: number): Verdict[] {
  const [first = [], second = []] = EDGES.map((edge) => follow(slo, tier, events, step, edge))
  return first.map((verdict, t) => (verdict === second[t] ? verdict : undefined))
}

function follow(slo: Slo, tier: Tier, events: Course, step: number, edge: (typeof EDGES)[number]): Verdict[] {
  const keep = tier.keepFiring / step
  const verdicts: Verdict[] = []
  let since: number | undefined
  let firing = false
  for (let t = 0; t < events.total.length; t++) {
    const met = isMet(slo, tier, events, t, step, edge)
    if (met === undefined) {
      verdicts.push(undefined)
      continue
    }
    if (met) [firing, since] = [true, undefined]
    else if (firing) {
      since ??= t
      firing = t - since < keep
    }
    verdicts.push(firing)
  }
  return verdicts
}

function isMet(slo: Slo, tier: Tier, events: Course, t: number, step: number, edge: (typeof EDGES)[number]): Verdict {
  const count = (of: readonly number[], window: number) => sum(of, t, window / step + (edge === 'closed' ? 0 : -1), countsTime(slo.sli))
  const sides = [tier.long, tier.short].map((window) => isAbove(count(events.bad, window), count(events.total, window), tier.errorAbove))
  const enough = countsTime(slo.sli) || count(events.bad, tier.long) >= tier.minBad
  if (sides.includes(false) || !enough) return false
  return sides.includes(undefined) ? undefined : true
}

/** What lies in the window that ends at t: the rises between its samples, or the samples themselves. */
function sum(of: readonly number[], t: number, steps: number, samples: boolean): number {
  let found = 0
  for (let at = Math.max(samples ? 0 : 1, t - steps + (samples ? 0 : 1)); at <= t; at++) found += of[at] ?? 0
  return found
}

function isAbove(bad: number, total: number, threshold: Decimal): Verdict {
  const [left, right] = [BigInt(bad) * 10n ** BigInt(threshold.scale), threshold.units * BigInt(total)]
  return left === right && total > 0 ? undefined : left > right
}
