// The specification of one SLO: how its file is written, and what it becomes once read.

import { parseDocument } from 'yaml'
import { z } from 'zod'
import { decimal } from './decimal.ts'
import type { Fault } from './fault.ts'
import {
  alertName,
  count,
  dashboard,
  decimalNumber,
  duration,
  labelName,
  labelValues,
  metricName,
  percent,
  priority,
  sampleValues,
  seconds,
  sentence,
  slug,
} from './fields.ts'

const filter = { where: labelValues.default({}), not: labelValues.default({}) }
const by = z.array(labelName).default([])

/** Bad events among all events. Bad ones are counted by the same metric as all, or by another one that all includes. */
const ratio = z.strictObject({
  kind: z.literal('ratio'),
  bad: z.strictObject({ metric: metricName, ...filter }),
  total: z.strictObject({ metric: metricName, ...filter }),
  by,
})

/** Events of a histogram that took longer than they may. */
const latency = z.strictObject({ kind: z.literal('latency'), metric: metricName, ...filter, within: seconds, by })

/** Time during which a gauge was above what it may be. */
const level = z.strictObject({ kind: z.literal('level'), metric: metricName, ...filter, above: decimalNumber, by })

/** Time during which a moment lay further back than `times` × expected + `plus`. Expected by a metric, its absence is bad too. */
const age = z.strictObject({
  kind: z.literal('age'),
  metric: metricName,
  expected: z.union([z.strictObject({ metric: metricName }), z.strictObject({ every: duration })], {
    error: 'This must be either {metric: …} or {every: …}.',
  }),
  times: decimalNumber.default(decimal('1.5')),
  plus: duration.default(600),
  by,
})

const tier = z.strictObject({
  alert: alertName,
  priority,
  /** For latency alone: the bound is shifted, as in "p95 above 8 s". */
  slowerThan: seconds.optional(),
  errorAbove: percent,
  long: duration,
  short: duration,
  minBad: count.default(1),
  keepFiring: duration,
  detectWithin: duration,
  /** Why a page burns slower than the budget allows. */
  because: sentence.optional(),
  summary: sentence,
  description: sentence,
})

const slo = z.strictObject({
  slo: slug,
  title: sentence,
  journey: sentence,
  owner: slug,
  dashboard,
  objective: percent,
  period: duration,
  sli: z.discriminatedUnion('kind', [ratio, latency, level, age], { error: 'The kind must be ratio, latency, level or age.' }),
  /** The longest time between two events, or two batches of events, on a normal day. */
  cadence: duration,
  /** How many events come together at least. */
  batch: count.default(1),
  /** Values for labels that are open, so that the rules can be tried. */
  samples: sampleValues.default({}),
  tiers: z.array(tier).min(1, 'An SLO without an alert is kept by nobody.'),
})

export type Slo = z.output<typeof slo>
export type Tier = Slo['tiers'][number]
export type Sli = Slo['sli']
export type Filter = { where: Record<string, string[]>; not: Record<string, string[]> }

export interface Placed<T> {
  readonly file: string
  readonly spec: T
}

/** Reads one file. Faults of form are all in the answer; what the parts mean together is looked at elsewhere. */
export function readSlo(file: string, text: string): { spec: Slo | undefined; faults: Fault[] } {
  return readYaml(file, text, slo)
}

/** YAML with every scalar as text → what the schema makes of it. */
export function readYaml<T extends z.ZodType>(file: string, text: string, schema: T): { spec: z.output<T> | undefined; faults: Fault[] } {
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: true })
  if (document.errors.length > 0)
    return { spec: undefined, faults: document.errors.map(({ message }) => ({ file, path: '', message: message.split('\n')[0] ?? '' })) }
  const found = schema.safeParse(document.toJS())
  if (found.success) return { spec: found.data, faults: [] }
  const faults = found.error.issues.map((issue) => ({ file, path: issue.path.join('.'), message: explain(issue) }))
  return { spec: undefined, faults }
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(' and ')} ${issue.keys.length === 1 ? 'is' : 'are'} not known here.`
  if (issue.code === 'invalid_type') return issue.message.endsWith('.') ? issue.message : `This must be ${article(issue.expected)}.`
  return issue.message
}

const article = (type: string): string =>
  type === 'record' || type === 'object' ? 'a map' : type === 'array' ? 'a list' : 'one plain value'

/** Every metric that an SLI reads, as PromQL names it, with the labels it asks for. */
export function metricsOf(sli: Sli): { path: string; metric: string; filter: Filter }[] {
  const none: Filter = { where: {}, not: {} }
  if (sli.kind === 'ratio')
    return [
      { path: 'sli.bad', metric: sli.bad.metric, filter: sli.bad },
      { path: 'sli.total', metric: sli.total.metric, filter: sli.total },
    ]
  if (sli.kind !== 'age') return [{ path: 'sli', metric: sli.metric, filter: sli }]
  const expected = 'metric' in sli.expected ? [{ path: 'sli.expected', metric: sli.expected.metric, filter: none }] : []
  return [{ path: 'sli', metric: sli.metric, filter: none }, ...expected]
}
