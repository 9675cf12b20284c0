// start: run the product until it is told to stop.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSandbox } from '../../ops/sandbox/sandbox.ts'
import { startTelemetry } from '../../ops/telemetry.ts'
import type { Config } from '../config.ts'
import type { Role, Running } from '../main.ts'
import { createSearch, listSearches } from '../store/searches.ts'
import { waitForSignal } from './signal.ts'

/** A day of the sandbox's market passes in this time. */
const SANDBOX_DAY_MS = 30_000
/** How often its boards are visited: the shortest cadence there is. */
const SANDBOX_CADENCE = '1m'
const SANDBOX_CANARY_SECONDS = 30

/** Starts, prints where it is reached, and stops cleanly on SIGINT and SIGTERM. */
export async function startCommand(config: Config, options: { role: Role; sandbox?: boolean }): Promise<number> {
  const stopped = waitForSignal()
  if (!options.sandbox) {
    const { start } = await import('../main.ts')
    const running = await start(config, options.role)
    greet(running, options.role)
    await stopped
    await running.stop()
    return 0
  }
  return inSandbox(config, options.role, stopped)
}

async function inSandbox(config: Config, role: Role, stopped: Promise<void>): Promise<number> {
  const sandbox = await openSandbox({ boards: 24, postingsPerBoard: 30 })
  const data = join(config.data, 'sandbox')
  const boards = join(data, 'config')
  await mkdir(boards, { recursive: true })
  await writeFile(join(boards, 'companies.yaml'), sandbox.companiesYaml(SANDBOX_CADENCE))
  const stopTraces = startTelemetry({ endpoint: sandbox.otlpEndpoint, version: config.version, role })
  // Only now, for the queries to be spans too: pg must find the instrumentation in place.
  const { start } = await import('../main.ts')
  const running = await start(
    {
      ...config,
      databaseUrl: undefined,
      data,
      boards,
      upstream: sandbox.upstream,
      paced: false,
      slackWebhookUrl: sandbox.slackWebhookUrl,
      slackOpsWebhookUrl: sandbox.opsWebhookUrl,
      canaryWebhookUrl: sandbox.canaryWebhookUrl,
      canaryEverySeconds: SANDBOX_CANARY_SECONDS,
      // Nobody is to be written to about invented postings.
      mail: undefined,
      secrets: [...config.secrets, sandbox.slackWebhookUrl, sandbox.opsWebhookUrl, sandbox.canaryWebhookUrl],
    },
    role,
  )
  await addDemoSearches(running)
  const days = setInterval(() => {
    sandbox.market.advance(1)
  }, SANDBOX_DAY_MS)
  greet(running, role)
  console.error(
    `  Slack messages   ${sandbox.url}/slack\n  incidents        ${sandbox.url}/ops\n  canary messages  ${sandbox.url}/canary\n  traces           ${sandbox.url}/traces\n  A day of this market passes every ${SANDBOX_DAY_MS / 1000} seconds.`,
  )
  await stopped
  clearInterval(days)
  await running.stop()
  await stopTraces()
  await sandbox.close()
  return 0
}

async function addDemoSearches(running: Running): Promise<void> {
  const { db } = running.works.database
  if ((await listSearches(db)).length > 0) return
  const notify = { channel: 'slack', cadence: 'instant' } as const
  await createSearch(db, { name: 'Engineering', query: { q: 'engineer' }, notify })
  await createSearch(db, { name: 'Remote work', query: { mode: 'remote' }, notify })
}

function greet(running: Running, role: Role): void {
  if (role !== 'worker')
    console.error(
      `\nRolewatch is ready: ${running.url}\n  health           ${running.url}/api/v1/health\n  postings         ${running.url}/api/v1/postings?q=engineer`,
    )
  else console.error(`\nRolewatch is working. It has no API in this role; its metrics are at ${running.url}/metrics`)
}
