// Automation: the kill switch of everything that runbooks change, and what else holds them back now.

import { z } from 'zod'
import { putSwitch, readSwitch } from '../store/switches.ts'
import { listWindows } from '../store/windows.ts'
import { maintenanceWindow, reason } from './maintenance.ts'
import type { ApiParts } from './parts.ts'
import { defineRoute, type Route } from './route.ts'
import { moment } from './shapes.ts'

const automation = z.strictObject({
  off: z.boolean().describe('Runbooks look and say what they would do, and change nothing'),
  reason: z.string().nullable(),
  set_by: z.string().nullable(),
  set_at: moment.nullable().describe('Null: it was never switched'),
  maintenance: z.array(maintenanceWindow).describe('What holds now'),
})

const change = z
  .strictObject({ off: z.boolean(), reason: reason.optional().describe('Needed to switch it off: whoever is paged at night reads it') })
  .refine(({ off, reason: why }) => !off || why !== undefined, {
    path: ['reason'],
    message: 'is missing: whoever is paged at night will want to read it',
  })

export function automationRoutes({ database: { db }, now = () => new Date() }: ApiParts): Route[] {
  const read = async (): Promise<Record<string, unknown>> => {
    const at = now()
    const [row, windows] = await Promise.all([readSwitch(db, 'automation'), listWindows(db, at)])
    return {
      off: row?.is_off ?? false,
      reason: row?.reason || null,
      set_by: row?.set_by ?? null,
      set_at: row?.set_at ?? null,
      maintenance: windows.filter(({ starts_at: start }) => start <= at),
    }
  }
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/automation',
      name: 'getAutomation',
      summary: 'Whether runbooks may change anything now, and who says so',
      scope: 'read',
      answers: { 200: { description: 'How it stands', schema: automation } },
      handle: async () => ({ json: await read() }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/automation',
      name: 'switchAutomation',
      summary: 'Put the kill switch: it holds for every process at once, and survives a restart',
      scope: 'admin',
      body: change,
      answers: { 200: { description: 'How it stands then', schema: automation } },
      async handle({ body: { off, reason: why = '' }, actor }) {
        await putSwitch(db, 'automation', { isOff: off, reason: why, by: actor })
        return { json: await read() }
      },
    }),
  ]
}
