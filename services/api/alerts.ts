// Alerts: what Alertmanager told of, and whether it still holds.

import { z } from 'zod'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import { listAlerts } from '../store/alerts.ts'
import type { ApiParts } from './parts.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { listOf, moment } from './shapes.ts'

const key = z.tuple([moment, z.string()])
const texts = z.record(z.string(), z.string())

const alert = z.strictObject({
  fingerprint: z.string().describe('The same whenever the alert with these labels fires'),
  alertname: z.string(),
  severity: z.string(),
  status: z
    .enum(['firing', 'resolved', 'silent'])
    .describe('silent: it fired when it was last heard of, more than twenty minutes ago; it is silenced, inhibited, or nobody tells of it'),
  starts_at: moment,
  ends_at: moment.nullable(),
  labels: texts,
  annotations: texts,
  first_received_at: moment,
  last_received_at: moment,
  receipts: z.int().describe('How often it was told'),
})

const name = z.string().max(200, 'must be 200 characters at the most').optional()

export function alertRoutes({ database, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/alerts',
      name: 'listAlerts',
      summary: 'Alerts that Alertmanager told of, newest first',
      scope: 'read',
      query: z.strictObject({
        status: z.enum(['firing', 'all']).default('firing'),
        alertname: name,
        severity: name,
        ...pageFields,
      }),
      answers: { 200: { description: 'One page', schema: listOf(alert) } },
      async handle({ query: { limit, cursor, ...filter } }) {
        const list = { list: 'alerts', ...filter }
        const after = cursor === undefined ? undefined : unpackCursor(cursor, list, key)
        const rows = await listAlerts(
          database.db,
          {
            firing: filter.status === 'firing',
            ...(filter.alertname === undefined ? {} : { alertname: filter.alertname }),
            ...(filter.severity === undefined ? {} : { severity: filter.severity }),
            limit: limit + 1,
            ...(after ? { after: { at: new Date(after[0]), fingerprint: after[1] } } : {}),
          },
          now(),
        )
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        const next = rows.length > limit && last ? packCursor(list, [last.starts_at.toISOString(), last.fingerprint]) : null
        return { json: { items, next_cursor: next } }
      },
    }),
  ]
}
