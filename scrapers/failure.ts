// How a visit to a board can go wrong: one error class with a closed kind, and the kind decides retry, outcome and runbook.

/** What failed, as an on-call engineer would say it. Each kind is also the outcome of the run that ends with it. */
export const FAILURE_KINDS = [
  'blocked',
  'throttled',
  'gone',
  'timeout',
  'network',
  'server_error',
  'rejected',
  'skipped',
  'drift',
  'partial',
] as const

export type FailureKind = (typeof FAILURE_KINDS)[number]

export interface FailureDetails {
  /** Where in the payload it happened, as `jobs[3].title`; only for `drift` and `partial`. */
  path?: string | undefined
  /** The HTTP status that was answered, where there was one. */
  status?: number | undefined
  /** Seconds after which the host asked us to come back. */
  retryAfter?: number | undefined
  cause?: unknown
}

/** An expected failure of a visit. Anything else that is thrown is a bug. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: FailureKind
  readonly path: string | undefined
  readonly status: number | undefined
  readonly retryAfter: number | undefined

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.kind = kind
    this.path = details.path
    this.status = details.status
    this.retryAfter = details.retryAfter
  }
}
