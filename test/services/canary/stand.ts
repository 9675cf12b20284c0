// What tests of the canary share: a world, people's Slack and the canary's, and keepers and notifiers as several processes have them.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { quietLog } from '../../../ops/log.ts'
import { createMetrics, type Metrics } from '../../../ops/metrics.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { keepRound, startCanary, type Keeper, type KeeperParts } from '../../../services/canary/keeper.ts'
import { createCanaryWatch } from '../../../services/canary/watch.ts'
import { openNotifier, type Notifier, type NotifierOptions } from '../../../services/notify/notifier.ts'
import { openArchive } from '../../../services/scrape/archive.ts'
import { sources } from '../../../scrapers/index.ts'
import { createConfirmations } from '../../../services/store/confirmations.ts'
import { openSlackServer, type SlackServer } from '../../slack.ts'
import { openWorld, type World } from '../../world.ts'

/** One process of the product, as far as the canary goes. */
export interface Process {
  parts: KeeperParts
  /** What its /metrics shows. */
  metrics: Metrics
  notifier: Notifier
  /** Takes a round if one is due, and follows it to its end. */
  keep(signal?: AbortSignal): Promise<number>
  start(): Keeper
}

export interface ProcessOptions extends Partial<Pick<KeeperParts, 'everySeconds' | 'patienceSeconds'>> {
  notifier?: Partial<NotifierOptions>
  runParts?: Partial<KeeperParts['runParts']>
}

export interface Stand {
  world: World
  slack: SlackServer
  /** Where the canary's messages go. */
  cage: SlackServer
  folder: string
  process(options?: ProcessOptions): Process
  /** Rows of every table that a round writes. */
  leftovers(): Promise<Record<string, number>>
  /** Rounds are due at once again, and nothing is left of the last one. */
  clear(): Promise<void>
  close(): Promise<void>
}

const TABLES = ['postings', 'posting_versions', 'runs', 'run_pages', 'raw_pages', 'quarantine', 'matches', 'outbox']

/** Opens the stand. */
export async function openStand(): Promise<Stand> {
  const world = await openWorld()
  const [slack, cage] = await Promise.all([openSlackServer(), openSlackServer()])
  const folder = await mkdtemp(join(tmpdir(), 'rolewatch-canary-'))
  const open: { close(): Promise<void> }[] = []

  function process(options: ProcessOptions = {}): Process {
    const metrics = createMetrics({ sources: world.sources, queues: [], version: '0.0.0' })
    const product = createWatch(metrics, quietLog)
    const watch = createCanaryWatch(quietLog)
    const owner = `test-${randomUUID()}`
    const parts: KeeperParts = {
      product,
      watch,
      owner,
      folder: join(folder, 'canary'),
      everySeconds: options.everySeconds ?? 300,
      ...(options.patienceSeconds === undefined ? {} : { patienceSeconds: options.patienceSeconds }),
      runParts: {
        watch: product,
        database: world.database,
        door: { fetch: () => Promise.reject(new Error('the canary has no business on the web')), close: async () => {} },
        archive: openArchive(join(folder, 'raw')),
        confirm: createConfirmations(world.db),
        sources,
        maxNewPerDay: 0,
        ...options.runParts,
      },
    }
    const notifier = openNotifier({
      watch: product,
      database: world.database,
      slackWebhookUrl: slack.url,
      canary: { webhookUrl: cage.url, watch },
      publicUrl: undefined,
      owner,
      listen: true,
      intervalSeconds: 0,
      timeoutSeconds: 0.3,
      pollSeconds: 0.05,
      ...options.notifier,
    })
    open.push(notifier)
    return {
      parts,
      metrics,
      notifier,
      keep: (signal = new AbortController().signal) => keepRound(parts, signal),
      start() {
        const keeper = startCanary(parts)
        open.push(keeper)
        return keeper
      },
    }
  }

  return {
    world,
    slack,
    cage,
    folder,
    process,
    async leftovers() {
      const rows = await Promise.all(
        TABLES.map(async (table) => [table, Number((await world.db(table).count('* as n'))[0]?.['n'])] as const),
      )
      return Object.fromEntries(rows.filter(([, count]) => count > 0))
    },
    async clear() {
      for (const one of open.splice(0).toReversed()) await one.close()
      await world.db.raw('truncate canary, boards, runs, run_pages, raw_pages, quarantine, searches, channels cascade')
      slack.accepted.length = 0
      cage.accepted.length = 0
      slack.requests.length = 0
      cage.requests.length = 0
    },
    async close() {
      for (const one of open.splice(0).toReversed()) await one.close()
      await Promise.all([slack.close(), cage.close()])
      await world.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a process counted of its rounds. */
export async function countsOf({ metrics }: Process): Promise<Record<'delivered' | 'late' | 'failed', number>> {
  const count = (outcome: string) => metrics.value(metrics.canaryRounds, { channel: 'slack', outcome })
  const [delivered, late, failed] = await Promise.all([count('delivered'), count('late'), count('failed')])
  return { delivered, late, failed }
}

/** Looks until it is so. @throws Error when it does not come to be */
export async function until(look: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await look())) {
    if (Date.now() > end) throw new Error('it never came to be')
    await sleep(10)
  }
}
