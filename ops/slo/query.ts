// What an SLI counts, in PromQL.

import { decimal, print, times, type Decimal } from './decimal.ts'
import { printDuration } from './duration.ts'
import type { Filter, Sli, Slo, Tier } from './spec.ts'

const PREFIX = 'rolewatch_'

/** The bound that an SLI or a shifted tier looks at; undefined where there are no bounds. */
export function boundOf({ sli }: Slo, tier?: Tier): Decimal | undefined {
  return sli.kind === 'latency' ? (tier?.slowerThan ?? sli.within) : undefined
}

/** Whether time is counted instead of events. */
export const countsTime = (sli: Sli): sli is Extract<Sli, { kind: 'level' | 'age' }> => sli.kind === 'level' || sli.kind === 'age'

/** 1 while it is bad, 0 while it is good; for SLIs that count time. */
export function sliceQuery(sli: Extract<Sli, { kind: 'level' | 'age' }>): string {
  const top = (metric: string, filter?: Filter) => aggregate('max', sli.by, selector(metric, filter))
  if (sli.kind === 'level') return `${top(sli.metric, sli)} > bool ${print(sli.above)}`
  const since = `time() - ${top(sli.metric)}`
  if ('every' in sli.expected) {
    const limit = print(times(sli.times, decimal(`${sli.expected.every}`)))
    return `${since} > bool ${limit} + ${sli.plus}`
  }
  const expected = top(sli.expected.metric)
  return `(${since} > bool ${print(sli.times)} * ${expected} + ${sli.plus})\nor (${expected} > bool 0)`
}

/** Bad events of a window. Where nothing bad has ever happened it is 0 × `total`: the series of what is bad may not exist yet. */
export function badQuery(slo: Slo, window: number, bound: Decimal | undefined, total: string): string {
  const { sli } = slo
  const range = `[${printDuration(window)}]`
  if (countsTime(sli)) return `sum_over_time(slo:slice:bad{slo="${slo.slo}"}${range})`
  const rise = (metric: string, filter: Filter, le?: string) =>
    aggregate('sum', sli.by, `increase(${selector(metric, filter, le)}${range})`)
  if (sli.kind === 'ratio') return `${rise(sli.bad.metric, sli.bad)}\nor ignoring (slo) 0 * ${total}`
  const within = rise(`${sli.metric}_bucket`, sli, bucketMatcher(bound ?? sli.within))
  return `clamp_min(${rise(`${sli.metric}_count`, sli)} - ${within}, 0)`
}

export function totalQuery(slo: Slo, window: number): string {
  const { sli } = slo
  const range = `[${printDuration(window)}]`
  if (countsTime(sli)) return `count_over_time(slo:slice:bad{slo="${slo.slo}"}${range})`
  const [metric, filter] = sli.kind === 'ratio' ? [sli.total.metric, sli.total] : [`${sli.metric}_count`, sli]
  return aggregate('sum', sli.by, `increase(${selector(metric, filter)}${range})`)
}

/** Prometheus 3 writes `le="8"` as `le="8.0"`. */
function bucketMatcher(bound: Decimal): string {
  return bound.scale === 0 ? `le=~"${print(bound)}(\\\\.0)?"` : `le="${print(bound)}"`
}

function aggregate(operation: 'sum' | 'max', by: readonly string[], query: string): string {
  return by.length === 0 ? `${operation}(${query})` : `${operation} by (${by.join(', ')}) (${query})`
}

/** A metric of the product with what a filter asks of its labels; `more` is a matcher as PromQL writes it. */
export function selector(metric: string, filter: Filter = { where: {}, not: {} }, more?: string): string {
  const matchers = [
    ...Object.entries(filter.where).map(([label, values]) => matcher(label, values, '=')),
    ...Object.entries(filter.not).map(([label, values]) => matcher(label, values, '!')),
    ...(more === undefined ? [] : [more]),
  ]
  return `${PREFIX}${metric}${matchers.length === 0 ? '' : `{${matchers.join(',')}}`}`
}

function matcher(label: string, values: readonly string[], sign: '=' | '!'): string {
  const plain = values.length === 1 && /^\w+$/.test(values[0] ?? '')
  return `${label}${sign}${plain ? (sign === '=' ? '' : '=') : '~'}"${values.join('|')}"`
}

/** Whether a label's value passes a filter, as Prometheus reads it: patterns are anchored. */
export function passes(filter: Filter, labels: Readonly<Record<string, string>>): boolean {
  const fits = ([label, values]: [string, string[]]) => new RegExp(`^(?:${values.join('|')})$`).test(labels[label] ?? '')
  return Object.entries(filter.where).every(fits) && !Object.entries(filter.not).some(fits)
}
