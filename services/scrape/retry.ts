// Whether a failed attempt is made again, and after how long: pure, from the attempt, the failure and what the host asked for.

import type { Failure, FailureKind } from '../../scrapers/failure.ts'

/** Attempts at one page, the first included. */
export const MAX_ATTEMPTS = 3
/** Nobody sleeps longer than this for a host within a visit; the visit ends instead. */
export const MAX_SLEEP_SECONDS = 30
/** A host that asks for more is taken to mean a day. */
export const MAX_RETRY_AFTER_SECONDS = 86_400

const BASE_MS = 1000
/** All three formats of RFC 9110 §5.6.7 begin with the day; the last of them names no zone and means GMT. */
const WEEKDAY = /^(mon|tue|wed|thu|fri|sat|sun)/i
const PASSING: readonly FailureKind[] = ['network', 'timeout', 'server_error', 'throttled']

export type Decision = { again: false } | { again: true; delayMs: number }

/**
 * Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), or exactly the host's Retry-After.
 * @param attempt 1 for the first
 * @param random uniform in [0, 1)
 */
export function decide(attempt: number, failure: Failure, random: () => number): Decision {
  if (attempt >= MAX_ATTEMPTS || !PASSING.includes(failure.kind)) return { again: false }
  if (failure.retryAfter !== undefined) {
    if (failure.retryAfter > MAX_SLEEP_SECONDS) return { again: false }
    return { again: true, delayMs: failure.retryAfter * 1000 }
  }
  return { again: true, delayMs: Math.round(random() * BASE_MS * 2 ** (attempt - 1)) }
}

/**
 * Seconds from a Retry-After header (RFC 9110 §10.2.3: whole seconds or an HTTP date), at most a day.
 * Undefined where it says nothing usable: absent, negative, past, not a number.
 */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  const value = header?.trim() ?? ''
  let seconds: number
  if (/^\d+$/.test(value)) seconds = Number(value)
  else if (WEEKDAY.test(value)) seconds = Math.ceil((Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) - now.getTime()) / 1000)
  else return undefined
  return seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined
}
