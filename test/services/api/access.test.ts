// Who may use the API, from where, and with what.

import { expect } from 'chai'
import { refuseUnsafeBinding } from '../../../services/api/app.ts'
import { ConfigError, readConfig } from '../../../services/config.ts'
import { createToken, revokeToken } from '../../../services/store/tokens.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

describe('access to the API', () => {
  let world: World
  let api: Served
  let clock = Date.parse('2025-07-10T12:00:00Z')
  beforeEach(async () => {
    world = await openWorld()
    api = await serveApi(world, { now: () => new Date(clock) })
  })
  afterEach(async () => {
    await api.close()
    await world.close()
  })

  const failures = (reason: string) => world.metrics.value(world.metrics.authFailures, { reason })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const search = { name: 'Any Rust', query: { q: 'rust' } }

  describe('without any token', () => {
    it('is open to this machine by its own names', async () => {
      for (const host of [`127.0.0.1:${api.port}`, `localhost:${api.port}`, 'LOCALHOST', '[::1]:80', '127.8.8.8'])
        expect((await api.ask('/api/v1/postings', { headers: { host } })).status, host).to.equal(200)
      expect((await api.ask('/api/v1/searches', { method: 'POST', body: search })).status).to.equal(201)
    })
    it('refuses any other name, which a page on the web could have made to lead here', async () => {
      for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.1:8080', '127.0.0.1.evil.example'])
        for (const path of ['/api/v1/postings', '/', '/metrics', '/openapi.json'])
          expect((await api.ask(path, { headers: { host } })).status, `${host} ${path}`).to.equal(403)
      expect(await failures('host')).to.equal(16)
    })
    it('answers probes by whatever name', async () => {
      for (const path of ['/healthz', '/readyz']) expect((await api.ask(path, { headers: { host: 'probe.example' } })).status).to.equal(200)
    })
    it('does not take a token that there is not', async () => {
      expect((await api.ask('/api/v1/postings', { headers: bearer(`rw_${'x'.repeat(43)}`) })).status).to.equal(401)
    })
    it('is closed when it listens to other machines: the last token may have been revoked since the start', async () => {
      const open = await serveApi(world, { config: { ...readConfig({}), host: '0.0.0.0' } })
      try {
        expect((await open.ask('/api/v1/postings')).status).to.equal(401)
      } finally {
        await open.close()
      }
    })
  })

  it('refuses writes that a browser says come from another site', async () => {
    const post = (headers: Record<string, string>) => api.ask('/api/v1/searches', { method: 'POST', body: search, headers })
    expect((await post({ origin: 'https://evil.example' })).status).to.equal(403)
    expect((await post({ origin: 'null' })).status).to.equal(403)
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).to.equal(403)
    expect((await post({ 'sec-fetch-site': 'same-site' })).status).to.equal(403)
    expect(await failures('origin')).to.equal(4)
    expect(await world.db('searches').pluck('id')).to.deep.equal([])
    expect((await post({ origin: `http://127.0.0.1:${api.port}`, 'sec-fetch-site': 'same-origin' })).status).to.equal(201)
    expect((await api.ask('/api/v1/postings', { headers: { origin: 'https://evil.example' } })).headers).not.to.have.property(
      'access-control-allow-origin',
    )
  })

  describe('with a token', () => {
    it('takes effect within five seconds of the first one, without a restart', async () => {
      expect((await api.ask('/api/v1/postings')).status).to.equal(200)
      await createToken(world.db, 'ci', ['read'])
      expect((await api.ask('/api/v1/postings')).status).to.equal(200)
      clock += 5001
      const { status, headers, json } = await api.ask('/api/v1/postings')
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.equal('Bearer realm="rolewatch"')
      expect(json).to.include({ type: 'urn:rolewatch:problem:unauthorized', status: 401 })
      expect(await failures('missing')).to.equal(1)
    })
    it('gives each scope its own and nothing else', async () => {
      const tokens = Object.fromEntries(
        await Promise.all(
          (['read', 'write', 'metrics', 'hooks', 'admin'] as const).map(
            async (scope) => [scope, (await createToken(world.db, scope, [scope])).token] as const,
          ),
        ),
      )
      const status = async (scope: string, path: string, method = 'GET') =>
        (await api.ask(path, { method, headers: bearer(tokens[scope] ?? ''), ...(method === 'POST' ? { body: search } : {}) })).status
      const row = async (scope: string) => [
        await status(scope, '/api/v1/postings'),
        await status(scope, '/api/v1/searches', 'POST'),
        await status(scope, '/metrics'),
      ]
      expect(await row('read')).to.deep.equal([200, 403, 403])
      expect(await row('write')).to.deep.equal([200, 201, 403])
      expect(await row('metrics')).to.deep.equal([403, 403, 200])
      expect(await row('hooks')).to.deep.equal([403, 403, 403])
      expect(await row('admin')).to.deep.equal([200, 201, 200])
      expect(await failures('scope')).to.equal(8)
      const refused = await api.ask('/metrics', { headers: bearer(tokens['read'] ?? '') })
      expect(refused.headers['www-authenticate']).to.equal('Bearer realm="rolewatch", error="insufficient_scope", scope="metrics"')
    })
    it('may be asked for by any name, for the token is what counts', async () => {
      const { token } = await createToken(world.db, 'web', ['read'])
      expect((await api.ask('/api/v1/postings', { headers: { ...bearer(token), host: 'jobs.example' } })).status).to.equal(200)
    })
    it('ends at once when it is revoked', async () => {
      const { id, token } = await createToken(world.db, 'old', ['read'])
      await createToken(world.db, 'other', ['read'])
      expect((await api.ask('/api/v1/postings', { headers: bearer(token) })).status).to.equal(200)
      await revokeToken(world.db, id)
      const { status, headers } = await api.ask('/api/v1/postings', { headers: bearer(token) })
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.contain('error="invalid_token"')
      expect(await failures('revoked')).to.equal(1)
    })
    it('leaves open what tells nothing', async () => {
      await createToken(world.db, 'ci', ['read'])
      for (const path of ['/healthz', '/readyz', '/openapi.json', '/']) expect((await api.ask(path)).status, path).to.equal(200)
    })
    it('names the holder in the audit', async () => {
      const { token } = await createToken(world.db, 'Ada', ['write'])
      await api.ask('/api/v1/searches', { method: 'POST', body: search, headers: bearer(token) })
      expect(await world.db('audit').first('actor', 'action')).to.deep.equal({ actor: 'token:Ada', action: 'search.create' })
    })
  })

  describe('the rate', () => {
    it('is told in the headers, and counted for each token by itself', async () => {
      const { token } = await createToken(world.db, 'ci', ['read'])
      const { token: other } = await createToken(world.db, 'other', ['read'])
      const left = async (headers: Record<string, string>) =>
        /r=(\d+)/.exec(String((await api.ask('/api/v1/sources', { headers })).headers.ratelimit))?.[1]
      expect(await left(bearer(token))).to.equal('5999')
      expect(await left(bearer(token))).to.equal('5998')
      expect(await left(bearer(other))).to.equal('5999')
      expect(await left({})).to.equal('5999')
    })
    it('does not count probes', async () => {
      expect((await api.ask('/healthz')).headers).not.to.have.property('ratelimit')
    })
  })
})

describe('refuseUnsafeBinding', () => {
  it('refuses to listen to other machines without a token, and says what to do', () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'jobs.example'])
      expect(() => refuseUnsafeBinding({ host }, 0), host).to.throw(ConfigError, /rolewatch token create .* HOST=127\.0\.0\.1/)
  })
  it('lets loopback and token holders be', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) refuseUnsafeBinding({ host }, 0)
    refuseUnsafeBinding({ host: '0.0.0.0' }, 1)
  })
})
