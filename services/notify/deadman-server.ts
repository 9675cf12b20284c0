// Where Alertmanager tells the dead man's switch that it is alive: POST /watchdog, beside /healthz and /metrics.

import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { Deadman } from './deadman.ts'

export interface DeadmanServerOptions {
  deadman: Deadman
  host: string
  /** 0: any free one. */
  port: number
  /** What Alertmanager sends as its bearer token; undefined: anybody on this machine may tell. */
  hookToken: string | undefined
}

export interface DeadmanServer {
  url: string
  close(): Promise<void>
}

const BODY_LIMIT = 1_000_000
const REQUEST_MS = 10_000

/** The part of Alertmanager's payload that is of interest (prometheus.io/docs/alerting, "webhook_config"). */
const payload = z.object({ alerts: z.array(z.object({ status: z.string(), labels: z.record(z.string(), z.string()) })) })

type Reply = readonly [status: number, text: string, headers?: Readonly<Record<string, string>>]

/** Listens until it is closed. */
export async function serveDeadman(options: DeadmanServerOptions): Promise<DeadmanServer> {
  const server = createServer((request, response) => {
    answer(options, request)
      .catch((): Reply => [400, 'The request broke off.'])
      .then((reply) => write(request, response, reply))
      .catch(() => response.destroy())
  })
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(options: DeadmanServerOptions, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const wanted = { '/watchdog': 'POST', '/healthz': 'GET', '/metrics': 'GET' }[path]
  if (wanted === undefined) return [404, 'There are POST /watchdog, GET /healthz and GET /metrics.']
  if (request.method !== wanted) return [405, `${path} takes ${wanted}.`, { allow: wanted }]
  if (path === '/healthz') return [200, 'ok']
  if (path === '/metrics') return [200, exposition(options.deadman)]
  if (!mayTell(options.hookToken, request.headers.authorization))
    return [401, 'Send the token: "Authorization: Bearer …".', { 'www-authenticate': 'Bearer' }]
  const body = await readBody(request)
  if (body === undefined) return [413, `At most ${BODY_LIMIT} bytes.`]
  return take(options.deadman, body)
}

/** Only a Watchdog that fires is a sign of life: a resolved one means that Prometheus has stopped sending it. */
function take(deadman: Deadman, body: string): Reply {
  let given: unknown
  try {
    given = JSON.parse(body)
  } catch {
    return [400, 'This is not JSON.']
  }
  const read = payload.safeParse(given)
  if (!read.success) return [400, "This is not Alertmanager's webhook: there is no list of alerts with status and labels."]
  const alive = read.data.alerts.some(({ status, labels }) => status === 'firing' && labels['alertname'] === 'Watchdog')
  if (!alive) return [200, 'ignored: no firing Watchdog in it']
  deadman.seen()
  return [200, 'ok']
}

/** Digests have one length, so comparing them tells nothing of the token's. */
function mayTell(token: string | undefined, header: string | undefined): boolean {
  if (token === undefined) return true
  const given = /^Bearer +(.+)$/i.exec(header ?? '')?.[1] ?? ''
  return timingSafeEqual(digestOf(given), digestOf(token))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Undefined when it is too large; the connection stays, for the answer to be heard. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Prometheus text format 0.0.4: who watches the watchman may scrape him too. */
function exposition(deadman: Deadman): string {
  const { lastSeen, waitedSeconds, silent, unsaid } = deadman.look()
  const gauge = (name: string, help: string, value: number | undefined) => [
    `# HELP rolewatch_deadman_${name} ${help}`,
    `# TYPE rolewatch_deadman_${name} gauge`,
    ...(value === undefined ? [] : [`rolewatch_deadman_${name} ${value}`]),
  ]
  return [
    ...gauge('last_seen_timestamp_seconds', 'When the Watchdog last came.', lastSeen ? lastSeen.getTime() / 1000 : undefined),
    ...gauge('waited_seconds', 'How long the switch has listened in vain since then.', Number(waitedSeconds.toFixed(3))),
    ...gauge('silent', '1 while the Watchdog is taken to be silent.', silent ? 1 : 0),
    ...gauge('unsaid', 'Channels that have not accepted yet what is to be said.', unsaid.length),
    '',
  ].join('\n')
}

function write(request: IncomingMessage, response: ServerResponse, [status, text, headers = {}]: Reply): void {
  // A body that was not read to its end would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers, ...close })
  response.end(text.endsWith('\n') ? text : `${text}\n`)
}
