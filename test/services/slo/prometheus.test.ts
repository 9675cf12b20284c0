// The client of Prometheus against servers that answer well, badly, late and not at all.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { openPrometheus } from '../../../services/slo/prometheus.ts'
import { freePort } from '../../programs.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

describe('services/slo/prometheus', () => {
  let handle: Handler = () => {}
  const server = createServer((request, response) => handle(request, response))
  let host = ''
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const answer =
    (status: number, body: unknown): Handler =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  const failed = async (work: Promise<unknown>): Promise<Failure> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(Failure)
    return error as Failure
  }
  const vector = (result: unknown[]) => ({ status: 'success', data: { resultType: 'vector', result } })

  it('asks an instant query and gives its samples', async () => {
    let seen: { method: string | undefined; url: string | undefined; body: string; auth: string | undefined } | undefined
    handle = (request, response) => {
      void text(request).then((body) => {
        seen = { method: request.method, url: request.url, body, auth: request.headers.authorization }
        answer(
          200,
          vector([
            { metric: { a: 'b' }, value: [1, '2.5'] },
            { metric: {}, value: [1, 'NaN'] },
          ]),
        )(request, response)
        return seen
      })
    }
    const found = await openPrometheus(`http://${host}/base/`).query('up{a="ü"} + 1')
    expect(found).to.deep.equal([
      { labels: { a: 'b' }, value: 2.5 },
      { labels: {}, value: Number.NaN },
    ])
    expect(seen).to.deep.equal({ method: 'POST', url: '/base/api/v1/query', body: 'query=up%7Ba%3D%22%C3%BC%22%7D+%2B+1', auth: undefined })
  })

  it('sends the user and the password of the address, and never tells them', async () => {
    let seen: string | undefined
    handle = (request, response) => {
      seen = request.headers.authorization
      answer(401, '')(request, response)
    }
    const error = await failed(openPrometheus(`http://us%40er:se%3Acret@${host}`).query('up'))
    expect(Buffer.from(seen?.slice(6) ?? '', 'base64').toString()).to.equal('us@er:se:cret')
    expect(error.kind).to.equal('blocked')
    expect(error.message).to.equal('it wants another user or password than PROMETHEUS_URL has')
  })

  it('says what Prometheus says of a query that it refuses', async () => {
    handle = answer(400, { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end of input' })
    const error = await failed(openPrometheus(`http://${host}`).query('sum('))
    expect([error.kind, error.message]).to.deep.equal(['server_error', 'it refused the query: parse error: unexpected end of input'])
  })

  it('says when it answers with something else', async () => {
    for (const [status, body, kind, words] of [
      [502, '<html>', 'server_error', 'it answered 502'],
      [503, { status: 'fine' }, 'server_error', 'it answered 503'],
      [200, '<html>', 'drift', 'its answer is not that of a Prometheus'],
      [200, { status: 'success', data: { resultType: 'matrix', result: [] } }, 'drift', 'its answer is not that of a Prometheus'],
    ] as const) {
      handle = answer(status, body)
      const error = await failed(openPrometheus(`http://${host}`).query('up'))
      expect([error.kind, error.message]).to.deep.equal([kind, words])
    }
  })

  it('does not wait for long, for the head of an answer or for its end', async () => {
    for (const hang of [() => {}, (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(200).write('{')]) {
      handle = hang
      const error = await failed(openPrometheus(`http://${host}`, 60).query('up'))
      expect([error.kind, error.message]).to.deep.equal(['timeout', 'it did not answer in 0.06 s'])
    }
  })

  it('says when there is nobody', async () => {
    const error = await failed(openPrometheus(`http://user:secret@127.0.0.1:${await freePort()}`).query('up'))
    expect([error.kind, error.message]).to.deep.equal(['network', 'it cannot be reached (ECONNREFUSED)'])
  })
})
