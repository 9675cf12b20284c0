// A local job market on one port: every source's API, a Slack and a receiver of traces, with faults on demand.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ashby } from './ashby.ts'
import { openBodies } from './bodies.ts'
import { openCaptures, openSeries } from './captures.ts'
import { control } from './control-api.ts'
import { controlsOf, type Market } from './controls.ts'
import { openFaults } from './faults.ts'
import { greenhouse } from './greenhouse.ts'
import { sendJson, type Exchange } from './http.ts'
import { lever } from './lever.ts'
import { openMarket } from './market.ts'
import { reply, type Counter } from './reply.ts'
import { openRequestLog, type RequestEntry, type RequestLog } from './requests.ts'
import { openSlack, type SlackMessage } from './slack.ts'
import { openTraces } from './traces.ts'
import type { Board, SourceName, Supply, Wire } from './wire.ts'

const WIRES: Readonly<Record<SourceName, Wire>> = { greenhouse, lever, ashby }
const HOSTS = Object.values(WIRES).flatMap((wire) => Object.keys(wire.hosts))
const BODY_BYTES = 128 * 1024 * 1024
const LOGGED = 5000

export interface SandboxOptions {
  /** 0 or left out: any free port. */
  port?: number
  host?: '127.0.0.1'
  /** The same seed, first day and number of days give the same market, byte by byte. */
  seed?: number
  boards?: number
  /** On average; boards differ in size. */
  postingsPerBoard?: number
  /** A folder of captured answers with its INDEX.csv, to serve instead of a generated market. */
  captures?: string
  /** With captures: the dated snapshots instead. */
  series?: boolean
  /** How many messages per second Slack takes in the long run; 1 unless told. */
  slackPerSecond?: number
  /** The market's first day is this clock's day when it opens; days that pass lead beyond it. Slack's limit and the log use it too. */
  now?: () => Date
  onEvent?: (event: string, fields: Record<string, unknown>) => void
}

export interface Sandbox {
  url: string
  /** What ROLEWATCH_UPSTREAM is set to. */
  upstream: string
  slackWebhookUrl: string
  /** Of the people on call, with a channel of its own. */
  opsWebhookUrl: string
  /** Another webhook, with a channel of its own. */
  canaryWebhookUrl: string
  /** What OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  otlpEndpoint: string
  /** A companies.yaml that names every board; with a cadence, as `1m`, where not the usual one is meant. */
  companiesYaml(cadence?: string): string
  /** Builds and packs ahead what the product asks every board, so that serving it later costs next to nothing. Throws on an unreadable capture. */
  warm(): Promise<void>
  close(): Promise<void>
  market: Market
  slack: { messages(): SlackMessage[]; clear(): void }
  ops: { messages(): SlackMessage[]; clear(): void }
  canary: { messages(): SlackMessage[]; clear(): void }
  traces: { ids(): string[]; tree(traceId: string): string; clear(): void }
}

function openSupply(options: SandboxOptions, now: () => Date): Supply {
  if (options.captures !== undefined) return options.series ? openSeries(options.captures) : openCaptures(options.captures)
  const { seed = 1, boards = 60, postingsPerBoard = 30 } = options
  return openMarket({ seed, boards, postingsPerBoard, start: Math.floor(now().getTime() / 86_400_000) * 86_400_000 }, WIRES)
}

/** Every second of the European boards says so; the others are there to be found. */
function yamlOf(boards: readonly Board[], cadence?: string): string {
  let european = 0
  const entries = boards.map((board) => {
    const lines = [
      `- slug: ${JSON.stringify(board.slug)}`,
      `display_name: ${JSON.stringify(board.name)}`,
      `ats_type: ${board.source}`,
      `ats_id: ${JSON.stringify(board.ident)}`,
      `careers_url: ${JSON.stringify(board.careersUrl)}`,
    ]
    if (cadence !== undefined) lines.push(`cadence: ${cadence}`)
    if (board.region === 'eu' && european++ % 2 === 0) lines.push('eu: true')
    return lines.join('\n  ')
  })
  return `${entries.join('\n')}\n`
}

function entryOf(exchange: Exchange, host: string, now: () => Date): Omit<RequestEntry, 'seq'> {
  const { request } = exchange
  return {
    at: now().toISOString(),
    method: request.method ?? '',
    host,
    path: exchange.path,
    query: exchange.query.toString(),
    source: null,
    board: null,
    status: null,
    ms: null,
    fault: null,
    user_agent: request.headers['user-agent'] ?? null,
    if_none_match: request.headers['if-none-match'] ?? null,
  }
}

