// What the answers to one message come to: delivered, to be tried again and when, refused for good, or nobody knows.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../store/settle.ts'
import type { Answer } from './slack.ts'
import type { Course, Try } from './way.ts'

const LONGEST_BACKOFF = 600
/** A restart of PostgreSQL between Slack's answer and our writing it down would make a delivered message uncertain. */
const WRITE_ATTEMPTS = 6
const WRITE_PAUSE_MS = 500

/** 1, 2, 4 … 600 seconds; longer when the channel asked for it. `attempt` counts from 1. */
export function backoff(attempt: number, retryAfter: number | null): number {
  return Math.max(Math.min(LONGEST_BACKOFF, 2 ** Math.min(attempt - 1, 20)), retryAfter ?? 0)
}

/** The last answer, which decides. */
export function lastOf(course: Course): Try {
  return course.tries.at(-1) ?? { channel: 'slack', answer: { kind: 'unknown', status: null, words: 'no answer' } }
}

/** For how long Slack asked to be left alone, in seconds. */
export function askedBy(course: Course): number {
  return Math.max(0, ...course.tries.map(({ answer }) => (answer.kind === 'refused' ? (answer.retryAfter ?? 0) : 0)))
}

/** For how long the channel is left alone after this message, in seconds. */
export function restAfter(course: Course, intervalSeconds: number): number {
  // Counted from the answer: two messages may be nearer to each other on the way than they were when they left.
  return Math.max(Math.min(askedBy(course), course.patienceSeconds ?? Infinity), intervalSeconds)
}

export function outcomeOf(answer: Answer): Verdict['kind'] {
  if (answer.kind === 'accepted') return 'delivered'
  if (answer.kind === 'unknown') return 'uncertain'
  return answer.again ? 'retried' : 'failed'
}

/** The last channel's answer decides; a refusal is final only when every channel's was. `attempt` counts from 1. */
export function verdictOn(course: Course, attempt: number, secondsAgo: number): Verdict {
  const { channel, answer } = lastOf(course)
  if (answer.kind === 'accepted') return { kind: 'delivered', by: channel, secondsAgo }
  if (answer.kind === 'unknown') return { kind: 'uncertain', delay: backoff(attempt, null), error: answer.words }
  const error = course.tries.length > 1 ? course.tries.map((one) => `${one.channel}: ${one.answer.words}`).join('; ') : answer.words
  if (course.tries.every((one) => outcomeOf(one.answer) === 'failed')) return { kind: 'failed', delay: LONGEST_BACKOFF, error }
  return { kind: 'retried', delay: retryDelay(course, attempt), error }
}

/** With a second channel, the next try comes when that may be used at the latest. */
function retryDelay(course: Course, attempt: number): number {
  const { patienceSeconds } = course
  if (patienceSeconds === null) return backoff(attempt, askedBy(course))
  const delay = backoff(attempt, null)
  return patienceSeconds > 0 ? Math.min(delay, Math.max(1, patienceSeconds)) : delay
}

/** Writes down what an answer came to, again and again for some seconds where PostgreSQL is away. @throws what the last try threw */
export async function persist<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write()
    } catch (error) {
      if (attempt === WRITE_ATTEMPTS) throw error
      await sleep(WRITE_PAUSE_MS * attempt)
    }
  }
}
