// Asking a Prometheus: one instant query, its samples, and clear words for whatever keeps it from answering.

import { z } from 'zod'
import { Failure } from '../../scrapers/failure.ts'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Prometheus {
  /** @returns the samples of an instant vector. @throws Failure that says what it was, never with the password */
  query(expression: string): Promise<Sample[]>
}

const TIMEOUT_MS = 3000

// Format: prometheus.io/docs, "HTTP API", instant queries. A scalar is a vector of one without labels to us.
const vector = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
})
const refusal = z.object({ status: z.literal('error'), error: z.string() })

/** `url` is its base address, with a user and a password where it wants them (basic authentication). */
export function openPrometheus(url: string, timeoutMs: number = TIMEOUT_MS): Prometheus {
  const { address, headers } = takeCredentials(url)
  const ask = async (expression: string): Promise<Sample[]> => {
    const response = await fetch(address, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ query: expression }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status === 401 || response.status === 403)
      throw new Failure('blocked', 'it wants another user or password than PROMETHEUS_URL has', { status: response.status })
    const answer: unknown = await response.json().catch((error: unknown) => {
      if (isTimeout(error)) throw error
      return undefined
    })
    const refused = refusal.safeParse(answer)
    if (refused.success) throw new Failure('server_error', `it refused the query: ${refused.data.error}`, { status: response.status })
    if (!response.ok) throw new Failure('server_error', `it answered ${response.status}`, { status: response.status })
    const found = vector.safeParse(answer)
    if (!found.success) throw new Failure('drift', 'its answer is not that of a Prometheus')
    return found.data.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }
  return {
    query: (expression) =>
      ask(expression).catch((error: unknown) => {
        throw error instanceof Failure ? error : failureOf(error, timeoutMs)
      }),
  }
}

/** `fetch` takes no password in an address. */
function takeCredentials(url: string): { address: string; headers: Record<string, string> } {
  const { origin, pathname, username, password } = new URL(url)
  const address = `${origin}${pathname.replace(/\/$/, '')}/api/v1/query`
  if (username === '' && password === '') return { address, headers: {} }
  const pair = [username, password].map(decodeURIComponent).join(':')
  return { address, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError'

/** What `fetch` throws when there is no answer; anything else is a bug and goes on. */
function failureOf(error: unknown, timeoutMs: number): unknown {
  if (isTimeout(error)) return new Failure('timeout', `it did not answer in ${timeoutMs / 1000} s`, { cause: error })
  if (!(error instanceof TypeError) || error.cause === undefined) return error
  const { code, message } = error.cause as { code?: string; message?: string }
  return new Failure('network', `it cannot be reached (${code ?? message ?? 'no connection'})`, { cause: error })
}
