// Small means of talking HTTP: reading a body, sending one, whole and in pieces.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  /** Path without the query, as sent. */
  path: string
  query: URLSearchParams
}

/** Reads a body whole, unpacked where it came packed; undefined when it is longer than `maxBytes` or cannot be unpacked. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= maxBytes) chunks.push(chunk)
  }
  if (length > maxBytes) return undefined
  const whole = Buffer.concat(chunks)
  if (request.headers['content-encoding'] !== 'gzip') return whole.toString()
  try {
    return gunzipSync(whole, { maxOutputLength: maxBytes * 8 }).toString()
  } catch {
    return undefined
  }
}

/** A body as JSON; undefined when it is none. */
export function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sends a whole answer; the body stays away where the request was HEAD. */
export function send(
  exchange: Pick<Exchange, 'request' | 'response'>,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  const { request, response } = exchange
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(body)), ...headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Sends a value as JSON, closed by a line end. */
export function sendJson(exchange: Pick<Exchange, 'request' | 'response'>, status: number, value: unknown): void {
  send(exchange, status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`)
}

/** Sends a page of ours: no script may run on it. */
export function sendPage(exchange: Pick<Exchange, 'request' | 'response'>, html: string): void {
  send(exchange, 200, 'text/html; charset=utf-8', html, {
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  })
}

/** Whether the other side takes gzip. */
export function takesGzip(request: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(request.headers['accept-encoding']))
}

/** Whether a validator of `If-None-Match` names this ETag (RFC 9110 §13.1.2: weak comparison). */
export function matchesEtag(header: string | undefined, etag: string | null): boolean {
  if (!header || !etag) return false
  const bare = (one: string) => one.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((one) => bare(one) === bare(etag))
}

/** Breaks the connection so that the other side sees a reset. */
export function reset(exchange: Pick<Exchange, 'request'>): void {
  exchange.request.socket.resetAndDestroy()
}
