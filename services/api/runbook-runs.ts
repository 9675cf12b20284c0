// Runs of runbooks: what each found, did and came to.

import { z } from 'zod'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import { getIncident } from '../store/incidents.ts'
import { numbersOf, tellRuns } from '../store/runbook-history.ts'
import { getRunbookRun, listRunbookRuns } from '../store/runbook-runs.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { alertName, runbookOutcome, runbookRun, toldRun, toRun, toToldRun } from './runbook-shapes.ts'
import { listOf } from './shapes.ts'

const id = z.uuid('must be the id of a run')

export function runbookRunRoutes({ database: { db }, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/runbook-runs',
      name: 'listRunbookRuns',
      summary: 'Runs of runbooks, newest first',
      scope: 'read',
      query: z.strictObject({
        alert: alertName.optional(),
        incident: z
          .string()
          .regex(/^(?:INC-)?\d{1,15}$/i, 'must be as INC-12')
          .optional(),
        outcome: runbookOutcome.optional(),
        ...pageFields,
      }),
      answers: { 200: { description: 'One page', schema: listOf(runbookRun) } },
      async handle({ query: { limit, cursor, ...filter } }) {
        const list = { list: 'runbook-runs', ...filter }
        const before = cursor === undefined ? undefined : unpackCursor(cursor, list, id)
        const incident = filter.incident === undefined ? undefined : await getIncident(db, filter.incident)
        if (filter.incident !== undefined && !incident) return { json: { items: [], next_cursor: null } }
        const rows = await listRunbookRuns(db, {
          limit: limit + 1,
          ...(filter.alert === undefined ? {} : { alert: filter.alert }),
          ...(filter.outcome === undefined ? {} : { outcome: filter.outcome }),
          ...(incident === undefined ? {} : { incidentId: incident.id }),
          ...(before === undefined ? {} : { before }),
        })
        const items = rows.slice(0, limit)
        const numbers = await numbersOf(
          db,
          items.map((run) => run.incident_id),
        )
        return {
          json: {
            items: items.map((run) => toRun(run, numbers.get(run.incident_id ?? ''))),
            next_cursor: rows.length > limit ? packCursor(list, items.at(-1)?.id) : null,
          },
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/runbook-runs/{id}',
      name: 'getRunbookRun',
      summary: 'One run with its steps and what it asks',
      scope: 'read',
      params: z.strictObject({ id }),
      answers: { 200: { description: 'The run', schema: toldRun } },
      async handle({ params }) {
        const run = await getRunbookRun(db, params.id)
        if (!run) throw new Problem(404, 'There is no run of that id.')
        const [[told], numbers] = await Promise.all([tellRuns(db, [run]), numbersOf(db, [run.incident_id])])
        return { json: told && toToldRun(told, numbers.get(run.incident_id ?? ''), now()) }
      },
    }),
  ]
}
