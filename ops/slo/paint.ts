// Courses of events → series in promtool's notation.

import type { Catalogue, Series } from './catalogue.ts'
import { compare, decimal, times, toNumber, type Decimal } from './decimal.ts'
import type { Course } from './model.ts'
import { countsTime, passes } from './query.ts'
import type { Scenario } from './scenario.ts'
import type { Filter, Sli, Slo } from './spec.ts'

export type Labels = Record<string, string>
export interface InputSeries {
  series: string
  values: string
}

const EVERYTHING: Filter = { where: {}, not: {} }

/** The values of a counter that rises so much at each step, begun anew at `reset`. */
export function counter(rises: readonly number[], reset?: number): string {
  let value = 0
  const values = rises.map((rise, step) => (value = step === reset ? rise : value + rise))
  return runs(values)
}

/** Values → `a+bxn` for each run with the same difference, `a` for a lone one. */
export function runs(values: readonly number[]): string {
  const parts: string[] = []
  for (let at = 0; at < values.length;) {
    const first = values[at] ?? 0
    const rise = (values[at + 1] ?? first) - first
    let last = at
    while (last + 1 < values.length && (values[last + 1] ?? 0) === first + rise * (last + 1 - at)) last++
    parts.push(last === at ? `${first}` : `${first}${rise < 0 ? '' : '+'}${rise}x${last - at}`)
    at = last + 1
  }
  return parts.join(' ')
}

/** Every set of label values of a metric: those that exist from the start, or samples where a label is open. */
export function labelSets(slo: Slo, series: Series): Labels[] {
  const { labels, values } = series.declaration
  return labels.reduce<Labels[]>(
    (sets, label) => sets.flatMap((set) => (values[label] ?? slo.samples[label] ?? [label]).map((value) => ({ ...set, [label]: value }))),
    [{}],
  )
}

export const seriesName = (metric: string, labels: Labels): string =>
  `rolewatch_${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`

/** The two groups that scenarios play in: one where it happens, and one beside it that stays well. */
export function groupsOf(slo: Slo, catalogue: Catalogue): Labels[] {
  const [{ metric }] = mainMetric(slo.sli)
  const series = catalogue.get(`rolewatch_${metric}`) ?? catalogue.get(`rolewatch_${metric}_count`)
  if (!series) throw new Error(`${metric} is not known`)
  const all = labelSets(slo, series).filter((set) => passes(filterOf(slo.sli), set))
  const groups = all.map((set) => Object.fromEntries(slo.sli.by.map((label) => [label, set[label] ?? label])))
  return [...new Map(groups.map((group) => [JSON.stringify(group), group])).values()].slice(0, 2)
}

const filterOf = (sli: Sli): Filter => (sli.kind === 'ratio' ? sli.total : sli.kind === 'age' ? EVERYTHING : sli)
const mainMetric = (sli: Sli): [{ metric: string }] => [sli.kind === 'ratio' ? sli.total : sli]

/** The series of a scenario for one group. Where the alert looks at a bound, bad events are just slower and good ones just as quick. */
export function paint(
  slo: Slo,
  catalogue: Catalogue,
  group: Labels,
  scenario: Pick<Scenario, 'events' | 'reset' | 'unborn' | 'unknown'>,
  step: number,
  bound?: Decimal,
): InputSeries[] {
  const { sli } = slo
  if (countsTime(sli)) return paintTime(slo, sli, group, scenario, step)
  const { events, reset } = scenario
  const good = events.total.map((all, at) => all - (events.bad[at] ?? 0))
  const line = (metric: string, labels: Labels, rises: readonly number[]) => ({
    series: seriesName(metric, labels),
    values: counter(rises, reset),
  })
  if (sli.kind === 'latency') {
    const { labels, buckets } = pick(slo, catalogue, `${sli.metric}_bucket`, group, (set) => passes(sli, set))
    const quick = (edge: number) => (bound && compare(decimal(`${edge}`), bound) < 0 ? events.total.map(() => 0) : good)
    const slow = (edge: number) => (bound && compare(decimal(`${edge}`), bound) > 0 ? events.total : quick(edge))
    return [
      ...buckets.map((edge) => line(`${sli.metric}_bucket`, { ...labels, le: `${edge}` }, slow(edge))),
      line(`${sli.metric}_count`, labels, events.total),
    ]
  }
  const bad = pick(slo, catalogue, sli.bad.metric, group, (set) => passes(sli.bad, set)).labels
  const painted = scenario.unborn ? [] : [line(sli.bad.metric, bad, events.bad)]
  const same = sli.bad.metric === sli.total.metric
  const well = pick(slo, catalogue, sli.total.metric, group, (set) => passes(sli.total, set) && !(same && passes(sli.bad, set))).labels
  return [...painted, line(sli.total.metric, well, same ? good : events.total)]
}

