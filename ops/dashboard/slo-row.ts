// One SLO at a glance: what was promised, what was kept, what is left of the budget, and how fast it burns.

import { decimal, print, printPercent, times, toNumber } from '../slo/decimal.ts'
import { printDuration } from '../slo/duration.ts'
import { boundOf } from '../slo/query.ts'
import { series } from '../slo/rules.ts'
import type { Slo } from '../slo/spec.ts'
import type { Step } from './face.ts'
import type { Row } from './grid.ts'
import { gauge, lines, stat } from './panels.ts'
import { instant } from './query.ts'
import { budgetOf, burnOf, burnQueries, burnSteps, tellTiers } from './tiers.ts'

const HEIGHT = 6
/** Shares of the budget that are left: overdrawn or nearly so, little, less than half. */
export const BUDGET_STEPS: readonly Step[] = [
  [0, 'orange'],
  [0.25, 'yellow'],
  [0.5, 'green'],
]

export function sloRow(slo: Slo): Row {
  const over = printDuration(slo.period)
  return {
    title: `${slo.title}: ${printPercent(slo.objective)} over ${over}`,
    drafts: [objective(slo), kept(slo), left(slo), exhaustion(slo), burn(slo)],
  }
}

const ratio = (slo: Slo): string => series(slo, 'error:ratio', slo.period, boundOf(slo))
const remaining = (slo: Slo): string => {
  const bound = boundOf(slo)
  return `slo:error_budget:remaining_ratio{slo="${slo.slo}"${bound ? `,bound="${print(bound)}"` : ''}}`
}
const worst = (slo: Slo): string => (slo.sli.by.length === 0 ? '' : ` Of the worst ${slo.sli.by.join(' and ')}.`)

const objective = (slo: Slo) =>
  stat({
    title: 'Objective',
    description: `${slo.journey} Promised over ${printDuration(slo.period)}, and kept by ${slo.owner}.`,
    unit: 'percentunit',
    size: [3, HEIGHT],
    queries: [instant(`slo:objective:ratio{slo="${slo.slo}"}`, 'objective')],
    calm: 'text',
    nothing: 'not measured',
  })

const kept = (slo: Slo) =>
  stat({
    title: `Kept over ${printDuration(slo.period)}`,
    description: `The share that was good over the period.${worst(slo)} Green where the objective is kept.`,
    unit: 'percentunit',
    size: [3, HEIGHT],
    queries: [instant(`min(1 - ${ratio(slo)})`, 'kept')],
    calm: 'red',
    steps: [[toNumber(slo.objective), 'green']],
    decimals: 2,
    nothing: 'nothing happened',
    more: slo.dashboard,
  })

const left = (slo: Slo) =>
  gauge({
    title: 'Budget left',
    description: `What is left of the error budget: 100% is untouched, 0% is spent, below it is overdrawn.${worst(slo)}`,
    unit: 'percentunit',
    size: [4, HEIGHT],
    min: 0,
    max: 1,
    queries: [instant(`min(${remaining(slo)})`, 'left')],
    calm: 'red',
    steps: BUDGET_STEPS,
    decimals: 0,
    nothing: 'nothing happened',
  })

/** Over the longest window that has the objective's own bound, else over the period. */
const exhaustion = (slo: Slo) => {
  const own = slo.tiers.filter(({ slowerThan }) => slowerThan === undefined).map(({ long }) => long)
  const window = own.length > 0 ? Math.max(...own) : slo.period
  const spent = `${series(slo, 'error:ratio', window, boundOf(slo))} / ${print(budgetOf(slo))}`
  const rest = `clamp_min(${remaining(slo)}, 0) * ${slo.period} / (${spent} > 0)`
  // What is overdrawn is spent already, whether anything burns now or not.
  const gone = `clamp_min(${remaining(slo)} <= 0, 0)`
  const tenth = toNumber(times(decimal('0.1'), decimal(`${slo.period}`)))
  return stat({
    title: 'Time to exhaustion',
    description: `When the budget is spent if errors go on as over the last ${printDuration(window)}.${worst(slo)} Empty while nothing burns, 0 once it is spent.`,
    unit: 's',
    size: [4, HEIGHT],
    queries: [instant(`min(${rest} or ${gone})`, 'spent in')],
    calm: 'red',
    steps: [
      [tenth, 'orange'],
      [slo.period, 'green'],
    ],
    decimals: 1,
    nothing: 'nothing burns',
  })
}

const burn = (slo: Slo) => {
  const highest = Math.max(1, ...slo.tiers.map((tier) => toNumber(burnOf(slo, tier))))
  return lines({
    title: 'Burn',
    description: `How many times faster than allowed the budget is spent; 1 spends it in one period. Lines: ${tellTiers(slo)}.`,
    unit: 'none',
    size: [10, HEIGHT],
    queries: burnQueries(slo),
    steps: burnSteps(slo),
    reach: highest * 1.1,
    min: 0,
    decimals: 2,
    nothing: 'nothing happened',
    beside: true,
  })
}
