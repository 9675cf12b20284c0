// Refusals of symptoms: expressions that do not parse or read what does not exist, and alerts without a proof.

import type { Catalogue } from './catalogue.ts'
import { readPromql, type Selector } from './promql.ts'
import type { Refusal } from './refuse-sli.ts'
import { severityOf } from './fields.ts'
import type { Symptom } from './symptom.ts'

/** Labels that Prometheus puts on every series of a target. */
export const TARGET_LABELS = ['job', 'instance'] as const

export function refuseSymptom(one: Symptom, catalogue: Catalogue): Refusal[] {
  const refusals = refuseExpression(one.expr, catalogue).map((message) => ({ path: 'expr', message }))
  const cases = Object.entries(one.cases)
  for (const [name, { given }] of cases)
    for (const series of Object.keys(given))
      for (const message of refuseExpression(series, catalogue)) refusals.push({ path: `cases.${name}.given`, message })
  if (!cases.some(([, each]) => each.fires.length > 0)) refusals.push({ path: 'cases', message: `No case shows that ${one.alert} fires.` })
  if (severityOf(one.priority) !== 'none' && !cases.some(([, each]) => each.silent.length > 0))
    refusals.push({ path: 'cases', message: `No case shows that ${one.alert} is silent when all is well.` })
  return refusals
}

/** Sentences on everything that an expression gets wrong about the closed world. Recorded series may be handed in as `extra`. */
export function refuseExpression(
  expression: string,
  catalogue: Catalogue,
  extra: ReadonlyMap<string, readonly string[]> = new Map(),
): string[] {
  const { selectors, groupings, brokenAt } = readPromql(expression)
  if (brokenAt !== null) return [`This is no PromQL: it breaks at character ${brokenAt + 1}.`]
  const known = new Set<string>(
    selectors.flatMap(({ metric }) => [...(extra.get(metric) ?? catalogue.get(metric)?.labels ?? []), ...TARGET_LABELS]),
  )
  const lost = groupings.filter((label) => !known.has(label)).map((label) => `No series of the expression has the label ${label}.`)
  return [...selectors.flatMap((selector) => refuseSelector(selector, catalogue, extra)), ...lost]
}

function refuseSelector({ metric, matchers }: Selector, catalogue: Catalogue, extra: ReadonlyMap<string, readonly string[]>): string[] {
  if (metric === '') return ['A selector names no metric.']
  const labels = extra.get(metric) ?? catalogue.get(metric)?.labels
  if (!labels) return [`${metric} is not declared in ops/metrics.ts.`]
  const declaration = catalogue.get(metric)?.declaration
  return matchers.flatMap(({ label, op, value }) => {
    if (![...labels, ...TARGET_LABELS].includes(label)) return [`${metric} has no label ${label}.`]
    const closed =
      label === 'le' ? [...(declaration?.buckets.map(String) ?? []), '+Inf'] : label === 'source' ? undefined : declaration?.values[label]
    if (!closed) return []
    const wanted = op.endsWith('~')
      ? value.split('|').map((part) => new RegExp(`^(?:${part})$`))
      : [new RegExp(`^${RegExp.escape(value)}$`)]
    return wanted.every((one) => closed.some((each) => one.test(each)))
      ? []
      : [`${label} of ${metric} is never ${value}: it is one of ${closed.join(', ')}.`]
  })
}
