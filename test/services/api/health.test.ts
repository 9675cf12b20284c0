// Health, readiness and metrics, with parts that are well and parts that are not.

import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { startTelemetry } from '../../../ops/telemetry.ts'
import { migrate, openDatabase, rollbackAll } from '../../../services/store/database.ts'
import { createToken } from '../../../services/store/tokens.ts'
import { createDatabase, openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

describe('health', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world)
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('is alive and ready', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, text, headers } = await api.ask(path)
      expect({ path, status, text }).to.deep.equal({ path, status: 200, text: 'ok' })
      expect(headers['content-type']).to.equal('text/plain; charset=utf-8')
    }
  })

  describe('/api/v1/health', () => {
    const withComponents = async (components: Served['parts']['health']['components']) => {
      const served = await serveApi(world, { health: { components, essential: ['database'] }, now: () => new Date('2025-07-10T12:00:00Z') })
      try {
        return await served.ask('/api/v1/health')
      } finally {
        await served.close()
      }
    }
    const fine = async () => ({ status: 'ok' as const })

    it('tells how each component is, with version, uptime and time', async () => {
      const { status, json } = await withComponents({
        database: async () => ({ status: 'ok', detail: 'here', seconds: 0.25 }),
        queue: fine,
      })
      expect(status).to.equal(200)
      expect(json).to.deep.include({ status: 'ok', version: api.parts.config.version, time: '2025-07-10T12:00:00.000Z' })
      const components = json['components'] as Record<string, { latency_seconds: number }>
      expect(components['database']).to.deep.equal({ status: 'ok', latency_seconds: 0.25, detail: 'here' })
      expect(components['queue']?.latency_seconds).to.be.within(0, 1)
    })
    it('is degraded, and serves, when something that it can do without is down', async () => {
      const { status, json } = await withComponents({ database: fine, slack: () => Promise.reject(new Error('secret')) })
      expect(status).to.equal(200)
      expect(json).to.include({ status: 'degraded' })
      expect(JSON.stringify(json)).not.to.contain('secret')
    })
    it('is 503 when it cannot serve', async () => {
      const { status, json } = await withComponents({ database: async () => ({ status: 'down' }), queue: fine })
      expect(status).to.equal(503)
      expect(json).to.include({ status: 'down' })
    })
    it('does not wait for a component that hangs', async () => {
      const started = performance.now()
      const { json } = await withComponents({ database: fine, disk: () => new Promise(() => {}) })
      expect(performance.now() - started).to.be.lessThan(4000)
      expect(json['components']).to.have.nested.property('disk.detail', 'did not answer in 2 s')
    })
  })

  describe('/metrics', () => {
    it('is text for one reader and OpenMetrics for another', async () => {
      const plain = await api.ask('/metrics')
      expect(plain.headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/)
      expect(plain.text).to.contain('# TYPE rolewatch_http_request_seconds histogram')
      const open = await api.ask('/metrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } })
      expect(open.headers['content-type']).to.match(/^application\/openmetrics-text/)
      expect(open.text.endsWith('# EOF\n')).to.equal(true)
    })
    it('has an example of a trace, continued from a program on this machine', async () => {
      const stop = startTelemetry({ endpoint: undefined, version: '0', role: 'test' })
      try {
        const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
        const { json } = await api.ask('/nowhere', { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } })
        expect(json['trace_id']).to.equal(trace)
        const { text } = await api.ask('/metrics', { headers: { accept: 'application/openmetrics-text' } })
        expect(text).to.contain(`trace_id="${trace}"`)
        expect((await api.ask('/nowhere', { headers: { traceparent: 'nonsense' } })).json['trace_id']).to.match(/^[\da-f]{32}$/)
      } finally {
        await stop()
      }
    })
  })

  describe('without its database', () => {
    it('is not ready, says so, and still gives its metrics to who had them before', async () => {
      const fresh = await createDatabase(process.env['TEST_DATABASE_TEMPLATE'])
      const database = await openDatabase({ url: fresh.url, data: '', log: quietLog })
      const { token } = await createToken(database.db, 'prometheus', ['metrics', 'read'])
      const served = await serveApi({ database, watch: world.watch })
      after(() => Promise.all([served.close(), database.close()]))
      const headers = { authorization: `Bearer ${token}` }
      expect((await served.ask('/metrics', { headers })).status).to.equal(200)
      await fresh.drop()
      const ready = await served.ask('/readyz')
      expect(ready.status).to.equal(503)
      expect(ready.headers['retry-after']).to.equal('5')
      expect((await served.ask('/healthz')).status).to.equal(200)
      expect((await served.ask('/metrics', { headers })).status).to.equal(200)
      const postings = await served.ask('/api/v1/postings', { headers })
      expect(postings.status).to.equal(503)
      expect(postings.text).not.to.contain('rw_test')
    })
    it('is not ready when the schema is not there, and says what to do', async () => {
      const fresh = await createDatabase()
      const database = await openDatabase({ url: fresh.url, data: '', log: quietLog })
      const served = await serveApi({ database, watch: world.watch })
      const { status, json } = await served.ask('/readyz')
      expect(status).to.equal(503)
      expect(json['detail']).to.match(/lacks 0001_boards, .*rolewatch migrate/)
      await migrate(database)
      expect((await served.ask('/readyz')).status).to.equal(200)
      await rollbackAll(database)
      expect((await served.ask('/readyz')).status).to.equal(503)
      await served.close()
      await database.close()
      await fresh.drop()
    })
  })
})
