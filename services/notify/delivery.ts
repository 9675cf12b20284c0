// Delivery: one claimed message is built, sent inside the trace of its postings, and its verdict written down.

import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, type FailureKind } from '../../scrapers/failure.ts'
import { observe } from '../../ops/metrics.ts'
import { span, type Watch } from '../../ops/telemetry.ts'
import type { ClaimedRow, Message } from '../store/claims.ts'
import type { Db } from '../store/database.ts'
import { messagePostings } from '../store/message-postings.ts'
import type { Channel } from '../store/outbox.ts'
import { holdChannel, settle, type Verdict } from '../store/settle.ts'
import { digest, LISTED } from './digest.ts'
import type { Answer, Slack } from './slack.ts'

export interface DeliveryParts {
  watch: Watch
  db: Db
  slack: Slack
  channel: Channel
  intervalSeconds: number
  /** Where all of a search can be seen, or null. */
  linkTo: (searchId: string) => string | null
  /** Undefined: PostgreSQL's clock decides, and this process's only dates the message. */
  now: (() => Date) | undefined
}

const LONGEST_BACKOFF = 600
const LINKS = 20
/** A restart of PostgreSQL between Slack's answer and our writing it down would make a delivered message uncertain. */
const WRITE_ATTEMPTS = 6
const WRITE_PAUSE_MS = 500

/** 1, 2, 4 … 600 seconds; longer when the channel asked for it. */
export function backoff(attempt: number, retryAfter: number | null): number {
  return Math.max(Math.min(LONGEST_BACKOFF, 2 ** Math.min(attempt - 1, 20)), retryAfter ?? 0)
}

/** Sends one message and settles it. Returns whether the channel accepted it. */
export async function deliver(parts: DeliveryParts, message: Message): Promise<boolean> {
  const answer = await send(parts, message)
  const answered = performance.now()
  const verdict = () => verdictOn(answer, message, (performance.now() - answered) / 1000)
  const now = parts.now?.() ?? null
  const delivered = await persist(() => settle(parts.db, message, verdict(), now))

  const { metrics } = parts.watch
  const { kind } = verdict()
  const { channel } = parts
  metrics.messages.inc({ channel, outcome: kind })
  metrics.notifications.inc({ channel, outcome: kind }, message.rows.length)
  for (const row of delivered) observe(metrics.alertDeliverySeconds, { channel }, row.seconds, traceId(row.traceparent))
  report(parts, message, answer, delivered)
  // Counted from the answer: two messages may be nearer to each other on the way than they were when they left.
  const asked = answer.kind === 'refused' ? (answer.retryAfter ?? 0) : 0
  await holdChannel(parts.db, parts.channel, Math.max(asked, parts.intervalSeconds), now)
  return kind === 'delivered'
}

/** The request, as the last span of the postings' trace. A fault of ours before it went out counts as a refusal. */
async function send(parts: DeliveryParts, message: Message): Promise<Answer> {
  const first = message.rows[0] ?? message.lostRows[0]
  const parent = message.rows[0]?.traceparent ?? null
  const attributes = { 'rolewatch.postings': message.rows.length, 'rolewatch.search': message.search.id }
  let answer: Answer | undefined
  try {
    await parts.watch.stage(
      'notify',
      { source: first?.source ?? '' },
      async () => {
        const postings = await messagePostings(parts.db, message.id, LISTED)
        const payload = digest(message.search, postings, {
          total: message.rows.length,
          lost: message.lost,
          link: parts.linkTo(message.search.id),
          now: parts.now?.() ?? new Date(),
        })
        answer = await span('slack', { attributes }, async (open) => {
          const given = await parts.slack.post(payload)
          open.set({ 'rolewatch.answer': given.kind, ...(given.status === null ? {} : { 'http.response.status_code': given.status }) })
          return given
        })
        if (answer.kind !== 'accepted') throw failureOf(answer)
      },
      { parent, links: otherTraces(message, parent) },
    )
  } catch (error) {
    answer ??= { kind: 'refused', again: true, status: null, retryAfter: null, words: `not sent: ${String(error)}` }
  }
  return answer ?? { kind: 'unknown', status: null, words: 'no answer' }
}

function failureOf(answer: Exclude<Answer, { kind: 'accepted' }>): Failure {
  const status = answer.status ?? undefined
  const kind = kindOf(answer)
  return new Failure(kind, `Slack: ${answer.words}`, { status })
}

function kindOf(answer: Exclude<Answer, { kind: 'accepted' }>): FailureKind {
  if (answer.status === null) return answer.words === 'no answer in time' ? 'timeout' : 'network'
  if (answer.status === 429) return 'throttled'
  if (answer.status === 404 || answer.status === 410) return 'gone'
  return answer.status >= 500 ? 'server_error' : 'blocked'
}

function verdictOn(answer: Answer, message: Message, secondsAgo: number): Verdict {
  if (answer.kind === 'accepted') return { kind: 'delivered', secondsAgo }
  if (answer.kind === 'unknown') return { kind: 'uncertain', delay: backoff(message.attempt, null), error: answer.words }
  if (answer.again) return { kind: 'retried', delay: backoff(message.attempt, answer.retryAfter), error: answer.words }
  return { kind: 'failed', delay: LONGEST_BACKOFF, error: answer.words }
}

async function persist<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write()
    } catch (error) {
      if (attempt === WRITE_ATTEMPTS) throw error
      await sleep(WRITE_PAUSE_MS * attempt)
    }
  }
}

function report(parts: DeliveryParts, message: Message, answer: Answer, delivered: readonly { seconds: number }[]): void {
  const fields = {
    channel: parts.channel,
    search: message.search.id,
    message: message.id,
    postings: message.rows.length,
    mentions: message.lostRows.length,
    attempt: message.attempt,
    trace_id: traceId(message.rows[0]?.traceparent),
  }
  const { log } = parts.watch
  if (answer.kind === 'accepted') {
    const seconds = Math.max(0, ...delivered.map((row) => row.seconds))
    log.info('notify.delivered', { ...fields, seconds: Number(seconds.toFixed(3)) })
  } else if (answer.kind === 'unknown') log.warn('notify.uncertain', { ...fields, answer: answer.words })
  else if (answer.again) log.warn('notify.retried', { ...fields, answer: answer.words })
  else log.error('notify.failed', { ...fields, answer: answer.words, help: 'they wait to be sent again by a person' })
}

/** The 32 hex characters of a stored trace context. */
function traceId(traceparent: string | null | undefined): string | undefined {
  return traceparent?.split('-')[1]
}

/** One stored context per trace, besides the one that is continued. */
function otherTraces(message: Message, parent: string | null): string[] {
  const byTrace = new Map<string, string>()
  const known = traceId(parent)
  for (const { traceparent } of [...message.rows, ...message.lostRows] satisfies ClaimedRow[]) {
    const id = traceId(traceparent)
    if (traceparent && id && id !== known) byTrace.set(id, byTrace.get(id) ?? traceparent)
    if (byTrace.size === LINKS) break
  }
  return [...byTrace.values()]
}
