// The API on a port: a request too broken or too slow to get as far as express is answered in problem details too.

import { once } from 'node:events'
import { createServer, STATUS_CODES, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Express } from 'express'
import { bodyOf, Problem } from './problem.ts'

/** In milliseconds. No request of ours is large: who has not sent all of one by then holds a connection for nothing. */
const PATIENCE = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5000 }

/**
 * Listens, and gives the server when it does.
 * @throws what listening failed with, as EADDRINUSE
 */
export async function listen(app: Express, port: number, host: string, patience = PATIENCE): Promise<Server> {
  const server = createServer(patience, app)
  server.on('clientError', refuse)
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

/** Codes: Node's manual, "Event: 'clientError'" and HTTP parser errors (HPE_…). */
const PROBLEMS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'The address and the headers are larger than 16 kB.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'The request took too long to arrive.'),
}

function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = PROBLEMS[error.code ?? ''] ?? new Problem(400, 'This is no request of HTTP/1.1.')
  const body = bodyOf(problem, '')
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  )
}
