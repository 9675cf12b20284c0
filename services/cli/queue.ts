// queue dead and redrive: visits that failed for good.

import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { VISITS } from '../scrape/schedule.ts'
import { openWorks } from '../works.ts'
import { print, utc, type Format } from './print.ts'

export async function deadCommand(config: Config, options: { format: Format }): Promise<void> {
  const works = await openWorks(config, { quiet: true })
  try {
    const letters = await works.queue.deadLetters(VISITS)
    print(
      options.format,
      letters,
      letters,
      { at: (l) => utc(l.at), task: (l) => JSON.stringify(l.data), error: (l) => JSON.stringify(l.error) },
      'No dead letters.',
    )
  } finally {
    await works.close()
  }
}

export async function redriveCommand(config: Config): Promise<void> {
  const works = await openWorks(config, { quiet: true })
  try {
    const count = await works.queue.redrive(VISITS)
    await appendAudit(works.database.db, { actor: 'cli', action: 'queue.redrive', target: `queue/${VISITS}`, after: { count } })
    console.log(`${count} tasks are in the queue again.`)
  } finally {
    await works.close()
  }
}
