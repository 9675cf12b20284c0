// canary: one invented posting goes the whole way now, and how long each stage took is printed.

import { join } from 'node:path'
import { canaryNow, type Way } from '../canary/now.ts'
import type { Config } from '../config.ts'
import { openNotifier } from '../notify/notifier.ts'
import { misuse, refusal } from '../refusal.ts'
import { openWorks, type Works } from '../works.ts'
import { toTable, type Format } from './print.ts'

interface Options {
  format: Format
  timeout: number
}

/** The processes that are running have this part of the time to send it before the command does. */
const GRACE = 1 / 3

/** Exits 0 when it came through in time. */
export async function canaryCommand(config: Config, options: Options): Promise<number> {
  const { canaryWebhookUrl } = config
  if (!canaryWebhookUrl) throw misuse('CANARY_WEBHOOK_URL is not set: there is no canary. It is a webhook of its own, in a muted channel.')
  const works = await openWorks(config, { quiet: true })
  try {
    const way = await canaryNow({
      runParts: works.runParts,
      watch: works.canaryWatch,
      folder: join(config.data, 'canary'),
      everySeconds: config.canaryEverySeconds,
      owner: works.owner,
      timeoutSeconds: options.timeout,
      graceSeconds: options.timeout * GRACE,
      send: () => send(works, canaryWebhookUrl),
    })
    if (!way)
      throw refusal(`Another round was under way for ${options.timeout} s: try again when it has ended, or with a longer --timeout.`)
    show(way, options.format)
    return way.outcome === 'delivered' ? 0 : 1
  } finally {
    await works.close()
  }
}

/** People's messages are left where they are. */
async function send({ database, canaryWatch: watch, owner, closers }: Works, webhookUrl: string): Promise<number> {
  const canary = { webhookUrl, watch }
  const notifier = openNotifier({ watch, database, slackWebhookUrl: undefined, canary, publicUrl: undefined, owner, listen: false })
  closers.add(() => notifier.close())
  return notifier.deliverDue()
}

function show(way: Way, format: Format): void {
  if (format === 'json') {
    console.log(JSON.stringify(way, null, 2))
    return
  }
  const seconds = (value: number | null) => (value === null ? '—' : value.toFixed(3))
  const width = Math.max(...way.stages.map((one) => seconds(one.seconds).length), 'seconds'.length)
  console.log(toTable(way.stages, { stage: (one) => one.stage, seconds: (one) => seconds(one.seconds).padStart(width) }))
  const trace = way.trace_id === null ? '' : ` · trace ${way.trace_id}`
  if (way.outcome === 'delivered') console.log(`\nIt came through ${way.round_trip_seconds.toFixed(1)} s after it was stored${trace}`)
  else console.log(`\nIt did not come through (${way.outcome}, ${way.round_trip_seconds.toFixed(1)} s): ${way.error ?? ''}${trace}`)
  if (way.sent_by === 'us') console.log('No running process took it, so this command sent it: is a worker running?')
}
