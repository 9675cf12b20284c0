// What has to be counted to say how an SLO stands: pairs of a window and a bound.

import { printDuration } from '../../ops/slo/duration.ts'
import { boundOf } from '../../ops/slo/query.ts'
import type { Decimal } from '../../ops/slo/decimal.ts'
import type { Slo, Tier } from '../../ops/slo/spec.ts'
import { textOf, type Labels } from '../../ops/slo/tally.ts'

export interface View {
  readonly slo: Slo
  /** Seconds; it ends now. */
  readonly window: number
  readonly bound: Decimal | undefined
}

/** What one view has in one group of `sli.by`: events, or seconds where time is counted. */
export interface Group {
  readonly labels: Labels
  readonly bad: number
  readonly total: number
}

/** Key of a view → its groups; a group that is missing has nothing. */
export type Counts = ReadonlyMap<string, readonly Group[]>

const HOUR = 3600

export const keyOfView = ({ slo, window, bound }: View): string => `${slo.slo} ${printDuration(window)} ${textOf(bound)}`

/** The whole period, against the objective's own bound. */
export const periodView = (slo: Slo): View => ({ slo, window: slo.period, bound: boundOf(slo) })

/** The latest pace: an hour, or the longest window of the tiers where an hour says nothing, as with one event a day. */
export function paceView(slo: Slo): View {
  const window = Math.min(slo.period, Math.max(HOUR, ...slo.tiers.map(({ long }) => long)))
  return { slo, window, bound: boundOf(slo) }
}

export function tierViews(slo: Slo, tier: Tier): { long: View; short: View } {
  const view = (window: number): View => ({ slo, window, bound: boundOf(slo, tier) })
  return { long: view(tier.long), short: view(tier.short) }
}

/** What the rules record. */
export function recordedViews(slo: Slo): View[] {
  return unique([periodView(slo), ...slo.tiers.flatMap((tier) => Object.values(tierViews(slo, tier)))])
}

export const allViews = (slo: Slo): View[] => unique([...recordedViews(slo), paceView(slo)])

function unique(views: readonly View[]): View[] {
  return [...new Map(views.map((view) => [keyOfView(view), view])).values()]
}
