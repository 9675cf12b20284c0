// Refusals of what an SLI reads: metrics, labels, values and bounds that do not exist, and outcomes counted on the wrong side.

import type { Catalogue, Series } from './catalogue.ts'
import { decimal, compare, print, type Decimal } from './decimal.ts'
import { boundOf, passes } from './query.ts'
import { metricsOf, type Filter, type Sli, type Slo } from './spec.ts'

/** A refusal before it knows its file. */
export interface Refusal {
  path: string
  message: string
}

const KINDS: Record<Sli['kind'], Series['part'][]> = { ratio: ['total', 'count'], latency: ['bucket'], level: ['value'], age: ['value'] }
const NEEDED: Record<Sli['kind'], string> = { ratio: 'a counter', latency: 'a histogram', level: 'a gauge', age: 'a gauge' }

export function refuseSli(slo: Slo, catalogue: Catalogue): Refusal[] {
  return [...refuseMetrics(slo, catalogue), ...refuseBounds(slo, catalogue), ...refuseSides(slo, catalogue)]
}

/** The series that an SLI reads first by this name: buckets of a histogram, else the series itself. */
function find(sli: Sli, metric: string, catalogue: Catalogue): Series | undefined {
  return catalogue.get(`rolewatch_${metric}${sli.kind === 'latency' ? '_bucket' : ''}`) ?? catalogue.get(`rolewatch_${metric}`)
}

function refuseMetrics({ sli, samples }: Slo, catalogue: Catalogue): Refusal[] {
  const names = [...catalogue.values()].map(({ declaration }) => declaration.name)
  return metricsOf(sli).flatMap(({ path, metric, filter }): Refusal[] => {
    const series = find(sli, metric, catalogue)
    const other = names.includes(`rolewatch_${metric}`)
    if (!series && !other) return [{ path: `${path}.metric`, message: `rolewatch_${metric} is not declared in ops/metrics.ts.` }]
    if (!series || !KINDS[sli.kind].includes(series.part))
      return [{ path: `${path}.metric`, message: `An SLI of kind ${sli.kind} needs ${NEEDED[sli.kind]}, and rolewatch_${metric} is none.` }]
    const unknown = sli.by.filter((label) => !series.labels.includes(label))
    return [
      ...unknown.map((label) => ({ path: 'sli.by', message: `rolewatch_${metric} has no label ${label}.` })),
      ...refuseFilter(path, filter, series),
      ...refuseOpen(sli, samples, series),
    ]
  })
}

/** Values of an open label come with what happens; the tests need some beforehand. */
function refuseOpen(sli: Sli, samples: Slo['samples'], { declaration }: Series): Refusal[] {
  const used = new Set([...sli.by, ...metricsOf(sli).flatMap(({ filter }) => Object.keys({ ...filter.where, ...filter.not }))])
  const open = declaration.labels.filter((label) => used.has(label) && !declaration.values[label] && !samples[label])
  const why = 'has no closed set of values: give samples to try the rules on.'
  return open.map((label) => ({ path: 'samples', message: `${label} of ${declaration.name} ${why}` }))
}

function refuseFilter(path: string, filter: Filter, series: Series): Refusal[] {
  return (['where', 'not'] as const).flatMap((side) =>
    Object.entries(filter[side]).flatMap(([label, values]): Refusal[] => {
      const at = `${path}.${side}.${label}`
      if (!series.labels.includes(label)) return [{ path: at, message: `${series.declaration.name} has no label ${label}.` }]
      const closed = series.declaration.values[label]
      if (!closed) return []
      const idle = values.filter((value) => !closed.some((one) => new RegExp(`^(?:${value})$`).test(one)))
      return idle.map((value) => ({ path: at, message: `${label} is never ${value}: it is one of ${closed.join(', ')}.` }))
    }),
  )
}

function refuseBounds(slo: Slo, catalogue: Catalogue): Refusal[] {
  const { sli } = slo
  const tiers = slo.tiers.map((tier, index) => ({ tier, path: `tiers.${index}.slowerThan` }))
  if (sli.kind !== 'latency')
    return tiers
      .filter(({ tier }) => tier.slowerThan)
      .map(({ path }) => ({ path, message: `Only an SLI of kind latency has bounds to shift, and this one is of kind ${sli.kind}.` }))
  const buckets = find(sli, sli.metric, catalogue)?.declaration.buckets ?? []
  if (buckets.length === 0) return []
  const stands = (bound: Decimal) => buckets.some((one) => compare(decimal(`${one}`), bound) === 0)
  const bounds = [{ path: 'sli.within', bound: sli.within }, ...tiers.map(({ tier, path }) => ({ path, bound: boundOf(slo, tier) }))]
  return [
    ...bounds.flatMap(({ path, bound }) =>
      bound && !stands(bound)
        ? [{ path, message: `No bucket of rolewatch_${sli.metric} ends at ${print(bound)} s: they end at ${buckets.join(', ')}.` }]
        : [],
    ),
    ...tiers
      .filter(({ tier }) => tier.slowerThan && compare(tier.slowerThan, sli.within) < 0)
      .map(({ path }) => ({ path, message: `The bound of an alert lies at or above that of the objective, ${print(sli.within)} s.` })),
  ]
}

/** An open breaker must not look like health, our own decisions not like failures, and what is bad must be part of all. */
function refuseSides({ sli }: Slo, catalogue: Catalogue): Refusal[] {
  if (sli.kind !== 'ratio') return []
  const refusals: Refusal[] = []
  const outcomes = catalogue.get(`rolewatch_${sli.total.metric}`)?.declaration.values['outcome'] ?? []
  const same = sli.bad.metric === sli.total.metric
  for (const outcome of outcomes.filter(() => same)) {
    const [bad, all] = [passes(sli.bad, { outcome }), passes(sli.total, { outcome })]
    if (bad && !all)
      refusals.push({ path: 'sli.total', message: `${outcome} is bad and not among all: the share of errors could pass 100%.` })
    if (outcome === 'rejected' && !bad)
      refusals.push({ path: 'sli.bad', message: 'rejected must be bad: else an open breaker improves the SLI while the source is down.' })
    if (outcome === 'skipped' && all)
      refusals.push({ path: 'sli.total', message: 'skipped must be left out: what was deliberately not tried is no attempt.' })
  }
  return refusals
}
