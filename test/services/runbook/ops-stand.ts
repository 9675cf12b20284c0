// A stand for what on-call is told: the engines' stand, with a Slack and a mail server that receive, and messengers turned by hand.

import type { Log } from '../../../ops/log.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { onAlerts, type ReceivedAlert } from '../../../services/runbook/intake.ts'
import { openMessenger, type Messenger, type MessengerOptions } from '../../../services/runbook/messenger.ts'
import { openSay } from '../../../services/runbook/messages.ts'
import type { Say } from '../../../services/runbook/course.ts'
import type { SlackMessage } from '../../../services/notify/digest.ts'
import { receiveAlerts } from '../../../services/store/alerts.ts'
import { openMailServer, type MailServer } from '../../mail.ts'
import { openSlackServer, type SlackServer } from '../../slack.ts'
import { ALERT, openStand, type Stand } from './stand.ts'

export interface OpsRow {
  id: number
  lane: string
  thread: string
  kind: string
  state: string
  attempts: number
  due_at: Date
  lost_at: Date | null
  message_id: string | null
  delivered_by: string | null
  error: string | null
}

export interface OpsStand extends Omit<Stand, 'tell'> {
  slack: SlackServer
  mail: MailServer
  say: Say
  lines: { level: string; event: string; [field: string]: unknown }[]
  /** Tells of an alert as the hook does: it is kept, and what follows from it is queued. */
  tell(alert?: Partial<ReceivedAlert> & { name?: string }): Promise<void>
  messenger(options?: Partial<MessengerOptions>): Messenger
  /** What on-call has seen, each message as plain lines; without its trace, which is there when tests that trace run too. */
  seen(): string[][]
  rows(): Promise<OpsRow[]>
  counted(channel: 'slack' | 'email', outcome: string): Promise<number>
}

const TRACE = / · trace [0-9a-f]{32}/

/** A message as it is read: a line for each line of its blocks. */
export function linesOf({ blocks }: SlackMessage): string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'header') return [`# ${block.text.text}`]
    if (block.type === 'section') return block.text.text.split('\n')
    return block.elements.map(({ text }) => `(${text})`)
  })
}

export async function openOpsStand(texts?: Readonly<Record<string, string>>): Promise<OpsStand> {
  const stand = await openStand(texts)
  const slack = await openSlackServer()
  const mail = await openMailServer()
  const { world, clock, pages } = stand
  const now = () => clock.now
  const say = openSay({ secrets: [], now })
  const open: Messenger[] = []
  const lines: OpsStand['lines'] = []
  const write =
    (level: string) =>
    (event: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, event, ...fields })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return {
    ...stand,
    slack,
    mail,
    say,
    lines,
    engine: (options = {}) => stand.engine({ say, ...options }),
    async tell({ name = ALERT, ...alert } = {}) {
      const told: ReceivedAlert = {
        fingerprint: 'f1',
        status: 'firing',
        starts_at: clock.now,
        ...alert,
        annotations: {
          summary: 'Greenhouse refuses us',
          dashboard_url: 'https://grafana.example/d/rolewatch-scrapers?var-source=greenhouse',
          ...alert.annotations,
        },
        labels: { alertname: name, severity: 'page', priority: 'P1', owner: 'scraping', source: 'greenhouse', ...alert.labels },
      }
      await world.database.inTransaction(async (trx) => {
        await receiveAlerts(trx, [{ ...told, ends_at: told.status === 'firing' ? null : clock.now }], clock.now)
        await onAlerts(trx, [told], { pages, say, log, now: clock.now })
      })
    },
    messenger(options = {}) {
      const one = openMessenger({
        watch: createWatch(world.metrics, log),
        database: world.database,
        slackWebhookUrl: slack.url,
        mail: undefined,
        publicUrl: 'https://roles.example',
        secrets: [],
        owner: `messenger ${open.length}`,
        intervalSeconds: 0,
        now,
        ...options,
      })
      open.push(one)
      return one
    },
    seen: () => slack.accepted.map(({ message }) => linesOf(message).map((line) => line.replace(TRACE, ''))),
    rows: () => world.db('ops_messages').select<OpsRow[]>('*').orderBy('id'),
    counted: (channel, outcome) => world.metrics.value(world.metrics.opsMessages, { channel, outcome }),
    async close() {
      await Promise.all(open.map((one) => one.close()))
      await slack.close()
      await mail.close()
      await stand.close()
    },
  }
}
