// Service level objectives as they stand: objective, budget, burn, per SLO and per source.

import { z } from 'zod'
import { PRIORITIES } from '../../ops/slo/fields.ts'
import { reportSlos, type SloReport } from '../slo/report.ts'
import { readSlos } from '../slo/specs.ts'
import { STATES } from '../slo/standing.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { moment } from './shapes.ts'

const figures = {
  sli: z.number().nullable().describe('The share of good over the period; null where nothing has happened in it'),
  bad: z.number().describe('In `unit`; from Prometheus an estimate, with parts of events'),
  total: z.number(),
  budget_remaining: z.number().nullable().describe('1 untouched, 0 spent, below 0 overdrawn; null where nothing has happened'),
  pace: z
    .strictObject({ window_seconds: z.int(), rate: z.number() })
    .describe('How fast the budget is spent now: 1 spends it in exactly one period'),
  burn: z
    .array(
      z.strictObject({
        alert: z.string(),
        priority: z.enum(PRIORITIES),
        window_seconds: z.int(),
        bound: z.number().nullable().describe('Seconds; what this alert holds a latency against'),
        rate: z.number(),
        threshold_burn: z.number().describe('The alert fires when all its windows are above it'),
      }),
    )
    .describe('Per alert, over its long and its short window'),
  exhausted_in_seconds: z.number().nullable().describe('Until the budget is spent at this pace; 0: it is, null: nothing burns'),
  state: z.enum(STATES).describe('What the alerts would say now; warning also when the budget is spent'),
}

const report = z.strictObject({
  slo: z.string(),
  title: z.string(),
  journey: z.string(),
  owner: z.string(),
  objective: z.number(),
  period_seconds: z.int(),
  kind: z.enum(['ratio', 'latency', 'level', 'age']),
  unit: z.enum(['events', 'seconds']).describe('What bad and total count; time is counted in slices'),
  bound: z.number().nullable().describe('Seconds; of latencies alone'),
  ...figures,
  by: z
    .array(z.strictObject({ labels: z.record(z.string(), z.string()), ...figures }))
    .describe('The same for each source, channel or kind that anything has happened for'),
  runbooks: z.array(z.string()).describe('Addresses of the pages of its alerts'),
  source: z.enum(['prometheus', 'database']).describe('Who has counted'),
  note: z.string().nullable().describe('Why it is not the Prometheus that was configured'),
  as_of: moment,
})

export function sloRoutes(parts: ApiParts): Route[] {
  const ask = reporter(parts)
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/slo',
      name: 'listSlos',
      summary: 'Service level objectives with what is left of their budgets',
      scope: 'read',
      answers: { 200: { description: 'All of them', schema: z.strictObject({ items: z.array(report), next_cursor: z.null() }) } },
      async handle() {
        return { json: { items: await ask(), next_cursor: null } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/slo/{slo}',
      name: 'getSlo',
      summary: 'One service level objective',
      scope: 'read',
      params: z.strictObject({ slo: z.string().max(100) }),
      answers: { 200: { description: 'It', schema: report } },
      async handle({ params }) {
        const [found] = await ask(params.slo)
        if (!found) throw new Problem(404, `There is no SLO called ${params.slo}; /api/v1/slo lists them.`)
        return { json: found }
      },
    }),
  ]
}

/** The specifications are read once, when they are first asked for. */
function reporter({ config, database, watch, now }: ApiParts): (name?: string) => Promise<SloReport[]> {
  let specs: ReturnType<typeof readSlos> | undefined
  return async (name) => {
    specs ??= readSlos(watch.metrics)
    const all = await specs.catch((error: unknown) => {
      // What failed once may pass the next time it is asked.
      specs = undefined
      throw error
    })
    return reportSlos({
      slos: all.filter(({ slo }) => name === undefined || slo === name),
      prometheusUrl: config.prometheusUrl,
      db: async () => database.db,
      ...(now ? { now } : {}),
    })
  }
}
