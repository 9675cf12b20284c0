// Sources: how many boards each has, how their last visits ended, and how its hosts are.

import { z } from 'zod'
import { BREAKER_STATES, OUTCOMES } from '../../ops/metrics.ts'
import { sourceSummaries } from '../store/boards.ts'
import type { ApiParts } from './parts.ts'
import { defineRoute, type Route } from './route.ts'
import { moment } from './shapes.ts'

// PostgreSQL writes a moment inside JSON with its offset.
const momentWithOffset = z.iso.datetime({ offset: true })

const source = z.strictObject({
  source: z.string(),
  boards: z.int(),
  enabled: z.int(),
  paused: z.int(),
  open_postings: z.int(),
  last_success: moment.nullable(),
  expected_interval_seconds: z.int().nullable().describe('The shortest cadence among its boards'),
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.int()).describe('Boards by how their last visit ended; those never visited are left out'),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      breaker: z.enum(BREAKER_STATES),
      open_until: momentWithOffset.nullable(),
      paused_until: momentWithOffset.nullable(),
      last_error: z.string().nullable(),
    }),
  ),
})

export function sourceRoutes({ database, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/sources',
      name: 'listSources',
      summary: 'Sources with their boards by outcome and their hosts',
      scope: 'read',
      answers: { 200: { description: 'All of them', schema: z.strictObject({ items: z.array(source), next_cursor: z.null() }) } },
      async handle() {
        return { json: { items: await sourceSummaries(database.db, now()), next_cursor: null } }
      },
    }),
  ]
}
