// The messenger: sends what the people on call are to be told, one message a second over all processes, by Slack, or by mail where that fails.

import type { Watch } from '../../ops/telemetry.ts'
import type { Mail } from '../config.ts'
import { openMail, type Mailer } from '../notify/mail.ts'
import { openRounds, pause } from '../notify/rounds.ts'
import { openSlack } from '../notify/slack.ts'
import { FALLBACK_AFTER_SECONDS } from '../notify/way.ts'
import type { Database } from '../store/database.ts'
import { claimOpsMessage, expireOpsClaims, giveUpStale, OPS_CHANNEL } from '../store/ops-messages.ts'
import { post, type PostParts } from './post.ts'

export interface MessengerOptions {
  watch: Watch
  database: Database
  /** Undefined: everything goes by mail; without mail either, nothing is sent and everything waits. */
  slackWebhookUrl: string | undefined
  /** The second channel; undefined: there is none. */
  mail: Mail | undefined
  /** Who is written to, in place of `mail.to`, at a moment: by whoever has the shift, or has the next one. */
  recipient?: (of: 'first' | 'second', at: Date) => string | undefined
  /** Base of the links in messages. */
  publicUrl: string | undefined
  /** Values that no message may hold. */
  secrets: readonly string[]
  /** Names this process in its claims. */
  owner: string
  /** Least time between two messages over all processes: Slack allows one a second per webhook. */
  intervalSeconds?: number
  timeoutSeconds?: number
  mailTimeoutSeconds?: number
  /** How long Slack may refuse before mail stands in for it. */
  fallbackAfterSeconds?: number
  /** How long a message that got no answer waits for the next update of its incident before it is told again by itself. */
  noticeSeconds?: number
  /** Between two looks at what has come due by itself. */
  pollSeconds?: number
  /** PostgreSQL's clock unless given. */
  now?: () => Date
}

export interface Messenger {
  start(): void
  /** Sends everything that is due and returns how many messages were accepted. */
  deliverDue(): Promise<number>
  /** Takes nothing new and waits for the message in flight. */
  close(): Promise<void>
}

/** A claim outlives its requests, and the writing down of its answer, by far. */
const LEASE_MARGIN_SECONDS = 20

/** Opens a messenger; it does nothing before `start` or `deliverDue`. */
export function openMessenger(options: MessengerOptions): Messenger {
  const { watch, database, timeoutSeconds = 10, mailTimeoutSeconds = 30, intervalSeconds = 1, pollSeconds = 2 } = options
  const lanes = lanesOf(options)
  const leaseSeconds = timeoutSeconds + (options.mail ? mailTimeoutSeconds : 0) + LEASE_MARGIN_SECONDS
  const claiming = { owner: options.owner, leaseSeconds, intervalSeconds }

  async function work(signal: AbortSignal): Promise<number> {
    let accepted = 0
    const stale = lanes.length === 0 ? 0 : await giveUpStale(database.db, options.now?.() ?? null)
    if (stale > 0) watch.log.error('ops.given_up', { updates: stale })
    while (lanes.length > 0 && !signal.aborted) {
      const now = options.now?.() ?? null
      for (const message of await expireOpsClaims(database.db, now)) sayExpired(watch, message)
      let [sent, waitSeconds] = [0, Infinity]
      for (const lane of lanes) {
        const claim = await claimOpsMessage(database.db, { ...claiming, lane: lane.lane, now })
        if (claim.kind === 'wait') waitSeconds = Math.min(waitSeconds, claim.seconds)
        if (claim.kind !== 'message') continue
        sent += 1
        if (await post(lane, claim.message)) accepted += 1
      }
      if (sent > 0) continue
      if (waitSeconds === Infinity) break
      await pause(Math.min(waitSeconds, pollSeconds), signal)
    }
    return accepted
  }

  const rounds = openRounds({
    work,
    listen: { database, channel: OPS_CHANNEL },
    pollSeconds,
    onError: (error) => watch.log.error('ops.error', { error }),
  })
  return {
    start() {
      if (lanes.length > 0) rounds.start()
      else watch.log.warn('ops.off', { reason: 'neither SLACK_OPS_WEBHOOK_URL nor SMTP_URL is set: nobody is told of incidents' })
    },
    deliverDue: () => rounds.once(),
    close: () => rounds.close(),
  }
}

/** A lane for what Slack is to show, and one for what goes to the second on call whatever Slack does. */
function lanesOf(options: MessengerOptions): PostParts[] {
  const { watch, database, publicUrl, secrets, now, timeoutSeconds = 10, intervalSeconds = 1, noticeSeconds = 60 } = options
  const { fallbackAfterSeconds = FALLBACK_AFTER_SECONDS } = options
  const slack = options.slackWebhookUrl ? openSlack(options.slackWebhookUrl, { timeoutMs: timeoutSeconds * 1000 }) : undefined
  const mail = mailerTo(options, 'first')
  const common = { watch, db: database.db, publicUrl, secrets, now, intervalSeconds, noticeSeconds, fallbackAfterSeconds }
  return [
    ...(slack || mail ? [{ ...common, lane: 'ops' as const, slack, mail }] : []),
    ...(mail ? [{ ...common, lane: 'ops_mail' as const, slack: undefined, mail: mailerTo(options, 'second') }] : []),
  ]
}

/** Who has the shift is asked when a letter goes out. */
function mailerTo({ mail, mailTimeoutSeconds = 30, recipient, now }: MessengerOptions, of: 'first' | 'second'): Mailer | undefined {
  if (!mail) return undefined
  return {
    send(letter) {
      const to = recipient?.(of, now?.() ?? new Date()) ?? mail.to
      return openMail({ ...mail, to }, { timeoutMs: mailTimeoutSeconds * 1000 }).send(letter)
    },
  }
}

function sayExpired({ log, metrics }: Watch, message: string): void {
  metrics.opsMessages.inc({ channel: 'slack', outcome: 'uncertain' })
  log.warn('ops.uncertain', { message, answer: 'claim expired' })
}