/** `/<host><path>?<query>`: what a request through ROLEWATCH_UPSTREAM means. */
async function visitHost(counter: Counter, log: RequestLog, exchange: Exchange): Promise<void> {
  const started = performance.now()
  const slash = exchange.path.indexOf('/', 1)
  const host = slash < 0 ? exchange.path.slice(1) : exchange.path.slice(1, slash)
  const inner = { ...exchange, path: slash < 0 ? '/' : exchange.path.slice(slash) }
  const entry = log.add(entryOf(inner, host, counter.now))
  exchange.response.once('close', () => {
    entry.status = exchange.response.headersSent ? exchange.response.statusCode : 0
    entry.ms = Math.round((performance.now() - started) * 100) / 100
  })
  await reply(counter, host, inner, entry)
}

/** Opens the sandbox and listens. Throws when the port is taken or the captures have no index. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const now = options.now ?? (() => new Date())
  const onEvent = options.onEvent ?? (() => {})
  const supply = openSupply(options, now)
  const faults = openFaults()
  const bodies = openBodies(supply, WIRES, BODY_BYTES)
  const unreadable = (board: Board, error: string) => onEvent('capture.unreadable', { source: board.source, board: board.ident, error })
  const counter: Counter = { supply, wires: WIRES, bodies, faults, now, unreadable }
  const log = openRequestLog(LOGGED)
  const market = controlsOf(supply, HOSTS, faults, log)
  const slackOptions = { seed: options.seed ?? 1, perSecond: options.slackPerSecond ?? 1, faults, now }
  const slack = openSlack({ ...slackOptions, base: '/slack', channel: 'job-alerts' })
  const ops = openSlack({ ...slackOptions, base: '/ops', channel: 'incidents' })
  const canary = openSlack({ ...slackOptions, base: '/canary', channel: 'canary' })
  const traces = openTraces()
  const companiesYaml = (cadence?: string) => yamlOf(supply.boards, cadence)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/'
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const exchange: Exchange = { request, response, path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) }
    if (path === '/') return control(market, companiesYaml, { ...exchange, path: '/_sandbox' })
    if (/^\/_sandbox(\/|$)/.test(path)) return control(market, companiesYaml, exchange)
    if (/^\/slack(\/|$)/.test(path)) return slack.handle(exchange)
    if (/^\/ops(\/|$)/.test(path)) return ops.handle(exchange)
    if (/^\/canary(\/|$)/.test(path)) return canary.handle(exchange)
    if (path === '/v1/traces' || /^\/traces(\/|$)/.test(path)) return traces.handle(exchange)
    return visitHost(counter, log, exchange)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      onEvent('sandbox.bug', { url: request.url, error })
      if (response.headersSent) response.destroy()
      else sendJson({ request, response }, 500, { error: String(error) })
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onEvent('sandbox.open', { url, boards: supply.boards.length })

  return {
    url,
    upstream: url,
    slackWebhookUrl: `${url}${slack.path}`,
    opsWebhookUrl: `${url}${ops.path}`,
    canaryWebhookUrl: `${url}${canary.path}`,
    otlpEndpoint: url,
    companiesYaml,
    warm: () => warm(counter),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      onEvent('sandbox.closed', { url })
    },
    market,
    slack: { messages: () => slack.messages(), clear: () => slack.clear() },
    ops: { messages: () => ops.messages(), clear: () => ops.clear() },
    canary: { messages: () => canary.messages(), clear: () => canary.clear() },
    traces: { ids: () => traces.ids(), tree: (traceId) => traces.tree(traceId), clear: () => traces.clear() },
  }
}

async function warm(counter: Counter): Promise<void> {
  const query = new URLSearchParams('content=true&pay_transparency=true&includeCompensation=true&mode=json&limit=100')
  for (const board of counter.supply.boards) {
    const wire = WIRES[board.source]
    const pages = board.source === 'lever' ? Math.floor((counter.supply.expectedCount(board) ?? 0) / 100) + 1 : 1
    for (let page = 0; page < pages; page++) {
      query.set('skip', String(page * 100))
      counter.bodies.get(board, wire.variant(query, 'application/json'))?.gzip()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
