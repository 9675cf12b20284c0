// Delivery: one claimed message is built, sent inside the trace of its postings, and its verdict written down.

import { Failure, type FailureKind } from '../../scrapers/failure.ts'
import { observe } from '../../ops/metrics.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { ClaimedRow, Message } from '../store/claims.ts'
import { messagePostings } from '../store/message-postings.ts'
import type { Channel } from '../store/outbox.ts'
import { holdChannel, settle, type Verdict } from '../store/settle.ts'
import { digest, LISTED } from './digest.ts'
import type { Answer } from './slack.ts'
import { lastOf, outcomeOf, persist, restAfter, verdictOn } from './verdict.ts'
import { newCourse, sendOnItsWay, type Course, type WayParts } from './way.ts'

export interface DeliveryParts extends WayParts {
  watch: Watch
  channel: Channel
  intervalSeconds: number
  /** Where all of a search can be seen, or null. */
  linkTo: (searchId: string) => string | null
}

const LINKS = 20

/** Sends one message and settles it. Returns whether a channel accepted it. */
export async function deliver(parts: DeliveryParts, message: Message): Promise<boolean> {
  const course = await send(parts, message)
  const answered = performance.now()
  const verdict = () => verdictOn(course, message.attempt, (performance.now() - answered) / 1000)
  const now = parts.now?.() ?? null
  const delivered = await persist(() => settle(parts.db, message, verdict(), now))

  const { metrics } = parts.watch
  for (const { channel, answer } of course.tries) {
    const outcome = outcomeOf(answer)
    metrics.messages.inc({ channel, outcome })
    metrics.notifications.inc({ channel, outcome }, message.rows.length)
  }
  const { kind } = verdict()
  const { channel } = lastOf(course)
  for (const row of delivered) observe(metrics.alertDeliverySeconds, { channel }, row.seconds, traceId(row.traceparent))
  report(parts, message, course, kind, delivered)
  await holdChannel(parts.db, parts.lane, restAfter(course, parts.intervalSeconds), now)
  return kind === 'delivered'
}

/** The requests, as the last spans of the postings' trace. A fault of ours before one went out counts as a refusal. */
async function send(parts: DeliveryParts, message: Message): Promise<Course> {
  const first = message.rows[0] ?? message.lostRows[0]
  const parent = message.rows[0]?.traceparent ?? null
  const attributes = { 'rolewatch.postings': message.rows.length, 'rolewatch.search': message.search.id }
  const course = newCourse(parts)
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
        await sendOnItsWay(parts, payload, message.id, course, attributes)
        const { channel, answer } = lastOf(course)
        if (answer.kind !== 'accepted') throw failureOf(channel, answer)
      },
      { parent, links: otherTraces(message, parent) },
    )
  } catch (error) {
    const words = `not sent: ${String(error)}`
    if (course.tries.length === 0)
      course.tries.push({ channel: parts.channel, answer: { kind: 'refused', again: true, status: null, retryAfter: null, words } })
  }
  return course
}

function failureOf(channel: Channel, answer: Exclude<Answer, { kind: 'accepted' }>): Failure {
  const status = answer.status ?? undefined
  return new Failure(kindOf(channel, answer), `${channel === 'slack' ? 'Slack' : 'mail'}: ${answer.words}`, { status })
}

function kindOf(channel: Channel, answer: Exclude<Answer, { kind: 'accepted' }>): FailureKind {
  if (answer.status === null) return answer.words === 'no answer in time' ? 'timeout' : 'network'
  // In SMTP it is the 4xx that may pass.
  if (channel === 'email') return answer.status >= 500 ? 'blocked' : 'server_error'
  if (answer.status === 429) return 'throttled'
  if (answer.status === 404 || answer.status === 410) return 'gone'
  return answer.status >= 500 ? 'server_error' : 'blocked'
}

function report(
  parts: DeliveryParts,
  message: Message,
  course: Course,
  kind: Verdict['kind'],
  delivered: readonly { seconds: number }[],
): void {
  const fields = {
    search: message.search.id,
    message: message.id,
    postings: message.rows.length,
    mentions: message.lostRows.length,
    attempt: message.attempt,
    trace_id: traceId(message.rows[0]?.traceparent),
  }
  const { log } = parts.watch
  for (const { channel, answer } of course.tries.slice(0, -1))
    log.warn('notify.refused', { channel, ...fields, answer: answer.words, instead: lastOf(course).channel })
  const { channel, answer } = lastOf(course)
  if (kind === 'delivered') {
    const seconds = Math.max(0, ...delivered.map((row) => row.seconds))
    log.info('notify.delivered', { channel, ...fields, seconds: Number(seconds.toFixed(3)) })
  } else if (kind === 'failed')
    log.error('notify.failed', { channel, ...fields, answer: answer.words, help: 'they wait to be sent again by a person' })
  else log.warn(`notify.${kind}`, { channel, ...fields, answer: answer.words })
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
