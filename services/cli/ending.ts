// How a command ends: its exit code, the words for what kept it from its work, and a reader that leaves early.

import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { troubleOf } from '../refusal.ts'

/** Errors whose message says all, by name, and their exit codes. */
const EXPECTED: Readonly<Record<string, number>> = { ConfigError: 2, Misuse: 2, Refusal: 1 }

/** Says on stderr what went wrong, without secrets, and returns the exit code: a sentence for what is expected, the stack of a bug. */
export async function explain(error: unknown, secrets: readonly string[]): Promise<number> {
  // Commander has printed its words already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  // Loaded only now: "--help" needs no log.
  const { redactText } = await import('../../ops/log.ts')
  const code = error instanceof Error ? EXPECTED[error.name] : undefined
  const words = code === undefined ? (troubleOf(error) ?? inspect(error)) : (error as Error).message
  console.error(redactText(words, secrets))
  return code ?? 1
}

/** A reader that has seen enough ("rolewatch query … | head") is no fault: the command goes on to its end and closes what it opened. */
export function bearLeavingReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
}
