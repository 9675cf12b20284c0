// A real server with the whole API on a free port, and requests that may carry any header.

import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi, routesOf } from '../../../services/api/app.ts'
import type { ApiParts } from '../../../services/api/parts.ts'
import type { Route } from '../../../services/api/route.ts'
import { problem } from '../../../services/api/shapes.ts'
import { readConfig } from '../../../services/config.ts'
import type { World } from '../../world.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  json: Record<string, unknown> & {
    items: Record<string, unknown>[]
    next_cursor: string | null
    errors?: { field: string; message: string }[]
  }
}

export interface Asking {
  method?: string
  headers?: Record<string, string>
  /** An object is sent as JSON, a text as it is. */
  body?: unknown
}

export interface Served {
  port: number
  parts: ApiParts
  ask(path: string, asking?: Asking): Promise<Answer>
  close(): Promise<void>
}

export const HEALTHY: ApiParts['health'] = { components: { database: async () => ({ status: 'ok' }) }, essential: ['database'] }

/** Starts the API; every answer is held against the schema that the table of routes promises for it. */
export async function serveApi(world: Pick<World, 'database' | 'watch'>, more: Partial<ApiParts> = {}): Promise<Served> {
  const parts: ApiParts = { config: readConfig({}), database: world.database, watch: world.watch, health: HEALTHY, ...more }
  const routes = routesOf(parts)
  const server = createApi(parts).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    parts,
    async ask(path, asking = {}) {
      const answer = await send(port, path, asking)
      holdToContract(routes, asking.method ?? 'GET', path, answer)
      return answer
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function send(port: number, path: string, { method = 'GET', headers = {}, body }: Asking): Promise<Answer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const typed = text === undefined ? {} : { 'content-type': 'application/json' }
  const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers: { ...typed, ...headers }, agent: false })
  asked.end(text)
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const received = Buffer.concat(parts).toString('utf8')
  const isJson = /json$|json;/.test(response.headers['content-type'] ?? '') && !response.headers['content-type']?.includes('ndjson')
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: received,
    json: (isJson && received !== '' ? JSON.parse(received) : {}) as Answer['json'],
  }
}

function holdToContract(routes: readonly Route[], method: string, path: string, answer: Answer): void {
  if (method === 'HEAD' || answer.status === 304) return
  if (answer.headers['content-type']?.startsWith('application/problem+json')) {
    problem.parse(answer.json)
    return
  }
  const pathname = path.split('?')[0] ?? path
  const route = routes.find((one) => one.method === method.toLowerCase() && patternOf(one.path).test(pathname))
  if (!route) return
  const promised = route.answers[answer.status]
  if (!promised) throw new Error(`${method} ${route.path} does not promise ${answer.status}`)
  promised.schema?.parse(answer.json)
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
