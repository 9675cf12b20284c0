// How a command ends: its exit code, the words for what kept it from its work, and a reader that leaves early.

import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { ConfigError } from '../config.ts'
import { troubleOf } from '../refusal.ts'

/** Says on stderr what went wrong, without secrets, and returns the exit code: a sentence for what is expected, the stack of a bug. */
export async function explain(error: unknown, secrets: readonly string[]): Promise<number> {
  // Commander has printed its words already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  // Loaded only now: "--help" needs no log.
  const { redactText } = await import('../../ops/log.ts')
  const name = error instanceof Error ? error.name : ''
  const known = error instanceof ConfigError || name === 'Refusal' || name === 'Misuse'
  const words = known ? (error as Error).message : (troubleOf(error) ?? inspect(error))
  console.error(redactText(words, secrets))
  return error instanceof ConfigError || name === 'Misuse' ? 2 : 1
}

/** A reader that has seen enough ("rolewatch query … | head") is no fault: the command goes on to its end and closes what it opened. */
export function bearLeavingReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
}
