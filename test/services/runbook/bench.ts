// A bench for actions: the parts they work with on a world of its own, and each action asked as the engine asks it.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryOf, type Deed, type Finding, type Occasion, type Plan, type Registry, type Write } from '../../../ops/runbook/action.ts'
import { openQueue } from '../../../ops/queue.ts'
import { quietLog } from '../../../ops/log.ts'
import { readConfig, type Config } from '../../../services/config.ts'
import { deeds } from '../../../services/runbook/deeds.ts'
import { looks } from '../../../services/runbook/looks.ts'
import type { ActionParts } from '../../../services/runbook/parts.ts'
import { openArchive } from '../../../services/scrape/archive.ts'
import { VISITS } from '../../../services/scrape/schedule.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import type { Database, Db } from '../../../services/store/database.ts'
import { queueDatabase } from '../../../services/store/queue.ts'
import type { Works } from '../../../services/works.ts'
import { openTestDoor, openWeb, type Web } from '../scrape/door.ts'
import { openWorld, type World } from '../../world.ts'

type Given = Record<string, string>

/** Actions as they are asked by the engine: with texts, which their own schema reads. */
export interface Asking {
  registry: Registry<Db>
  runId: string
  /** What actions take for now; the real time unless it is set. */
  clock: { at: Date | undefined }
  look(name: string, given?: Given): Promise<Finding>
  plan(name: string, given?: Given): Promise<Plan>
  /** In a transaction where the action wants one. */
  act(name: string, given?: Given): Promise<Deed>
  /** What was saved goes through JSON, as it does between the two. */
  undo(name: string, deed: Deed): Promise<string>
  /** Why the schema refuses, in words; undefined when it does not. */
  refusal(name: string, given: Given): string | undefined
}

/** Asks the actions over these parts. */
export function askWith(parts: ActionParts): Asking {
  const registry = registryOf<Db>([...looks(parts), ...deeds(parts)])
  const clock: Asking['clock'] = { at: undefined }
  const runId = randomUUID()
  const occasion = (): Occasion => ({
    runId,
    alert: 'ScrapeOutage',
    labels: {},
    actor: 'test',
    now: () => clock.at ?? new Date(),
    signal: AbortSignal.timeout(60_000),
  })
  const find = (name: string) => {
    const action = registry.get(name)
    if (!action) throw new Error(`there is no action ${name}`)
    return action
  }
  const write = (name: string): Write<Db> => {
    const action = find(name)
    if (action.kind !== 'write') throw new Error(`${name} is a read`)
    return action
  }
  const inOne = <T>(action: Write<Db>, work: (trx: Db) => Promise<T>): Promise<T> =>
    action.transaction ? parts.database.inTransaction(work) : work(parts.database.db)
  return {
    registry,
    runId,
    clock,
    look(name, given = {}) {
      const action = find(name)
      if (action.kind !== 'read') throw new Error(`${name} is a write`)
      return action.look(action.args.parse(given), occasion())
    },
    plan: (name, given = {}) => write(name).plan(write(name).args.parse(given), occasion()),
    act: (name, given = {}) => inOne(write(name), (trx) => write(name).act(write(name).args.parse(given), occasion(), trx)),
    undo(name, deed) {
      const action = write(name)
      if (!action.undo) throw new Error(`${name} cannot be undone`)
      const saved: unknown = JSON.parse(JSON.stringify(deed.undo))
      return inOne(action, async (trx) => (await action.undo?.(saved, occasion(), trx)) ?? '')
    },
    refusal(name, given) {
      const result = find(name).args.safeParse(given)
      return result.success ? undefined : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    },
  }
}

/** The parts of opened works. */
export async function partsOf({ config, watch, database, queue, runParts }: Works): Promise<ActionParts> {
  return { config, watch, database, queue, door: runParts.door, archive: runParts.archive, slos: await readSlos(watch.metrics) }
}

export interface Bench extends Asking {
  world: World
  database: Database
  db: Db
  parts: ActionParts
  web: Web
  close(): Promise<void>
}

/** Opens a bench. The queue is there; it has tables only when it is to be used. */
export async function openBench(options: { env?: Record<string, string>; queue?: boolean } = {}): Promise<Bench> {
  const world = await openWorld()
  const web = await openWeb()
  const data = await mkdtemp(join(tmpdir(), 'rolewatch-bench-'))
  const config: Config = readConfig({ ROLEWATCH_DATA: data, SLACK_WEBHOOK_URL: `${web.upstream}/slack`, ...options.env })
  const queue = openQueue({
    database: queueDatabase(world.database),
    log: quietLog,
    queues: [VISITS],
    retry: { limit: 0, delaySeconds: 0 },
  })
  if (options.queue) await queue.start()
  const door = openTestDoor(world, web)
  const archive = openArchive(join(data, 'raw'))
  const slos = await readSlos(world.watch.metrics)
  const parts: ActionParts = { config, watch: world.watch, database: world.database, queue, door, archive, slos }
  return {
    ...askWith(parts),
    world,
    database: world.database,
    db: world.db,
    parts,
    web,
    async close() {
      if (options.queue) await queue.close()
      await door.close()
      await web.close()
      await world.close()
      await rm(data, { recursive: true, force: true })
    },
  }
}
