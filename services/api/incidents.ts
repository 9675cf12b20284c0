// Incidents: what went wrong, what was found and done about it, and who has it.

import { z } from 'zod'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import type { Db } from '../store/database.ts'
import { acknowledgeIncident, getIncident, INCIDENT_STATES, listIncidents, type Incident } from '../store/incidents.ts'
import { lastRunsOf, tellRuns } from '../store/runbook-history.ts'
import { listRunbookRuns, type StoredRun } from '../store/runbook-runs.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { briefRun, incidentName, nameOf, pick, texts, toBrief, toldRun, toToldRun } from './runbook-shapes.ts'
import { listOf, moment } from './shapes.ts'

const id = z
  .string()
  .regex(
    /^(?:(?:INC-)?\d{1,15}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
    'is neither the number of an incident, as INC-12, nor the id of one',
  )
const params = z.strictObject({ id })
const key = z.int().positive()
/** So many of an incident's runs are told; an alert starts three in six hours, so there are hardly ever more. */
const MOST_RUNS = 50

const incident = z.strictObject({
  id: z.uuid(),
  name: incidentName,
  number: z.int(),
  fingerprint: z.string().describe('Of the alert'),
  alertname: z.string(),
  severity: z.string(),
  priority: z.string(),
  labels: texts,
  summary: z.string(),
  state: z.enum(INCIDENT_STATES),
  opened_at: moment,
  acknowledged_at: moment.nullable(),
  acknowledged_by: z.string().nullable(),
  mitigated_at: moment.nullable().describe('When a runbook mended it'),
  resolved_at: moment.nullable(),
  escalated_at: moment.nullable(),
  held_at: moment.nullable().describe('Since when it has had its share of automatic runs'),
  last_fired_at: moment,
  flaps: z.int().describe('How often the alert came back'),
})
const listed = z.strictObject({ ...incident.shape, last_run: briefRun.nullable().describe('Dry runs are left out') })
const whole = z.strictObject({ ...incident.shape, runs: z.array(toldRun).describe(`The newest ${MOST_RUNS}, the newest first`) })

const toIncident = (row: Incident): Record<string, unknown> => pick(incident.shape, { ...row, name: nameOf(row.number) })

function toListed(row: Incident, run: StoredRun | undefined): Record<string, unknown> {
  return { ...toIncident(row), last_run: run ? toBrief(run) : null }
}

export function incidentRoutes({ database: { db }, now = () => new Date() }: ApiParts): Route[] {
  return [listRoute(db), getRoute(db, now), acknowledgeRoute(db)]
}

function listRoute(db: Db): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/incidents',
    name: 'listIncidents',
    summary: 'Incidents, newest first',
    scope: 'read',
    query: z.strictObject({
      state: z
        .enum(['open', ...INCIDENT_STATES])
        .optional()
        .describe('open: everything that is not resolved'),
      alertname: z.string().max(200, 'must be 200 characters at the most').optional(),
      ...pageFields,
    }),
    answers: { 200: { description: 'One page', schema: listOf(listed) } },
    async handle({ query: { limit, cursor, ...filter } }) {
      const list = { list: 'incidents', ...filter }
      const before = cursor === undefined ? undefined : unpackCursor(cursor, list, key)
      const rows = await listIncidents(db, {
        limit: limit + 1,
        ...(filter.state === undefined ? {} : { state: filter.state }),
        ...(filter.alertname === undefined ? {} : { alertname: filter.alertname }),
        ...(before === undefined ? {} : { before }),
      })
      const items = rows.slice(0, limit)
      const runs = await lastRunsOf(
        db,
        items.map((row) => row.id),
      )
      const last = items.at(-1)
      return {
        json: {
          items: items.map((row) => toListed(row, runs.get(row.id))),
          next_cursor: rows.length > limit && last ? packCursor(list, last.number) : null,
        },
      }
    },
  })
}

const missing = () => new Problem(404, 'There is no such incident.')

function getRoute(db: Db, now: () => Date): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/incidents/{id}',
    name: 'getIncident',
    summary: 'One incident with what was found, done and asked for it',
    scope: 'read',
    params,
    answers: { 200: { description: 'The incident', schema: whole } },
    async handle({ params: { id: wanted } }) {
      const found = await getIncident(db, wanted)
      if (!found) throw missing()
      const runs = await tellRuns(db, await listRunbookRuns(db, { incidentId: found.id, limit: MOST_RUNS }))
      const at = now()
      return { json: { ...toIncident(found), runs: runs.map((run) => toToldRun(run, found.number, at)) } }
    },
  })
}

function acknowledgeRoute(db: Db): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/incidents/{id}/ack',
    name: 'acknowledgeIncident',
    summary: 'Say that somebody has it; whoever was first stays',
    scope: 'write',
    params,
    answers: { 200: { description: 'The incident; acknowledged_by says who has it', schema: incident } },
    async handle({ params: { id: wanted }, actor }) {
      const found = await acknowledgeIncident(db, wanted, actor)
      if (!found) throw missing()
      return { json: toIncident(found) }
    },
  })
}
