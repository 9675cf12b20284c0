// Deeds on sources and boards: holding them back, letting them go, and coming less often.

import { z } from 'zod'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import type { Db } from '../../store/database.ts'
import {
  countHeld,
  endPause,
  holdBack,
  letGo,
  pauseAgain,
  pauseReason,
  quicken,
  slowDown,
  type Held,
  type HeldCounts,
  type PauseBefore,
  type Paused,
  type Slowed,
} from '../../store/holding.ts'
import type { ActionParts } from '../parts.ts'
import { board, source, time, whole } from '../values.ts'
import { counted, moment, some } from '../words.ts'

type Args = Record<string, unknown>

/** What is done to a whole source or to one board is alike but for this. */
interface Reached {
  reach: 'source' | 'board'
  args: z.ZodRawShape
}

const SOURCE: Reached = { reach: 'source', args: { source } }
const BOARD: Reached = { reach: 'board', args: { board } }

const LIMITS = {
  reversible: true,
  transaction: true,
  cooldownSeconds: 1800,
  perHour: 6,
  perDay: 24,
  timeoutSeconds: 15,
} as const

export function boardDeeds({ database }: Pick<ActionParts, 'database'>): Write<Db>[] {
  const { db } = database
  return [pause(db, SOURCE), pause(db, BOARD), resume(db, SOURCE), resume(db, BOARD), slow(db)]
}

function pause(db: Db, { reach, args }: Reached): Write<Db> {
  return {
    kind: 'write',
    name: `${reach}.pause`,
    summary: `Stops visits to a ${reach} for a while; what is paused already stays as it is`,
    args: z.strictObject({ ...args, for: time }),
    reach,
    ...LIMITS,
    async plan(given, { now }) {
      const counts = await countHeld(db, heldOf(given), now())
      const { visited, others } = counts
      const words = `${nameOf(given)} will not be visited until ${moment(untilOf(given, now()))}: ${counted(visited, 'board')}.`
      const plan: Plan = { target: targetOf(given), words }
      if (visited === 0) return { ...plan, idle: idleOf(given, counts, 'is not visited now anyway') }
      // One board may be all that a source has.
      return others === 0 ? { ...plan, stops: [heldOf(given).source] } : plan
    },
    async act(given, { now, alert, runId }, trx) {
      const until = untilOf(given, now())
      const paused = await holdBack(trx, heldOf(given), { until, reason: pauseReason(alert, runId), now: now() })
      return { words: `${counted(paused.boards.length, 'board')} of ${nameOf(given)} paused until ${moment(until)}.`, undo: paused }
    },
    async undo(saved, _occasion, trx) {
      const paused = saved as Paused
      return tellUndone(await endPause(trx, paused), paused.boards.length, 'let go', 'paused otherwise or let go')
    },
  }
}

function resume(db: Db, { reach, args }: Reached): Write<Db> {
  return {
    kind: 'write',
    name: `${reach}.resume`,
    summary: `Visits a ${reach} again that somebody has paused; what a runbook paused ends by itself`,
    args: z.strictObject(args),
    reach,
    ...LIMITS,
    async plan(given, { now }) {
      const counts = await countHeld(db, heldOf(given), now())
      const { boards, visited, held, reasons } = counts
      const why = reasons.length === 0 ? '' : ` (${some(reasons)})`
      const words = `${counted(boards - visited - held, 'paused board')} of ${nameOf(given)} will be visited again${why}.`
      const plan = { target: targetOf(given), words }
      if (boards - visited > held) return plan
      return { ...plan, idle: idleOf(given, counts, held > 0 ? 'is paused by a runbook, and that ends by itself' : 'is not paused') }
    },
    async act(given, { now }, trx) {
      const before = await letGo(trx, heldOf(given), now())
      return { words: `${counted(before.length, 'paused board')} of ${nameOf(given)} let go: visited again from now on.`, undo: before }
    },
    async undo(saved, _occasion, trx) {
      const before = saved as PauseBefore[]
      return tellUndone(await pauseAgain(trx, before), before.length, 'paused as before', 'paused otherwise')
    },
  }
}

function slow(db: Db): Write<Db> {
  return {
    kind: 'write',
    name: 'source.slow',
    summary: 'Visits the boards of a source less often for a while',
    args: z.strictObject({ source, factor: whole(2, 24), for: time }),
    reach: 'source',
    ...LIMITS,
    async plan(given, { now }) {
      const counts = await countHeld(db, heldOf(given), now())
      const { boards, slowed } = counts
      const until = moment(untilOf(given, now()))
      const words = `${counted(boards - slowed, 'board')} of ${nameOf(given)} will be visited ${timesOf(given)} less often until ${until}.`
      const plan = { target: targetOf(given), words }
      return boards === slowed ? { ...plan, idle: idleOf(given, counts, 'is slowed down already') } : plan
    },
    async act(given, { now }, trx) {
      const until = untilOf(given, now())
      const slowed = await slowDown(trx, heldOf(given), { factor: Number(given['factor']), until, now: now() })
      const words = `${counted(slowed.boards.length, 'board')} of ${nameOf(given)} visited ${timesOf(given)} less often until ${moment(until)}.`
      return { words, undo: slowed }
    },
    async undo(saved, { now }, trx) {
      const slowed = saved as Slowed
      return tellUndone(await quicken(trx, slowed, now()), slowed.boards.length, 'visited as often as before', 'slowed down otherwise')
    },
  }
}

const nameOf = (args: Args): string => String(args['board'] ?? args['source'])
const targetOf = (args: Args): string => `${args['board'] === undefined ? 'source' : 'board'}/${nameOf(args)}`
const timesOf = (args: Args): string => `${String(args['factor'])} times`
const untilOf = (args: Args, now: Date): Date => new Date(now.getTime() + Number(args['for']) * 1000)

function heldOf(args: Args): Held {
  const [name = '', ident] = nameOf(args).split('/')
  return { source: name, ident: ident ?? null }
}

function idleOf(args: Args, { boards }: HeldCounts, otherwise: string): string {
  return boards === 0
    ? `There is no board ${args['board'] === undefined ? 'of ' : ''}${nameOf(args)} to be visited.`
    : `${nameOf(args)} ${otherwise}.`
}

/** What somebody changed meanwhile is theirs. */
function tellUndone(done: number, all: number, how: string, meanwhile: string): string {
  const left = all - done
  return `${counted(done, 'board')} ${how}.${left > 0 ? ` Left alone, because ${meanwhile} meanwhile: ${left}.` : ''}`
}
