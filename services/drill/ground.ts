// The staging ground of drills: a sandbox, the product as processes, Prometheus and Alertmanager in quicker time, all of it its own.

import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietLog } from '../../ops/log.ts'
import type { FaultRule } from '../../ops/sandbox/faults.ts'
import { openExporter, type Exporter } from '../../ops/sandbox/exporter.ts'
import { openMailbox, type Mailbox } from '../../ops/sandbox/mail.ts'
import { freePort, startAlertmanager, startPrometheus, type Program } from '../../ops/sandbox/programs.ts'
import { openSandbox, type Sandbox } from '../../ops/sandbox/sandbox.ts'
import { localAlertmanager, localPrometheus, type Targets } from '../../ops/slo/local.ts'
import { ROOT } from '../config.ts'
import { openPrometheus } from '../slo/prometheus.ts'
import { migrate, openDatabase, type Database } from '../store/database.ts'
import { quickenBoards } from '../store/drill-past.ts'
import { isAnyGoing } from '../store/drill-record.ts'
import { createSearch } from '../store/searches.ts'
import { makeSpareDatabase } from '../store/spare-database.ts'
import { castActor, type Actor } from './cast.ts'
import { CADENCE_S, DEADMAN_AFTER_S, quickRules, WAITS } from './quick.ts'
import { until } from './until.ts'

export interface Ground {
  folder: string
  sandbox: Sandbox
  mailbox: Mailbox
  exporter: Exporter
  database: Database
  /** Searches that every posting fits. */
  searches: readonly string[]
  /** What the processes of the product are started with. */
  settings: Readonly<Record<string, string>>
  worker: Actor
  api: Actor
  /** Another process of the product; nothing needs it. */
  spare: Actor
  deadman: Actor
  prometheus: Program
  alertmanager: Program
  /** What Prometheus is configured with. */
  targets: Targets
  /** Adds a fault of the sandbox that `heal` takes away, with all others of that name. */
  break(name: string, rule: FaultRule): void
  heal(name: string): void
  /** Answers of Prometheus: labels and values. */
  ask(query: string): Promise<{ labels: Readonly<Record<string, string>>; value: number }[]>
  /** Gives a program another configuration, as text or object, and has it read; without one, its own again. */
  configure(program: 'prometheus' | 'alertmanager', config?: object | string): Promise<void>
  /** Ends everything and removes the folder. @returns programs that are still there: none */
  close(keep?: boolean): Promise<number[]>
}

export interface GroundOptions {
  /** A server to make a database on; the embedded one in the ground's own folder unless given. */
  databaseUrl?: string | undefined
  say?: (words: string) => void
}

const BOARDS = 66
const TOKEN = 'the-token-of-the-drill'
/** Far above what is ever asked: a drill uses it up by a stroke. */
export const DAILY_CALLS = 1_000_000

type Closer = () => Promise<unknown>

/** The programs that drills need and that are not on PATH. */
export function missingPrograms(): string[] {
  return ['prometheus', 'alertmanager'].filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined)
}

/** Opens the ground with everything running and well. */
export async function openGround(options: GroundOptions = {}): Promise<Ground> {
  const closers: Closer[] = []
  try {
    return await openParts(options, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

async function closeAll(closers: Closer[]): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close().catch(() => {})
}

interface Opened {
  folder: string
  boards: string
  sandbox: Sandbox
  mailbox: Mailbox
  exporter: Exporter
  database: Database
}

async function openParts({ databaseUrl, say = () => {} }: GroundOptions, closers: Closer[]): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'rolewatch-drill-'))
  let isKept = false
  closers.push(async () => isKept || rm(folder, { recursive: true, force: true }))
  say('opening a database')
  const opened = await openSurroundings(folder, databaseUrl, closers)
  const { sandbox, database } = opened
  const rules = await quickRules()
  await mkdir(join(folder, 'rules'))
  await writeFile(join(folder, 'rules', 'rules.yml'), JSON.stringify(rules))
  const prometheusPort = await freePort()
  const settings = settingsOf(opened, prometheusPort)
  say('starting the product')
  const cast = castOf(settings)
  await startCast(cast, closers)
  const searches = await settleIn(database)
  say('starting Prometheus and Alertmanager')
  const programs = await startPrograms(opened, cast, rules, prometheusPort, closers)
  const pids = [...Object.values(cast).map((actor) => () => actor.process().pid), ...programs.pids]
  const ground: Ground = {
    folder,
    sandbox,
    mailbox: opened.mailbox,
    exporter: opened.exporter,
    database,
    searches,
    settings,
    ...cast,
    ...programs,
    ...faultsOf(sandbox),
    async close(keep = false) {
      isKept = keep
      const all = pids.map((pid) => pid())
      for (const [name, actor] of keep ? Object.entries(cast) : []) await writeFile(join(folder, `${name}.log`), actor.process().output())
      await closeAll(closers)
      return all.filter(isAlive)
    },
  }
  say('waiting until the windows of the rules are full')
  await untilCalm(ground)
  return ground
}

