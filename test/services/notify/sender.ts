// A process that delivers what is due, for tests that kill it.

import { quietLog } from '../../../ops/log.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { openNotifier } from '../../../services/notify/notifier.ts'
import { openDatabase } from '../../../services/store/database.ts'

const [url = '', slackWebhookUrl, smtpUrl = ''] = process.argv.slice(2)
const database = await openDatabase({ url, data: '', log: quietLog })
const notifier = openNotifier({
  watch: createWatch(createMetrics({ sources: [], queues: [], version: '0' }), quietLog),
  database,
  slackWebhookUrl,
  mail: { smtpUrl, to: 'ann@example.org', from: 'watch@roles.example' },
  publicUrl: undefined,
  owner: 'killed',
  listen: false,
})
await notifier.deliverDue()
await notifier.close()
await database.close()
