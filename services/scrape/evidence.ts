// What a failed fetch leaves behind for whoever handles it: the body that could not be read, and how many requests it took.

import type { Failure } from '../../scrapers/failure.ts'

// Beside the failure and not on it, so that no log line ever carries a whole body.
const bodies = new WeakMap<object, string>()
const counts = new WeakMap<object, number>()

/** Attaches the body that was received, for the quarantine. Returns the failure. */
export function withBody(failure: Failure, body: string): Failure {
  bodies.set(failure, body)
  return failure
}

/** The body behind a failure of the door, where one was received and could not be read. */
export function bodyOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? bodies.get(error) : undefined
}

/** Notes how many attempts were made before the failure was final. Returns the failure. */
export function withAttempts(failure: Failure, attempts: number): Failure {
  counts.set(failure, attempts)
  return failure
}

/** How many attempts were made before a failure of the door was final; 0 for any other error. */
export function attemptsOf(error: unknown): number {
  return typeof error === 'object' && error !== null ? (counts.get(error) ?? 0) : 0
}
