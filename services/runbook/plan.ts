// The plan: which steps of a page are meant for what was found, and exactly what each would do.

import type { Write } from '../../ops/runbook/action.ts'
import { bind } from '../../ops/runbook/bind.ts'
import { isMeant, type Classification } from '../../ops/runbook/classify.ts'
import { guardStep } from '../../ops/runbook/guard.ts'
import type { Call, Item } from '../../ops/runbook/page.ts'
import type { Db } from '../store/database.ts'
import { readFacts, type Intent } from '../store/limits.ts'
import { readClock, type StoredRun } from '../store/runbook-runs.ts'
import type { StepDraft, StoredStep } from '../store/runbook-steps.ts'
import { bounded, kept, keptFacts, reasonOf } from './bounded.ts'
import type { Course } from './course.ts'
import { occasionOf } from './diagnose.ts'

/** What is kept of a planned step besides its words. */
export interface PlanFacts {
  stops: string[]
  reversible: boolean
}

/** Plans every step of a page, one after the other: nothing is changed yet. */
export async function planSteps(
  course: Course,
  items: readonly Item[],
  classification: Classification,
  found: Readonly<Record<string, string>>,
): Promise<StepDraft[]> {
  const drafts: StepDraft[] = []
  for (const item of items) drafts.push(await planStep(course, item, classification, found))
  return drafts
}

async function planStep(
  course: Course,
  { call, number, text }: Item,
  classification: Classification,
  found: Readonly<Record<string, string>>,
): Promise<StepDraft> {
  const base = { part: 'steps' as const, number, action: call?.action ?? null, given: {} }
  if (!call) return { ...base, state: 'person', words: kept(text) }
  if (!isMeant(call.when, classification)) return { ...base, state: 'skipped', words: notMeant(call, classification) }
  const write = writeOf(course, call.action)
  if (!write) return { ...base, state: 'skipped', words: `There is no change called ${call.action}.` }
  const bound = bind(write, call, course.run.labels, found)
  if (bound.kind === 'unbound') return { ...base, state: 'skipped', words: kept(`It cannot be done: ${bound.words}.`) }
  const given = { ...base, given: bound.given }
  try {
    const plan = await planOf(course, write, bound.args)
    if (plan.idle !== undefined) return { ...given, target: plan.target, state: 'skipped', words: kept(plan.idle) }
    const facts: PlanFacts = { stops: [...(plan.stops ?? [])], reversible: write.reversible }
    return { ...given, target: plan.target, state: 'planned', words: kept(plan.words), facts: keptFacts(facts) }
  } catch (error) {
    course.signal.throwIfAborted()
    return { ...given, state: 'skipped', words: `It cannot be planned: ${reasonOf(error)}.` }
  }
}

/** The change of this name, if there is one. */
export function writeOf(course: Pick<Course, 'registry'>, name: string | null): Write<Db> | undefined {
  const action = name === null ? undefined : course.registry.get(name)
  return action?.kind === 'write' ? action : undefined
}

/** What a change would do now. */
export function planOf(course: Course, write: Write<Db>, args: Record<string, unknown>): ReturnType<Write<Db>['plan']> {
  return bounded(write.timeoutSeconds, course.signal, (signal) => write.plan(args, occasionOf(course, signal)))
}

function notMeant({ when }: Call, { verdict, causes }: Classification): string {
  if (verdict === 'healthy' || verdict === 'inconclusive') return `Nothing is done when the verdict is ${verdict}.`
  return `It is meant for ${when.join(', ')}; found was ${[verdict, ...causes].join(', ')}.`
}

/** What a step is about to do, as the guards need it. */
export function intentOf(
  run: StoredRun,
  step: Pick<StoredStep, 'number' | 'action' | 'given' | 'target'>,
  stops: readonly string[],
  isApproved: boolean,
): Intent {
  const target = step.target ?? ''
  const named = [run.labels['source'], step.given['source'], /^(?:source|board|host)\/([^/]+)/.exec(target)?.[1]]
  return {
    runId: run.id,
    incidentId: run.incident_id,
    number: step.number,
    action: step.action ?? '',
    target,
    stops,
    sources: [...stops, ...named.flatMap((name) => name ?? [])],
    isApproved,
  }
}

/** Says of each planned step whether a guard would refuse it now; nothing is locked for that. */
export async function foresee(course: Course, drafts: readonly StepDraft[]): Promise<StepDraft[]> {
  const db = course.database.db
  const now = await readClock(db, course.now())
  return Promise.all(
    drafts.map(async (draft) => {
      const write = writeOf(course, draft.action)
      if (draft.state !== 'planned' || !write) return draft
      const { stops } = draft.facts as PlanFacts
      const facts = await readFacts(db, intentOf(course.run, { ...draft, target: draft.target ?? null }, stops, false), now)
      const decision = guardStep(write, facts)
      return decision.kind === 'allowed' ? draft : { ...draft, words: kept(`${draft.words} Now it would be refused: ${decision.words}.`) }
    }),
  )
}