function pick(
  slo: Slo,
  catalogue: Catalogue,
  metric: string,
  group: Labels,
  fits: (set: Labels) => boolean,
): { labels: Labels; buckets: readonly number[] } {
  const series = catalogue.get(`rolewatch_${metric}`)
  const found =
    series && labelSets(slo, series).find((set) => Object.entries(group).every(([key, value]) => set[key] === value) && fits(set))
  if (!found) throw new Error(`${slo.slo}: no label set of ${metric} fits`)
  return { labels: found, buckets: series.declaration.buckets }
}

/** Half a percent beside the limit on either side: what moves the limit is seen. */
const [BELOW, ABOVE] = [decimal('0.995'), decimal('1.005')]

function paintTime(
  slo: Slo,
  sli: Extract<Sli, { kind: 'level' | 'age' }>,
  group: Labels,
  { events, unknown }: Pick<Scenario, 'events' | 'unknown'>,
  step: number,
): InputSeries[] {
  const expected = 3600
  const labels = {
    ...(sli.kind === 'level' ? Object.fromEntries(Object.entries(sli.where).map(([label, [value = '']]) => [label, value])) : {}),
    ...group,
  }
  const beside = (limit: Decimal, at: number) => toNumber(times(limit, events.bad[at] === 1 ? ABOVE : BELOW))
  if (sli.kind === 'level')
    return [{ series: seriesName(sli.metric, labels), values: runs(events.bad.map((_, at) => beside(sli.above, at))) }]
  const every = 'every' in sli.expected ? sli.expected.every : expected
  const limit = decimal(`${toNumber(times(sli.times, decimal(`${every}`))) + sli.plus}`)
  const moments = events.bad.map((_, at) => at * step - beside(limit, at))
  return [
    ...(unknown ? [] : [{ series: seriesName(sli.metric, labels), values: runs(moments) }]),
    ...('metric' in sli.expected
      ? [{ series: seriesName(sli.expected.metric, labels), values: runs(events.bad.map(() => expected)) }]
      : []),
  ]
}

/** A course as long as this one, in which all is well. */
export function calm(events: Course): Course {
  return { bad: events.bad.map(() => 0), total: events.total }
}

/** Series of the same metric that the SLI does not look at, all of them bad. */
export function strangers(slo: Slo, catalogue: Catalogue, events: Course): InputSeries[] {
  const { sli } = slo
  if (sli.kind !== 'level' && sli.kind !== 'latency') return []
  const metric = sli.kind === 'level' ? sli.metric : `${sli.metric}_count`
  const series = catalogue.get(`rolewatch_${metric}`)
  const others = (series ? labelSets(slo, series) : []).filter((set) => !passes(sli, set))
  if (sli.kind === 'level')
    return others.map((labels) => ({ series: seriesName(metric, labels), values: runs(events.bad.map(() => toNumber(sli.above) * 2)) }))
  const halves = counter(events.total.map((all) => all / 2))
  return others.flatMap((labels) => [
    { series: seriesName(metric, labels), values: counter(events.total) },
    ...(series?.declaration.buckets ?? []).map((edge) => ({
      series: seriesName(`${sli.metric}_bucket`, { ...labels, le: `${edge}` }),
      values: halves,
    })),
  ])
}

/** The same, told by two processes: counters in two parts, gauges by one that knows better and one that lags behind. */
export function byTwo(input: readonly InputSeries[], gauges: boolean): InputSeries[] {
  return input.flatMap(({ series, values }) => {
    const of = (instance: string) => series.replace(/\}$/, `${series.endsWith('{}') ? '' : ','}instance="${instance}"}`)
    return [
      { series: of('a'), values },
      {
        series: of('b'),
        values: gauges ? values.replace(/(^| )(-?[\d.]+)/g, (_, gap: string, first: string) => `${gap}${Number(first) - 1e6}`) : values,
      },
    ]
  })
}
