// A short day of the product: a market with faults in its middle, people who search, and a Prometheus and an Alertmanager that watch.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Sandbox } from '../../ops/sandbox/sandbox.ts'
import { ROOT, type Config } from '../../services/config.ts'
import { start, type Running } from '../../services/main.ts'
import { askForVisits } from '../../services/scrape/refresh.ts'
import { createSearch, listSearches } from '../../services/store/searches.ts'
import { freePort, startAlertmanager, startPrometheus, type Program } from '../programs.ts'
import type { Backend } from './ask.ts'

/** What Prometheus calls the process, whatever its port. */
export const INSTANCE = 'rolewatch-1'
const HOOK_TOKEN = 'a-word-for-the-hook-of-a-sandbox'

export interface DayOptions {
  sandbox: Sandbox
  /** Its database, data and boards are used; the rest is the sandbox's. */
  config: Config
  /** Where Prometheus and Alertmanager keep what they know; Prometheus may find earlier blocks in `prometheus/data`. */
  folder: string
  /** How long it lasts. */
  seconds: number
  /** Visits and requests every second and a week of the market, as tests need it; else boards are visited when they are due. */
  hurried: boolean
  /** Done every second besides. */
  besides?: (running: Running) => void
}

export interface Day {
  backend: Backend
  /** Since when Prometheus has watched. */
  from: Date
  /** Ends all that was started. */
  close(): Promise<void>
}

/** The rules of the project, evaluated every second. */
export async function quickRules(): Promise<object[]> {
  const folder = join(ROOT, 'alerts', 'rules')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yml'))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts.map((text) => {
    const { groups } = parse(text) as { groups: object[] }
    return { groups: groups.map((group) => ({ ...group, interval: '1s' })) }
  })
}

/** A configuration for a Prometheus that watches the product, itself and an Alertmanager. */
export function prometheusConfig(ports: { product: number; prometheus: number; alertmanager: number }): object {
  const job = (name: string, port: number, instance: string) => ({
    job_name: name,
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { instance } }],
  })
  const alertmanager = `127.0.0.1:${ports.alertmanager}`
  return {
    global: {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      evaluation_interval: '1s',
      external_labels: { rolewatch: 'http://localhost:8080', grafana: 'http://localhost:3000' },
    },
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      job('rolewatch', ports.product, INSTANCE),
      job('prometheus', ports.prometheus, 'prometheus'),
      job('alertmanager', ports.alertmanager, 'alertmanager'),
    ],
  }
}

function alertmanagerConfig(product: string): object {
  const hook = { url: `${product}/hooks/alertmanager`, http_config: { authorization: { credentials: HOOK_TOKEN } } }
  return {
    route: { receiver: 'hook', group_by: ['alertname', 'source'], group_wait: '0s', group_interval: '1s', repeat_interval: '5s' },
    receivers: [{ name: 'hook', webhook_configs: [hook] }],
  }
}

/** The configuration of a product that lives in the sandbox. */
export function sandboxed(config: Config, sandbox: Sandbox): Config {
  return {
    ...config,
    port: 0,
    upstream: sandbox.upstream,
    paced: false,
    slackWebhookUrl: sandbox.slackWebhookUrl,
    canaryWebhookUrl: sandbox.canaryWebhookUrl,
    canaryEverySeconds: 10,
    hookToken: HOOK_TOKEN,
  }
}

/** Searches that nearly every day brings something for. */
export async function addSearches(db: Parameters<typeof createSearch>[0]): Promise<void> {
  if ((await listSearches(db)).length > 0) return
  const notify = { channel: 'slack', cadence: 'instant' } as const
  await createSearch(db, { name: 'Engineering', query: { q: 'engineer' }, notify })
  await createSearch(db, { name: 'Remote work', query: { mode: 'remote' }, notify })
  await createSearch(db, { name: 'Everything new', query: { status: 'open' }, notify })
}

/** Does it again and again until it is stopped; stopping waits for the last time. */
function keepDoing(everyMs: number, work: (turn: number) => Promise<unknown>): () => Promise<void> {
  const stopped = new AbortController()
  const loop = (async () => {
    for (let turn = 0; !stopped.signal.aborted; turn++) {
      await work(turn)
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {})
    }
  })()
  return async () => {
    stopped.abort()
    await loop
  }
}

