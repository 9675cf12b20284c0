// What is not even a request, answered in problem details, and slow ones not waited for.

import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect } from 'chai'
import express from 'express'
import { listen } from '../../../services/api/listen.ts'
import { problem } from '../../../services/api/shapes.ts'

describe('listening', () => {
  let server: Server
  before(async () => {
    const app = express()
    app.get('/', (_request, response) => void response.send('ok'))
    server = await listen(app, 0, '127.0.0.1', { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 })
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  /** Sends bytes as they are and gives all that comes back until the connection ends. */
  async function send(bytes: string): Promise<{ head: string; body: string }> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(bytes)
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.on('error', () => {})
    await once(socket, 'close')
    const [head = '', body = ''] = text.split('\r\n\r\n')
    return { head, body }
  }

  it('serves what is a request', async () => {
    const { head, body } = await send('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    expect(head).to.match(/^HTTP\/1.1 200 /)
    expect(body).to.equal('ok')
  })
  it('answers what is none, what is too large and what is too slow', async () => {
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET /\0 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
      [`GET /?${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nhost: loc', 408],
    ] as const) {
      const { head, body } = await send(bytes)
      expect(head, bytes.slice(0, 20)).to.match(new RegExp(`^HTTP/1.1 ${status} `))
      expect(head).to.contain('content-type: application/problem+json')
      expect(problem.parse(JSON.parse(body)).status).to.equal(status)
    }
  })
  it('says why it cannot', async () => {
    const { port } = server.address() as AddressInfo
    const failure = await listen(express(), port, '127.0.0.1').catch((error: unknown) => error)
    expect(failure).to.include({ code: 'EADDRINUSE' })
  })
})
