// The only door to @slack/webhook: one message out, and what is known afterwards of whether it was accepted.

import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { randomUUID } from 'node:crypto'
import { IncomingWebhook } from '@slack/webhook'
import type { SlackMessage } from './digest.ts'

/** Slack's answer, or what can be said without one. `words` may be shown: the webhook's address is never in them. */
export type Answer =
  | { kind: 'accepted'; status: number; words: string }
  /** Nothing was accepted. `again`: trying later may help. `retryAfter` in seconds. */
  | { kind: 'refused'; again: boolean; status: number | null; retryAfter: number | null; words: string }
  /** It may have been accepted. */
  | { kind: 'unknown'; status: number | null; words: string }

export interface Slack {
  post(message: SlackMessage): Promise<Answer>
}

interface Seen {
  status: number
  retryAfter: string | null
  body: string
}

const TIMEOUT_MS = 10_000
const LONGEST_RETRY_AFTER = 3600
/** What Slack says of itself is one word, `rollup_error`, or a short line; a page is somebody else's, between us and Slack. */
const WORDS = /^[^<>{}]{1,200}$/

/** Opens the door to one webhook. Redirects are refused; a message is sent at most once per call. */
export function openSlack(webhookUrl: string, options: { timeoutMs?: number } = {}): Slack {
  // The address is a secret, and HTTP instrumentation would write it into the trace: requests run outside of every span.
  const outside = AsyncLocalStorage.snapshot()
  return { post: (message) => outside(() => post(webhookUrl, message, options.timeoutMs ?? TIMEOUT_MS)) }
}

async function post(url: string, message: SlackMessage, timeout: number): Promise<Answer> {
  const way = watchTheWay()
  let seen: Seen | undefined
  const hook = new IncomingWebhook(url, {
    timeout,
    fetch: async (address, init) => {
      // A kept-alive connection that Slack closes at this moment would leave us in doubt: each message has its own.
      const headers = { ...init?.headers, [MARK]: way.mark, connection: 'close' }
      const response = await fetch(address, { ...init, headers, redirect: 'manual', signal: init?.signal ?? null })
      const body = await response.text()
      seen = { status: response.status, retryAfter: response.headers.get('retry-after'), body: body.trim() }
      return Object.assign(response, { text: () => Promise.resolve(body) })
    },
  })
  try {
    await hook.send(message)
  } catch (error) {
    if (!seen) return withoutAnswer(error, way.mayHaveBeenSent())
  } finally {
    way.close()
  }
  return seen ? judge(seen) : { kind: 'unknown', status: null, words: 'no answer' }
}

/** What an answer means. Statuses: docs.slack.dev, "Sending messages using incoming webhooks"; RFC 9110 §15.6 for what gateways say. */
function judge({ status, retryAfter, body }: Seen): Answer {
  const own = WORDS.test(body)
  const words = own ? `${status} ${body}` : String(status)
  if (status === 200) return body === 'ok' ? { kind: 'accepted', status, words } : { kind: 'unknown', status, words: `${words}, not ok` }
  const refused = { kind: 'refused', status, retryAfter: seconds(retryAfter), words } as const
  if (status === 429 || status === 503 || status === 408 || status === 425) return { ...refused, again: true }
  if (status >= 500) return own ? { ...refused, again: true } : { kind: 'unknown', status, words }
  if (status >= 300) return { ...refused, again: false }
  return { kind: 'unknown', status, words }
}

/** Retry-After in either of its forms (RFC 9110 §10.2.3), in seconds from now. */
function seconds(header: string | null): number | null {
  if (header === null || header.trim() === '') return null
  const value = Number(header)
  const wait = Number.isFinite(value) ? value : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(wait) ? Math.min(LONGEST_RETRY_AFTER, Math.max(0, wait)) : null
}

/** Only codes are taken from an error: its message may hold the address. */
function withoutAnswer(error: unknown, mayHaveBeenSent: boolean): Answer {
  const chain = causes(error)
  const words = chain.some((one) => one.name === 'TimeoutError')
    ? 'no answer in time'
    : (chain.map((one) => one.code).findLast((code) => typeof code === 'string') ?? 'no connection')
  if (mayHaveBeenSent) return { kind: 'unknown', status: null, words }
  return { kind: 'refused', again: true, status: null, retryAfter: null, words }
}

function causes(error: unknown): { name: string; code?: unknown }[] {
  const chain: { name: string; code?: unknown }[] = []
  for (let one = error; one instanceof Error && chain.length < 10; one = one.cause) chain.push(one)
  return chain
}

const MARK = 'x-request-id'
const CREATED = 'undici:request:create'
const SENDING = 'undici:client:sendHeaders'

/**
 * Watches one request on its way. Node's fetch says on a diagnostics channel when it makes a request and right before its first byte
 * goes out (undici's documentation, "Diagnostics Channel Support"): a failure before that byte means that nothing was accepted.
 */
function watchTheWay() {
  const mark = randomUUID()
  let request: unknown
  let sending = false
  const created = (event: unknown) => {
    const made = (event as { request?: { headers?: unknown } }).request
    if (JSON.stringify(made?.headers ?? '').includes(mark)) request = made
  }
  const sent = (event: unknown) => {
    if (request !== undefined && (event as { request?: unknown }).request === request) sending = true
  }
  subscribe(CREATED, created)
  subscribe(SENDING, sent)
  return {
    mark,
    /** Yes, unless the request was seen to be made and not seen to leave. */
    mayHaveBeenSent: () => request === undefined || sending,
    close() {
      unsubscribe(CREATED, created)
      unsubscribe(SENDING, sent)
    },
  }
}
