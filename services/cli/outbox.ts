// outbox list and resend: notifications that did not reach anybody, and sending them again.

import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { listUndelivered, resend } from '../store/outbox.ts'
import { getSearch } from '../store/searches.ts'
import { openHouse } from '../works.ts'
import { refusal } from '../refusal.ts'
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
