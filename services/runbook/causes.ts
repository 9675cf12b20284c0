// Outcomes of visits as causes: what a bad visit says about why, and how bad many of them are.

import type { Cause, Verdict } from '../../ops/runbook/action.ts'

export type Outcomes = Readonly<Record<string, number>>

const CAUSE: Readonly<Record<string, Cause>> = {
  blocked: 'blocked',
  throttled: 'throttled',
  drift: 'drift',
  partial: 'drift',
  empty_suspect: 'drift',
  timeout: 'network',
  network: 'network',
  server_error: 'upstream',
}

/** Outcomes that say that a visit did not do its work. `skipped` is our own doing and `gone` the board's: neither is an attempt. */
export const BAD: readonly string[] = [...Object.keys(CAUSE), 'rejected']
const NO_ATTEMPT: readonly string[] = ['skipped', 'gone']

/** What opens the breaker of a host, and so is behind `rejected`. */
const HOST_FAILURES: readonly string[] = ['blocked', 'throttled', 'timeout', 'network', 'server_error']

/** From this share of bad visits on it is broken, and from the smaller one, which is what the objective allows, degraded. */
const BROKEN = 0.5
const DEGRADED = 0.05

/** Causes of bad outcomes, the most frequent first. `rejected` has none of its own. */
export function causesOf(outcomes: Outcomes): Cause[] {
  const sorted = Object.entries(outcomes)
    .filter(([outcome, count]) => count > 0 && CAUSE[outcome] !== undefined)
    .toSorted(([, a], [, b]) => b - a)
  return [...new Set(sorted.flatMap(([outcome]) => CAUSE[outcome] ?? []))]
}

export interface Judgement {
  verdict: Verdict
  causes: Cause[]
  bad: number
  /** Those that were attempts. */
  all: number
}

/**
 * Judges outcomes. Being asked to slow down is no breakage, nor is a breaker that opened for nothing else.
 * @param behind what ended in which way before, where visits were `rejected`: a breaker opens for what came before
 */
export function judgeOutcomes(outcomes: Outcomes, behind: Outcomes = {}): Judgement {
  const sum = (wanted: (outcome: string) => boolean) =>
    Object.entries(outcomes).reduce((total, [outcome, count]) => (wanted(outcome) ? total + count : total), 0)
  const all = sum((outcome) => !NO_ATTEMPT.includes(outcome))
  const bad = sum((outcome) => BAD.includes(outcome))
  const opened = (outcomes['rejected'] ?? 0) > 0 ? [...causesOf(openers(outcomes)), ...causesOf(openers(behind))] : []
  const soft = opened.length > 0 && opened.every((cause) => cause === 'throttled') ? ['throttled', 'rejected'] : ['throttled']
  const hard = sum((outcome) => BAD.includes(outcome) && !soft.includes(outcome))
  if (all === 0) return { verdict: 'inconclusive', causes: [], bad, all }
  if (bad <= DEGRADED * all) return { verdict: 'healthy', causes: [], bad, all }
  return { verdict: hard > BROKEN * all ? 'broken' : 'degraded', causes: [...new Set([...causesOf(outcomes), ...opened])], bad, all }
}

/** Those of these outcomes that open breakers. */
export function openers(outcomes: Outcomes): Outcomes {
  return Object.fromEntries(Object.entries(outcomes).filter(([outcome]) => HOST_FAILURES.includes(outcome)))
}
