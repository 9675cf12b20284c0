// One message to the people on call: built of all that waits of its incident, sent, and its answer written down.

import { redactText } from '../../ops/log.ts'
import { span, type Watch } from '../../ops/telemetry.ts'
import type { SlackMessage } from '../notify/digest.ts'
import { lastOf, outcomeOf, persist, restAfter, verdictOn } from '../notify/verdict.ts'
import { newCourse, sendOnItsWay, type Course, type WayParts } from '../notify/way.ts'
import { newestAlert } from '../store/alerts.ts'
import { noteRefusal } from '../store/channels.ts'
import { getIncident } from '../store/incidents.ts'
import { settleOpsMessage, type OpsLane, type OpsMessage } from '../store/ops-messages.ts'
import { holdChannel, type Verdict } from '../store/settle.ts'
import { tell } from './telling.ts'
import type { Update } from './update.ts'

export interface PostParts extends WayParts {
  watch: Watch
  lane: OpsLane
  /** Base of the links in messages. */
  publicUrl: string | undefined
  /** Values that no message may hold. */
  secrets: readonly string[]
  intervalSeconds: number
  /** How long a message that got no answer waits for the next update of its incident before it is told again by itself. */
  noticeSeconds: number
}

/** A Slack that does not answer is left alone for so long, once mail stands in for it. */
const SILENT_SECONDS = 60

/** Sends one message and settles it. Returns whether a channel accepted it. */
export async function post(parts: PostParts, message: OpsMessage): Promise<boolean> {
  const { metrics } = parts.watch
  const now = parts.now?.() ?? null
  const course = await send(parts, message)
  const answered = performance.now()
  const verdict = () => verdictFor(parts, course, message, (performance.now() - answered) / 1000)
  await persist(() => settleOpsMessage(parts.db, message.id, verdict(), now))
  for (const { channel, answer } of course.tries) metrics.opsMessages.inc({ channel, outcome: outcomeOf(answer) })
  report(parts.watch, message, course, verdict().kind)
  // A Slack that says nothing is no better than one that says no: in the end mail stands in for it.
  if (course.tries.some(({ channel, answer }) => channel === 'slack' && answer.kind === 'unknown'))
    await noteRefusal(parts.db, parts.lane, SILENT_SECONDS, now)
  await holdChannel(parts.db, parts.lane, restAfter(course, parts.intervalSeconds), now)
  return verdict().kind === 'delivered'
}

/** What nobody answered is told again after a while. */
function verdictFor(parts: PostParts, course: Course, message: OpsMessage, secondsAgo: number): Verdict {
  const verdict = verdictOn(course, message.attempt, secondsAgo)
  if (verdict.kind === 'uncertain') return { ...verdict, delay: Math.max(parts.noticeSeconds, verdict.delay) }
  return verdict
}

/** The requests, inside the trace of the run that they tell of. A fault of ours before one went out counts as a refusal. */
async function send(parts: PostParts, message: OpsMessage): Promise<Course> {
  const updates = message.updates.map(({ payload }) => payload as Update)
  const parent = updates.findLast(({ run }) => run?.traceparent)?.run?.traceparent ?? null
  const attributes = { 'rolewatch.updates': message.count }
  // What Slack may have swallowed is told by the second channel, where there is one.
  const isSwallowed = parts.mail !== undefined && (message.lostSeconds ?? 0) >= parts.noticeSeconds
  const way = isSwallowed ? { ...parts, slack: undefined } : parts
  const course = newCourse(way)
  try {
    await span('ops message', { parent, attributes }, async () => {
      const text = await build(parts, message, updates)
      await sendOnItsWay(way, text, message.id, course, attributes)
    })
  } catch (error) {
    const words = `not sent: ${redactText(String(error), parts.secrets)}`
    if (course.tries.length === 0)
      course.tries.push({ channel: 'slack', answer: { kind: 'refused', again: true, status: null, retryAfter: null, words } })
  }
  return course
}

async function build(parts: PostParts, message: OpsMessage, updates: readonly Update[]): Promise<SlackMessage> {
  const { db } = parts
  const incident = message.incidentId === null ? undefined : await getIncident(db, message.incidentId)
  const alert = incident && (await newestAlert(db, incident.fingerprint))
  return tell({
    incident: incident && { ...incident, summary: redactText(incident.summary, parts.secrets) },
    updates,
    lostAt: message.lostAt,
    dashboardUrl: alert?.annotations['dashboard_url'] ?? null,
    publicUrl: parts.publicUrl,
    now: parts.now?.() ?? new Date(),
  })
}

function report({ log }: Watch, message: OpsMessage, course: Course, kind: Verdict['kind']): void {
  const { channel, answer } = lastOf(course)
  const fields = { channel, message: message.id, updates: message.count, attempt: message.attempt, answer: answer.words }
  if (kind === 'delivered') log.info('ops.delivered', fields)
  else if (kind === 'failed')
    log.error('ops.failed', { ...fields, help: 'every channel refuses it for good: it is tried now and then for a day' })
  else log.warn(`ops.${kind}`, fields)
}
