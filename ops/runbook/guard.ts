// The guards of a change: facts in, allowed or refused with words out.

export const STEP_GUARDS = ['switch', 'over', 'maintenance', 'lock', 'cooldown', 'hour', 'day', 'healthy', 'half'] as const
export type StepGuard = (typeof STEP_GUARDS)[number]

export type Decision<G extends string = StepGuard> = { kind: 'allowed' } | { kind: 'refused'; guard: G; words: string }

/** What an action allows itself. */
export interface Limits {
  name: string
  cooldownSeconds: number
  perHour: number
  perDay: number
}

/** A source as it is now. */
export interface SourceFact {
  name: string
  /** It is visited, and most of its boards were read well the last time. */
  healthy: boolean
  /** A runbook holds it back. */
  stopped: boolean
}

/** Everything that a decision rests on, read in the transaction that acts on it. */
export interface StepFacts {
  now: Date
  /** The kill switch, when it is off. */
  switchedOff: { by: string; reason: string | null } | undefined
  /** The alert has ended. */
  isOver: boolean
  /** A window that holds now. A person who approved knows of it. */
  maintenance: { reason: string; until: Date } | undefined
  isApproved: boolean
  target: string
  /** Another run that acts on the target. */
  lockedBy: { alert: string; since: Date } | undefined
  /** When the action last acted on this target. */
  lastOnTarget: Date | undefined
  inHour: number
  inDay: number
  /** Sources that would be visited no more. */
  stops: readonly string[]
  sources: readonly SourceFact[]
}

const ALLOWED = { kind: 'allowed' } as const

const refused = <G extends string>(guard: G, words: string): Decision<G> => ({ kind: 'refused', guard, words })

/** Whether a step may be done. The first guard that says no is told. */
export function guardStep(action: Limits, facts: StepFacts): Decision {
  const { now, switchedOff, maintenance, lockedBy, lastOnTarget, target } = facts
  if (switchedOff) return refused('switch', `automation is off: ${switchedOff.by} said "${switchedOff.reason ?? 'no reason given'}"`)
  if (facts.isOver) return refused('over', 'the alert has ended meanwhile')
  if (maintenance && !facts.isApproved)
    return refused('maintenance', `there is maintenance until ${moment(maintenance.until)} ("${maintenance.reason}")`)
  if (lockedBy) return refused('lock', `the runbook ${lockedBy.alert} has been acting on ${target} since ${moment(lockedBy.since)}`)
  const again = lastOnTarget && new Date(lastOnTarget.getTime() + action.cooldownSeconds * 1000)
  if (again && again > now)
    return refused('cooldown', `${action.name} acted on ${target} at ${moment(lastOnTarget)}, and may again at ${moment(again)}`)
  if (facts.inHour >= action.perHour) return refused('hour', `${action.name} may run ${times(action.perHour)} an hour, and has`)
  if (facts.inDay >= action.perDay) return refused('day', `${action.name} may run ${times(action.perDay)} a day, and has`)
  return guardSources(facts)
}

/** Never the last healthy source; never more than half of all at a time. */
function guardSources({ stops, sources }: StepFacts): Decision {
  const stopping = sources.filter(({ name }) => stops.includes(name))
  if (stopping.length === 0) return ALLOWED
  const left = sources.filter(({ name, healthy }) => healthy && !stops.includes(name))
  if (left.length === 0 && stopping.some(({ healthy }) => healthy))
    return refused('healthy', `${names(stopping)} is the last healthy source: without it nothing would be visited`)
  const stopped = sources.filter(({ name, stopped: already }) => already || stops.includes(name))
  if (stopped.length * 2 > sources.length)
    return refused('half', `runbooks would hold back ${names(stopped)}: ${stopped.length} of ${sources.length} sources, more than half`)
  return ALLOWED
}

/** How often one incident may start its runbook by itself, and over which time. */
export const AUTOMATIC_RUNS = { most: 3, hours: 6 } as const

/** Whether an alert may start a run. `recent`: those it started within the time. */
export function guardRun({ recent }: { recent: number }): Decision<'runs'> {
  if (recent < AUTOMATIC_RUNS.most) return ALLOWED
  return refused('runs', `the runbook ran ${times(recent)} for this incident in ${AUTOMATIC_RUNS.hours} hours: it does not help`)
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
const names = (sources: readonly SourceFact[]): string => sources.map(({ name }) => name).join(' and ')
const moment = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')}Z`
