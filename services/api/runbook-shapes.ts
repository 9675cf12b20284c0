// The shapes of runbooks' runs in answers: a run, its steps and what it asks, each with the fields of the contract and no other.

import { z } from 'zod'
import { CAUSES, VERDICTS } from '../../ops/runbook/action.ts'
import { MODES, RUN_STATES } from '../../ops/runbook/flow.ts'
import { RUNBOOK_OUTCOMES } from '../../ops/metrics.ts'
import type { Approval } from '../store/approvals.ts'
import type { ToldRun } from '../store/runbook-history.ts'
import type { StoredRun } from '../store/runbook-runs.ts'
import type { StoredStep } from '../store/runbook-steps.ts'
import { moment } from './shapes.ts'

/** The name of an alert is the name of its page: letters and digits alone, so that it leads nowhere else. */
export const alertName = z.string().regex(/^[A-Z][A-Za-z0-9]{0,99}$/, 'is not the name of an alert, as ScrapeOutage')
export const mode = z.enum(MODES)
export const runbookOutcome = z.enum(RUNBOOK_OUTCOMES)
export const incidentName = z.string().describe('As INC-12')
export const texts = z.record(z.string(), z.string())

/** What lists say of a run. */
export const briefRun = z.strictObject({
  id: z.uuid(),
  state: z.enum(RUN_STATES),
  outcome: runbookOutcome.nullable(),
  dry_run: z.boolean(),
  words: z.string().nullable(),
  queued_at: moment,
})

export const runbookRun = z.strictObject({
  ...briefRun.shape,
  alertname: z.string(),
  incident: incidentName.nullable(),
  page_hash: z.string().nullable().describe('SHA-256 of the page as it was when the run began'),
  mode,
  trigger: z.enum(['alert', 'hand', 'drill']),
  actor: z.string(),
  labels: texts,
  verdict: z.enum(VERDICTS).nullable(),
  causes: z.array(z.enum(CAUSES)),
  started_at: moment.nullable(),
  verify_until: moment.nullable().describe('Until then the alert may take to go away'),
  ended_at: moment.nullable(),
  trace_id: z.string().nullable(),
})

const askedStep = z.strictObject({
  number: z.int(),
  action: z.string(),
  given: texts,
  target: z.string(),
  words: z.string().describe('Exactly what would be done'),
  reversible: z.boolean(),
})

const question = z.strictObject({
  id: z.uuid(),
  run_id: z.uuid(),
  plan: z.array(askedStep),
  state: z.enum(['open', 'approved', 'rejected', 'expired']),
  asked_at: moment,
  expires_at: moment,
  decided_at: moment.nullable(),
  decided_by: z.string().nullable(),
})

export const approval = z.strictObject({ ...question.shape, alertname: z.string(), incident: incidentName.nullable() })

const step = z.strictObject({
  part: z.enum(['diagnosis', 'steps']),
  number: z.int().describe('As the page numbers it'),
  action: z.string().nullable().describe('Null: asked of a person'),
  given: texts.describe('The arguments, with labels and findings put in'),
  state: z.enum(['planned', 'started', 'done', 'failed', 'skipped', 'refused', 'interrupted', 'undone', 'person']),
  verdict: z.enum(VERDICTS).nullable(),
  target: z.string().nullable(),
  words: z.string(),
  facts: z.unknown().describe('What the words rest on'),
  digest: z.string().nullable().describe('SHA-256 of what came out'),
  started_at: moment.nullable(),
  ended_at: moment.nullable(),
})

export const toldRun = z.strictObject({ ...runbookRun.shape, steps: z.array(step), approval: question.nullable() })

/** The fields of a shape, whatever else a row has. */
export function pick(shape: Readonly<Record<string, unknown>>, row: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, (row as Record<string, unknown>)[name]]))
}

export const nameOf = (number: number | undefined): string | null => (number === undefined ? null : `INC-${number}`)

export const toBrief = (run: StoredRun): Record<string, unknown> => pick(briefRun.shape, run)

/** @param number of the run's incident */
export function toRun(run: StoredRun, number: number | undefined): Record<string, unknown> {
  return pick(runbookRun.shape, { ...run, incident: nameOf(number) })
}

export function toToldRun(run: ToldRun, number: number | undefined, now: Date): Record<string, unknown> {
  return {
    ...toRun(run, number),
    steps: run.steps.map((one: StoredStep) => pick(step.shape, one)),
    approval: run.approval && toQuestion(run.approval, now),
  }
}

/** A question that nobody answered in time is over, whether or not its run has come by to say so. */
export function toQuestion(asked: Approval, now: Date): Record<string, unknown> {
  const state = asked.state === 'open' && asked.expires_at <= now ? 'expired' : asked.state
  return { ...pick(question.shape, asked), plan: asked.plan.map((one) => pick(askedStep.shape, one)), state }
}
