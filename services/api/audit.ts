// The audit: who or what changed what, for those who keep the house.

import { z } from 'zod'
import { listAudit, type AuditRow } from '../store/audit.ts'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import type { ApiParts } from './parts.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { listOf, moment } from './shapes.ts'

const key = z.int().positive()
const word = z.string().min(1, 'must not be empty').max(200, 'must be 200 characters at the most').optional()

/** → its number. */
const incidentName = z
  .string()
  .regex(/^(?:INC-)?\d{1,15}$/i, 'must be as INC-12')
  .transform((name) => Number(name.replace(/^INC-/i, '')))

const line = z.strictObject({
  id: z.int(),
  at: moment,
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  trace_id: z.string().nullable(),
  detail: z.unknown().describe('Of a runbook: alert, hash of its page, actor, approver, inputs, digest of the output, verdict'),
  hash: z.string().describe('SHA-256 of the hash of the line before and of this line'),
})

/** The fields of the contract, whatever else a row has. */
function toWire(row: AuditRow): Record<string, unknown> {
  return Object.fromEntries(Object.keys(line.shape).map((name) => [name, row[name as keyof AuditRow]]))
}

export function auditRoutes({ database }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/audit',
      name: 'listAudit',
      summary: 'Who or what changed what, newest first; "rolewatch audit verify" proves that nothing was changed since',
      scope: 'admin',
      query: z.strictObject({
        target: word.describe('As source/greenhouse'),
        action: word.describe('As source.pause'),
        incident: incidentName.optional().describe('As INC-12: everything that tells of it, its runs included'),
        actor: word.describe("A token's name as token:grafana, cli, local, or runbook/ and an alert"),
        ...pageFields,
      }),
      answers: { 200: { description: 'One page', schema: listOf(line) } },
      async handle({ query: { limit, cursor, incident, ...filter } }) {
        const list = { list: 'audit', incident, ...filter }
        const before = cursor === undefined ? undefined : unpackCursor(cursor, list, key)
        const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
        const rows = await listAudit(database.db, {
          ...given,
          limit: limit + 1,
          ...(incident === undefined ? {} : { incident }),
          ...(before === undefined ? {} : { before }),
        })
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return { json: { items: items.map(toWire), next_cursor: rows.length > limit && last ? packCursor(list, last.id) : null } }
      },
    }),
  ]
}
