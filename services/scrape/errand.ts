// One request as all its attempts and redirects share it: address, headers, what is expected, and the time it may take.

import { Failure } from '../../scrapers/failure.ts'
import type { PageRequest, Source } from '../../scrapers/source.ts'
import type { Span } from '../../ops/telemetry.ts'

/** Whom a page is fetched for, and what is known of it. */
export interface Visit {
  source: Source
  /** Sent as If-None-Match and If-Modified-Since; only with one can the answer be `unchanged`. */
  validator: { etag: string | null; lastModified: string | null } | null
  /** The hash of the page when it was last read well: the same body is handed on without looking into it. */
  knownHash?: string | null | undefined
  /** Told of retries and of the breaker. */
  span?: Span | undefined
}

export interface Errand {
  url: URL
  /** Names in lower case. */
  headers: Record<string, string>
  visit: Visit
  /** Whether JSON is expected. */
  json: boolean
  /** Whether a validator is sent. */
  conditional: boolean
}

/** What a source may not set: cookies are never sent, the rest is the client's own. */
const NEVER_SENT = ['cookie', 'host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'user-agent']
/** What may follow a redirect to another host: nothing that could be a key. */
const TRAVELLING = ['accept', 'accept-language', 'if-none-match', 'if-modified-since', 'user-agent']

/** Prepares a request. @throws Failure of kind `drift` when its address is none */
export function errandOf(request: PageRequest, visit: Visit, userAgent: string): Errand {
  if (!URL.canParse(request.url)) throw new Failure('drift', `"${request.url}" is not an address`)
  const headers: Record<string, string> = { accept: '' }
  for (const [name, value] of Object.entries(request.headers ?? {}))
    if (!NEVER_SENT.includes(name.toLowerCase())) headers[name.toLowerCase()] = value
  const json = headers['accept']?.includes('json') || !visit.source.robots
  headers['accept'] ||= json ? 'application/json' : 'text/html,application/xhtml+xml,*/*;q=0.8'
  headers['user-agent'] = userAgent
  const { etag = null, lastModified = null } = visit.validator ?? {}
  if (etag !== null) headers['if-none-match'] = etag
  if (lastModified !== null) headers['if-modified-since'] = lastModified
  return { url: new URL(request.url), headers, visit, json, conditional: etag !== null || lastModified !== null }
}

/** The headers for one hop. */
export function headersFor(errand: Errand, url: URL): Record<string, string> {
  if (url.host === errand.url.host) return errand.headers
  return Object.fromEntries(Object.entries(errand.headers).filter(([name]) => TRAVELLING.includes(name)))
}

/** Where a redirect leads. @throws Failure of kind `drift` when it leads nowhere, or from https to http */
export function onward(from: URL, to: string): URL {
  if (!URL.canParse(to, from.href)) throw new Failure('drift', `${from.host} redirects to something that is not an address`)
  const next = new URL(to, from)
  next.hash = ''
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw new Failure('drift', `${from.host} redirects from https to http, which would give up encryption`)
  return next
}

/** The time one attempt may spend on the wire, redirects included; waiting for turns is not counted. */
export interface Budget {
  leftMs(): number
  spend<T>(work: () => Promise<T>): Promise<T>
}

/** Opens a budget of so many milliseconds. */
export function createBudget(totalMs: number): Budget {
  let spentMs = 0
  return {
    leftMs: () => Math.max(1, Math.round(totalMs - spentMs)),
    async spend(work) {
      const started = performance.now()
      try {
        return await work()
      } finally {
        spentMs += performance.now() - started
      }
    },
  }
}