async function openSurroundings(folder: string, databaseUrl: string | undefined, closers: Closer[]): Promise<Opened> {
  const open = async <T extends { close(): Promise<unknown> }>(opening: Promise<T>): Promise<T> => {
    const part = await opening
    closers.push(() => part.close())
    return part
  }
  const sandbox = await open(openSandbox({ boards: BOARDS, postingsPerBoard: 12, slackPerSecond: 1000 }))
  const [mailbox, exporter] = [await open(openMailbox()), await open(openExporter())]
  const boards = join(folder, 'boards')
  await mkdir(boards)
  await writeFile(join(boards, 'companies.yaml'), sandbox.companiesYaml('1m'))
  const database = await open(openGroundDatabase(databaseUrl, folder, closers))
  return { folder, boards, sandbox, mailbox, exporter, database }
}

/** The worker brings the boards; the others must not do so at the same time. */
async function startCast(cast: Cast, closers: Closer[]): Promise<void> {
  for (const actor of Object.values(cast)) closers.push(() => actor.process().stop())
  await cast.worker.start()
  await Promise.all([cast.api.start(), cast.spare.start(), cast.deadman.start()])
}

/** Every board was visited, and from now on somebody wants to hear of everything. @returns the ids of the searches */
async function settleIn({ db }: Database): Promise<string[]> {
  await quickenBoards(db, CADENCE_S)
  await until('every board to be visited', async () => (await db('boards').whereNull('last_run_id')).length === 0)
  const notify = { channel: 'slack', cadence: 'instant' } as const
  const names = ['Everything', 'Everything else', 'The rest']
  const searches = await Promise.all(names.map((name) => createSearch(db, { name, query: { status: 'open' }, notify })))
  return searches.map(({ id }) => id)
}

type Programs = Pick<Ground, 'prometheus' | 'alertmanager' | 'targets' | 'ask' | 'configure'> & { pids: (() => number)[] }

async function startPrograms(
  { folder, sandbox, mailbox, exporter }: Opened,
  cast: Cast,
  rules: object,
  port: number,
  closers: Closer[],
): Promise<Programs> {
  const host = (url: string) => new URL(url).host
  const hook = { url: `${cast.api.url}/hooks/alertmanager`, token: TOKEN }
  const mail = { port: mailbox.port, user: 'nobody', password: 'none' }
  const places = { slack: sandbox.opsWebhookUrl, hook, deadman: `${cast.deadman.url}/watchdog`, mail, waits: WAITS }
  const routes = await localAlertmanager(ROOT, join(folder, 'secrets'), places)
  const alertmanager = await startAlertmanager({ folder: join(folder, 'alertmanager'), config: routes })
  closers.push(() => alertmanager.stop())
  const jobs = {
    prometheus: [`127.0.0.1:${port}`],
    alertmanager: [host(alertmanager.url)],
    rolewatch: [...[cast.worker, cast.api, cast.spare].map(({ url }) => host(url)), exporter.address],
  }
  const targets: Targets = { jobs, alertmanagers: [host(alertmanager.url)], product: cast.api.url }
  const settings = localPrometheus(ROOT, targets)
  // Alerts are told of again every few seconds; else an Alertmanager that comes back hears nothing for a minute. What is not scraped
  // any more is believed for five minutes, which are quick too.
  const flags = ['--rules.alert.resend-delay=3s', '--query.lookback-delta=5s']
  const prometheus = await startPrometheus({ folder: join(folder, 'prometheus'), config: settings, rules: [rules], port, flags })
  closers.push(() => prometheus.stop())
  const programs = { prometheus, alertmanager }
  const own = { prometheus: { ...settings, rule_files: [join(folder, 'prometheus', 'rules', '*.yml')] }, alertmanager: routes }
  const client = openPrometheus(prometheus.url)
  return {
    ...programs,
    targets,
    pids: [() => prometheus.pid, () => alertmanager.pid],
    ask: async (query) => client.query(query),
    async configure(name, config = own[name]) {
      const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2)
      await writeFile(join(folder, name, `${name}.yml`), text)
      const before = await readReload(programs[name], name)
      programs[name].signal('SIGHUP')
      // A signal that comes while the one before is being obeyed is lost.
      await until(`${name} to read its settings`, async () => {
        const { successful, at } = await readReload(programs[name], name)
        return !successful || at > before.at
      })
    },
  }
}

