// Drills on messages: a Slack that refuses, is away or is late, and what people hear of postings meanwhile.

import { setSubstitute } from '../store/channels.ts'
import { ageOutbox } from '../store/drill-past.ts'
import { outboxState, resend } from '../store/outbox.ts'
import type { AlertDrill } from './drill.ts'
import type { Ground } from './ground.ts'
import { until } from './until.ts'

/** So many days bring enough new postings for every search. */
const DAYS = 3

/** Of people's searches: the canary has one of its own. */
const outboxOf = ({ database, searches }: Ground) => database.db('outbox').whereIn('search_id', [...searches])

/** New postings are published, and are there to be told; they wait where Slack does not take them. */
async function bringNews(ground: Ground): Promise<void> {
  const count = async () => (await outboxOf(ground)).length
  const before = await count()
  ground.sandbox.market.advance(DAYS)
  await until('news to tell', async () => (await count()) > before)
}

const isRefused = (ground: Ground) =>
  until('Slack to refuse', async () => (await outboxOf(ground).where({ state: 'pending' }).whereNotNull('error')).length > 0)

/** Slack is back, everything that waits goes out, and by Slack. */
async function mend(ground: Ground, name: string): Promise<void> {
  const { db } = ground.database
  ground.heal(name)
  await ground.database.inTransaction((trx) => setSubstitute(trx, 'slack', null))
  for (const searchId of ground.searches) await resend(db, { searchId })
  await db('outbox').where({ state: 'pending' }).update({ due_at: new Date() })
  await db('channels').update({ failing_since: null, quiet_until: null, next_at: new Date() })
  await until('everything to be told', async () => {
    const { pending, failed, uncertain } = await outboxState(db, 'slack')
    return pending + failed + uncertain === 0
  })
}

/** What it was is over when the runbook looks, or all but over. */
const PAST = {
  verdict: ['healthy', 'inconclusive', 'degraded'],
  ending: 'asks a person',
  outcome: ['healthy', 'inconclusive', 'suggested'],
} as const

type Draft = Omit<AlertDrill, 'kind' | 'mode' | 'needs' | 'repair'> & Partial<Pick<AlertDrill, 'mode'>>

const onSlack = (draft: Draft): AlertDrill => ({
  mode: 'auto',
  ...draft,
  kind: 'real',
  needs: ['slack'],
  repair: (ground) => mend(ground, draft.name),
})

/** Slack is away, and what came meanwhile has been waiting for so long. */
async function holdBack(ground: Ground, name: string, seconds: number): Promise<void> {
  ground.break(name, { source: 'slack', kind: 'status', status: 503 })
  await bringNews(ground)
  await isRefused(ground)
  await until('the age of what waits to be seen', async () => {
    await ageOutbox(ground.database.db, ground.searches, seconds)
    return (await ground.ask(`max(rolewatch_outbox_oldest_seconds{channel="slack"}) >= ${seconds}`)).length > 0
  })
}

/** It was away, and everything is told now, so much later. */
async function tellLate(ground: Ground, name: string, seconds: number): Promise<void> {
  await holdBack(ground, name, seconds)
  ground.heal(name)
  await ground.database.db('outbox').where({ state: 'pending' }).update({ due_at: new Date() })
  await ground.database.db('channels').update({ quiet_until: null, next_at: new Date() })
}

export const messageDrills: readonly AlertDrill[] = [
  onSlack({
    name: 'webhook-gone',
    alert: 'MessagesFailing',
    labels: { channel: 'slack' },
    about: 'the webhook of Slack was revoked: 404 to every message',
    async inject(ground) {
      ground.break('webhook-gone', { source: 'slack', kind: 'status', status: 404 })
      await bringNews(ground)
    },
    expected: {
      verdict: ['broken', 'degraded'],
      causes: ['channel'],
      ending: 'mends itself',
      outcome: ['mended'],
      does: ['channel.switch'],
    },
  }),
  onSlack({
    name: 'slack-away',
    alert: 'OutboxStuck',
    labels: { channel: 'slack' },
    about: 'Slack answers 503 for minutes: one message was delivered, none has failed, and the rest waits',
    incidents: [3],
    inject: (ground) => holdBack(ground, 'slack-away', 400),
    expected: { verdict: ['broken'], causes: ['channel'], ending: 'mends itself', outcome: ['mended'], does: ['channel.switch'] },
  }),
  onSlack({
    name: 'slack-slow',
    alert: 'OutboxSlow',
    labels: { channel: 'slack' },
    about: 'Slack answers 503 for a minute or two',
    inject: (ground) => holdBack(ground, 'slack-slow', 100),
    expected: {
      verdict: ['broken', 'degraded'],
      causes: ['channel'],
      ending: 'mends itself',
      outcome: ['mended'],
      does: ['channel.switch'],
    },
  }),
  onSlack({
    name: 'news-late',
    alert: 'AlertDeliverySlow',
    labels: { channel: 'slack' },
    about: 'job alerts come one and a half minutes late, once',
    inject: (ground) => tellLate(ground, 'news-late', 90),
    mode: 'suggest',
    holds: true,
    expected: PAST,
  }),
  onSlack({
    name: 'news-very-late',
    alert: 'AlertDeliveryVerySlow',
    labels: { channel: 'slack' },
    about: 'job alerts come four minutes late, once',
    inject: (ground) => tellLate(ground, 'news-very-late', 240),
    mode: 'suggest',
    holds: true,
    expected: PAST,
  }),
  onSlack({
    name: 'canary-lost',
    alert: 'CanaryLate',
    labels: { channel: 'slack' },
    about: 'no message has come for long, and nobody misses one: the canary does',
    incidents: [9],
    inject: async (ground) => ground.break('canary-lost', { source: 'slack', kind: 'status', status: 503 }),
    expected: {
      verdict: ['healthy', 'inconclusive', 'degraded'],
      ending: 'asks a person',
      outcome: ['healthy', 'inconclusive', 'suggested'],
    },
  }),
  {
    ...onSlack({
      name: 'pager-gone',
      alert: 'AlertmanagerNotificationsFailing',
      labels: { integration: 'slack' },
      about: 'the ops channel takes no message: that comes by mail',
      async inject(ground) {
        ground.break('pager-gone', { source: 'slack', kind: 'status', status: 404 })
        // Something must be there to be told.
        ground.exporter.put('pager-gone', [{ name: 'rolewatch_disk_free_ratio{volume="pager-gone"}', value: 0.05 }])
      },
      expected: { verdict: ['broken'], causes: ['monitoring'], ending: 'asks a person', outcome: ['suggested'] },
    }),
    async repair(ground) {
      ground.exporter.take('pager-gone')
      await mend(ground, 'pager-gone')
    },
  },
]
