// What has happened between two looks at a process's metrics, in the terms of an SLO: what its rules say in PromQL, said in code.

import type { Sample, Samples } from '../metrics.ts'
import { decimal, print, times, toNumber, type Decimal } from './decimal.ts'
import { boundOf, countsTime, passes } from './query.ts'
import type { Filter, Slo } from './spec.ts'

const PREFIX = 'rolewatch_'

export type Labels = Readonly<Record<string, string>>

/** Events, or seconds where time is counted. */
export interface Tally {
  readonly slo: string
  /** The bound that a latency was held against; empty for other kinds. */
  readonly bound: string
  /** Those of `sli.by`. */
  readonly labels: Labels
  readonly bad: number
  readonly total: number
}

const named = (metric: string): string => `${PREFIX}${metric}`

/** The series that an SLI reads, by their names in PromQL. */
export function seriesOf({ sli }: Slo): string[] {
  if (sli.kind === 'ratio') return [...new Set([named(sli.bad.metric), named(sli.total.metric)])]
  if (sli.kind === 'latency') return [named(`${sli.metric}_count`), named(`${sli.metric}_bucket`)]
  return [named(sli.metric), ...(sli.kind === 'age' && 'metric' in sli.expected ? [named(sli.expected.metric)] : [])]
}

/** Every bound that the SLI or one of its tiers looks at; `undefined` alone where there are none. */
export function boundsOf(slo: Slo): (Decimal | undefined)[] {
  const all = [boundOf(slo), ...slo.tiers.map((tier) => boundOf(slo, tier))]
  return [...new Map(all.map((bound) => [textOf(bound), bound])).values()]
}

export const textOf = (bound: Decimal | undefined): string => (bound ? print(bound) : '')

/** The events between two looks. What is not in `before` began at 0, and what has fallen has begun again, as `increase` has it. */
export function tallyEvents(slo: Slo, before: Samples, after: Samples): Tally[] {
  const { sli } = slo
  if (countsTime(sli)) return []
  const rise = (metric: string, filter: Filter, bound?: number) =>
    sumBy(sli.by, risen(before.get(named(metric)) ?? [], after.get(named(metric)) ?? [], filter, bound))
  const total = sli.kind === 'ratio' ? rise(sli.total.metric, sli.total) : rise(`${sli.metric}_count`, sli)
  return boundsOf(slo).flatMap((bound) => {
    const bad =
      sli.kind === 'ratio'
        ? rise(sli.bad.metric, sli.bad)
        : mapValues(subtract(total, rise(`${sli.metric}_bucket`, sli, toNumber(bound ?? sli.within))), (late) => Math.max(0, late))
    return join(slo.slo, textOf(bound), bad, total)
  })
}

/** One slice of time, `seconds` long, as it is at the moment `at` (in seconds): wholly bad or wholly good. Nothing where nothing is known. */
export function tallyTime({ slo, sli }: Slo, now: Samples, at: number, seconds: number): Tally[] {
  if (!countsTime(sli)) return []
  const top = (metric: string, filter?: Filter) => maxBy(sli.by, filtered(now.get(named(metric)) ?? [], filter))
  const slice = (states: ReadonlyMap<string, boolean>) =>
    join(
      slo,
      '',
      mapValues(states, (bad) => (bad ? seconds : 0)),
      mapValues(states, () => seconds),
    )
  const last = top(sli.metric, sli.kind === 'level' ? sli : undefined)
  if (sli.kind === 'level') return slice(mapValues(last, (value) => value > toNumber(sli.above)))
  if ('every' in sli.expected) {
    const limit = toNumber(times(sli.times, decimal(`${sli.expected.every}`))) + sli.plus
    return slice(mapValues(last, (value) => at - value > limit))
  }
  // Nobody can tell how old a thing is that has never been: where it is expected, that is bad.
  const states = mapValues(top(sli.expected.metric), (every, key) => {
    const value = last.get(key)
    return value === undefined ? every > 0 : at - value > toNumber(sli.times) * every + sli.plus
  })
  return slice(states)
}

const filtered = (samples: readonly Sample[], filter: Filter | undefined): readonly Sample[] =>
  filter ? samples.filter(({ labels }) => passes(filter, labels)) : samples

/** By how much each series has risen; of a histogram's buckets the one with this bound. */
function risen(before: readonly Sample[], after: readonly Sample[], filter: Filter, bound: number | undefined): Sample[] {
  const counted = (samples: readonly Sample[]) =>
    filtered(bound === undefined ? samples : samples.filter(({ labels }) => Number(labels['le']) === bound), filter)
  const was = new Map(counted(before).map(({ labels, value }) => [keyOf(Object.keys(labels), labels), value]))
  return counted(after).map(({ labels, value }) => {
    const start = was.get(keyOf(Object.keys(labels), labels)) ?? 0
    return { labels, value: value >= start ? value - start : value }
  })
}

type Groups = Map<string, number>

/** Labels as one text that is the same whatever their order, and reads back as an object. */
export function keyOf(names: readonly string[], labels: Labels): string {
  const pairs = names.toSorted().flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]] as const]))
  return JSON.stringify(Object.fromEntries(pairs))
}

function fold(by: readonly string[], samples: readonly Sample[], merge: (a: number, b: number) => number): Groups {
  const groups: Groups = new Map()
  for (const { labels, value } of samples) {
    const key = keyOf(by, labels)
    const known = groups.get(key)
    groups.set(key, known === undefined ? value : merge(known, value))
  }
  return groups
}

const sumBy = (by: readonly string[], samples: readonly Sample[]): Groups => fold(by, samples, (a, b) => a + b)
const maxBy = (by: readonly string[], samples: readonly Sample[]): Groups => fold(by, samples, Math.max)

function mapValues<A, B>(groups: ReadonlyMap<string, A>, change: (value: A, key: string) => B): Map<string, B> {
  return new Map([...groups].map(([key, value]) => [key, change(value, key)]))
}

const subtract = (from: Groups, what: Groups): Groups => mapValues(from, (value, key) => value - (what.get(key) ?? 0))

/** Puts bad and total together; where nothing has happened there is nothing to tell. */
function join(slo: string, bound: string, bad: Groups, total: Groups): Tally[] {
  return [...new Set([...total.keys(), ...bad.keys()])].flatMap((key) => {
    const counts = { bad: bad.get(key) ?? 0, total: total.get(key) ?? 0 }
    return counts.bad > 0 || counts.total > 0 ? [{ slo, bound, labels: JSON.parse(key) as Labels, ...counts }] : []
  })
}
