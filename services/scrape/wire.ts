// One request over the wire: undici with guarded addresses, time limits, a size limit, and the one detour through an upstream.

import { Agent } from 'undici'
import { guardedLookup, type AllowAddress } from './address.ts'
import { ACCEPT_ENCODING, decompress } from './body.ts'

const CONNECT_MS = 10_000
/** Between two pieces of a body: a host that goes silent in the middle does not come back. */
const SILENCE_MS = 15_000
/** What a body nobody wants may cost to read, so that its connection can be used again. */
const DUMP_BYTES = 65_536

/** What a host answered. */
export interface Answer {
  status: number
  /** Names in lower case; cookies are left out. */
  headers: Record<string, string>
  /** Decompressed; empty unless the status is 2xx. */
  bytes: Buffer
}

export interface Wire {
  /**
   * GET. Throws what undici, Node or a decoder throws: `asFailure` says what it means.
   * @param onStatus told the status as soon as it is known, also where the body then fails
   */
  get(url: URL, headers: Record<string, string>, timeoutMs: number, onStatus: (status: number) => void): Promise<Answer>
  close(): Promise<void>
}

/** Opens the wire. With an upstream every request goes to `<upstream>/<host><path>?<query>` and nowhere else. */
export function openWire(options: { upstream: string | undefined; maxBytes: number; allow?: AllowAddress | undefined }): Wire {
  const upstream = options.upstream === undefined ? undefined : new URL(options.upstream)
  const base = upstream?.pathname.replace(/\/$/, '') ?? ''
  const agent = new Agent({
    allowH2: false,
    maxResponseSize: options.maxBytes,
    connect: { timeout: CONNECT_MS, ...(upstream ? {} : { lookup: guardedLookup(options.allow) }) },
  })

  return {
    async get(url, headers, timeoutMs, onStatus) {
      const response = await agent.request({
        origin: upstream?.origin ?? url.origin,
        path: upstream ? `${base}/${url.host}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
        method: 'GET',
        headers: { ...headers, 'accept-encoding': ACCEPT_ENCODING },
        headersTimeout: timeoutMs,
        bodyTimeout: Math.min(timeoutMs, SILENCE_MS),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const { statusCode: status, body } = response
      onStatus(status)
      const flat = flatten(response.headers)
      if (status < 200 || status > 299) {
        // The status alone says what is to be known; a body that breaks off changes nothing about it.
        await body.dump({ limit: DUMP_BYTES }).catch(() => {})
        return { status, headers: flat, bytes: Buffer.alloc(0) }
      }
      const received = await body.arrayBuffer()
      return { status, headers: flat, bytes: await decompress(Buffer.from(received), flat['content-encoding'], options.maxBytes) }
    },
    close: () => agent.close(),
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && name !== 'set-cookie') flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
