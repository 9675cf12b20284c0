// Actions: the only things that a runbook may do, each registered with what it takes, how far it reaches and how often it may run.

import type { z } from 'zod'

/** What a look at something says of it. `inconclusive`: nothing can be said, and nothing may be done on the strength of it. */
export const VERDICTS = ['healthy', 'degraded', 'broken', 'inconclusive'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Why something is not well: what the steps of a page choose by (`when=`). */
export const CAUSES = [
  'blocked',
  'throttled',
  'drift',
  'gone',
  'network',
  'upstream',
  'paused',
  'worker',
  'backlog',
  'channel',
  'database',
  'disk',
  'memory',
  'load',
  'change',
  'monitoring',
] as const
export type Cause = (typeof CAUSES)[number]

/** What a read found. */
export interface Finding {
  verdict: Verdict
  /** Empty when healthy. */
  causes: readonly Cause[]
  /** One or two sentences for a person. */
  words: string
  /** Values for later lines of the page, by the names that the action `gives`. */
  values?: Readonly<Record<string, string>>
  /** What the words rest on: small, and without personal data. */
  facts?: unknown
}

/** Who asks, for an action's answer and its record. */
export interface Occasion {
  runId: string
  alert: string
  labels: Readonly<Record<string, string>>
  actor: string
  now: () => Date
  /** Aborted when the action's time is over. */
  signal: AbortSignal
}

export type Arguments = Readonly<Record<string, string>>

interface Named {
  /** `noun.verb`, as a page writes it. */
  readonly name: string
  /** What it does, in one line of the list of actions. */
  readonly summary: string
  /** Takes strings, gives what the action works with; a wrong value is said in words. */
  readonly args: z.ZodObject
  readonly timeoutSeconds: number
}

export interface Read extends Named {
  readonly kind: 'read'
  /** Names of the values that a finding may carry for later lines. */
  readonly gives: readonly string[]
  look(args: Record<string, unknown>, occasion: Occasion): Promise<Finding>
}

/** How much a write can touch, from little to much. */
export const REACHES = ['page', 'board', 'source', 'host', 'channel', 'process', 'database', 'fleet'] as const
export type Reach = (typeof REACHES)[number]

export interface Plan {
  /** What it acts on, as `source/greenhouse`: one run at a time may act on it. */
  target: string
  /** Exactly what would happen, as a sentence in the future. */
  words: string
  /** Said in place of acting: there is nothing to do. */
  idle?: string
  /** Sources that would no longer be visited: the last healthy one is never among them. */
  stops?: readonly string[]
}

export interface Deed {
  /** What happened, as a sentence in the past. */
  words: string
  /** What `undo` will need. */
  undo?: unknown
}

/**
 * A change. With `transaction` its effect and the record of it commit together, so that a killed process has done all of it or
 * nothing; without, a run that was killed in the middle is closed as interrupted and never tried again by itself.
 */
export interface Write<T = unknown> extends Named {
  readonly kind: 'write'
  readonly reach: Reach
  readonly reversible: boolean
  readonly transaction: boolean
  /** Between two times on the same target. */
  readonly cooldownSeconds: number
  /** Over all targets. */
  readonly perHour: number
  readonly perDay: number
  plan(args: Record<string, unknown>, occasion: Occasion): Promise<Plan>
  /** @param trx the transaction of the record, where `transaction` is true */
  act(args: Record<string, unknown>, occasion: Occasion, trx: T): Promise<Deed>
  /** Takes back what `act` did. Only where `reversible`. */
  undo?(saved: unknown, occasion: Occasion, trx: T): Promise<string>
}

export type Action<T = unknown> = Read | Write<T>

/** All actions by name. */
export type Registry<T = unknown> = ReadonlyMap<string, Action<T>>

/** @throws Error when two actions have one name, or one is declared so that it cannot be run safely */
export function registryOf<T>(actions: readonly Action<T>[]): Registry<T> {
  const registry = new Map<string, Action<T>>()
  for (const action of actions) {
    if (registry.has(action.name)) throw new Error(`two actions are called ${action.name}`)
    if (!/^[a-z]+\.[a-z_]+$/.test(action.name)) throw new Error(`${action.name} is no name of an action: noun.verb`)
    if (action.kind === 'write' && action.reversible !== (action.undo !== undefined))
      throw new Error(`${action.name} must have an undo exactly when it is reversible`)
    registry.set(action.name, action)
  }
  return registry
}
