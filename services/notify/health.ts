// The health of the notifier: whether people are being told, and what waits when they are not.

import type { Metrics } from '../../ops/metrics.ts'
import type { Db } from '../store/database.ts'
import { outboxState } from '../store/outbox.ts'

export interface NotifierHealth {
  /** `off`: there is no webhook. `degraded`: something waits longer than it may, or was refused and waits for a person. */
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
export async function notifierHealth(db: Db, slackWebhookUrl: string | undefined, now?: Date): Promise<NotifierHealth> {
  const { oldestSeconds, ...counts } = await outboxState(db, 'slack', now)
  const figures = { ...counts, oldest_seconds: Math.round(oldestSeconds) }
  if (!slackWebhookUrl)
    return { status: 'off', ...figures, detail: `SLACK_WEBHOOK_URL is not set: ${counts.pending} notifications wait for it` }
  const late = oldestSeconds > LATE_SECONDS
  const told = [
    late ? `the oldest notification has waited ${figures.oldest_seconds} s` : '',
    counts.uncertain > 0 ? `${counts.uncertain} may not have arrived` : '',
    counts.failed > 0 ? `${counts.failed} were refused and wait for a person` : '',
  ].filter((part) => part !== '')
  return { status: late || counts.failed > 0 ? 'degraded' : 'ok', ...figures, detail: told.length === 0 ? null : told.join('; ') }
}

/** Reads the gauges of the outbox; to be called before each exposition. */
export async function collectOutbox(db: Db, metrics: Metrics, now?: Date): Promise<void> {
  const { pending, oldestSeconds } = await outboxState(db, 'slack', now)
  metrics.outboxPending.set({ channel: 'slack' }, pending)
  metrics.outboxOldest.set({ channel: 'slack' }, oldestSeconds)
}
