// search list, add, remove: saved searches from the command line.

import { appendAudit } from '../store/audit.ts'
import { createSearch, deleteSearch, listSearches } from '../store/searches.ts'
import type { Config } from '../config.ts'
import { openHouse } from '../works.ts'
import { refusal } from '../refusal.ts'
import { readId, readName } from './given.ts'
import { print, utc, type Format } from './print.ts'
import { toSavedQuery, type QueryOptions } from './query.ts'

export async function listCommand(config: Config, options: { format: Format }): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const searches = await listSearches(house.database.db)
    print(
      options.format,
      searches,
      searches,
      {
        id: (s) => s.id,
        name: (s) => s.name,
        query: (s) => JSON.stringify(s.query),
        cadence: (s) => s.notify.cadence,
        since: (s) => utc(s.created_at),
      },
      'No saved searches yet: rolewatch search add "Remote Go" --q golang --mode remote',
    )
  } finally {
    await house.close()
  }
}

export async function addCommand(config: Config, options: QueryOptions & { format: Format }, args: string[]): Promise<void> {
  const name = readName(args[0])
  const query = toSavedQuery(options)
  const house = await openHouse(config, { quiet: true })
  try {
    const search = await createSearch(house.database.db, { name, query, notify: { channel: 'slack', cadence: 'instant' } })
    await appendAudit(house.database.db, { actor: 'cli', action: 'search.create', target: `search/${search.id}`, after: search })
    if (options.format === 'json') console.log(JSON.stringify(search, null, 2))
    else console.log(`Saved as ${search.id}. New postings that fit will be told ${howTold(config)}.`)
  } finally {
    await house.close()
  }
}

function howTold({ slackWebhookUrl, mail }: Config): string {
  if (slackWebhookUrl) return 'on Slack'
  return mail ? 'by e-mail' : 'on Slack once SLACK_WEBHOOK_URL is set'
}

export async function removeCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const id = readId(args[0], 'search', 'rolewatch search list')
  const house = await openHouse(config, { quiet: true })
  try {
    if (!(await deleteSearch(house.database.db, id))) throw refusal(`There is no search ${id}: "rolewatch search list" shows them.`)
    await appendAudit(house.database.db, { actor: 'cli', action: 'search.delete', target: `search/${id}` })
    console.log('Deleted.')
  } finally {
    await house.close()
  }
}