const PATHS = [
  '/api/v1/postings?q=engineer&limit=20',
  '/api/v1/postings?mode=remote&sort=salary&limit=50',
  '/api/v1/postings?q=data&posted_within=30&count=true',
  '/api/v1/companies',
  '/api/v1/sources',
  '/api/v1/runs?limit=50',
  '/api/v1/searches',
  '/api/v1/health',
  '/api/v1/slo',
  '/api/v1/postings/nobody-has-this',
  '/api/v1/postings/export?format=csv&q=engineer',
  '/nothing/here',
]

/** People and programs who ask; now and then somebody without the right to. */
async function ask(url: string, turn: number): Promise<void> {
  const path = PATHS[turn % PATHS.length] ?? '/'
  const headers: Record<string, string> = turn % 37 === 5 ? { authorization: 'Bearer nobody-knows-this-token' } : {}
  const response = await fetch(url + path, { headers }).catch(() => undefined)
  await response?.arrayBuffer().catch(() => undefined)
}

/** Holds up whoever reads postings, so that some requests are slow. */
async function holdUp({ works }: Running, seconds: number): Promise<void> {
  await works.database.db.transaction(async (trx) => {
    await trx.raw('lock table postings in access exclusive mode')
    await trx.raw('select pg_sleep(?)', [seconds])
  })
}

/** What goes wrong in the middle of the day, and gets well again. */
async function befall(sandbox: Sandbox, running: Running, seconds: number): Promise<void> {
  const { market } = sandbox
  const [drifting] = market.boards().filter((board) => board.source === 'ashby')
  const halved = market.boards().filter((board) => board.source === 'greenhouse' && (board.count ?? 0) > 10)[0]
  await sleep(seconds * 250)
  market.fault({ source: 'lever', kind: 'status', status: 503 })
  if (drifting) market.fault({ board: drifting.ident, source: 'ashby', kind: 'dropped_field', share: 0.3 })
  market.fault({ source: 'slack', kind: 'slow', ms: 1500, times: 4 })
  await holdUp(running, Math.min(2, seconds / 20))
  await sleep(seconds * 200)
  market.clearFaults()
  if (drifting) market.fault({ board: drifting.ident, source: 'ashby', kind: 'renamed_field', times: 1 })
  if (halved) market.fault({ board: halved.ident, source: 'greenhouse', kind: 'half_board', times: 1 })
  await sleep(seconds * 100)
  market.clearFaults()
}

async function openPrograms(folder: string, product: Running): Promise<{ prometheus: Program; alertmanager: Program }> {
  const url = product.url ?? ''
  const alertmanager = await startAlertmanager({ folder: join(folder, 'alertmanager'), config: alertmanagerConfig(url) })
  const port = await freePort()
  const ports = { product: Number(new URL(url).port), prometheus: port, alertmanager: Number(new URL(alertmanager.url).port) }
  const options = { folder: join(folder, 'prometheus'), config: prometheusConfig(ports), rules: await quickRules(), port }
  // What fires before Alertmanager is found is sent again soon.
  const flags = ['--enable-feature=exemplar-storage', '--storage.tsdb.retention.time=90d', '--rules.alert.resend-delay=5s']
  try {
    return { alertmanager, prometheus: await startPrometheus({ ...options, flags }) }
  } catch (error) {
    await alertmanager.stop()
    throw error
  }
}

/** Lives a day to its end. What it left can be asked for until it is closed. */
export async function liveDay({ sandbox, config, folder, seconds, hurried, besides = () => {} }: DayOptions): Promise<Day> {
  const running = await start(sandboxed(config, sandbox), 'all')
  const { database, queue } = running.works
  await addSearches(database.db)
  const { prometheus, alertmanager } = await openPrograms(folder, running)
  const from = new Date()
  const doing = [
    ...(hurried ? [keepDoing(1000, () => askForVisits(database, queue, {}))] : []),
    keepDoing((seconds * 1000) / (hurried ? 8 : 2), async (turn) => {
      if (turn > 0) sandbox.market.advance(1)
    }),
    keepDoing(hurried ? 150 : 1100, (turn) => ask(running.url ?? '', turn)),
    keepDoing(1000, async () => besides(running)),
  ]
  await Promise.all([sleep(seconds * 1000), befall(sandbox, running, seconds)])
  for (const stop of doing) await stop()
  // The last scrapes are to tell of it.
  await sleep(2500)
  return {
    backend: { prometheus: prometheus.url, db: database.db },
    from,
    async close() {
      await prometheus.stop()
      await alertmanager.stop()
      await running.stop()
    },
  }
}
