// A Slack for tests: a webhook on this machine that keeps Slack's limits, remembers what it accepted, and misbehaves when told to.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { messageIssue } from '../ops/sandbox/slack-rules.ts'
import type { SlackMessage } from '../services/notify/digest.ts'

export type Behaviour =
  /** An answer instead of `ok`; nothing was accepted. */
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Reads and never answers; the message was accepted or not. */
  | { hang: 'accepted' | 'lost' }
  /** Reads and closes the connection. */
  | { reset: 'accepted' | 'lost' }

export interface Received {
  message: SlackMessage
  at: Date
  headers: IncomingMessage['headers']
}

export interface SlackServer {
  url: string
  /** What people saw, in order. */
  accepted: Received[]
  /** Every request, accepted or not. */
  requests: Received[]
  /** What the next requests meet, one each; afterwards all is well again. */
  next(...behaviours: Behaviour[]): void
  close(): Promise<void>
}

export interface SlackServerOptions {
  /** Messages nearer to each other than this are refused with 429. */
  gapMs?: number
}

export const SECRET = '/services/T00000000/B00000000/secretsecretsecret'

export async function openSlackServer(options: SlackServerOptions = {}): Promise<SlackServer> {
  const accepted: Received[] = []
  const requests: Received[] = []
  const behaviours: Behaviour[] = []
  let last = -Infinity

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = JSON.parse(await text(request)) as SlackMessage
    const received = { message, at: new Date(), headers: request.headers }
    requests.push(received)
    const answer = (status: number, body: string, headers: Record<string, string> = {}) => response.writeHead(status, headers).end(body)
    const behaviour = behaviours.shift()
    if (behaviour && 'status' in behaviour) return void answer(behaviour.status, behaviour.body ?? '', behaviour.headers)
    const issue = messageIssue(message)
    if (issue) return void answer(400, issue.error)
    const arrived = performance.now()
    if (arrived - last < (options.gapMs ?? 0)) return void answer(429, 'rate_limited', { 'retry-after': '1' })
    last = arrived
    const fate = behaviour && ('hang' in behaviour ? behaviour.hang : behaviour.reset)
    if (fate !== 'lost') accepted.push(received)
    if (!behaviour) answer(200, 'ok')
    else if ('reset' in behaviour) request.socket.destroy()
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET}`,
    accepted,
    requests,
    next: (...more) => void behaviours.push(...more),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
