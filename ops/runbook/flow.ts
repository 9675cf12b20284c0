// The flow of a run as data: its states, which may follow which, and how far it may go without asking anybody.

export const RUN_STATES = ['queued', 'diagnosing', 'waiting', 'executing', 'verifying', 'undoing', 'done'] as const
export type RunState = (typeof RUN_STATES)[number]

export const MODES = ['suggest', 'auto', 'approval'] as const
export type Mode = (typeof MODES)[number]

/** What may follow what; each move is one guarded update, so that a killed process leaves a run in one state and no other. */
export const MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['diagnosing', 'done'],
  diagnosing: ['waiting', 'executing', 'done'],
  waiting: ['executing', 'undoing', 'done'],
  executing: ['waiting', 'verifying', 'undoing', 'done'],
  verifying: ['waiting', 'undoing', 'done'],
  undoing: ['done'],
  done: [],
}

/** @throws Error for a move that is none: a bug */
export function checkMove(from: RunState, to: RunState): void {
  if (!MOVES[from].includes(to)) throw new Error(`a run cannot go from ${from} to ${to}`)
}

/** Steps that are done now, and those that somebody must allow first. */
export interface Leg<S> {
  now: readonly S[]
  later: readonly S[]
}

/**
 * Splits a plan by what may be done without asking: everything once a person approved it; by itself what comes before the first step
 * that cannot be taken back, in the order of the page; nothing in any other mode.
 */
export function legOf<S extends { reversible: boolean }>(plan: readonly S[], mode: Mode, isApproved: boolean): Leg<S> {
  if (mode === 'suggest') return { now: [], later: [] }
  if (isApproved) return { now: plan, later: [] }
  if (mode === 'approval') return { now: [], later: plan }
  const first = plan.findIndex(({ reversible }) => !reversible)
  return first < 0 ? { now: plan, later: [] } : { now: plan.slice(0, first), later: plan.slice(first) }
}
