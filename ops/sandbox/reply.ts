// One request to a host of the market: which board it means, which fault strikes it, and the answer.

import { setTimeout as wait } from 'node:timers/promises'
import { makeBody, type Bodies, type Body } from './bodies.ts'
import { damage, PAGES } from './damage.ts'
import type { Fault, Faults } from './faults.ts'
import { matchesEtag, reset, send, sendJson, takesGzip, type Exchange } from './http.ts'
import type { RequestEntry } from './requests.ts'
import type { Board, SourceName, Supply, Variant, Wire } from './wire.ts'

export interface Counter {
  supply: Supply
  wires: Readonly<Record<SourceName, Wire>>
  bodies: Bodies
  faults: Faults
  now: () => Date
  /** Told when a board's data cannot be read. */
  unreadable: (board: Board, message: string) => void
}

interface Visit extends Exchange {
  host: string
  wire: Wire
  board: Board
  variant: Variant
}

/** The outside address of a request, as the real world would name it. */
const outside = (visit: Pick<Visit, 'host' | 'path' | 'query'>) =>
  `https://${visit.host}${visit.path}${visit.query.size > 0 ? `?${visit.query.toString()}` : ''}`

function headersOf(wire: Wire, body: Body, etag: string | null): Record<string, string> {
  return { ...wire.headers, ...(etag && !body.type.startsWith('text/html') ? { etag } : {}), vary: 'Accept, Accept-Encoding' }
}

function sendBody(visit: Visit, body: Body, etag = body.etag): void {
  const headers = headersOf(visit.wire, body, etag)
  if (matchesEtag(visit.request.headers['if-none-match'], etag)) {
    visit.response.writeHead(304, headers)
    visit.response.end()
  } else if (takesGzip(visit.request)) send(visit, 200, body.type, body.gzip(), { ...headers, 'content-encoding': 'gzip' })
  else send(visit, 200, body.type, body.raw, headers)
}

/** Half of the body, never packed, so that what arrives is JSON cut in the middle. */
function sendHalf(visit: Visit, body: Body, length: 'matching' | 'wrong'): void {
  const half = body.raw.subarray(0, Math.floor(body.raw.length / 2))
  const headers = headersOf(visit.wire, body, body.etag)
  if (length === 'matching') return send(visit, 200, body.type, half, headers)
  visit.response.writeHead(200, { ...headers, 'content-type': body.type, 'content-length': String(body.raw.length) })
  visit.response.write(half, () => visit.request.socket.destroy())
}

function sendStatus(visit: Exchange & { wire: Wire }, fault: Fault, now: Date): void {
  const status = fault.status ?? 500
  const after = fault.retryAfter
  const header = fault.retryAfterForm === 'date' ? new Date(now.getTime() + (after ?? 0) * 1000).toUTCString() : String(after)
  const headers: Record<string, string> = after === undefined ? {} : { 'retry-after': header }
  const refusal = visit.wire.unknownBoard()
  if (status === 404) send(visit, status, refusal.type, refusal.body, headers)
  else send(visit, status, 'application/json; charset=utf-8', JSON.stringify({ status, error: 'fault on demand' }), headers)
}

function redirect(visit: Visit, to: 'elsewhere' | 'loop' | 'private'): void {
  const location =
    to === 'loop' ? outside(visit) : to === 'private' ? 'http://169.254.169.254/latest/meta-data/' : 'https://www.example.com/careers'
  send(visit, 302, 'text/plain; charset=utf-8', 'Found', { location })
}

/** Answers as the fault wants it. */
function strike(counter: Counter, visit: Visit, fault: Fault, body: Body): void {
  switch (fault.kind) {
    case 'status':
      return sendStatus(visit, fault, counter.now())
    case 'hang':
      return
    case 'reset':
      return reset(visit)
    case 'truncated':
      return sendHalf(visit, body, fault.length ?? 'matching')
    case 'empty':
      return send(visit, 200, body.type, '', visit.wire.headers)
    case 'html':
    case 'login_wall':
    case 'captcha':
      return send(visit, 200, 'text/html; charset=utf-8', PAGES[fault.kind])
    case 'redirect':
      return redirect(visit, fault.to ?? 'elsewhere')
    case 'wrong_etag': {
      const given = visit.request.headers['if-none-match']
      if (fault.etag === 'stuck') return sendBody(visit, body, given ?? '"stuck"')
      return sendBody(visit, body, `"${process.hrtime.bigint().toString(16)}"`)
    }
    case 'ok':
    case 'slow':
      return sendBody(visit, body)
    case 'empty_board':
    case 'half_board':
    case 'repeated_page':
    case 'dropped_field':
    case 'renamed_field': {
      const jobs = counter.supply.jobs(visit.board, visit.variant) ?? []
      const damaged = damage(fault, visit.wire, jobs, visit.variant, visit.board)
      return sendBody(visit, damaged ? makeBody(visit.wire, damaged) : body)
    }
  }
}

function wireOf(counter: Counter, host: string): Wire | undefined {
  return Object.values(counter.wires).find((wire) => host in wire.hosts)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Answers what is not a board: robots.txt, other hosts, other paths. A rule by host alone strikes here too. */
async function answerRest(counter: Counter, host: string, wire: Wire | undefined, exchange: Exchange): Promise<void> {
  if (!wire) {
    if (host === 'www.example.com') return send(exchange, 200, 'text/html; charset=utf-8', PAGES.marketing)
    return sendJson(exchange, 502, { error: `there is no host ${host} in this market` })
  }
  const fault = counter.faults.take({ source: wire.source, host, board: null })
  if (fault?.ms) await wait(fault.ms, undefined, { ref: false })
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'reset') return reset(exchange)
  if (fault?.kind === 'status') return sendStatus({ ...exchange, wire }, fault, counter.now())
  if (exchange.path === '/robots.txt') return send(exchange, 200, 'text/plain; charset=utf-8', wire.robots)
  const refusal = wire.unknownBoard()
  send(exchange, refusal.status, refusal.type, refusal.body)
}

/** Answers one request that was meant for `host`; what is known of it goes into its log entry. */
export async function reply(counter: Counter, host: string, exchange: Exchange, entry: RequestEntry): Promise<void> {
  if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD')
    return send(exchange, 405, 'text/plain; charset=utf-8', 'Method Not Allowed', { allow: 'GET, HEAD' })
  const wire = wireOf(counter, host)
  const named = wire?.ident(exchange.path)
  if (!wire || !named) return answerRest(counter, host, wire, exchange)
  const ident = decoded(named)
  entry.source = wire.source
  entry.board = ident
  const found = counter.supply.find(wire.source, ident)
  const board = found?.region === wire.hosts[host] ? found : undefined
  const fault = counter.faults.take({ source: wire.source, host, board: ident })
  if (fault) entry.fault = fault.kind
  if (fault?.ms) await wait(fault.ms, undefined, { ref: false })
  const variant = wire.variant(exchange.query, exchange.request.headers.accept ?? '')
  let body: Body | null = null
  try {
    body = board ? counter.bodies.get(board, variant) : null
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (board) counter.unreadable(board, message)
    return sendJson(exchange, 500, { error: message })
  }
  const refusal = wire.unknownBoard()
  if (board && body) {
    const visit: Visit = { ...exchange, host, wire, board, variant }
    if (fault) strike(counter, visit, fault, body)
    else sendBody(visit, body)
  } else if (fault?.kind === 'status') sendStatus({ ...exchange, wire }, fault, counter.now())
  else if (fault?.kind === 'reset') reset(exchange)
  else if (fault?.kind !== 'hang') send(exchange, refusal.status, refusal.type, refusal.body)
}
