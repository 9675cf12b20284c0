// Every error the API answers: RFC 9457 problem details with words for people, all faults at once, and nothing of our insides.

import { STATUS_CODES } from 'node:http'
import type { Request, Response } from 'express'
import { currentTraceId } from '../../ops/telemetry.ts'
import { CursorError } from '../store/cursor.ts'

/** One thing that is wrong with a request. */
export interface Fault {
  /** The parameter, or the path in the body as `query.mode`. */
  field: string
  message: string
}

/** The last part of `type`: urn:rolewatch:problem:<kind>. */
const KINDS = {
  400: 'invalid-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'too-slow',
  409: 'conflict',
  410: 'gone',
  412: 'precondition-failed',
  413: 'too-large',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  431: 'too-large',
  500: 'internal-error',
  503: 'unavailable',
} as const

export type ProblemStatus = keyof typeof KINDS

/** An answer that is an error. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: ProblemStatus
  readonly faults: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: ProblemStatus,
    detail: string,
    more: { faults?: readonly Fault[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause })
    this.status = status
    this.faults = more.faults ?? []
    this.headers = more.headers ?? {}
  }
}

/** A request with faults, each named. */
export function invalid(faults: readonly Fault[]): Problem {
  const [only] = faults
  const detail =
    faults.length === 1 && only ? `${only.field} ${only.message}` : `The request has ${faults.length} faults; errors has them all.`
  return new Problem(400, detail, { faults })
}

/** A body longer than `limit` bytes. */
export function tooLarge(limit: number): Problem {
  return new Problem(413, `The body is larger than ${Math.floor(limit / 1024)} kB.`)
}

/** What is thrown → what is answered. Whatever is not known here is a bug and its words stay inside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof CursorError) return invalid([{ field: 'cursor', message: error.message }])
  if (isUnreachable(error))
    return new Problem(503, 'The database does not answer at the moment.', { headers: { 'retry-after': '5' }, cause: error })
  if (isUnstorable(error)) return new Problem(400, 'The request has a character that no text here can have (NUL).')
  return fromParser(error) ?? new Problem(500, 'Something went wrong here. The log has it under this trace_id.', { cause: error })
}

/** What express, its body parser and its sender of files throw. Names: the body-parser README, "Errors". */
function fromParser(error: unknown): Problem | undefined {
  const { type, status, limit } = (error ?? {}) as { type?: unknown; status?: unknown; limit?: unknown }
  if (type === 'entity.parse.failed')
    return new Problem(400, 'The body is not JSON.', { faults: [{ field: 'body', message: 'is not JSON' }] })
  if (type === 'entity.too.large') return tooLarge(Number(limit))
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return new Problem(415, 'The body must be JSON in UTF-8.')
  if (status === 412) return new Problem(412, 'The file is not as If-Match or If-Unmodified-Since say.')
  if (error instanceof URIError) return new Problem(400, 'The address has a % that encodes nothing.')
  return status === 400 ? new Problem(400, 'The body did not arrive as it was announced.') : undefined
}

/** PostgreSQL has no NUL in text: character_not_in_repertoire, untranslatable_character. */
function isUnstorable(error: unknown): boolean {
  return ['22021', '22P05'].includes(String((error as { code?: unknown } | undefined)?.code))
}

/** Connection refused or lost (class 08 and 57P), no connection free, too many of them, no such database or no right to it. Codes: PostgreSQL manual, appendix A. */
function isUnreachable(error: unknown): boolean {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }
  if (name === 'KnexTimeoutError' || message === 'Connection terminated unexpectedly') return true
  return (
    typeof code === 'string' && /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08\w{3}|57P0[123]|53300|3D000|28\w{3})$/.test(code)
  )
}

export function sendProblem(request: Request, response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .set(problem.headers)
    .set('cache-control', 'no-store')
    .type('application/problem+json')
    .send(bodyOf(problem, request.originalUrl.split('?')[0] ?? ''))
}

/** The body of the answer, as JSON; `instance` is the path that was asked for. */
export function bodyOf(problem: Problem, instance: string): string {
  return JSON.stringify({
    type: `urn:rolewatch:problem:${KINDS[problem.status]}`,
    title: STATUS_CODES[problem.status],
    status: problem.status,
    detail: problem.message,
    instance,
    trace_id: currentTraceId() ?? null,
    ...(problem.faults.length > 0 ? { errors: problem.faults } : {}),
  })
}
