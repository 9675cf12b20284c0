// Being alive, being ready, being well, and the metrics: what machines ask before people do.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../../ops/log.ts'
import { missingMigrations } from '../store/readiness.ts'
import type { ApiParts, ComponentState } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { moment } from './shapes.ts'

/** A component that takes longer has not answered. */
const PATIENCE_MS = 2000

const state = z.enum(['ok', 'degraded', 'down'])
const health = z.strictObject({
  status: state.describe('down: it cannot serve; degraded: something is not well'),
  version: z.string(),
  uptime_seconds: z.number(),
  time: moment,
  components: z.record(z.string(), z.strictObject({ status: state, latency_seconds: z.number(), detail: z.string().nullable() })),
})
type Health = z.infer<typeof health>

export function healthRoutes(parts: ApiParts): Route[] {
  const plain = { description: 'ok', types: ['text/plain'] }
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      name: 'isAlive',
      summary: 'Whether the process is alive',
      scope: null,
      answers: { 200: plain },
      handle: async () => ({ text: 'ok' }),
    }),
    defineRoute({
      method: 'get',
      path: '/readyz',
      name: 'isReady',
      summary: 'Whether it can serve: the database answers and has the schema this version needs',
      scope: null,
      answers: { 200: plain },
      async handle() {
        await refuseUnready(parts)
        return { text: 'ok' }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      name: 'getMetrics',
      summary: 'Metrics for Prometheus',
      scope: 'metrics',
      answers: { 200: { description: 'The exposition', types: ['text/plain', 'application/openmetrics-text'] } },
      async handle({ accept }) {
        const { contentType, body } = await parts.watch.metrics.expose(accept)
        return { text: body, type: contentType }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/health',
      name: 'getHealth',
      summary: 'How each component is, with how long it took to say so',
      scope: 'read',
      answers: { 200: { description: 'It can serve', schema: health }, 503: { description: 'It cannot', schema: health } },
      async handle() {
        const json = await examine(parts)
        return { status: json.status === 'down' ? 503 : 200, json }
      },
    }),
  ]
}

async function refuseUnready({ database }: ApiParts): Promise<void> {
  const missing = await within(missingMigrations(database.db)).catch((error: unknown) => {
    throw new Problem(503, 'The database does not answer.', { headers: { 'retry-after': '5' }, cause: error })
  })
  if (missing.length > 0) throw new Problem(503, `The database lacks ${missing.join(', ')}: run "rolewatch migrate".`)
}

async function examine({ config, watch, health: { components, essential }, now = () => new Date() }: ApiParts): Promise<Health> {
  const entries = await Promise.all(
    Object.entries(components).map(async ([name, look]) => [name, await examineOne(name, look, watch.log)] as const),
  )
  const down = entries.some(([name, found]) => found.status === 'down' && essential.includes(name))
  const unwell = entries.some(([, found]) => found.status !== 'ok')
  return {
    status: down ? 'down' : unwell ? 'degraded' : 'ok',
    version: config.version,
    uptime_seconds: Math.round(process.uptime()),
    time: now().toISOString(),
    components: Object.fromEntries(entries),
  }
}

async function examineOne(name: string, look: () => Promise<ComponentState>, log: Log): Promise<Health['components'][string]> {
  const started = performance.now()
  const found = await within(look()).catch((error: unknown): ComponentState => {
    log.warn('health', { component: name, error })
    return { status: 'down', detail: error instanceof Late ? error.message : 'did not answer; the log says why' }
  })
  const seconds = found.seconds ?? (performance.now() - started) / 1000
  return { status: found.status, latency_seconds: Number(seconds.toFixed(4)), detail: found.detail ?? null }
}

class Late extends Error {
  override readonly name = 'Late'
}

async function within<T>(work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = sleep(PATIENCE_MS, undefined, { signal: done.signal, ref: false }).then(() => {
    throw new Late(`did not answer in ${PATIENCE_MS / 1000} s`)
  })
  late.catch(() => {})
  return Promise.race([work, late]).finally(() => {
    done.abort()
  })
}
