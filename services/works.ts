// What is opened before anything runs: log, metrics, database, queue, door, archive and notifier, closed again in reverse.

import { readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { sourceNames, sources } from '../scrapers/index.ts'
import { createLog, type Log } from '../ops/log.ts'
import { createMetrics } from '../ops/metrics.ts'
import { openQueue, type Queue } from '../ops/queue.ts'
import { createWatch, type Watch } from '../ops/telemetry.ts'
import { readBoards } from './boards.ts'
import { createCanaryWatch } from './canary/watch.ts'
import { ROOT, type Config } from './config.ts'
import { openNotifier, type Notifier } from './notify/notifier.ts'
import { refusal, troubleOf, wordsOf } from './refusal.ts'
import { openArchive } from './scrape/archive.ts'
import { openDoor, type Door } from './scrape/fetch.ts'
import type { RunParts } from './scrape/run.ts'
import { VISITS } from './scrape/schedule.ts'
import { readSlos } from './slo/specs.ts'
import { openTallies } from './slo/tallies.ts'
import { syncBoards } from './store/boards.ts'
import { createConfirmations } from './store/confirmations.ts'
import { takeFromCap } from './store/counters.ts'
import { migrate, openDatabase, type Database } from './store/database.ts'
import { queueDatabase } from './store/queue.ts'

/** Things that were opened, closed in reverse. */
export interface Closers {
  add(close: () => Promise<unknown>): void
  /** Closes every one of them; then throws what the first that failed threw. */
  closeAll(): Promise<void>
}

function createClosers(): Closers {
  const stack: (() => Promise<unknown>)[] = []
  return {
    add: (close) => void stack.push(close),
    async closeAll() {
      const failures: unknown[] = []
      for (let close = stack.pop(); close; close = stack.pop()) await close().catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** What every command that works on the data needs. */
export interface House {
  config: Config
  watch: Watch
  log: Log
  database: Database
  closers: Closers
  close(): Promise<void>
}

export interface OpenOptions {
  /** Only errors are logged, to stderr: stdout is for the command's answer. */
  quiet?: boolean
  /** A log of one's own. */
  log?: Log
  /** The clock by which visits are dated: for dated replays. */
  now?: () => Date
}

/** Opens the log, the metrics and the migrated database. */
export async function openHouse(config: Config, options: OpenOptions = {}): Promise<House> {
  const log =
    options.log ??
    createLog({
      format: config.logFormat,
      level: options.quiet && config.logLevel === 'info' ? 'error' : config.logLevel,
      secrets: config.secrets,
      ...(options.quiet ? { stream: process.stderr } : {}),
    })
  const metrics = createMetrics({ sources: sourceNames, queues: [VISITS], version: config.version, runbooks: runbookNames() })
  const watch = createWatch(metrics, log)
  const closers = createClosers()
  await mkdir(config.data, { recursive: true })
  const database = await openOrRefuse(config, log)
  closers.add(() => database.close())
  try {
    const applied = await migrate(database)
    if (applied.length > 0) log.info('migrated', { applied })
  } catch (error) {
    await closers.closeAll()
    throw error
  }
  return { config, watch, log, database, closers, close: () => closers.closeAll() }
}

/** Alerts that have a page; whether it can be run is for whoever opens it. */
function runbookNames(): string[] {
  return readdirSync(join(ROOT, 'runbooks')).flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -3)] : []))
}

/** Without a database there is nothing to do, and why is no bug of ours: a server that is away, or that cannot be started here. */
async function openOrRefuse(config: Config, log: Log): Promise<Database> {
  try {
    return await openDatabase({ url: config.databaseUrl, data: config.data, log, poolMax: Math.min(config.concurrency, 16) + 8 })
  } catch (error) {
    throw refusal(troubleOf(error) ?? `The database cannot be opened: ${wordsOf(error)}`, error)
  }
}

/** Opens the door to the web as the configuration wants it; `calls` is asked before each request. */
export function openHouseDoor({ config, watch, database }: House, owner: string, calls?: () => Promise<boolean>): Door {
  return openDoor({
    watch,
    db: database.db,
    upstream: config.upstream,
    paced: config.paced,
    contact: config.contact,
    version: config.version,
    timeoutSeconds: config.requestTimeoutSeconds,
    owner,
    ...(calls ? { calls } : {}),
  })
}

/** What visits need on top: the queue, the door to the web, the archive, and somebody to tell people. */
export interface Works extends House {
  queue: Queue
  runParts: RunParts
  notifier: Notifier
  /** Names this process in the rows that it holds. */
  owner: string
  /** By which the canary's visits and messages are seen, and counted apart. */
  canaryWatch: Watch
}

/** Opens the queue and everything a visit needs; nothing runs yet. */
export async function openWorks(config: Config, options: OpenOptions = {}): Promise<Works> {
  const house = await openHouse(config, options)
  const { watch, database, closers, log } = house
  const owner = `${hostname()}:${process.pid}`
  try {
    await loadBoards(house)
    const queue = openQueue({ database: queueDatabase(database), log, queues: [VISITS] })
    await queue.start()
    closers.add(() => queue.close())
    // Closed after those who visit and tell, so that it counts what they did last.
    const tallies = openTallies({
      watch,
      db: database.db,
      slos: await readSlos(watch.metrics),
      ...(options.now ? { now: options.now } : {}),
    })
    tallies.start()
    closers.add(() => tallies.close())
    const door = openHouseDoor(house, owner, config.maxCallsPerDay === undefined ? undefined : dailyCalls(database, config.maxCallsPerDay))
    closers.add(() => door.close())
    const canaryWatch = createCanaryWatch(log)
    const notifier = openNotifier({
      watch,
      database,
      slackWebhookUrl: config.slackWebhookUrl,
      mail: config.mail,
      canary: config.canaryWebhookUrl ? { webhookUrl: config.canaryWebhookUrl, watch: canaryWatch } : undefined,
      publicUrl: config.publicUrl ?? localUrl(config),
      owner,
      listen: true,
    })
    closers.add(() => notifier.close())
    const archive = openArchive(join(config.data, 'raw'))
    const runParts: RunParts = {
      watch,
      database,
      door,
      archive,
      confirm: createConfirmations(database.db),
      sources,
      maxNewPerDay: config.maxNewPostingsPerDay,
      ...(options.now ? { now: options.now } : {}),
    }
    return { ...house, queue, runParts, notifier, owner, canaryWatch }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

/** Brings the configured boards into the database; a fault in the file stops the start. */
async function loadBoards(house: House): Promise<void> {
  const entries = readBoards(house.config.boards)
  const { added, changed, retired } = await house.database.inTransaction((trx) => syncBoards(trx, entries))
  if (added + changed + retired > 0) house.log.info('boards', { added, changed, retired, configured: entries.length })
}

/** Where this machine's own people reach the console; undefined when the address is known only once it listens, or names no host. */
export function localUrl({ host, port }: Pick<Config, 'host' | 'port'>): string | undefined {
  if (port === 0 || host === '0.0.0.0' || host === '::') return undefined
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function dailyCalls(database: Database, cap: number): () => Promise<boolean> {
  return async () => (await takeFromCap(database.db, 'calls', 1, cap)) === 1
}
