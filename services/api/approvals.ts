// Approvals: what runs ask before they change something, and the one answer to each.

import { z } from 'zod'
import { decideApproval, getApproval, listOpenApprovals, type Approval } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { numbersOf } from '../store/runbook-history.ts'
import { getRunbookRun } from '../store/runbook-runs.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { approval, nameOf, toQuestion } from './runbook-shapes.ts'
import { listOf } from './shapes.ts'

const params = z.strictObject({ id: z.uuid('must be the id of an approval, or of its run') })
const missing = () => new Problem(404, 'Nothing was asked under that id.')

export function approvalRoutes({ database: { db }, now }: ApiParts): Route[] {
  return [...readingRoutes(db, now), decideRoute(db, now)]
}

async function toWire(db: Db, asked: Approval, now: Date): Promise<Record<string, unknown>> {
  const run = await getRunbookRun(db, asked.run_id)
  const numbers = await numbersOf(db, [run?.incident_id ?? null])
  return { ...toQuestion(asked, now), alertname: run?.alertname, incident: nameOf(numbers.get(run?.incident_id ?? '')) }
}

function readingRoutes(db: Db, now: ApiParts['now'] = () => new Date()): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/approvals',
      name: 'listApprovals',
      summary: 'Questions that wait for an answer, the oldest first',
      scope: 'read',
      answers: { 200: { description: 'All of them', schema: listOf(approval) } },
      async handle() {
        const at = now()
        const items = (await listOpenApprovals(db, at)).map(({ alertname, incident, ...asked }) => ({
          ...toQuestion(asked, at),
          alertname,
          incident: nameOf(incident ?? undefined),
        }))
        return { json: { items, next_cursor: null } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/approvals/{id}',
      name: 'getApproval',
      summary: 'One question: exactly what would be done',
      scope: 'read',
      params,
      answers: { 200: { description: 'The question', schema: approval } },
      async handle({ params: { id } }) {
        const asked = await getApproval(db, id)
        if (!asked) throw missing()
        return { json: await toWire(db, asked, now()) }
      },
    }),
  ]
}

function decideRoute(db: Db, now: ApiParts['now']): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/approvals/{id}',
    name: 'decideApproval',
    summary: 'Say yes or no, once: a second answer is refused with 409, one that comes too late with 410',
    scope: 'admin',
    params,
    body: z.strictObject({ verdict: z.enum(['approved', 'rejected']) }),
    answers: { 200: { description: 'Decided; the run goes on, or ends', schema: approval } },
    async handle({ params: { id }, body: { verdict }, actor }) {
      const decided = await decideApproval(db, id, { by: actor, verdict, ...(now ? { now: now() } : {}) })
      if (decided === 'expired') throw new Problem(410, 'It was asked too long ago: the run is over, and nothing more is done.')
      const asked = await getApproval(db, id)
      if (decided === 'unknown' || !asked) throw missing()
      if (decided === 'already') throw new Problem(409, `It is ${asked.state} already, by ${asked.decided_by ?? 'somebody'}.`)
      return { json: await toWire(db, asked, now?.() ?? new Date()) }
    },
  })
}
