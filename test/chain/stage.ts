// The whole chain on this machine: sandbox, product, Prometheus, Alertmanager, dead man's switch, and everybody who is told of something.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from '../../services/config.ts'
import type { Database } from '../../services/store/database.ts'
import { createSearch } from '../../services/store/searches.ts'
import { openGround, openTownDatabase, type Ground } from '../journey/town.ts'
import { openMailServer, PASSWORD, type MailServer } from '../mail.ts'
import { localConfig } from '../ops/alertmanager-places.ts'
import { freePort, launch, startAlertmanager, startPrometheus, untilReady, type Launched, type Program } from '../programs.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { chainRules, DEADMAN_AFTER_S, prometheusConfig, WAITS } from './settings.ts'

/** One process of the product; it keeps its address when it is started again. */
export interface Actor {
  url: string
  process(): Launched
  start(): Promise<void>
}

export interface Stage {
  ground: Ground
  database: Database
  worker: Actor
  api: Actor
  deadman: Actor
  prometheus: Program
  alertmanager(): Program
  /** On the address that it had. */
  restartAlertmanager(): Promise<void>
  /** The ops channel, and the one that the dead man speaks in. */
  ops: Receiver
  deadmanChannel: Receiver
  mailbox: MailServer
  /** Takes back whatever a scenario broke, as far as it is still broken. */
  mend(): Promise<void>
  /** Ends everything. @returns the programs that are still there: none */
  close(): Promise<number[]>
}

const BOARDS = 60
const TOKEN = 'the-token-of-the-chain'
/** So many boards are visited in so many milliseconds, besides those that are due. */
const AT_ONCE = 5
const EVERY_MS = 500

type Closer = () => Promise<unknown>

