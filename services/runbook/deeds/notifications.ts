// Deeds on notifications: those that were refused for good are sent again, and a channel is put in the place of another.

import { z } from 'zod'
import { CHANNELS } from '../../../ops/metrics.ts'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import { channelState, replaceSubstitute, setSubstitute } from '../../store/channels.ts'
import type { Db } from '../../store/database.ts'
import { countRefused, resendRefused, type Channel } from '../../store/outbox.ts'
import type { ActionParts } from '../parts.ts'
import { counted } from '../words.ts'

const channel = z.enum(CHANNELS, `must be one of ${CHANNELS.join(', ')}`)

/** What `undo` needs: what stood in for the channel before, and what was put there. Null: nothing. */
interface Switched {
  from: Channel
  before: Channel | null
  set: Channel | null
}

export function notificationDeeds({ database, config }: Pick<ActionParts, 'database' | 'config'>): Write<Db>[] {
  const { db } = database
  return [
    {
      kind: 'write',
      name: 'outbox.resend',
      summary: 'Sends what was refused for good of one search again; what may have arrived is left to a person',
      args: z.strictObject({ search: z.uuid('must be the id of a search') }),
      reach: 'channel',
      reversible: false,
      transaction: true,
      cooldownSeconds: 1800,
      perHour: 6,
      perDay: 24,
      timeoutSeconds: 15,
      async plan(args) {
        const count = await countRefused(db, String(args['search']))
        const plan = { target: `search/${String(args['search'])}`, words: `${counted(count, 'refused notification')} will be sent again.` }
        return count === 0 ? { ...plan, idle: 'Nothing of this search was refused for good.' } : plan
      },
      act: async (args, _occasion, trx) => ({
        words: `${counted(await resendRefused(trx, String(args['search'])), 'refused notification')} on the way again.`,
      }),
    },
    {
      kind: 'write',
      name: 'channel.switch',
      summary: 'Sends everything of one channel by another, until it is switched back',
      args: z.strictObject({ to: channel, from: channel.default('slack') }),
      reach: 'channel',
      reversible: true,
      transaction: true,
      cooldownSeconds: 900,
      perHour: 4,
      perDay: 12,
      timeoutSeconds: 15,
      async plan(args) {
        const way = wayOf(args)
        const { substitute } = await channelState(db, way.from)
        return planSwitch(way, substitute, config.mail !== undefined)
      },
      async act(args, _occasion, trx) {
        const { from, to, set } = wayOf(args)
        const undo: Switched = { from, set, before: await setSubstitute(trx, from, set) }
        return { words: set === null ? `${from} carries its own messages again.` : `Everything of ${from} goes by ${to} now.`, undo }
      },
      async undo(saved, _occasion, trx) {
        const { from, before, set } = saved as Switched
        if (await replaceSubstitute(trx, from, set, before)) return `What is of ${from} goes by ${before ?? from} as before.`
        return `Somebody has switched ${from} meanwhile: it is left as it is.`
      },
    },
  ]
}

interface Way {
  from: Channel
  to: Channel
  /** What is put in the place of `from`; null for the channel itself. */
  set: Channel | null
}

function wayOf(args: Record<string, unknown>): Way {
  const [from, to] = [args['from'] as Channel, args['to'] as Channel]
  return { from, to, set: to === from ? null : to }
}

function planSwitch({ from, to, set }: Way, substitute: Channel | null, hasMail: boolean): Plan {
  const words = set === null ? `${from} will carry its own messages again.` : `Everything of ${from} will go by ${to}.`
  const plan = { target: `channel/${from}`, words }
  if (substitute === set)
    return { ...plan, idle: `${set === null ? `${from} carries its own messages` : `Everything of ${from} goes by ${to}`} already.` }
  if (set === 'slack') return { ...plan, idle: `Slack cannot stand in for ${from}.` }
  if (set === 'email' && !hasMail) return { ...plan, idle: 'There is no second channel: SMTP_URL is not set.' }
  return plan
}
