// How an SLO stands: counts in, budget, burn and state out, whoever has counted.

import { budgetLeft, burnRate, errorRatio, timeToExhaustion } from '../../ops/slo/budget.ts'
import { decimal, minus, over, toNumber } from '../../ops/slo/decimal.ts'
import { severityOf, type Priority } from '../../ops/slo/fields.ts'
import { boundOf, countsTime } from '../../ops/slo/query.ts'
import type { Slo, Tier } from '../../ops/slo/spec.ts'
import { keyOf, type Labels } from '../../ops/slo/tally.ts'
import { keyOfView, paceView, periodView, tierViews, type Counts, type View } from './views.ts'

export const STATES = ['ok', 'warning', 'page', 'no_data'] as const
export type State = (typeof STATES)[number]

/** How quickly the budget is spent over one window of an alert. */
export interface Burn {
  alert: string
  priority: Priority
  window_seconds: number
  /** What a latency is held against here, in seconds. */
  bound: number | null
  rate: number
  /** The alert fires when all its windows are above this. */
  threshold_burn: number
}

export interface Figures {
  /** The share of good; null where nothing has happened. */
  sli: number | null
  bad: number
  total: number
  /** 1 untouched, 0 spent, below 0 overdrawn; null where nothing has happened. */
  budget_remaining: number | null
  pace: { window_seconds: number; rate: number }
  burn: Burn[]
  /** At the latest pace; 0 when it is spent, null when nothing burns. */
  exhausted_in_seconds: number | null
  state: State
}

export interface Standing extends Figures {
  slo: string
  title: string
  journey: string
  owner: string
  objective: number
  period_seconds: number
  kind: Slo['sli']['kind']
  /** What bad and total count. */
  unit: 'events' | 'seconds'
  bound: number | null
  /** The same for each value of `sli.by` that anything has happened for. */
  by: ({ labels: Labels } & Figures)[]
  /** The pages of its alerts. */
  runbooks: string[]
}

/** Bad and total of a view: of one group, or of all together. */
type Look = (view: View) => { bad: number; total: number }

/** Puts the figures of an SLO together from the counts of all its views. */
export function standingOf(slo: Slo, counts: Counts): Standing {
  const { sli } = slo
  const groupsOf = (view: View) => counts.get(keyOfView(view)) ?? []
  const lookAt =
    (key: string): Look =>
    (view) =>
      groupsOf(view).find(({ labels }) => keyOf(sli.by, labels) === key) ?? { bad: 0, total: 0 }
  const by = groupsOf(periodView(slo))
    .filter(({ total }) => total > 0)
    .map(({ labels }) => ({ labels, ...figuresOf(slo, lookAt(keyOf(sli.by, labels))) }))
    .toSorted((a, b) => (keyOf(sli.by, a.labels) < keyOf(sli.by, b.labels) ? -1 : 1))
  const together = figuresOf(slo, (view) => ({
    bad: groupsOf(view).reduce((sum, { bad }) => sum + bad, 0),
    total: groupsOf(view).reduce((sum, { total }) => sum + total, 0),
  }))
  return {
    slo: slo.slo,
    title: slo.title,
    journey: slo.journey,
    owner: slo.owner,
    objective: toNumber(slo.objective),
    period_seconds: slo.period,
    kind: sli.kind,
    unit: countsTime(sli) ? 'seconds' : 'events',
    bound: boundFor(slo),
    ...together,
    // An alert looks at one group at a time.
    state: by.length > 0 ? worst(by.map(({ state }) => state)) : together.state,
    by: sli.by.length > 0 ? by : [],
    runbooks: slo.tiers.map(({ alert }) => `/runbooks/${alert}.md`),
  }
}

function boundFor(slo: Slo, tier?: Tier): number | null {
  const bound = boundOf(slo, tier)
  return bound ? toNumber(bound) : null
}

function figuresOf(slo: Slo, look: Look): Figures {
  const objective = toNumber(slo.objective)
  const { bad, total } = look(periodView(slo))
  const ratio = errorRatio(bad, total)
  const left = budgetLeft(ratio, objective)
  const pace = paceView(slo)
  const rate = burnOver(look(pace), objective)
  const known = total > 0
  const exhausted = timeToExhaustion(left, rate, slo.period)
  return {
    sli: known ? 1 - ratio : null,
    bad,
    total,
    budget_remaining: known ? left : null,
    pace: { window_seconds: pace.window, rate },
    burn: slo.tiers.flatMap((tier) => burnsOf(slo, tier, look)),
    exhausted_in_seconds: known && Number.isFinite(exhausted) ? exhausted : null,
    state: known ? stateOf(slo, look, left) : 'no_data',
  }
}

function burnOver({ bad, total }: { bad: number; total: number }, objective: number): number {
  return burnRate(errorRatio(bad, total), objective)
}

function burnsOf(slo: Slo, tier: Tier, look: Look): Burn[] {
  const threshold = toNumber(over(tier.errorAbove, minus(decimal('1'), slo.objective), 9))
  const { long, short } = tierViews(slo, tier)
  return [long, short].map((view) => ({
    alert: tier.alert,
    priority: tier.priority,
    window_seconds: view.window,
    bound: boundFor(slo, tier),
    rate: burnOver(look(view), toNumber(slo.objective)),
    threshold_burn: threshold,
  }))
}

/** What the alerts would say at this moment; a budget that is spent is worth a warning by itself. */
function stateOf(slo: Slo, look: Look, left: number): State {
  const met = slo.tiers.filter((tier) => isMet(slo, tier, look)).map(({ priority }) => severityOf(priority))
  if (met.includes('page')) return 'page'
  return met.includes('ticket') || left <= 0 ? 'warning' : 'ok'
}

/** As the rule has it: above the threshold over both windows, and enough that is bad. */
function isMet(slo: Slo, tier: Tier, look: Look): boolean {
  const [long, short] = Object.values(tierViews(slo, tier)).map(look)
  if (!long || !short) return false
  const threshold = toNumber(tier.errorAbove)
  const above = [long, short].every(({ bad, total }) => errorRatio(bad, total) > threshold)
  return above && (countsTime(slo.sli) || long.bad >= tier.minBad)
}

function worst(states: readonly State[]): State {
  return (['page', 'warning', 'ok'] as const).find((one) => states.includes(one)) ?? 'no_data'
}