/** How a program fared with its settings the last time. */
async function readReload({ url }: Program, name: string): Promise<{ successful: boolean; at: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const read = (metric: string) => Number(new RegExp(`^${name}_config_last_reload_${metric} (\\S+)$`, 'm').exec(text)?.[1])
  return { successful: read('successful') === 1, at: read('success_timestamp_seconds') }
}

function faultsOf({ market }: Sandbox): Pick<Ground, 'break' | 'heal'> {
  const faults: { name: string; id: number }[] = []
  return {
    break: (name, rule) => void faults.push({ name, id: market.fault(rule) }),
    heal(name) {
      for (const one of faults.filter((fault) => fault.name === name)) market.clearFaults(one.id)
    },
  }
}

async function untilCalm({ targets, database, ...ground }: Ground): Promise<void> {
  const ask = (query: string) => ground.ask(query)
  const processes = targets.jobs['rolewatch']?.length ?? 0
  await until('Prometheus to see every process', async () => (await ask('up{job="rolewatch"} == 1')).length === processes)
  await until('visits in the windows', async () => (await ask('slo:total:events10s{slo="scrape-success"} > 20')).length === 1)
  // Before the first scrape there was nothing to be seen, which is an alert.
  await until('calm', async () => (await ask('ALERTS{alertname!="Watchdog"}')).length === 0 && !(await isAnyGoing(database.db)))
}

/** Another database of the server that was given, or an embedded one in the ground's own folder. */
async function openGroundDatabase(url: string | undefined, folder: string, closers: Closer[]): Promise<Database> {
  const spare = url === undefined ? undefined : await makeSpareDatabase(url, quietLog)
  if (spare) closers.push(() => spare.drop())
  // Nothing in it outlives the ground.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }
  const database = await openDatabase({ url: spare?.url, data: folder, log: quietLog, settings })
  await migrate(database)
  return database
}

function settingsOf({ folder, boards, sandbox, mailbox, database }: Opened, prometheusPort: number): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    ROLEWATCH_DATA: join(folder, 'data'),
    ROLEWATCH_CONFIG: boards,
    ROLEWATCH_UPSTREAM: sandbox.upstream,
    ROLEWATCH_PACE: '0',
    ROLEWATCH_RULES: join(folder, 'rules'),
    RUNBOOK_LOOK_S: '1',
    RUNBOOK_VERIFY_S: '40',
    REQUEST_TIMEOUT_S: '10',
    SLACK_WEBHOOK_URL: sandbox.slackWebhookUrl,
    SLACK_OPS_WEBHOOK_URL: sandbox.opsWebhookUrl,
    CANARY_WEBHOOK_URL: sandbox.canaryWebhookUrl,
    CANARY_EVERY_S: `${CADENCE_S}`,
    SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
    DIGEST_TO: 'oncall@example.com',
    DIGEST_FROM: 'rolewatch@example.com',
    ALERTMANAGER_HOOK_TOKEN: TOKEN,
    PROMETHEUS_URL: `http://127.0.0.1:${prometheusPort}`,
    MAX_CALLS_PER_DAY: `${DAILY_CALLS}`,
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'warn',
  }
}

type Cast = Record<'worker' | 'api' | 'spare' | 'deadman', Actor>

function castOf(env: Readonly<Record<string, string>>): Cast {
  return {
    worker: castActor({ name: 'worker', args: ['start', '--role', 'worker'], env, port: 'METRICS_PORT' }),
    api: castActor({ name: 'api', args: ['start', '--role', 'api'], env, port: 'PORT' }),
    spare: castActor({ name: 'spare', args: ['start', '--role', 'api'], env, port: 'PORT' }),
    // It speaks by mail: a channel that no drill breaks.
    deadman: castActor({
      name: 'deadman',
      args: ['deadman'],
      env: { ...env, DEADMAN_AFTER_S: `${DEADMAN_AFTER_S}` },
      port: 'DEADMAN_PORT',
    }),
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
