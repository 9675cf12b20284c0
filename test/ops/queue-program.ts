// A worker in a process of its own for the queue test: it can be killed in the middle of a task, or end by itself when all is closed.

import { quietLog } from '../../ops/log.ts'
import { openQueue } from '../../ops/queue.ts'
import { openDatabase } from '../../services/store/database.ts'
import { queueDatabase } from '../../services/store/queue.ts'

const [url = '', name = '', mode] = process.argv.slice(2)
const database = await openDatabase({ url, data: '', log: quietLog })
const queue = openQueue({ database: queueDatabase(database), log: quietLog, queues: [name] })
await queue.start()
const taken = Promise.withResolvers<void>()
queue.work(name, { concurrency: 2 }, async () => {
  process.stdout.write('taken\n')
  taken.resolve()
  if (mode === 'hang') await new Promise(() => {})
})
await taken.promise
if (mode === 'end') {
  await queue.close()
  await database.close()
}
