// The way of one message: Slack first, and e-mail where Slack has said no for good or for too long, or where somebody switched to it.

import { span } from '../../ops/telemetry.ts'
import { channelState, noteAcceptance, noteRefusal, type ChannelState } from '../store/channels.ts'
import type { Db } from '../store/database.ts'
import type { Channel, Lane } from '../store/outbox.ts'
import type { SlackMessage } from './digest.ts'
import { letterOf } from './digest-mail.ts'
import type { Mailer } from './mail.ts'
import type { Answer, Slack } from './slack.ts'

/** How long Slack may refuse before e-mail stands in for it. */
export const FALLBACK_AFTER_SECONDS = 300

export interface WayParts {
  db: Db
  /** Whose way it is: how Slack stands is known of each. */
  lane: Lane
  /** Undefined: there is no webhook, everything goes by mail. */
  slack: Slack | undefined
  /** Undefined: there is no second channel. */
  mail: Mailer | undefined
  fallbackAfterSeconds: number
  /** Undefined: PostgreSQL's clock decides, and this process's only dates the message. */
  now: (() => Date) | undefined
}

export interface Try {
  channel: Channel
  answer: Answer
}

/** What was tried, in order: the last one decides. */
export interface Course {
  tries: Try[]
  /** How long Slack may still refuse before e-mail is sent instead; null where there is none to send. */
  patienceSeconds: number | null
}

/** What the spans say of the message. */
type Facts = Record<string, string | number>

const SLACK: Channel = 'slack'
const NO_MAIL: Answer = { kind: 'refused', again: true, status: null, retryAfter: null, words: 'mail is not configured here' }

export function newCourse(parts: WayParts): Course {
  return { tries: [], patienceSeconds: parts.mail ? parts.fallbackAfterSeconds : null }
}

/**
 * Sends a message by one channel or, after a clear refusal alone, by both. Every answer is put into `course` as it comes: a fault of
 * ours afterwards must not make it forgotten. `id` stays the same for a message that is sent again.
 */
export async function sendOnItsWay(parts: WayParts, message: SlackMessage, id: string, course: Course, attributes: Facts): Promise<void> {
  const now = () => parts.now?.() ?? null
  let state = await channelState(parts.db, parts.lane, now())
  if (parts.slack && !isLeftAlone(parts, state)) {
    const { slack } = parts
    const answer = await posted(SLACK, attributes, () => slack.post(message))
    course.tries.push({ channel: SLACK, answer })
    if (answer.kind === 'accepted' && state.failingSeconds !== null) await noteAcceptance(parts.db, parts.lane)
    if (answer.kind !== 'refused') return
    state = await noteRefusal(parts.db, parts.lane, answer.retryAfter ?? 0, now())
    if (parts.mail) course.patienceSeconds = Math.max(0, parts.fallbackAfterSeconds - (state.failingSeconds ?? 0))
    if (!parts.mail || (answer.again && !isFailing(parts, state))) return
  }
  const { mail } = parts
  const answer = mail ? await posted('email', attributes, () => mail.send({ id, ...letterOf(message) })) : NO_MAIL
  course.tries.push({ channel: 'email', answer })
}

/** A person has switched, or e-mail stands in already and Slack asked not to be tried yet. */
function isLeftAlone(parts: WayParts, state: ChannelState): boolean {
  if (state.substitute === 'email') return true
  return parts.mail !== undefined && isFailing(parts, state) && state.quietSeconds > 0
}

function isFailing(parts: WayParts, state: ChannelState): boolean {
  return (state.failingSeconds ?? -1) >= parts.fallbackAfterSeconds
}

function posted(channel: Channel, attributes: Facts, post: () => Promise<Answer>): Promise<Answer> {
  return span(channel, { attributes }, async (open) => {
    const given = await post()
    open.set({ 'rolewatch.answer': given.kind, ...(given.status === null ? {} : { [STATUS[channel]]: given.status }) })
    return given
  })
}

const STATUS: Readonly<Record<Channel, string>> = { slack: 'http.response.status_code', email: 'rolewatch.smtp.status' }
