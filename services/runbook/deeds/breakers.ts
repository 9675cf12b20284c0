// Deeds on breakers: closed for good, or asked by one request before their time.

import { z } from 'zod'
import { fromKnex } from '../../../ops/queue.ts'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import { sources } from '../../../scrapers/index.ts'
import { URGENT, visitTask, VISITS } from '../../scrape/schedule.ts'
import type { Db } from '../../store/database.ts'
import { listHosts, type HostRow } from '../../store/hosts.ts'
import { closeBreakers, letProbes, withdrawProbes, type EarlyProbe } from '../../store/probe.ts'
import { visitedBoards, type VisitedBoard } from '../../store/visited.ts'
import type { ActionParts } from '../parts.ts'
import { source } from '../values.ts'
import { counted, some } from '../words.ts'

const LIMITS = { reach: 'host', transaction: true, perHour: 6, perDay: 24, timeoutSeconds: 15 } as const

export function breakerDeeds({ database, queue }: Pick<ActionParts, 'database' | 'queue'>): Write<Db>[] {
  const { db } = database
  return [
    {
      kind: 'write',
      name: 'breaker.reset',
      summary: 'Closes the breakers of a source; a pause that a host asked for stays',
      args: z.strictObject({ source }),
      ...LIMITS,
      reversible: false,
      cooldownSeconds: 1800,
      async plan(args) {
        const open = await hostsOf(db, args, ({ breaker }) => breaker !== 'closed')
        return planOf(args, `The breaker of ${some(open)} will be closed.`, open.length === 0 ? 'is open' : undefined)
      },
      act: async (args, _occasion, trx) => ({
        words: `The breaker of ${some(await closeBreakers(trx, String(args['source'])))} is closed.`,
      }),
    },
    {
      kind: 'write',
      name: 'breaker.probe',
      summary: 'Lets one request through an open breaker now, in place of waiting for its time',
      args: z.strictObject({ source }),
      ...LIMITS,
      reversible: true,
      cooldownSeconds: 300,
      async plan(args, { now }) {
        const due = await hostsOf(db, args, ({ breaker, open_until: until }) => breaker === 'open' && until !== null && until > now())
        const boards = await boardsAt(db, args, due, now())
        const words = `${some(due)} will be asked by one request before the time of the breaker is over${visiting(boards)}.`
        return planOf(args, words, due.length === 0 ? 'is open and waits for its time' : undefined)
      },
      async act(args, { now }, trx) {
        const probes = await letProbes(trx, String(args['source']))
        const hosts = probes.map(({ host }) => host)
        const boards = await boardsAt(trx, args, hosts, now())
        await queue.add(VISITS, await Promise.all(boards.map((one) => visitTask(one, 'runbook', URGENT))), fromKnex(trx))
        return { words: `The next request to ${some(hosts)} is the probe of the breaker${visiting(boards)}.`, undo: probes }
      },
      async undo(saved, _occasion, trx) {
        return `${counted(await withdrawProbes(trx, saved as EarlyProbe[]), 'breaker')} left open as long as before.`
      },
    },
  ]
}

async function hostsOf(db: Db, args: Record<string, unknown>, wanted: (host: HostRow) => boolean): Promise<string[]> {
  return (await listHosts(db, String(args['source']))).filter(wanted).map(({ host }) => host)
}

function planOf(args: Record<string, unknown>, words: string, none: string | undefined): Plan {
  const name = String(args['source'])
  return { target: `breaker/${name}`, words, ...(none === undefined ? {} : { idle: `No breaker of ${name} ${none}.` }) }
}

const visiting = (boards: readonly VisitedBoard[]): string =>
  boards.length === 0 ? '' : `: a visit to ${some(boards.map((one) => `${one.source}/${one.ident}`))}`

/** One visited board for each of these hosts, the one that was well last. */
async function boardsAt(db: Db, args: Record<string, unknown>, hosts: readonly string[], now: Date): Promise<VisitedBoard[]> {
  const kind = sources[String(args['source'])]
  if (!kind || hosts.length === 0) return []
  const boards = (await visitedBoards(db, kind.name, now)).map((board) => {
    const first = kind.first({ ident: board.ident, region: board.region ?? kind.regions[0] ?? null })
    return { board, host: new URL(first.url).host }
  })
  return hosts.flatMap((host) => boards.find((one) => one.host === host)?.board ?? [])
}
