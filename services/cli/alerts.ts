// alerts: what Alertmanager told of, as GET /api/v1/alerts lists it.

import type { Config } from '../config.ts'
import { listAlerts, type AlertRow } from '../store/alerts.ts'
import { openHouse } from '../works.ts'
import { plain, print, utc, type Format } from './print.ts'

interface Options {
  all?: boolean
  limit: number
  format: Format
}

export async function alertsCommand(config: Config, { all = false, limit, format }: Options): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const alerts = await listAlerts(house.database.db, { firing: !all, limit }, new Date())
    print(
      format,
      alerts,
      alerts,
      {
        since: (a) => utc(a.starts_at),
        alert: (a) => plain(a.alertname),
        severity: (a) => plain(a.severity),
        status: (a) => a.status,
        over: (a) => utc(a.ends_at),
        where: (a) => plain(whereOf(a)),
        summary: (a) => plain(a.annotations['summary'] ?? ''),
      },
      all ? 'Alertmanager has told of no alert yet.' : 'Nothing fires, as far as Alertmanager told; --all shows what did.',
    )
  } finally {
    await house.close()
  }
}

/** What tells it from others of its name. */
function whereOf({ labels }: AlertRow): string {
  return Object.entries(labels)
    .filter(([name]) => !['alertname', 'severity', 'priority', 'owner', 'slo'].includes(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
