// outbox list, resend and channel: notifications that did not reach anybody, sending them again, and by which way they go.

import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { setSubstitute } from '../store/channels.ts'
import { listUndelivered, resend } from '../store/outbox.ts'
import { getSearch } from '../store/searches.ts'
import { openHouse } from '../works.ts'
import { misuse, refusal } from '../refusal.ts'
import { readId } from './given.ts'
import { print, utc, type Format } from './print.ts'

export async function listCommand(config: Config, options: { format: Format }): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const rows = await listUndelivered(house.database.db)
    print(
      options.format,
      rows,
      rows,
      {
        search: (r) => r.search_id,
        name: (r) => r.name,
        state: (r) => r.state,
        notifications: (r) => r.notifications,
        oldest: (r) => utc(r.oldest),
        error: (r) => r.error,
      },
      'Everything is delivered.',
    )
  } finally {
    await house.close()
  }
}

export async function resendCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const id = readId(args[0], 'search', 'rolewatch outbox list')
  const house = await openHouse(config, { quiet: true })
  try {
    if (!(await getSearch(house.database.db, id))) throw refusal(`There is no search ${id}: "rolewatch search list" shows them.`)
    const count = await resend(house.database.db, { searchId: id })
    if (count > 0) await appendAudit(house.database.db, { actor: 'cli', action: 'outbox.resend', target: `search/${id}`, after: { count } })
    console.log(count === 0 ? 'There is nothing to send again.' : `${count} notifications wait to be sent again.`)
  } finally {
    await house.close()
  }
}

export async function channelCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const [wanted] = args
  if (wanted !== 'email' && wanted !== 'slack') throw misuse(`No such channel: ${wanted ?? ''}. There are email and slack.`)
  if (wanted === 'email' && !config.mail)
    throw refusal('There is no mail server: set SMTP_URL, DIGEST_TO and DIGEST_FROM here and where notifications are sent.')
  if (wanted === 'slack' && !config.slackWebhookUrl) throw refusal('There is no Slack: set SLACK_WEBHOOK_URL.')
  const substitute = wanted === 'email' ? 'email' : null
  const house = await openHouse(config, { quiet: true })
  try {
    const before = await house.database.inTransaction(async (trx) => {
      const stood = await setSubstitute(trx, 'slack', substitute)
      if (stood !== substitute)
        await appendAudit(trx, {
          actor: 'cli',
          action: 'outbox.channel',
          target: 'channel/slack',
          before: { channel: stood ?? 'slack' },
          after: { channel: wanted },
        })
      return stood
    })
    const already = before === substitute ? ' already' : ''
    console.log(
      substitute === 'email'
        ? `Notifications${already} go by e-mail, and Slack is not tried, until "rolewatch outbox channel slack".`
        : `Notifications${already} go to Slack.`,
    )
  } finally {
    await house.close()
  }
}
