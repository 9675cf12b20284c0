// A process that tells the people on call what is due, or that looks for pages nobody has, for tests that kill it or run several.

import { quietLog } from '../../../ops/log.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { openEscalation } from '../../../services/runbook/escalation.ts'
import { openMessenger } from '../../../services/runbook/messenger.ts'
import { openDatabase } from '../../../services/store/database.ts'

const [what = '', url = '', slackWebhookUrl] = process.argv.slice(2)
const database = await openDatabase({ url, data: '', log: quietLog })
const watch = createWatch(createMetrics({ sources: [], queues: [], version: '0' }), quietLog)
if (what === 'escalate') {
  // Both are told to begin at the same moment.
  console.log('ready')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  const escalation = openEscalation({ watch, database, afterMinutes: 15, hasSecond: true, secrets: [] })
  console.log(await escalation.once())
  await escalation.close()
} else {
  const messenger = openMessenger({ watch, database, slackWebhookUrl, mail: undefined, publicUrl: undefined, secrets: [], owner: 'killed' })
  await messenger.deliverDue()
  await messenger.close()
}
await database.close()
process.stdin.destroy()
