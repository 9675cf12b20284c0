// The notifier: sends what is due, woken by commits and by a timer, one message at a time; any number of processes may run one.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Watch } from '../../ops/telemetry.ts'
import { claimMessage } from '../store/claims.ts'
import type { Database } from '../store/database.ts'
import { listenTo, type Listener } from '../store/listen.ts'
import { OUTBOX_CHANNEL } from '../store/matches.ts'
import { outboxState, type Channel } from '../store/outbox.ts'
import { expireClaims } from '../store/settle.ts'
import { deliver, type DeliveryParts } from './delivery.ts'
import { openSlack } from './slack.ts'

export interface NotifierOptions {
  watch: Watch
  database: Database
  /** Undefined: nothing is sent, everything waits. */
  slackWebhookUrl: string | undefined
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
  /** How long a lost message waits for the next message of its search to mention it. */
  noticeSeconds?: number
  /** Between two looks at what has come due by itself. */
  pollSeconds?: number
  /** PostgreSQL's clock unless given. */
  now?: () => Date
}

export interface Notifier {
  start(): void
  /** Sends everything that is due and returns how many messages Slack accepted. */
  deliverDue(): Promise<number>
  /** Takes nothing new and waits for the message in flight. */
  close(): Promise<void>
}

const CHANNEL: Channel = 'slack'
/** A claim outlives its request, and the writing down of its answer, by far. */
const LEASE_MARGIN_SECONDS = 20

/** Opens a notifier; it does nothing before `start` or `deliverDue`. */
export function openNotifier(options: NotifierOptions): Notifier {
  const { watch, database } = options
  const { db } = database
  const { timeoutSeconds = 10, intervalSeconds = 1, noticeSeconds = 60, pollSeconds = 1 } = options
  const slack = options.slackWebhookUrl ? openSlack(options.slackWebhookUrl, { timeoutMs: timeoutSeconds * 1000 }) : undefined
  const parts = { watch, db, channel: CHANNEL, intervalSeconds, linkTo: linksOf(options), now: options.now }
  const bell = createBell()
  const closing = new AbortController()
  let running: Promise<void> | undefined
  let sending: Promise<unknown> = Promise.resolve()

  async function deliverDue(): Promise<number> {
    let accepted = 0
    if (!slack) return accepted
    while (!closing.signal.aborted) {
      const now = options.now?.()
      reportLost(watch, await expireClaims(db, CHANNEL, now ?? null))
      const leaseSeconds = timeoutSeconds + LEASE_MARGIN_SECONDS
      const claim = await claimMessage(db, { channel: CHANNEL, owner: options.owner, leaseSeconds, intervalSeconds, noticeSeconds, now })
      if (claim.kind === 'idle') break
      if (claim.kind === 'wait') await pause(Math.min(claim.seconds, pollSeconds), closing.signal)
      else if (await deliver({ ...parts, slack } satisfies DeliveryParts, claim.message)) accepted += 1
    }
    return accepted
  }

  /** One at a time, so that `close` has one promise to wait for. */
  function inTurn(): Promise<number> {
    const turn = sending.then(deliverDue, deliverDue)
    sending = turn.catch(() => {})
    return turn
  }

  async function loop(): Promise<void> {
    if (!slack) {
      const { pending } = await outboxState(db, CHANNEL).catch(() => ({ pending: undefined }))
      watch.log.warn('notify.off', { reason: 'SLACK_WEBHOOK_URL is not set', pending })
      return
    }
    const listener: Listener | undefined = options.listen ? await listenTo(database, OUTBOX_CHANNEL, () => bell.ring()) : undefined
    while (!closing.signal.aborted) {
      await inTurn().catch((error: unknown) => watch.log.error('notify.error', { error }))
      await bell.wait(pollSeconds)
    }
    await listener?.close()
  }

  return {
    start() {
      running ??= loop()
    },
    deliverDue: inTurn,
    async close() {
      closing.abort()
      bell.ring()
      await running
      await sending
    },
  }
}

function linksOf(options: NotifierOptions): (searchId: string) => string | null {
  const { publicUrl } = options
  return publicUrl ? (id) => `${publicUrl}/#/searches/${id}` : () => null
}

function reportLost(watch: Watch, messages: readonly { messageId: string; searchId: string; count: number }[]): void {
  for (const { messageId, searchId, count } of messages) {
    watch.metrics.messages.inc({ channel: CHANNEL, outcome: 'uncertain' })
    watch.metrics.notifications.inc({ channel: CHANNEL, outcome: 'uncertain' }, count)
    watch.log.warn('notify.uncertain', { channel: CHANNEL, search: searchId, message: messageId, postings: count, answer: 'claim expired' })
  }
}

/** Waits for the channel's turn; only closing cuts it short, because a new match does not bring the turn nearer. */
async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
}

/** A bell that is not missed when it rings while nobody waits. */
function createBell() {
  let rung = false
  let wake = () => {}
  return {
    ring() {
      rung = true
      wake()
    },
    /** Until it rings, at most so long; returns at once when it rang since the last wait. */
    async wait(seconds: number) {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, seconds * 1000)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      rung = false
    },
  }
}
