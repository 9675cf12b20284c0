// The health of the notifier: whether people are being told, and what waits when they are not.

import type { Metrics } from '../../ops/metrics.ts'
import type { Config } from '../config.ts'
import { channelState, type ChannelState } from '../store/channels.ts'
import type { Db } from '../store/database.ts'
import { outboxState } from '../store/outbox.ts'
import { FALLBACK_AFTER_SECONDS } from './way.ts'

export interface NotifierHealth {
  /** `off`: there is no channel. `degraded`: something waits longer than it may, was refused and waits for a person, or goes by e-mail for want of Slack. */
  status: 'ok' | 'degraded' | 'off'
  pending: number
  uncertain: number
  failed: number
  oldest_seconds: number
  /** What a person should know, or null. */
  detail: string | null
}

/** The longest that a notification may take even in a burst. */
const LATE_SECONDS = 30

/** How telling people stands now. */
export async function notifierHealth(db: Db, config: Pick<Config, 'slackWebhookUrl' | 'mail'>, now?: Date): Promise<NotifierHealth> {
  const { oldestSeconds, ...counts } = await outboxState(db, 'slack', now)
  const figures = { ...counts, oldest_seconds: Math.round(oldestSeconds) }
  if (!config.slackWebhookUrl && !config.mail)
    return { status: 'off', ...figures, detail: `SLACK_WEBHOOK_URL is not set: ${counts.pending} notifications wait for it` }
  const second = secondChannel(config, await channelState(db, 'slack', now))
  const late = oldestSeconds > LATE_SECONDS
  const told = [
    second.detail,
    late ? `the oldest notification has waited ${figures.oldest_seconds} s` : '',
    counts.uncertain > 0 ? `${counts.uncertain} may not have arrived` : '',
    counts.failed > 0 ? `${counts.failed} were refused and wait for a person` : '',
  ].filter((part) => part !== '')
  const degraded = late || counts.failed > 0 || second.standsIn
  return { status: degraded ? 'degraded' : 'ok', ...figures, detail: told.length === 0 ? null : told.join('; ') }
}

/** What a person should know of the way that notifications take. */
function secondChannel(config: Pick<Config, 'slackWebhookUrl' | 'mail'>, state: ChannelState): { standsIn: boolean; detail: string } {
  if (state.substitute !== null && !config.mail)
    return { standsIn: true, detail: 'everything was switched to e-mail, and SMTP_URL is not set: see "rolewatch outbox channel"' }
  if (!config.slackWebhookUrl) return { standsIn: false, detail: 'SLACK_WEBHOOK_URL is not set: notifications go by e-mail' }
  if (state.substitute !== null)
    return { standsIn: true, detail: 'notifications go by e-mail until "rolewatch outbox channel slack" switches them back' }
  // One refusal is no news: the next try is on its way.
  if (state.failingSeconds === null || state.failingSeconds < LATE_SECONDS) return { standsIn: false, detail: '' }
  const since = `Slack has refused for ${Math.round(state.failingSeconds)} s`
  if (!config.mail || state.failingSeconds < FALLBACK_AFTER_SECONDS) return { standsIn: false, detail: since }
  return { standsIn: true, detail: `${since}: what it refuses goes by e-mail` }
}

/** Reads the gauges of the outbox; to be called before each exposition. */
export async function collectOutbox(db: Db, metrics: Metrics, now?: Date): Promise<void> {
  const { pending, oldestSeconds } = await outboxState(db, 'slack', now)
  metrics.outboxPending.set({ channel: 'slack' }, pending)
  metrics.outboxOldest.set({ channel: 'slack' }, oldestSeconds)
}
