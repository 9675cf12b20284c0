// An update for the people on call, as it waits to be told: what was known at that moment, cut to what a message can hold.

import { legOf } from '../../ops/runbook/flow.ts'
import type { Approval } from '../store/approvals.ts'
import type { Incident } from '../store/incidents.ts'
import type { StoredRun } from '../store/runbook-runs.ts'
import type { StoredStep } from '../store/runbook-steps.ts'
import type { SayKind } from './course.ts'
import type { PlanFacts } from './plan.ts'

/** A look or a change, in a line. */
export interface StepTold {
  number: number
  action: string
  /** The verdict of a look; the state of a change, which is `later` where somebody must allow it first. */
  sign: string
  target: string | null
  words: string
}

/** A run as it is told of. Times in ISO 8601. */
export interface RunTold {
  id: string
  alert: string
  trigger: string
  actor: string
  /** As `source=greenhouse`, where it belongs to no incident. */
  about: string
  outcome: string | null
  verdict: string | null
  causes: string[]
  words: string | null
  traceId: string | null
  traceparent: string | null
  looks: StepTold[]
  steps: StepTold[]
  /** What the page asks of a person. */
  people: string[]
  approval: { id: string; until: string } | null
}

export interface Update {
  kind: SayKind
  at: string
  /** How often the alert had come back. */
  flaps: number
  openedAt: string | null
  /** When it was over. */
  resolvedAt: string | null
  /** Of an escalation without a run: why a person is called. */
  why: 'held' | 'unacknowledged' | null
  /** For how many minutes nobody has acknowledged it. */
  waitedMinutes: number | null
  /** Whether the second on call can be written to. */
  hasSecond: boolean
  run: RunTold | null
}

/** What is said in one line of a message, at the most. */
const LONGEST = 400
const MOST_LINES = 12

/** Puts an update together. `at` is now. */
export function updateOf(
  at: Date,
  kind: SayKind,
  incident: Incident | undefined,
  run: RunTold | null,
  escalation: Partial<Pick<Update, 'why' | 'waitedMinutes' | 'hasSecond'>> = {},
): Update {
  return {
    kind,
    at: at.toISOString(),
    flaps: incident?.flaps ?? 0,
    openedAt: incident?.opened_at.toISOString() ?? null,
    resolvedAt: incident?.resolved_at?.toISOString() ?? null,
    why: kind === 'escalated' && !run ? 'held' : null,
    waitedMinutes: null,
    hasSecond: false,
    run,
    ...escalation,
  }
}

/** Cuts a run to what is told of it; `clean` takes secrets out of its words. */
export function runTold(
  run: StoredRun,
  steps: readonly StoredStep[],
  approval: Approval | undefined,
  clean: (text: string) => string,
): RunTold {
  const words = (text: string) => cut(clean(text))
  const later = laterOf(run, steps)
  const told = (step: StoredStep): StepTold => ({
    number: step.number,
    action: step.action ?? '',
    sign: step.part === 'diagnosis' ? (step.verdict ?? step.state) : later.has(step) ? 'later' : step.state,
    target: step.target === null ? null : words(step.target),
    words: words(step.words),
  })
  const of = (part: StoredStep['part']) => steps.filter((step) => step.part === part && step.action !== null).slice(0, MOST_LINES)
  const people = steps.filter(({ state }) => state === 'person').slice(0, MOST_LINES)
  return {
    id: run.id,
    alert: run.alertname,
    trigger: run.trigger,
    actor: words(run.actor),
    about:
      run.incident_id === null
        ? words(
            Object.entries(run.labels)
              .map((pair) => pair.join('='))
              .join(' '),
          )
        : '',
    outcome: run.outcome,
    verdict: run.verdict,
    causes: run.causes,
    words: run.words === null ? null : words(run.words),
    traceId: run.trace_id,
    traceparent: run.traceparent,
    looks: of('diagnosis').map(told),
    // What was not meant for what was found is no news.
    steps: of('steps')
      .filter(({ state }) => state !== 'skipped')
      .map(told),
    people: people.map((step) => words(step.words)),
    approval: approval?.state === 'open' ? { id: approval.id, until: approval.expires_at.toISOString() } : null,
  }
}

/** Of what is planned, the part that is not done by itself. */
function laterOf(run: StoredRun, steps: readonly StoredStep[]): ReadonlySet<StoredStep> {
  const planned = steps.filter(({ part, state }) => part === 'steps' && state === 'planned')
  const facts = planned.map((step) => ({ step, reversible: (step.facts as PlanFacts | null)?.reversible ?? false }))
  return new Set(legOf(facts, run.mode, false).later.map(({ step }) => step))
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text
}
