// What the dead man's switch remembers over a restart, in a file of its own: it needs no database.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../ops/log.ts'

const utterance = z.object({
  kind: z.enum(['silent', 'back']),
  id: z.string(),
  since: z.iso.datetime(),
  ever: z.boolean(),
  at: z.iso.datetime(),
  times: z.number(),
  again: z.number(),
})

const state = z.object({
  /** When the switch was first started. */
  startedAt: z.iso.datetime(),
  /** When the Watchdog last came; null: not yet. */
  lastSeen: z.iso.datetime().nullable(),
  /** Seconds that the switch has listened since then; while it did not run, it did not listen. */
  waited: z.number().nonnegative(),
  /** How often it has spoken of the silence going on; 0: there is none. */
  spoken: z.int().nonnegative(),
  /** What is still to be said, by channel. */
  owed: z.record(z.string(), utterance),
})

export type DeadmanState = z.infer<typeof state>

export interface DeadmanMemory {
  load(): DeadmanState | undefined
  save(state: DeadmanState): void
}

/** Keeps the state in one file, replaced whole. A disk that fails is said once and stops no alarm. */
export function openMemory(file: string, log: Log): DeadmanMemory {
  let well = true
  return {
    load() {
      try {
        return state.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn('deadman.forgotten', { file, error, help: 'the clock begins anew' })
        return undefined
      }
    },
    save(current) {
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(`${file}.new`, JSON.stringify(current))
        renameSync(`${file}.new`, file)
        well = true
      } catch (error) {
        if (well) log.error('deadman.not_kept', { file, error, help: 'a restart will begin anew' })
        well = false
      }
    },
  }
}
