// A drill: a fault, the alert that must tell of it, and what its runbook must then find and do.

import type { RunbookOutcome } from '../../ops/metrics.ts'
import type { Cause, Verdict } from '../../ops/runbook/action.ts'
import type { Ground } from './ground.ts'

/** What one drill breaks nobody else may rest on meanwhile. */
export const NEEDS = [
  'greenhouse',
  'ashby',
  'lever',
  'slack',
  'queue',
  'caps',
  'prometheus',
  'alertmanager',
  'spare',
  'api-errors',
  'api-latency',
  'resumes',
  'postgres',
] as const
export type Need = (typeof NEEDS)[number]

export const VISITS = ['greenhouse', 'ashby', 'lever'] as const satisfies readonly Need[]

/**
 * `real`: the thing itself is broken. `synthetic`: it cannot be broken on a laptop in seconds, so a made-up metric says that it is, and
 * the looks, which ask the real thing, find it well. `guard`: it cannot come about any more, and the drill shows what keeps it from doing so.
 */
export type Kind = 'real' | 'synthetic' | 'guard'

interface Common {
  /** As it is typed. */
  name: string
  kind: Kind
  /** What it stands for, in a clause. */
  about: string
  /** Numbers of the field's own incidents that it stands for: 1 to 15. */
  incidents?: readonly number[]
  needs: readonly Need[]
  inject(ground: Ground): Promise<void>
  repair(ground: Ground): Promise<void>
}

/** What the run must come to. */
export interface Expected {
  /** Any of these. Where only a metric is bad, what else is being broken at the time may be seen. */
  verdict: readonly Verdict[]
  /** All of these must be among those found. */
  causes?: readonly Cause[]
  /** `mends itself`: the alert ends with the fault still there, or after it passed by itself, and nobody has lifted a finger. */
  ending: 'mends itself' | 'asks a person'
  /** Several where it depends on how quick the machine is. */
  outcome: readonly RunbookOutcome[]
  /** Changes that must have been made, by the names of their actions. */
  does?: readonly string[]
  /** The run asks for leave, and is given it by the drill in the place of a person. */
  allowed?: boolean
}

export interface AlertDrill extends Common {
  kind: 'real' | 'synthetic'
  alert: string
  /** What the runbook may do meanwhile; `suggest` where the cause is made up, or long past, so that nothing is changed for its sake. */
  mode: 'auto' | 'suggest'
  /** It keeps what it needs until its alert has ended: another one would keep that end from being told. */
  holds?: boolean
  /** Labels that the alert must carry. */
  labels?: Readonly<Record<string, string>>
  /** How visits end because of it: the first of them is the first sign. */
  signs?: readonly string[]
  /** Of a fault that passes by itself: what it does once the alert has told of it. */
  passes?(ground: Ground): Promise<void>
  expected: Expected
  /** Outage or drift: how quickly it is told of counts for the objective `detection`. */
  detection?: 'outage' | 'drift'
}

/** No incident comes of it: the dead man's switch speaks. */
export interface SilenceDrill extends Common {
  kind: 'real'
  alert: 'Watchdog'
  /** Whether it was said since a moment, and that it is over. */
  isTold(ground: Ground, since: number): boolean
  isOver(ground: Ground, since: number): boolean
}

export interface GuardDrill extends Common {
  kind: 'guard'
  alert: null
  /** Waits until it shows and says what it saw. @throws Error that says how the guard failed */
  prove(ground: Ground): Promise<string>
}

export type Drill = AlertDrill | SilenceDrill | GuardDrill

export const isSilence = (drill: Drill): drill is SilenceDrill => 'isTold' in drill

/** Seconds since the fault, as far as it came. */
export interface Times {
  sign?: number
  alert?: number
  classified?: number
  done?: number
  verified?: number
  resolved?: number
}

export interface Report {
  name: string
  kind: Kind
  alert: string | null
  about: string
  incidents: readonly number[]
  passed: boolean
  /** What was not as expected. */
  faults: string[]
  times: Times
  /** From the fault until everything was calm again. */
  totalSeconds: number
  verdict: string | null
  causes: readonly string[]
  outcome: string | null
  /** What the machine did, in order. */
  did: string[]
  ending: Expected['ending'] | 'guard holds'
  /** What a person had to do: leave that was given, and repairs that are not the machine's. */
  manual: string[]
  words: string
  /** As on-call calls it. */
  incident: string | null
}