/** Opens the stage with everything running and well: boards are being visited, and nothing fires but the Watchdog. */
export async function openStage(): Promise<Stage> {
  const closers: Closer[] = []
  try {
    return await openParts(closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

async function closeAll(closers: Closer[]): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close().catch(console.error)
}

async function openParts(closers: Closer[]): Promise<Stage> {
  const open = async <T extends { close(): Promise<unknown> }>(opening: Promise<T>): Promise<T> => {
    const part = await opening
    closers.push(() => part.close())
    return part
  }
  const folder = await mkdtemp(join(tmpdir(), 'rolewatch-chain-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const ground = await open(openGround({ boards: BOARDS, postingsPerBoard: 4, slackPerSecond: 1000 }))
  await writeFile(join(ground.config.boards, 'companies.yaml'), ground.sandbox.companiesYaml('1m'))
  const [ops, deadmanChannel, mailbox] = [
    await open(openReceiver()),
    await open(openReceiver()),
    await open(openMailServer({ auth: true })),
  ]
  const pids: number[] = []
  const cast = async (role: string, path: string, args: string[], env: Record<string, string>, port: string) => {
    const actor = castActor(role, path, args, { ...ground.env, LOG_LEVEL: 'warn', ALERTMANAGER_HOOK_TOKEN: TOKEN, ...env }, port, pids)
    closers.push(() => actor.process().stop())
    await actor.start()
    return actor
  }
  const worker = await cast('worker', '/healthz', ['start', '--role', 'worker'], {}, 'METRICS_PORT')
  const spoken = { DEADMAN_WEBHOOK_URL: deadmanChannel.url, DEADMAN_AFTER_S: `${DEADMAN_AFTER_S}` }
  const [api, deadman] = await Promise.all([
    cast('api', '/healthz', ['start', '--role', 'api'], {}, 'PORT'),
    cast('deadman', '/healthz', ['deadman'], spoken, 'DEADMAN_PORT'),
  ])

  const database = await open(openTownDatabase(ground.env['DATABASE_URL'] ?? ''))
  closers.push(keepVisiting(ground, api.url))
  await until('every board to be visited', async () => (await database.db('boards').whereNull('last_run_id')).length === 0)
  await createSearch(database.db, { name: 'Everything', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })

  const places = {
    slack: ops.url,
    hook: { url: `${api.url}/hooks/alertmanager`, token: TOKEN },
    deadman: `${deadman.url}/watchdog`,
    mail: { port: mailbox.port, user: 'jo', password: PASSWORD.meant },
    waits: WAITS,
  }
  const alerting = { folder: join(folder, 'alertmanager'), config: await localConfig(join(folder, 'secrets'), places) }
  let alertmanager = await startAlertmanager(alerting)
  closers.push(() => alertmanager.stop())
  pids.push(alertmanager.pid)
  const prometheus = await openPrometheus(join(folder, 'prometheus'), alertmanager, [worker, api])
  closers.push(() => prometheus.stop())
  pids.push(prometheus.pid)

  const restartAlertmanager = async () => {
    alertmanager = await startAlertmanager({ ...alerting, port: Number(new URL(alertmanager.url).port) })
    pids.push(alertmanager.pid)
  }
  return {
    ground,
    database,
    worker,
    api,
    deadman,
    prometheus,
    ops,
    deadmanChannel,
    mailbox,
    alertmanager: () => alertmanager,
    restartAlertmanager,
    async mend() {
      ground.sandbox.market.clearFaults()
      ops.broken = false
      worker.process().signal('SIGCONT')
      for (const actor of [worker, api, deadman]) if (actor.process().ended()) await actor.start()
      if (alertmanager.ended()) await restartAlertmanager()
    },
    async close() {
      await closeAll(closers)
      return pids.filter(isAlive)
    },
  }
}

/** Prometheus scrapes itself too, so it must know its port beforehand. */
async function openPrometheus(folder: string, alertmanager: Program, actors: readonly Actor[]): Promise<Program> {
  const rules = await chainRules()
  const host = (url: string) => new URL(url).host
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    const jobs = {
      prometheus: [`127.0.0.1:${port}`],
      alertmanager: [host(alertmanager.url)],
      rolewatch: actors.map(({ url }) => host(url)),
    }
    const config = prometheusConfig(jobs, host(alertmanager.url), actors[1]?.url ?? '')
    try {
      // Alerts are told of again every few seconds; else an Alertmanager that comes back hears nothing for a minute.
      return await startPrometheus({ folder, config, rules, port, flags: ['--rules.alert.resend-delay=3s'] })
    } catch (error) {
      if (tries === 3 || !String(error).includes('address already in use')) throw error
    }
  }
}

function castActor(
  name: string,
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  portVariable: string,
  pids: number[],
): Actor & { url: string } {
  let current: Launched | undefined
  const actor = {
    url: '',
    process() {
      if (!current) throw new Error(`${name} was never started`)
      return current
    },
    async start() {
      actor.url ||= `http://127.0.0.1:${await freePort()}`
      const port = new URL(actor.url).port
      current = await launch(process.execPath, ['services/cli.ts', ...args], {
        cwd: ROOT,
        env: { ...process.env, ...env, [portVariable]: port },
      })
      pids.push(current.pid)
      await untilReady(name, current, `${actor.url}${path}`)
    },
  }
  return actor
}

/** Asks for a few boards after the other, so that there are always some visits that end. @returns how to stop */
function keepVisiting({ sandbox }: Ground, api: string): Closer {
  const names = sandbox.market.boards().map(({ source, ident }) => `${source}/${ident}`)
  const closing = new AbortController()
  const ask = async () => {
    const boards = names.splice(0, AT_ONCE)
    names.push(...boards)
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(5000)])
    const headers = { 'content-type': 'application/json' }
    // While the API is away nobody is asked.
    await fetch(`${api}/api/v1/runs`, { method: 'POST', headers, body: JSON.stringify({ boards }), signal }).catch(() => {})
  }
  const loop = async () => {
    for (; !closing.signal.aborted; await sleep(EVERY_MS)) await ask()
  }
  const looping = loop()
  return async () => {
    closing.abort()
    await looping
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until something is found. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, seconds = 60): Promise<T> {
  for (const began = performance.now(); performance.now() - began < seconds * 1000; await sleep(100)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`waited ${seconds} s in vain for ${what}`)
}
