// Work of an action with an end: when its time is over, nobody waits for it any more.

import { createHash } from 'node:crypto'

/** Longest words that are kept of one step. */
const LONGEST = 2000
/** Of the facts behind them, as JSON. */
const MOST_FACTS = 20_000

/**
 * Does the work with a signal that is aborted when its time is over or `signal` is, and does not wait for work that does not heed it.
 * @throws Error that says so
 */
export async function bounded<T>(seconds: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(new Error(`no answer in ${seconds} s`)), seconds * 1000)
  const both = AbortSignal.any([own.signal, signal])
  let stop = (): void => {}
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(both.reason instanceof Error ? both.reason : new Error('it was called off'))
    both.addEventListener('abort', stop)
  })
  try {
    both.throwIfAborted()
    return await Promise.race([work(both), ended])
  } finally {
    clearTimeout(timer)
    both.removeEventListener('abort', stop)
  }
}

/** SHA-256 of what came out of an action, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? 'null')
    .digest('hex')
}

/** Words as they are kept: one piece, not too long, nothing that PostgreSQL cannot hold. */
export function kept(words: string): string {
  const plain = holdable(words)
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1).toWellFormed()}…` : plain
}

/** Facts as they are kept: without what PostgreSQL cannot hold, and not without an end. */
export function keptFacts(facts: unknown): unknown {
  // In JSON, halves of characters are escaped, in names as in values.
  const json = (JSON.stringify(facts) ?? 'null').replaceAll(/\\u(?:0000|d[89a-f][0-9a-f]{2})/g, String.raw`\ufffd`)
  return json.length > MOST_FACTS ? { left_out: `${json.length} characters` } : (JSON.parse(json) as unknown)
}

const holdable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

/** What an error says to a person. */
export function reasonOf(error: unknown): string {
  return kept(error instanceof Error ? error.message : String(error))
}
