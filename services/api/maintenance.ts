// Maintenance: times in which runbooks change nothing by themselves, everywhere or on one source.

import { z } from 'zod'
import { time, source } from '../runbook/values.ts'
import { addWindow, listWindows, removeWindow } from '../store/windows.ts'
import type { ApiParts } from './parts.ts'
import { invalid, Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { listOf, moment } from './shapes.ts'

export const maintenanceWindow = z.strictObject({
  id: z.uuid(),
  starts_at: moment,
  ends_at: moment,
  source: z.string().nullable().describe('Null: everything'),
  reason: z.string(),
  set_by: z.string(),
})

const LONGEST_AHEAD_MS = 365 * 86_400_000

export const reason = z.string().trim().min(1, 'must not be empty').max(200, 'must be 200 characters at the most')

export function maintenanceRoutes(parts: ApiParts): Route[] {
  return [listRoute(parts), addRoute(parts), removeRoute(parts)]
}

function listRoute({ database, now = () => new Date() }: ApiParts): Route {
  return defineRoute({
    method: 'get',
    path: '/api/v1/maintenance',
    name: 'listMaintenance',
    summary: 'Maintenance that is announced or holds, the next first',
    scope: 'read',
    answers: { 200: { description: 'All of it', schema: listOf(maintenanceWindow) } },
    handle: async () => ({ json: { items: await listWindows(database.db, now()), next_cursor: null } }),
  })
}

function addRoute({ database, now = () => new Date() }: ApiParts): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/maintenance',
    name: 'addMaintenance',
    summary: 'Announce maintenance: runbooks look and say, and change nothing by themselves',
    scope: 'admin',
    body: z.strictObject({
      starts_at: moment.optional().describe('Now unless told'),
      for: time.describe('As 30m, 2h or 7d; thirty days at the most'),
      source: source.optional().describe('Everything unless told'),
      reason,
    }),
    answers: { 201: { description: 'Announced', schema: maintenanceWindow } },
    async handle({ body, actor }) {
      const startsAt = body.starts_at === undefined ? now() : new Date(body.starts_at)
      const endsAt = new Date(startsAt.getTime() + body.for * 1000)
      if (startsAt.getTime() > now().getTime() + LONGEST_AHEAD_MS) throw invalid([{ field: 'starts_at', message: 'must be within a year' }])
      if (endsAt <= now()) throw invalid([{ field: 'starts_at', message: 'is so long ago that it would be over' }])
      const made = await addWindow(database.db, { startsAt, endsAt, source: body.source ?? null, reason: body.reason, by: actor })
      return { status: 201, json: made }
    },
  })
}

function removeRoute({ database }: ApiParts): Route {
  return defineRoute({
    method: 'delete',
    path: '/api/v1/maintenance/{id}',
    name: 'removeMaintenance',
    summary: 'End maintenance before its time, or take back what was announced',
    scope: 'admin',
    params: z.strictObject({ id: z.uuid('must be the id of a maintenance window') }),
    answers: { 204: { description: 'Gone: runbooks may act again' } },
    async handle({ params: { id }, actor }) {
      if (!(await removeWindow(database.db, id.toLowerCase(), actor))) throw new Problem(404, 'There is no maintenance of that id.')
      return { status: 204 }
    },
  })
}
