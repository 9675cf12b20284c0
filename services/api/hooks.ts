// The hook that Alertmanager tells of alerts: every label and annotation in it is data from outside, kept and never interpreted.

import { z } from 'zod'
import { ALERT_STATUSES } from '../../ops/metrics.ts'
import { receiveAlerts, type AlertChange, type ToldAlert } from '../store/alerts.ts'
import type { ApiParts } from './parts.ts'
import { defineRoute, type Route } from './route.ts'

/** The alert that always fires. It is a sign of life and no trouble, so it makes no row. */
const WATCHDOG = 'Watchdog'

const texts = z.record(z.string(), z.string())
const at = z.iso.datetime({ offset: true, error: 'must be a moment, as 2026-01-31T12:00:00Z' })

// Unknown fields are left out: newer versions of Alertmanager add some.
const alert = z.object({
  status: z.enum(ALERT_STATUSES),
  labels: texts,
  annotations: texts.default({}),
  startsAt: at,
  endsAt: at.nullish().describe('0001-01-01T00:00:00Z while it fires'),
  fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/, 'must be hexadecimal, 64 characters at the most'),
})

/** Format: Prometheus documentation, Alerting, Configuration, <webhook_config>, version 4. */
const notification = z.object({
  version: z.literal('4'),
  truncatedAlerts: z.int().min(0).default(0).describe('How many more alerts the group has than are in the list'),
  alerts: z.array(alert),
})

export function hookRoutes({ database, watch, onAlerts, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/hooks/alertmanager',
      name: 'receiveAlerts',
      summary: 'What Alertmanager tells: its webhook, version 4',
      scope: 'hooks',
      body: notification,
      bodyLimit: 1024 * 1024,
      answers: {
        200: {
          description: 'It is kept',
          schema: z.strictObject({
            received: z.int().describe('Alerts in the request'),
            changed: z.int().describe('Those of them that are news: one that fires, or one that is over'),
          }),
        },
      },
      async handle({ body: { alerts, truncatedAlerts } }) {
        const moment = now()
        const told = alerts.filter(({ labels }) => labels['alertname'] !== WATCHDOG).map(toTold)
        const changes = await database.inTransaction(async (trx) => {
          const news = await receiveAlerts(trx, told, moment)
          await onAlerts?.(trx, news, moment)
          return news
        })
        for (const { status } of alerts) watch.metrics.alertsReceived.inc({ status })
        if (alerts.some(({ labels, status }) => labels['alertname'] === WATCHDOG && status === 'firing'))
          watch.metrics.watchdogLastSeen.set(moment.getTime() / 1000)
        for (const change of changes) watch.log.info(`alert.${change.status}`, wordsOf(change))
        if (truncatedAlerts > 0) watch.log.warn('alert.truncated', { received: alerts.length, left_out: truncatedAlerts })
        return { json: { received: alerts.length, changed: changes.length } }
      },
    }),
  ]
}

function toTold({ status, labels, annotations, startsAt, endsAt, fingerprint }: z.output<typeof alert>): ToldAlert {
  return {
    fingerprint,
    status,
    starts_at: new Date(startsAt),
    ends_at: endsAt && !endsAt.startsWith('0001-') ? new Date(endsAt) : null,
    labels: storable(labels),
    annotations: storable(annotations),
  }
}

/** PostgreSQL has no NUL in text: one odd label must not lose the other alerts of the request. */
function storable(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.replaceAll('\0', '\uFFFD'), value.replaceAll('\0', '\uFFFD')]),
  )
}

function wordsOf({ alertname, severity, fingerprint, starts_at, before, labels }: AlertChange): Record<string, unknown> {
  return { alert: alertname, severity, fingerprint, starts_at: starts_at.toISOString(), before, labels }
}
