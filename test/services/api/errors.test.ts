// Every error of the API as problem details, without its insides.

import { expect } from 'chai'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import { limitRate } from '../../../services/api/limit.ts'
import { sendProblem, toProblem } from '../../../services/api/problem.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import type { Fields, Log } from '../../../ops/log.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

describe('what the API says of errors', () => {
  let world: World
  let api: Served
  const lines: { level: string; event: string; fields: Fields }[] = []
  before(async () => {
    world = await openWorld()
    const write =
      (level: string) =>
      (event: string, fields: Fields = {}) =>
        void lines.push({ level, event, fields })
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    api = await serveApi(
      { database: world.database, watch: createWatch(world.metrics, log) },
      { refresh: () => Promise.reject(new Error('secret insides')) },
    )
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('is problem details for an address that there is not', async () => {
    const { status, headers, json } = await api.ask('/api/v1/nothing?x=1')
    expect(status).to.equal(404)
    expect(headers['content-type']).to.equal('application/problem+json; charset=utf-8')
    expect(json).to.deep.equal({
      type: 'urn:rolewatch:problem:not-found',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing at /api/v1/nothing; /openapi.json lists what there is.',
      instance: '/api/v1/nothing',
      // Null outside any trace; whether one goes on is up to whoever runs this test.
      trace_id: json['trace_id'] ?? null,
    })
  })
  it('names the methods that an address takes', async () => {
    const { status, headers } = await api.ask('/api/v1/searches', { method: 'PUT' })
    expect(status).to.equal(405)
    expect(headers.allow).to.equal('HEAD, GET, POST')
    expect((await api.ask('/api/v1/postings', { method: 'DELETE' })).headers.allow).to.equal('HEAD, GET')
    expect((await api.ask('/api/v1/postings', { method: 'HEAD' })).status).to.equal(200)
  })
  it('refuses a body that is not JSON, has no type, or is too large', async () => {
    const post = (body: unknown, headers = {}) => api.ask('/api/v1/searches', { method: 'POST', body, headers })
    expect((await post('{"name":')).json).to.deep.include({ status: 400, errors: [{ field: 'body', message: 'is not JSON' }] })
    expect((await post('{"name":"n","query":{"q":"\\ud800"}}')).json).to.deep.include({ status: 400, detail: 'The body is not JSON.' })
    expect((await post('{"name":"\\udc00\\ud83d","query":{"q":"a"}}')).status).to.equal(400)
    expect((await post(`{"name":${'['.repeat(40_000)}${']'.repeat(40_000)}}`)).status).to.equal(400)
    expect((await post('x', { 'content-type': 'text/plain' })).status).to.equal(415)
    expect((await api.ask('/api/v1/searches', { method: 'POST' })).status).to.equal(415)
    expect((await post('"x"', { 'content-type': 'application/json; charset=koi8-r' })).status).to.equal(415)
    expect((await post({ name: 'x'.repeat(100 * 1024) })).status).to.equal(413)
    expect((await post('{}', { 'content-encoding': 'lzma' })).status).to.equal(415)
  })
  it('names everything that is wrong with a body at once', async () => {
    const { status, json } = await api.ask('/api/v1/searches', {
      method: 'POST',
      body: { nam: 'x', query: { mode: 'moon', limit: 5 }, notify: { channel: 'pigeon', cadence: 'instant' } },
    })
    expect(status).to.equal(400)
    expect(json.errors).to.have.deep.members([
      { field: 'name', message: 'is missing' },
      { field: 'query.mode', message: 'must be one of onsite, hybrid, remote' },
      { field: 'query.limit', message: 'is not a field of this body' },
      { field: 'notify.channel', message: 'must be one of slack' },
      { field: 'nam', message: 'is not a field of this body; the nearest is name' },
    ])
  })
  it('says of a body that is no object what it has to be', async () => {
    for (const body of ['7', 'null', '[]', '"x"'])
      expect((await api.ask('/api/v1/searches', { method: 'POST', body })).json.errors, body).to.deep.equal([
        { field: 'body', message: 'must be an object' },
      ])
  })
  it('refuses an address with a broken escape', async () => {
    expect((await api.ask('/api/v1/companies/%E0%A4%A')).status).to.equal(400)
  })
  it('keeps its insides to itself and puts them into the log', async () => {
    const { status, text } = await api.ask('/api/v1/runs', { method: 'POST', body: {} })
    expect(status).to.equal(500)
    expect(text).not.to.contain('secret')
    const line = lines.find(({ event }) => event === 'http.error')
    expect(line?.level).to.equal('error')
    expect(String(line?.fields['error'])).to.contain('secret insides')
    expect(lines.some(({ level, event, fields }) => level === 'info' && event === 'http.request' && fields['status'] === 500)).to.equal(
      true,
    )
  })
  it('counts requests by the pattern of their route, whatever was asked for', async () => {
    await api.ask(`/api/v1/postings/${'a'.repeat(40)}`)
    await api.ask('/wp-login.php')
    await api.ask('/')
    const text = (await world.metrics.expose(undefined)).body
    const count = (route: string, status: number) =>
      Number(new RegExp(`http_request_seconds_count\\{method="GET",route="${route}",status="${status}"\\} (\\d+)`).exec(text)?.[1] ?? 0)
    expect(count('/api/v1/postings/\\{uid\\}', 404)).to.equal(1)
    expect(count('unmatched', 404)).to.equal(2)
    expect(count('console', 200)).to.equal(1)
    expect(text).not.to.contain('wp-login')
  })
  it('counts a method that nobody knows as other', async () => {
    const socket = connect(api.port, '127.0.0.1')
    socket.end('PROPFIND / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    expect((await world.metrics.expose(undefined)).body).to.contain(
      'http_request_seconds_count{method="other",route="unmatched",status="404"} 1',
    )
  })
  it('answers whole files whatever part is asked for, and none that is not as the condition says', async () => {
    expect((await api.ask('/console.js', { headers: { range: 'bytes=99999999-' } })).status).to.equal(200)
    expect((await api.ask('/console.js', { headers: { 'if-match': '"x"' } })).json).to.include({
      status: 412,
      type: 'urn:rolewatch:problem:precondition-failed',
    })
  })
  it('sends the headers that keep a browser from doing what the console does not', async () => {
    const { headers } = await api.ask('/')
    expect(headers['content-security-policy']).to.equal(
      "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    )
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    expect(headers).not.to.have.property('x-powered-by')
  })
  it('is 429 in problem details, with the time to wait, for whoever asks too often', async () => {
    const app = express()
    app.use(limitRate({ holder: async () => undefined }, { local: 2, others: 1 }))
    app.get('/', (_request, response) => void response.send('ok'))
    app.use(((error, request, response, _next) => {
      sendProblem(request, response, toProblem(error))
    }) satisfies ErrorRequestHandler)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      expect((await fetch(url)).status).to.equal(200)
      expect((await fetch(url)).status).to.equal(200)
      const refused = await fetch(url)
      expect(refused.status).to.equal(429)
      expect(await refused.json()).to.include({ type: 'urn:rolewatch:problem:too-many-requests', status: 429 })
      expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60)
      expect((await fetch(`${url}healthz`)).status).to.equal(404)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
