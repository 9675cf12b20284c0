// A Slack that receives: speaks the wire format of incoming webhooks and refuses what the real one refuses.

import { setTimeout as wait } from 'node:timers/promises'
import { hash32 } from './chance.ts'
import type { Faults } from './faults.ts'
import { parseJson, readBody, reset, send, sendJson, sendPage, type Exchange } from './http.ts'
import { renderChannel } from './slack-page.ts'
import { messageIssue } from './slack-rules.ts'

export interface SlackMessage {
  /** ISO 8601 in UTC. */
  at: string
  payload: unknown
  /** What was answered; 0 when the sender got no answer. */
  status: number
  /** Whether it stands in the channel. */
  posted: boolean
  /** Why it was refused, as Slack says it; null when it was not. */
  error: string | null
}

export interface SlackReceiver {
  /** The path of the one webhook that exists. */
  readonly path: string
  messages(): SlackMessage[]
  clear(): void
  handle(exchange: Exchange): Promise<void>
}

const MAX_BYTES = 1_000_000
const KEPT = 10_000
const BURST = 3

/** Tokens that come back with time: `burst` at once, `perSecond` in the long run. */
function openBucket(perSecond: number, burst: number, now: () => Date) {
  let tokens = burst
  let last = now().getTime()
  return (): boolean => {
    const at = now().getTime()
    tokens = Math.min(burst, tokens + (Math.max(0, at - last) / 1000) * perSecond)
    last = at
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

/** The webhook's path: made of the seed, so that no secret stands in the code. */
function pathOf(base: string, seed: number): string {
  const part = (name: string, length: number) =>
    Array.from({ length: 4 }, (_, i) => hash32(`${name}/${seed}/${i}`).toString(36))
      .join('')
      .toUpperCase()
      .slice(0, length)
  return `${base}/services/T${part('team', 8)}/B${part('hook', 8)}/${part('token', 16)}`
}

/** Opens the receiver under `base`: each is a webhook with a channel of its own. One message per second in the long run unless told, three at once. */
export function openSlack(options: {
  base: string
  channel: string
  seed: number
  perSecond: number
  faults: Faults
  now: () => Date
}): SlackReceiver {
  const { base } = options
  const path = pathOf(base, options.seed)
  const allowed = openBucket(options.perSecond, Math.max(BURST, options.perSecond), options.now)
  let kept: SlackMessage[] = []
  const keep = (payload: unknown, status: number, posted: boolean, error: string | null) => {
    kept.push({ at: options.now().toISOString(), payload, status, posted, error })
    if (kept.length > KEPT) kept.shift()
  }
  const refuse = (exchange: Exchange, payload: unknown, status: number, error: string, headers: Record<string, string> = {}) => {
    keep(payload, status, false, error)
    send(exchange, status, 'text/plain; charset=utf-8', error, headers)
  }

  async function receive(exchange: Exchange): Promise<void> {
    const text = await readBody(exchange.request, MAX_BYTES)
    const [team, hook, token] = exchange.path.split('/').slice(3)
    const [, , , ownTeam, ownHook, ownToken] = path.split('/')
    if (team !== ownTeam || hook !== ownHook) return send(exchange, 404, 'text/plain; charset=utf-8', 'no_service')
    if (token !== ownToken) return send(exchange, 403, 'text/plain; charset=utf-8', 'invalid_token')
    const payload = parseJson(text)
    const json = (exchange.request.headers['content-type'] ?? '').includes('application/json')
    const fault = options.faults.take({ source: 'slack', host: 'hooks.slack.com', board: null })
    if (fault?.ms) await wait(fault.ms, undefined, { ref: false })
    if (fault?.kind === 'status') {
      const after = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      return refuse(exchange, payload ?? null, fault.status ?? 500, 'fault_on_demand', after)
    }
    const issue = json ? messageIssue(payload) : { error: 'invalid_payload', reason: 'the body must be application/json' }
    if (issue) return refuse(exchange, payload ?? null, 400, issue.error)
    if (!allowed()) return refuse(exchange, payload, 429, 'rate_limited', { 'retry-after': '1' })
    const silent = fault?.kind === 'hang' || fault?.kind === 'reset'
    keep(payload, silent ? 0 : 200, true, null)
    // The message stands in the channel, and the sender cannot know.
    if (fault?.kind === 'reset') reset(exchange)
    else if (!silent) send(exchange, 200, 'text/plain; charset=utf-8', 'ok')
  }

  return {
    path,
    messages: () => [...kept],
    clear() {
      kept = []
    },
    async handle(exchange) {
      const { request } = exchange
      if (exchange.path.startsWith(`${base}/services/`)) {
        if (request.method === 'POST') return receive(exchange)
        return send(exchange, 405, 'text/plain; charset=utf-8', 'method_not_allowed', { allow: 'POST' })
      }
      if (exchange.path === base)
        return sendPage(
          exchange,
          renderChannel(
            kept.filter((message) => message.posted),
            options.channel,
          ),
        )
      if (exchange.path !== `${base}/messages`) return sendJson(exchange, 404, { error: `there is ${base} and ${base}/messages` })
      if (request.method === 'DELETE') kept = []
      sendJson(exchange, 200, kept)
    },
  }
}
