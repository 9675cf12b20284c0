// Looks at notifications: what waits in the outbox, and how the channel stands.

import { z } from 'zod'
import { CHANNELS } from '../../../ops/metrics.ts'
import type { Cause, Finding, Read } from '../../../ops/runbook/action.ts'
import { channelState, type ChannelState } from '../../store/channels.ts'
import { listUndelivered, outboxState, type Channel, type OutboxState, type Undelivered } from '../../store/outbox.ts'
import type { ActionParts } from '../parts.ts'
import { counted, lasting } from '../words.ts'

const channel = z.enum(CHANNELS, `must be one of ${CHANNELS.join(', ')}`).default('slack')
/** The longest that a notification may take, by the SLO. */
const LATE_SECONDS = 30
/** From here on it is an outage and no slowness. */
const STUCK_SECONDS = 300
/** Each search is one message, and one goes out a second: more than this is a backlog. */
const BACKLOG = 60
/** Searches that are kept. */
const KEPT = 10

export function notificationLooks({ database, config }: Pick<ActionParts, 'database' | 'config'>): Read[] {
  const { db } = database
  return [
    {
      kind: 'read',
      name: 'outbox.state',
      summary: 'What waits in the outbox, since when, and what the channel said last',
      args: z.strictObject({ channel }),
      timeoutSeconds: 10,
      gives: ['search'],
      async look(args) {
        const wanted = args['channel'] as Channel
        return judgeOutbox(await outboxState(db, wanted), await listUndelivered(db, wanted), await channelState(db, wanted))
      },
    },
    {
      kind: 'read',
      name: 'channel.state',
      summary: 'Whether the channel accepts messages, and what stands in for it',
      args: z.strictObject({ channel }),
      timeoutSeconds: 5,
      gives: [],
      async look(args) {
        const wanted = args['channel'] as Channel
        const isSet = wanted === 'slack' ? config.slackWebhookUrl !== undefined : config.mail !== undefined
        return judgeChannel(wanted, await channelState(db, wanted), isSet, config.mail !== undefined)
      },
    },
  ]
}

function judgeOutbox(state: OutboxState, undelivered: readonly Undelivered[], { quietSeconds }: ChannelState): Finding {
  const failed = undelivered.find((one) => one.state === 'failed')
  const said = failed?.error ?? undelivered.find((one) => one.error !== null)?.error
  const waiting = undelivered.filter((one) => one.state === 'pending').length
  const searches = undelivered
    .slice(0, KEPT)
    .map(({ search_id, state: is, notifications, error }) => ({ search_id, state: is, notifications, error }))
  const base = { ...(failed ? { values: { search: failed.search_id } } : {}), facts: { ...state, quietSeconds, searches } }
  const words = `${counted(state.pending, 'notification')} of ${counted(waiting, 'search', 'searches')} waiting, the oldest for ${lasting(state.oldestSeconds)}; ${state.failed} refused for good, ${state.uncertain} without an answer.${said ? ` The channel said: ${said}` : ''}`
  if (state.oldestSeconds <= LATE_SECONDS) {
    if (state.failed > 0) return { ...base, verdict: 'degraded', causes: ['channel'], words }
    return { ...base, verdict: 'healthy', causes: [], words }
  }
  // A channel that asked to be left alone is not broken.
  const cause: Cause = quietSeconds > 0 ? 'throttled' : waiting > BACKLOG ? 'backlog' : 'channel'
  const isBroken = state.oldestSeconds > STUCK_SECONDS && cause !== 'throttled'
  const causes: Cause[] = state.failed > 0 && cause !== 'channel' ? [cause, 'channel'] : [cause]
  return { ...base, verdict: isBroken ? 'broken' : 'degraded', causes, words }
}

function judgeChannel(name: Channel, state: ChannelState, isSet: boolean, hasMail: boolean): Finding {
  const degraded = { verdict: 'degraded', facts: state } as const
  if (state.substitute !== null)
    return { ...degraded, causes: ['channel'], words: `Everything goes by ${state.substitute} in place of ${name} now.` }
  if (!isSet) return { ...degraded, causes: ['channel'], words: `${name === 'slack' ? 'SLACK_WEBHOOK_URL' : 'SMTP_URL'} is not set.` }
  if (state.quietSeconds > 0)
    return { ...degraded, causes: ['throttled'], words: `${name} asked to be left alone for another ${lasting(state.quietSeconds)}.` }
  if (state.failingSeconds === null)
    return { verdict: 'healthy', causes: [], words: `${name} has refused nothing since it last accepted.`, facts: state }
  const second = hasMail ? '' : ' There is no second channel: SMTP_URL is not set.'
  return {
    verdict: state.failingSeconds > STUCK_SECONDS ? 'broken' : 'degraded',
    causes: ['channel'],
    words: `${name} has refused for ${lasting(state.failingSeconds)}.${second}`,
    facts: state,
  }
}
