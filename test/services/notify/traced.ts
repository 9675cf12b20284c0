// A process of its own that delivers what is due with tracing on: tracing is started once per process and stays.

import { createMetrics } from '../../../ops/metrics.ts'
import { quietLog } from '../../../ops/log.ts'
import { createWatch, startTelemetry } from '../../../ops/telemetry.ts'

const [url, slackWebhookUrl, endpoint, smtpUrl] = process.argv.slice(2)
const stop = startTelemetry({ endpoint, version: '0', role: 'test' })
// After tracing has begun, or the queries of pg make no spans.
const { openDatabase } = await import('../../../services/store/database.ts')
const { openNotifier } = await import('../../../services/notify/notifier.ts')

const database = await openDatabase({ url, data: '', log: quietLog })
const metrics = createMetrics({ sources: ['greenhouse'], queues: [], version: '0' })
const notifier = openNotifier({
  watch: createWatch(metrics, quietLog),
  database,
  slackWebhookUrl,
  mail: smtpUrl === undefined ? undefined : { smtpUrl, to: 'ann@example.org', from: 'watch@roles.example' },
  publicUrl: undefined,
  owner: 'traced',
  listen: false,
  intervalSeconds: 0,
})
await notifier.deliverDue()
await notifier.close()
await database.close()
await stop()
