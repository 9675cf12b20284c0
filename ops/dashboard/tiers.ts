// Objectives and tiers of a specification as lines in a graph.

import { decimal, minus, over, print, printPercent, toNumber, type Decimal } from '../slo/decimal.ts'
import { printDuration } from '../slo/duration.ts'
import { severityOf, type Priority } from '../slo/fields.ts'
import { boundOf } from '../slo/query.ts'
import { series } from '../slo/rules.ts'
import type { Slo, Tier } from '../slo/spec.ts'
import type { Symptom } from '../slo/symptom.ts'
import type { Step } from './face.ts'
import { range, type Query } from './query.ts'

const COLOURS = { none: 'blue', ticket: 'orange', page: 'red' } as const
export const colourOf = (priority: Priority): string => COLOURS[severityOf(priority)]

export const budgetOf = (slo: Slo): Decimal => minus(decimal('1'), slo.objective)

/** How many times faster than the budget allows errors come where a tier begins to fire. */
export const burnOf = (slo: Slo, tier: Tier): Decimal => over(tier.errorAbove, budgetOf(slo), 3)

/** One step for each burn at which something fires, in the colour of the most urgent tier there. */
export function burnSteps(slo: Slo): Step[] {
  return steps(slo.tiers.map((tier) => [toNumber(burnOf(slo, tier)), tier.priority]))
}

/** Where the objective's bound lies, and the bounds that tiers shift it to. For latency alone. */
export function boundSteps(slo: Slo): Step[] {
  const own = boundOf(slo)
  const shifted = slo.tiers.flatMap((tier) => {
    const bound = boundOf(slo, tier)
    return bound ? [[toNumber(bound), tier.priority] as const] : []
  })
  const all = steps(shifted)
  return own === undefined || all.some(([value]) => value === toNumber(own)) ? all : [[toNumber(own), 'yellow'], ...all]
}

function steps(lines: readonly (readonly [number, Priority])[]): Step[] {
  const urgent = new Map<number, Priority>()
  for (const [value, priority] of lines) if ((urgent.get(value) ?? 'P9') > priority) urgent.set(value, priority)
  return [...urgent].toSorted(([a], [b]) => a - b).map(([value, priority]) => [value, colourOf(priority)])
}

/** The number that a symptom compares with, which stands at its end. */
export function limitOf(symptoms: readonly Symptom[], alert: string): Step {
  const found = symptoms.find((one) => one.alert === alert)
  const number = /[<>]=?\s*([\d.]+)$/.exec(found?.expr ?? '')?.[1]
  if (!found || number === undefined) throw new Error(`${alert} is no symptom that ends in a limit`)
  return [Number(number), colourOf(found.priority)]
}

export function findSlo(slos: readonly Slo[], name: string): Slo {
  const found = slos.find(({ slo }) => slo === name)
  if (!found) throw new Error(`There is no SLO ${name}`)
  return found
}

/** The tiers in words, as the lines of a graph are explained. */
export function tellTiers(slo: Slo): string {
  return slo.tiers
    .map((tier) => {
      const slower = tier.slowerThan === undefined ? '' : ` slower than ${print(tier.slowerThan)} s`
      const windows = `${printDuration(tier.long)} and ${printDuration(tier.short)}`
      return `${tier.alert} at ${print(burnOf(slo, tier))} (${printPercent(tier.errorAbove)}${slower} over ${windows})`
    })
    .join(', ')
}

/** The burn over the period and over every window that a tier looks at, each once. */
export function burnQueries(slo: Slo): Query[] {
  const views = [
    { window: slo.period, bound: boundOf(slo) },
    ...slo.tiers.flatMap((tier) => [tier.short, tier.long].map((window) => ({ window, bound: boundOf(slo, tier) }))),
  ]
  const slices = slo.sli.by.map((label) => `{{${label}}} `).join('')
  const all = views
    .toSorted((a, b) => a.window - b.window)
    .map(({ window, bound }) => {
      const slower = bound === undefined ? '' : ` over ${print(bound)} s`
      return range(`${series(slo, 'error:ratio', window, bound)} / ${print(budgetOf(slo))}`, `${slices}${printDuration(window)}${slower}`)
    })
  return [...new Map(all.map((query) => [query.text, query])).values()]
}
