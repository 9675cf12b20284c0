// Steps of a run: what was looked at and what was done, each with what it was given and what came of it.

import type { Knex } from 'knex'
import type { Verdict } from '../../ops/runbook/action.ts'
import type { Db } from './database.ts'

export type StepState = 'planned' | 'started' | 'done' | 'failed' | 'skipped' | 'refused' | 'interrupted' | 'undone' | 'person'

export interface StoredStep {
  run_id: string
  part: 'diagnosis' | 'steps'
  /** As the page numbers it. */
  number: number
  /** Null: asked of a person. */
  action: string | null
  /** The arguments, labels and findings put in, before the action read them. */
  given: Record<string, string>
  state: StepState
  verdict: Verdict | null
  target: string | null
  words: string
  facts: unknown
  undo: unknown
  /** SHA-256 of what came out, in hexadecimal. */
  digest: string | null
  started_at: Date | null
  ended_at: Date | null
  undo_started_at: Date | null
}

export type StepDraft = Pick<StoredStep, 'part' | 'number' | 'action' | 'given' | 'state'> &
  Partial<Pick<StoredStep, 'verdict' | 'target' | 'words' | 'facts' | 'digest' | 'started_at' | 'ended_at'>>

const asJson = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

/** Writes the steps of a run, all at once. */
export async function writeSteps(trx: Knex.Transaction, runId: string, steps: readonly StepDraft[]): Promise<void> {
  if (steps.length === 0) return
  await trx('runbook_steps').insert(
    steps.map((step) => ({ ...step, run_id: runId, given: JSON.stringify(step.given), facts: asJson(step.facts) })),
  )
}

/** All steps of a run: diagnosis first, in the order of the page. */
export async function listSteps(db: Db, runId: string): Promise<StoredStep[]> {
  return db('runbook_steps').where({ run_id: runId }).orderByRaw(`part = 'steps', number`).select<StoredStep[]>('*')
}

export type StepChanges = Partial<
  Pick<StoredStep, 'state' | 'words' | 'target' | 'undo' | 'digest' | 'started_at' | 'ended_at' | 'undo_started_at'>
>

/**
 * Changes a step of the part Steps that is in one of these states, and gives it as it is then.
 * @throws Error when it is in another: a bug, since the run is held
 */
export async function changeStep(
  trx: Knex.Transaction,
  step: Pick<StoredStep, 'run_id' | 'number'>,
  from: readonly StepState[],
  changes: StepChanges,
): Promise<StoredStep> {
  const row = { ...changes, ...('undo' in changes ? { undo: asJson(changes.undo) } : {}) }
  const [changed] = await trx('runbook_steps')
    .where({ run_id: step.run_id, part: 'steps', number: step.number })
    .whereIn('state', from)
    .update(row)
    .returning<StoredStep[]>('*')
  if (!changed) throw new Error(`step ${step.number} of the run ${step.run_id} is not ${from.join(' or ')}`)
  return changed
}

/** Steps that will not be done any more, and why. */
export async function skipPlanned(trx: Knex.Transaction, runId: string, why: string): Promise<void> {
  await trx('runbook_steps')
    .where({ run_id: runId, part: 'steps', state: 'planned' })
    .update({ state: 'skipped', words: trx.raw(`words || ?`, [` Not done: ${why}.`]) })
}
