// A town for journeys: a sandbox with its boards configured, and the product's own works pointed at it on a database of their own.

import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import type { Knex } from 'knex'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../ops/sandbox/sandbox.ts'
import { startTelemetry } from '../../ops/telemetry.ts'
import { readConfig, type Config } from '../../services/config.ts'
import { createRunFeed, refresh, type RefreshSummary, type Selection } from '../../services/scrape/refresh.ts'
import { startVisits } from '../../services/scrape/schedule.ts'
import { migrate, openDatabase } from '../../services/store/database.ts'
import { openWorks, type Works } from '../../services/works.ts'
import { createLog, quietLog } from '../../ops/log.ts'
import { createDatabase } from '../world.ts'

// Spans exist only once tracing has started; the ids of traces are part of what journeys look at.
const stopTelemetry = startTelemetry({ endpoint: undefined, version: '0.0.0', role: 'test' })
after(stopTelemetry)

/** A sandbox and an empty database, for tests that start the product as a process. */
export interface Ground {
  sandbox: Sandbox
  config: Config
  /** The environment that gives a process this configuration. */
  env: Record<string, string>
  close(): Promise<void>
}

export interface Town extends Ground {
  works: Works
  /** What was logged. */
  logged: string[]
  /** Visits boards and waits for their runs. */
  refresh(selection?: Selection): Promise<RefreshSummary>
}

/** Opens the ground. */
export async function openGround(options: SandboxOptions = {}): Promise<Ground> {
  const sandbox = await openSandbox({ boards: 6, postingsPerBoard: 8, ...options })
  const folder = await mkdtemp(join(tmpdir(), 'rolewatch-town-'))
  const boards = join(folder, 'boards')
  await mkdir(boards)
  await writeFile(join(boards, 'companies.yaml'), sandbox.companiesYaml())
  const database = await createDatabase(process.env['TEST_DATABASE_TEMPLATE'])
  const env = {
    DATABASE_URL: database.url,
    ROLEWATCH_DATA: join(folder, 'data'),
    ROLEWATCH_CONFIG: boards,
    ROLEWATCH_UPSTREAM: sandbox.upstream,
    ROLEWATCH_PACE: '0',
    SLACK_WEBHOOK_URL: sandbox.slackWebhookUrl,
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'silent',
    PORT: '0',
    METRICS_PORT: '0',
  }
  return {
    sandbox,
    env,
    config: readConfig(env),
    async close() {
      await sandbox.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Opens the town with the works running in this process. */
export async function openTown(options: SandboxOptions & { now?: () => Date; env?: Record<string, string> } = {}): Promise<Town> {
  const { env: more = {}, ...sandboxOptions } = options
  const ground = await openGround(sandboxOptions)
  const config = readConfig({ ...ground.env, ...more })
  const logged: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString())
      done()
    },
  })
  const log = createLog({ format: 'json', level: config.logLevel, secrets: config.secrets, stream })
  const works = await openWorks(config, { log, ...(options.now ? { now: options.now } : {}) })
  const feed = createRunFeed()
  const worker = startVisits(works.runParts, works.queue, 8, feed.tell)
  works.closers.add(() => worker.stop())
  return {
    ...ground,
    config,
    works,
    logged,
    refresh: (selection = {}) => refresh(works.database, works.queue, selection, feed),
    async close() {
      await works.close()
      await ground.close()
    },
  }
}

/** The log lines of a town. */
export function linesOf(town: Town): Record<string, unknown>[] {
  return town.logged
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

/** How many rows a query has. */
export async function countRows(query: Knex.QueryBuilder): Promise<number> {
  const rows = await query.count<{ n: number }[]>('* as n')
  return rows[0]?.n ?? 0
}

/** The town's database, for looking into it. */
export async function openTownDatabase(url: string) {
  const database = await openDatabase({ url, data: '', log: quietLog })
  await migrate(database)
  return database
}
