// Which alerts a panel concerns: those that read the series which it shows.

import type { Symptom } from '../slo/symptom.ts'
import { readPromql } from '../slo/promql.ts'
import { metricsOf, type Slo } from '../slo/spec.ts'
import type { Query } from './query.ts'

/** An alert and what it looks at: metrics without the parts of a histogram, and `slo=` with a name. */
export interface Concern {
  readonly alert: string
  readonly dashboard: string
  readonly reads: ReadonlySet<string>
}

export function concernsOf(slos: readonly Slo[], symptoms: readonly Symptom[]): Concern[] {
  const ofSlos = slos.flatMap((slo) => {
    const reads = new Set([`slo=${slo.slo}`, ...metricsOf(slo.sli).map(({ metric }) => whole(`rolewatch_${metric}`))])
    return slo.tiers.map(({ alert }) => ({ alert, dashboard: slo.dashboard, reads }))
  })
  const ofSymptoms = symptoms.map(({ alert, dashboard, expr }) => ({ alert, dashboard, reads: new Set(readsOf(expr)) }))
  return [...ofSlos, ...ofSymptoms]
}

/** The alerts whose runbooks belong to these queries, in the order of the specifications. */
export function alertsOf(queries: readonly Query[], concerns: readonly Concern[]): string[] {
  const reads = new Set(queries.filter(({ from }) => from === 'prometheus').flatMap(({ text }) => readsOf(text)))
  return concerns.filter((one) => !one.reads.isDisjointFrom(reads)).map(({ alert }) => alert)
}

function readsOf(expression: string): string[] {
  return readPromql(expression).selectors.flatMap(({ metric, matchers }) => {
    if (!metric.startsWith('slo:')) return metric === 'ALERTS' ? [] : [whole(metric)]
    return matchers.filter(({ label, op }) => label === 'slo' && op === '=').map(({ value }) => `slo=${value}`)
  })
}

/** A histogram without its part. */
const whole = (metric: string): string => metric.replace(/_(?:bucket|count|sum)$/, '')
