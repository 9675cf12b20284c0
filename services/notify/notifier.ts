// The notifier: sends what is due, woken by commits and by a timer, one message at a time; any number of processes may run one.

import type { Watch } from '../../ops/telemetry.ts'
import type { Mail } from '../config.ts'
import { CANARY, CANARY_SEARCH } from '../store/canary-marks.ts'
import { claimMessage, type ClaimOptions } from '../store/claims.ts'
import type { Database } from '../store/database.ts'
import { OUTBOX_CHANNEL } from '../store/matches.ts'
import { outboxState, type Channel } from '../store/outbox.ts'
import { expireClaims } from '../store/settle.ts'
import { deliver, type DeliveryParts } from './delivery.ts'
import { openMail } from './mail.ts'
import { openRounds, pause } from './rounds.ts'
import { openSlack } from './slack.ts'
import { FALLBACK_AFTER_SECONDS } from './way.ts'

export interface NotifierOptions {
  watch: Watch
  database: Database
  /** Undefined: everything goes by mail; without mail either, nothing is sent and everything waits. */
  slackWebhookUrl: string | undefined
  /** The second channel; undefined: there is none. */
  mail?: Mail | undefined
  /** Where the canary's messages go, and by what they are seen; undefined: they are left to others. */
  canary?: { webhookUrl: string; watch: Watch } | undefined
  /** Base of the links in messages, as people reach the product. */
  publicUrl: string | undefined
  /** Names this process in its claims. */
  owner: string
  /** Whether commits wake it; a short-lived process calls `deliverDue` itself. */
  listen: boolean
  /** Least time between two messages over all processes: Slack allows one a second per webhook. */
  intervalSeconds?: number
  /** How long Slack may take to answer. */
  timeoutSeconds?: number
  /** How long the mail server may take. */
  mailTimeoutSeconds?: number
  /** How long Slack may refuse before e-mail stands in for it. */
  fallbackAfterSeconds?: number
  /** How long a lost message waits for the next message of its search to mention it. */
  noticeSeconds?: number
  /** Between two looks at what has come due by itself. */
  pollSeconds?: number
  /** PostgreSQL's clock unless given. */
  now?: () => Date
}

export interface Notifier {
  start(): void
  /** Sends everything that is due and returns how many messages were accepted. */
  deliverDue(): Promise<number>
  /** Takes nothing new and waits for the message in flight. */
  close(): Promise<void>
}

const CHANNEL: Channel = 'slack'
/** A claim outlives its requests, and the writing down of its answer, by far. */
const LEASE_MARGIN_SECONDS = 20

/** Opens a notifier; it does nothing before `start` or `deliverDue`. */
export function openNotifier(options: NotifierOptions): Notifier {
  const { watch, database } = options
  const { db } = database
  const { timeoutSeconds = 10, mailTimeoutSeconds = 30, intervalSeconds = 1, noticeSeconds = 60, pollSeconds = 1 } = options
  const { fallbackAfterSeconds = FALLBACK_AFTER_SECONDS } = options
  const slack = options.slackWebhookUrl ? openSlack(options.slackWebhookUrl, { timeoutMs: timeoutSeconds * 1000 }) : undefined
  const mail = options.mail ? openMail(options.mail, { timeoutMs: mailTimeoutSeconds * 1000 }) : undefined
  const leaseSeconds = timeoutSeconds + (mail ? mailTimeoutSeconds : 0) + LEASE_MARGIN_SECONDS
  const claiming = { channel: CHANNEL, owner: options.owner, leaseSeconds, intervalSeconds, noticeSeconds }
  const settings = { channel: CHANNEL, intervalSeconds, fallbackAfterSeconds, linkTo: linksOf(options), now: options.now }
  const parts: DeliveryParts = { ...settings, watch, db, lane: CHANNEL, slack, mail }
  const lanes = [...(slack || mail ? [parts] : []), ...canaryLane(options, parts)]

  async function deliverDue(signal: AbortSignal): Promise<number> {
    let accepted = 0
    while (lanes.length > 0 && !signal.aborted) {
      const now = options.now?.()
      reportLost(options, await expireClaims(db, CHANNEL, now ?? null))
      const pass = await sendOneEach(lanes, { ...claiming, now })
      accepted += pass.accepted
      if (pass.sent > 0) continue
      if (pass.waitSeconds === Infinity) break
      // A new match does not bring the channel's turn nearer.
      await pause(Math.min(pass.waitSeconds, pollSeconds), signal)
    }
    return accepted
  }

  const rounds = openRounds({
    work: deliverDue,
    listen: options.listen ? { database, channel: OUTBOX_CHANNEL } : undefined,
    pollSeconds,
    onError: (error) => watch.log.error('notify.error', { error }),
  })

  async function sayOff(): Promise<void> {
    const { pending } = await outboxState(db, CHANNEL).catch(() => ({ pending: undefined }))
    watch.log.warn('notify.off', { reason: 'SLACK_WEBHOOK_URL is not set', pending })
  }

  let told: Promise<void> | undefined
  return {
    start() {
      if (lanes[0]?.lane !== CHANNEL) told ??= sayOff()
      if (lanes.length > 0) rounds.start()
    },
    deliverDue: () => rounds.once(),
    async close() {
      await rounds.close()
      await told
    },
  }
}

/** Sends a message of each lane that has one and its turn: a burst for people does not hold up the canary, nor the canary them. */
async function sendOneEach(
  lanes: readonly DeliveryParts[],
  claiming: Omit<ClaimOptions, 'lane'>,
): Promise<{ sent: number; accepted: number; waitSeconds: number }> {
  const pass = { sent: 0, accepted: 0, waitSeconds: Infinity }
  for (const parts of lanes) {
    const claim = await claimMessage(parts.db, { ...claiming, lane: parts.lane })
    if (claim.kind === 'wait') pass.waitSeconds = Math.min(pass.waitSeconds, claim.seconds)
    if (claim.kind !== 'message') continue
    pass.sent += 1
    if (await deliver(parts, claim.message)) pass.accepted += 1
  }
  return pass
}

function linksOf(options: NotifierOptions): (searchId: string) => string | null {
  const { publicUrl } = options
  return publicUrl ? (id) => `${publicUrl}/#/searches/${id}` : () => null
}

/** The canary's messages go to a webhook of their own, and by no other channel: they are sent to see whether Slack is reached. */
function canaryLane({ canary, timeoutSeconds = 10 }: NotifierOptions, parts: DeliveryParts): DeliveryParts[] {
  if (!canary) return []
  const slack = openSlack(canary.webhookUrl, { timeoutMs: timeoutSeconds * 1000 })
  return [{ ...parts, lane: CANARY, watch: canary.watch, slack, mail: undefined, linkTo: () => null }]
}

function reportLost(
  { watch: ofPeople, canary }: NotifierOptions,
  messages: readonly { messageId: string; searchId: string; count: number }[],
): void {
  for (const { messageId, searchId, count } of messages) {
    const watch = searchId === CANARY_SEARCH ? canary?.watch : ofPeople
    if (!watch) continue
    watch.metrics.messages.inc({ channel: CHANNEL, outcome: 'uncertain' })
    watch.metrics.notifications.inc({ channel: CHANNEL, outcome: 'uncertain' }, count)
    watch.log.warn('notify.uncertain', { channel: CHANNEL, search: searchId, message: messageId, postings: count, answer: 'claim expired' })
  }
}
