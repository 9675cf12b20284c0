// The weeks before: the sandbox's market visited day by day with the product's clock set back, so that PostgreSQL has a history.

import { quietLog } from '../../ops/log.ts'
import type { Sandbox } from '../../ops/sandbox/sandbox.ts'
import type { Config } from '../../services/config.ts'
import { openNotifier } from '../../services/notify/notifier.ts'
import { createRunFeed, refresh } from '../../services/scrape/refresh.ts'
import { startVisits } from '../../services/scrape/schedule.ts'
import { openWorks, type Works } from '../../services/works.ts'
import { addSearches, sandboxed } from './day.ts'

const DAY_MS = 86_400_000

/** A clock that can be set back. */
export interface Clock {
  now: () => Date
  /** How many ms it is behind. */
  behind: number
}

export function createClock(behind: number): Clock {
  const clock = { behind, now: () => new Date(Date.now() - clock.behind) }
  return clock
}

/** What PostgreSQL has dated by its own clock is dated back too. */
async function dateBack({ database: { db } }: Works, since: Date, behind: number): Promise<void> {
  const earlier = (column: string) => db.raw("?? - ? * interval '1 millisecond'", [column, behind])
  await db('matches')
    .where('matched_at', '>=', since)
    .update({ matched_at: earlier('matched_at') })
  await db('outbox')
    .where('created_at', '>=', since)
    .update({ created_at: earlier('created_at'), due_at: earlier('due_at'), delivered_at: earlier('delivered_at') })
}

/** Lives the days before today, one visit to each board a day, and leaves the clock at now. The market must have been opened by the clock. */
export async function livePast(given: Config, sandbox: Sandbox, clock: Clock): Promise<void> {
  const config = sandboxed(given, sandbox)
  const works = await openWorks(config, { log: quietLog, now: clock.now })
  try {
    const feed = createRunFeed()
    const worker = startVisits(works.runParts, works.queue, 16, feed.tell)
    works.closers.add(() => worker.stop())
    const { watch, database, owner } = works
    const { slackWebhookUrl } = config
    const notifier = openNotifier({ watch, database, slackWebhookUrl, publicUrl: undefined, owner, listen: false, intervalSeconds: 0.02 })
    works.closers.add(() => notifier.close())
    await addSearches(database.db)
    for (; clock.behind > 0; clock.behind -= DAY_MS) {
      const since = new Date()
      await refresh(database, works.queue, {}, feed)
      await notifier.deliverDue()
      await dateBack(works, since, clock.behind)
      sandbox.market.advance(1)
    }
    clock.behind = 0
  } finally {
    await works.close()
  }
}
