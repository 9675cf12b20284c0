// Counts as Prometheus has them: from the series that the rules record, and by query where no rule looks.

import { parseDuration } from '../../ops/slo/duration.ts'
import { toNumber } from '../../ops/slo/decimal.ts'
import { badQuery, countsTime, totalQuery } from '../../ops/slo/query.ts'
import { INTERVAL } from '../../ops/slo/rules.ts'
import type { Slo } from '../../ops/slo/spec.ts'
import { keyOf, textOf, type Labels } from '../../ops/slo/tally.ts'
import type { Prometheus, Sample } from './prometheus.ts'
import { allViews, keyOfView, recordedViews, type Counts, type Group, type View } from './views.ts'

export interface Recorded {
  counts: Counts
  /** SLO → why its counts are of no use: its rules are not there, or are others. */
  unknown: ReadonlyMap<string, string>
}

/** Reads every view of these SLOs. `sliceSeconds` is how often the rules are evaluated. @throws Failure when Prometheus does not answer */
export async function countRecorded(prometheus: Prometheus, slos: readonly Slo[], sliceSeconds: number = INTERVAL): Promise<Recorded> {
  const names = slos.map(({ slo }) => slo).join('|')
  const series = await prometheus.query(`{__name__=~"slo:(objective:ratio|(bad|total):events.+)",slo=~"${names}"}`)
  const unknown = new Map(slos.flatMap((slo) => judge(slo, series)))
  const known = slos.filter(({ slo }) => !unknown.has(slo))
  const recorded = known.flatMap(recordedViews).map((view) => ({ view, ...select(view, series) }))
  const asked = await askDirectly(prometheus, known.flatMap(otherViews))
  const counts = [...recorded, ...asked].map(
    ({ view, bad, total }) => [keyOfView(view), groupsOf(view.slo, bad, total, sliceSeconds)] as const,
  )
  return { counts: new Map(counts), unknown }
}

/** What is looked at, and no rule records. */
function otherViews(slo: Slo): View[] {
  const recorded = new Set(recordedViews(slo).map(keyOfView))
  return allViews(slo).filter((view) => !recorded.has(keyOfView(view)))
}

/** The objective is recorded whatever has happened: it tells whether the rules are loaded, and whether they are of this specification. */
function judge({ slo, objective }: Slo, series: readonly Sample[]): [string, string][] {
  const found = series.find(({ labels }) => labels['__name__'] === 'slo:objective:ratio' && labels['slo'] === slo)
  if (!found) return [[slo, 'Prometheus records nothing of this SLO: load alerts/rules into it']]
  if (found.value === toNumber(objective)) return []
  return [[slo, `Prometheus has other rules for this SLO, with ${found.value} as its objective: load alerts/rules into it`]]
}

interface Sides {
  bad: Sample[]
  total: Sample[]
}

function select({ slo, window, bound }: View, series: readonly Sample[]): Sides {
  const of = (side: string, withBound: string) =>
    series.filter(({ labels }) => {
      const [, found, duration = ''] = /^slo:(bad|total):events(\w+)$/.exec(labels['__name__'] ?? '') ?? []
      return found === side && parseDuration(duration) === window && labels['slo'] === slo.slo && (labels['bound'] ?? '') === withBound
    })
  return { bad: of('bad', textOf(bound)), total: of('total', '') }
}

/** All in one query: only what is calculated at the same moment can be divided. */
async function askDirectly(prometheus: Prometheus, views: readonly View[]): Promise<(Sides & { view: View })[]> {
  if (views.length === 0) return []
  const mark = (expression: string, ask: string) => `label_replace(${expression}, "ask", "${ask}", "", "")`
  const queries = views.flatMap(({ slo, window, bound }, index) => {
    const all = totalQuery(slo, window)
    return [mark(badQuery(slo, window, bound, `(${all})`), `bad${index}`), mark(all, `total${index}`)]
  })
  const found = await prometheus.query(queries.join('\nor '))
  const of = (ask: string) => found.filter(({ labels }) => labels['ask'] === ask)
  return views.map((view, index) => ({ view, bad: of(`bad${index}`), total: of(`total${index}`) }))
}

/** Several Prometheis say the same with labels of their own: one of them is enough. */
function groupsOf({ sli }: Slo, bad: readonly Sample[], total: readonly Sample[], sliceSeconds: number): Group[] {
  const weight = countsTime(sli) ? sliceSeconds : 1
  const byKey = (samples: readonly Sample[]) =>
    new Map(samples.filter(({ value }) => Number.isFinite(value)).map(({ labels, value }) => [keyOf(sli.by, labels), value * weight]))
  const [bads, totals] = [byKey(bad), byKey(total)]
  return [...totals].map(([key, all]) => ({ labels: JSON.parse(key) as Labels, bad: bads.get(key) ?? 0, total: all }))
}
