// A program of its own for the telemetry test: tracing registers itself for a whole process, and once.

import { setTimeout as later } from 'node:timers/promises'
import { Failure } from '../../scrapers/failure.ts'
import { createLog } from '../../ops/log.ts'
import { createMetrics } from '../../ops/metrics.ts'
import { createWatch, currentTraceId, currentTraceParent, span, startTelemetry } from '../../ops/telemetry.ts'

const [endpoint, probe, databaseUrl] = process.argv.slice(2).map((argument) => argument || undefined)
const stop = startTelemetry({ endpoint, version: '1.2.3', role: 'test' })
const log = createLog({ format: 'json', level: 'debug', stream: process.stderr })
const metrics = createMetrics({ sources: ['ashby'], queues: [], version: '1.2.3' })
const { stage } = createWatch(metrics, log)
const ashby = { source: 'ashby' }

/** One visit that fails on its way, and what it leaves for whoever goes on with it. */
async function visit(): Promise<{ traceId: string | undefined; stored: string | undefined; bug: string }> {
  return span('run', { parent: null, attributes: { board: 'one' } }, async (run) => {
    await stage('fetch', ashby, async (open) => {
      open.event('retry', { attempt: 2 })
      await later(5)
      await stage('parse', ashby, () => Promise.resolve())
      if (probe) await fetch(probe)
    })
    await stage('normalise', ashby, () => {
      throw new Failure('drift', 'no title')
    }).catch(() => {})
    const bug = await stage('store', ashby, () => Promise.reject(new TypeError('oops'))).catch((error: unknown) => String(error))
    run.set({ done: true })
    return { traceId: currentTraceId(), stored: currentTraceParent(), bug }
  })
}

async function query(url: string): Promise<void> {
  const { openDatabase } = await import('../../services/store/database.ts')
  const database = await openDatabase({ url, data: '', log })
  await database.ping()
  await span('asking', { parent: null }, () => database.db.raw('select 42 as answer'))
  await database.close()
}

const outside = [currentTraceId(), currentTraceParent()]
const first = await visit()
const second = await visit()
const continued = await span('task', { parent: first.stored ?? null, links: [second.stored ?? '', 'not a traceparent'] }, async () => {
  await later(1)
  return currentTraceId()
})
const alone = await span('alone', {}, () => currentTraceId())
const fresh = await span('outer', { parent: null }, () => span('inner', { parent: null }, () => currentTraceId()))
if (probe) await fetch(probe)
if (databaseUrl) await query(databaseUrl)
await stop()
const { body } = await metrics.expose('application/openmetrics-text')
process.stdout.write(JSON.stringify({ outside, first, second, continued, alone, fresh, metrics: body }))
