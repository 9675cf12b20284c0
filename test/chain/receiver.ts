// A channel that is listened to: a webhook that keeps Slack's rules, remembers what it was told and when, and can be broken.

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { messageIssue } from '../../ops/sandbox/slack-rules.ts'

export interface Told {
  /** Milliseconds since 1970. */
  at: number
  /** The headline: the title of the first attachment, or the text. */
  headline: string
  payload: unknown
}

export interface Receiver {
  url: string
  told: Told[]
  /** Messages that Slack would have refused, with why. */
  refused: string[]
  /** While it is true the webhook does not exist, as one that was revoked. */
  broken: boolean
  close(): Promise<void>
}

interface Payload {
  text?: string
  attachments?: { title?: string }[]
}

export async function openReceiver(): Promise<Receiver> {
  const hear = async (request: IncomingMessage): Promise<[status: number, answer: string]> => {
    const body = await text(request)
    if (receiver.broken) return [404, 'no_service']
    const payload = JSON.parse(body) as Payload
    const issue = messageIssue(payload)
    if (issue) {
      receiver.refused.push(issue.reason)
      return [400, issue.error]
    }
    receiver.told.push({ at: Date.now(), headline: payload.attachments?.[0]?.title ?? payload.text ?? '', payload })
    return [200, 'ok']
  }
  const server = createServer((request, response) => {
    hear(request)
      .catch((error: unknown) => [500, String(error)] as const)
      .then(([status, answer]) => response.writeHead(status).end(answer))
      .catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T000/B000/chain`,
    told: [],
    refused: [],
    broken: false,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}
