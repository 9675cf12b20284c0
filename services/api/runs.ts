// Runs: what each visit to a board came to, and asking for visits.

import { z } from 'zod'
import { currentTraceId } from '../../ops/telemetry.ts'
import { sourceNames } from '../../scrapers/index.ts'
import { appendAudit } from '../store/audit.ts'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import { getRun, listRuns, type RunRow } from '../store/runs.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { listOf, moment, outcome } from './shapes.ts'

const id = z.uuid('must be the id of a run')
const sourceName = z.enum(sourceNames as readonly [string, ...string[]])
const key = z.tuple([moment, z.uuid()])

const run = z.strictObject({
  id,
  source: z.string(),
  board: z.string(),
  outcome,
  seen: z.int(),
  new: z.int(),
  changed: z.int(),
  closed: z.int(),
  reopened: z.int(),
  rejected: z.int().describe('Entries that could not be read'),
  unlisted: z.int(),
  duplicates: z.int(),
  started_at: moment,
  seconds: z.number(),
  complete: z.boolean().describe('Whether the whole board was seen'),
  trigger: z.string(),
  pages: z.int(),
  bytes: z.number(),
  attempts: z.int().describe('Requests sent, retries included'),
  guard: z.unknown().describe('Why a guard refused to close postings; null where none did'),
  trace_id: z.string().nullable(),
  error: z.string().nullable(),
  error_path: z.string().nullable().describe('Where in the payload it was'),
  undone_at: moment.nullable().describe('When the closings of this run were taken back'),
})

/** The fields of the contract, whatever else a row has. */
function toWire(row: RunRow): Record<string, unknown> {
  return Object.fromEntries(Object.keys(run.shape).map((name) => [name, row[name as keyof RunRow]]))
}

export function runRoutes({ database, refresh }: ApiParts): Route[] {
  const routes = [
    defineRoute({
      method: 'get',
      path: '/api/v1/runs',
      name: 'listRuns',
      summary: 'Visits to boards, newest first',
      scope: 'read',
      query: z.strictObject({
        source: sourceName.optional(),
        board: z.string().max(200, 'must be 200 characters at the most').optional(),
        outcome: outcome.optional(),
        ...pageFields,
      }),
      answers: { 200: { description: 'One page', schema: listOf(run) } },
      async handle({ query: { limit, cursor, ...filter } }) {
        const list = { list: 'runs', ...filter }
        const after = cursor === undefined ? undefined : unpackCursor(cursor, list, key)
        const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
        const rows = await listRuns(database.db, {
          ...given,
          limit: limit + 1,
          ...(after ? { before: { at: new Date(after[0]), id: after[1] } } : {}),
        })
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        const next = rows.length > limit && last ? packCursor(list, [last.started_at.toISOString(), last.id]) : null
        return { json: { items: items.map(toWire), next_cursor: next } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/runs/{id}',
      name: 'getRun',
      summary: 'One visit',
      scope: 'read',
      params: z.strictObject({ id }),
      answers: { 200: { description: 'The run', schema: run } },
      async handle({ params }) {
        const found = await getRun(database.db, params.id)
        if (!found) throw new Problem(404, 'There is no run of that id.')
        return { json: toWire(found) }
      },
    }),
  ]
  return refresh ? [...routes, refreshRoute(database, refresh)] : routes
}

function refreshRoute(database: ApiParts['database'], refresh: NonNullable<ApiParts['refresh']>): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/runs',
    name: 'askForRuns',
    summary: 'Visit boards now, ahead of the schedule',
    scope: 'write',
    body: z.strictObject({
      sources: z.array(sourceName).max(50, 'must be 50 sources at the most').optional(),
      boards: z
        .array(z.string().min(1, 'must not be empty').max(200, 'must be 200 characters at the most'))
        .max(200, 'must be 200 boards at the most')
        .optional()
        .describe('As stripe or greenhouse/stripe; without any, all of the sources'),
    }),
    answers: {
      202: { description: 'They are at the head of the queue', schema: z.strictObject({ boards: z.int().describe('How many') }) },
    },
    async handle({ body: { sources, boards }, actor }) {
      const asked = { ...(sources ? { sources } : {}), ...(boards ? { boards } : {}) }
      const count = await refresh(asked)
      await appendAudit(database.db, {
        actor,
        action: 'runs.ask',
        target: 'runs',
        after: { ...asked, count },
        trace_id: currentTraceId() ?? null,
      })
      return { status: 202, json: { boards: count } }
    },
  })
}
