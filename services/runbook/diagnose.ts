// Diagnosis: every look of a page at once, each in its own time; what does not answer says nothing.

import type { Finding, Occasion, Read } from '../../ops/runbook/action.ts'
import { bind } from '../../ops/runbook/bind.ts'
import type { Item } from '../../ops/runbook/page.ts'
import { currentTraceId, span } from '../../ops/telemetry.ts'
import type { StepDraft } from '../store/runbook-steps.ts'
import { bounded, digestOf, kept, keptFacts, reasonOf } from './bounded.ts'
import type { Course } from './course.ts'

export interface Diagnosis {
  findings: Finding[]
  /** What later lines may be given, by name: the nearest line above counts. */
  found: Record<string, string>
  steps: StepDraft[]
}

interface Looked {
  finding: Finding | undefined
  values: Record<string, string>
  step: StepDraft
}

/** Looks at everything that a page asks. A line that is given something by a line above waits for that line alone. */
export async function diagnose(course: Course, items: readonly Item[]): Promise<Diagnosis> {
  const looks: Promise<Looked>[] = []
  for (const [at, item] of items.entries()) {
    const above = items.slice(0, at)
    const needed = namesOf(item).filter((name) => !Object.hasOwn(course.run.labels, name))
    const givers = looks.filter((_, n) => readOf(course, above[n])?.gives.some((name) => needed.includes(name)))
    looks.push(Promise.all(givers).then((given) => lookAt(course, item, valuesOf(given))))
  }
  const all = await Promise.all(looks)
  return { findings: all.flatMap(({ finding }) => finding ?? []), found: valuesOf(all), steps: all.map(({ step }) => step) }
}

const namesOf = ({ call }: Item): string[] =>
  Object.values(call?.args ?? {}).flatMap((value) => (value.kind === 'name' ? [value.name] : []))

function readOf(course: Course, item: Item | undefined): Read | undefined {
  const call = item?.call
  const action = call ? course.registry.get(call.action) : undefined
  return action?.kind === 'read' ? action : undefined
}

function valuesOf(looked: readonly Looked[]): Record<string, string> {
  return Object.assign({}, ...looked.map(({ values }) => values)) as Record<string, string>
}

async function lookAt(course: Course, item: Item, found: Record<string, string>): Promise<Looked> {
  const base = { part: 'diagnosis' as const, number: item.number }
  const { call } = item
  if (!call) return { finding: undefined, values: {}, step: { ...base, action: null, given: {}, state: 'person', words: kept(item.text) } }
  const started = new Date()
  const read = readOf(course, item)
  const bound = read
    ? bind(read, call, course.run.labels, found)
    : { kind: 'unbound' as const, words: `there is no look called ${call.action}` }
  const finding =
    read && bound.kind === 'bound' ? await look(course, read, bound.args) : unsettled(bound.kind === 'unbound' ? bound.words : '')
  const values = Object.fromEntries(Object.entries(finding.values ?? {}).filter(([name]) => read?.gives.includes(name)))
  return {
    finding,
    values,
    step: {
      ...base,
      action: call.action,
      given: bound.kind === 'bound' ? bound.given : {},
      state: 'done',
      verdict: finding.verdict,
      words: kept(finding.words),
      facts: keptFacts({ causes: finding.causes, values, ...(finding.facts === undefined ? {} : { facts: finding.facts }) }),
      digest: digestOf(finding),
      started_at: started,
      ended_at: new Date(),
    },
  }
}

/** One look in its time; whatever goes wrong with it says nothing of what it was to look at. */
async function look(course: Course, read: Read, args: Record<string, unknown>): Promise<Finding> {
  try {
    return await span(`look ${read.name}`, { attributes: { 'rolewatch.action': read.name } }, () =>
      bounded(read.timeoutSeconds, course.signal, (signal) => read.look(args, occasionOf(course, signal))),
    )
  } catch (error) {
    // Called off with the run: nothing of it is kept.
    course.signal.throwIfAborted()
    course.watch.log.warn('runbook.look', { alert: course.run.alertname, action: read.name, error, trace_id: currentTraceId() })
    return unsettled(`${read.name} could not look: ${reasonOf(error)}`)
  }
}

const unsettled = (words: string): Finding => ({ verdict: 'inconclusive', causes: [], words })

/** Who asks an action, and on what occasion. */
export function occasionOf({ run, now }: Course, signal: AbortSignal): Occasion {
  return { runId: run.id, alert: run.alertname, labels: run.labels, actor: run.actor, now: () => now() ?? new Date(), signal }
}
