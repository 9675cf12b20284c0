// Deeds on the processes: dead letters back to the queue, fewer visits at once, and a fresh start of a worker.

import { z } from 'zod'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import { VISITS } from '../../scrape/schedule.ts'
import type { Db } from '../../store/database.ts'
import { giveOrder, GONE_SECONDS, listWorkers, type WorkerRow } from '../../store/workers.ts'
import type { ActionParts } from '../parts.ts'
import { whole, worker } from '../values.ts'
import { counted, some } from '../words.ts'

type Args = Record<string, unknown>

/** What a worker was told, and what it did before. */
interface Slowed {
  owner: string
  before: number
  told: number
}

export function workDeeds(parts: Pick<ActionParts, 'database' | 'queue'>): Write<Db>[] {
  const { db } = parts.database
  return [
    redrive(parts),
    slow(db),
    {
      kind: 'write',
      name: 'worker.restart',
      summary: 'Drains a worker, or all of them, and starts it anew',
      args: z.strictObject({ worker: worker.optional() }),
      reach: 'process',
      reversible: false,
      transaction: true,
      cooldownSeconds: 900,
      perHour: 2,
      perDay: 8,
      timeoutSeconds: 10,
      async plan(args) {
        const found = await workersOf(db, args)
        const plan = { target: targetOf(args), words: `${list(found)} will finish what is in hand and start anew.` }
        return idleWithout(found, plan, nobody(args))
      },
      async act(args, { actor }, trx) {
        const found = await workersOf(trx, args)
        for (const { owner } of found) await giveOrder(trx, { owner, kind: 'restart', value: null, by: actor })
        return { words: `${list(found)} told to finish what is in hand and start anew.` }
      },
    },
  ]
}

function redrive({ queue }: Pick<ActionParts, 'queue'>): Write<Db> {
  return {
    kind: 'write',
    name: 'queue.redrive',
    summary: 'Sends dead letters back to their queue',
    args: z.strictObject({}),
    reach: 'fleet',
    reversible: false,
    // The queue sends them back one by one, each whole.
    transaction: false,
    cooldownSeconds: 900,
    perHour: 3,
    perDay: 12,
    timeoutSeconds: 30,
    async plan() {
      const dead = await queue.deadLetters(VISITS)
      const plan = { target: 'queue/visit', words: `${counted(dead.length, 'dead letter')} will be tried again.` }
      return dead.length === 0 ? { ...plan, idle: 'There are no dead letters.' } : plan
    },
    act: async () => ({ words: `${counted(await queue.redrive(VISITS), 'dead letter')} sent back to the queue.` }),
  }
}

function slow(db: Db): Write<Db> {
  return {
    kind: 'write',
    name: 'worker.slow',
    summary: 'Lets a worker, or all of them, make fewer visits at once',
    args: z.strictObject({ worker: worker.optional(), concurrency: whole(1, 256) }),
    reach: 'process',
    reversible: true,
    transaction: true,
    cooldownSeconds: 600,
    perHour: 6,
    perDay: 24,
    timeoutSeconds: 10,
    async plan(args) {
      const busy = await busierThan(db, args)
      const before = some(busy.map((one) => `${one.state.concurrency ?? 0}`))
      const words = `${list(busy)} will make ${visitsOf(args)} at once at the most, in place of ${before}.`
      const idle = (await workersOf(db, args)).length === 0 ? nobody(args) : 'No worker makes more visits at once than that.'
      return idleWithout(busy, { target: targetOf(args), words }, idle)
    },
    async act(args, { actor }, trx) {
      const told = Number(args['concurrency'])
      const busy = await busierThan(trx, args)
      for (const { owner } of busy) await giveOrder(trx, { owner, kind: 'concurrency', value: told, by: actor })
      const undo: Slowed[] = busy.map(({ owner, state }) => ({ owner, before: state.concurrency ?? told, told }))
      return { words: `${list(busy)} told to make ${visitsOf(args)} at once at the most.`, undo }
    },
    async undo(saved, { actor }, trx) {
      const alive = await workersOf(trx, {})
      const slowed = saved as Slowed[]
      // One that was told something else since, or is gone, is left alone; one that has not obeyed yet is told after that.
      const ours = slowed.filter(({ owner, before, told }) =>
        alive.some((one) => one.owner === owner && [before, told].includes(one.state.concurrency ?? 0)),
      )
      for (const { owner, before } of ours) await giveOrder(trx, { owner, kind: 'concurrency', value: before, by: actor })
      const left = slowed.length - ours.length
      return `${counted(ours.length, 'worker')} told to work as before.${left > 0 ? ` Left alone, because gone or told otherwise meanwhile: ${left}.` : ''}`
    },
  }
}

/** Those that live and make visits: the one that is named, or all. */
async function workersOf(db: Db, args: Args): Promise<WorkerRow[]> {
  const alive = (await listWorkers(db)).filter((one) => one.role !== 'api' && one.silent_seconds < GONE_SECONDS)
  const named = args['worker'] === undefined ? alive : alive.filter((one) => one.owner === args['worker'])
  return named.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
}

async function busierThan(db: Db, args: Args): Promise<WorkerRow[]> {
  return (await workersOf(db, args)).filter((one) => (one.state.concurrency ?? 0) > Number(args['concurrency']))
}

const visitsOf = (args: Args): string => counted(Number(args['concurrency']), 'visit')
const targetOf = (args: Args): string => `worker/${typeof args['worker'] === 'string' ? args['worker'] : 'all'}`
const list = (workers: readonly WorkerRow[]): string => some(workers.map(({ owner }) => owner))
const nobody = (args: Args): string =>
  typeof args['worker'] === 'string' ? `No worker ${args['worker']} is alive.` : 'No worker is alive that could be told.'
const idleWithout = (workers: readonly WorkerRow[], plan: Plan, idle: string): Plan => (workers.length === 0 ? { ...plan, idle } : plan)
