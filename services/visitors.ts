// The visits that this process makes: begun, drained, and begun anew with as many at once as told.

import type { Queue } from '../ops/queue.ts'
import type { Obeying } from './runbook/presence.ts'
import type { RunParts } from './scrape/run.ts'
import { startVisits } from './scrape/schedule.ts'

export interface Visitors extends Obeying {
  /** Drains, and does not begin anew. */
  stop(): Promise<void>
}

/** Begins to visit. */
export function openVisitors(parts: RunParts, queue: Queue, concurrency: number): Visitors {
  let worker = startVisits(parts, queue, concurrency)
  let atOnce = concurrency
  let stopped = false
  let last: Promise<void> = Promise.resolve()

  async function beginAnew(wanted: number): Promise<void> {
    if (stopped) return
    await worker.stop()
    if (stopped) return
    worker = startVisits(parts, queue, wanted)
    atOnce = wanted
  }
  return {
    concurrency: () => atOnce,
    active: () => worker.active(),
    restart(wanted) {
      last = last.catch(() => {}).then(() => beginAnew(wanted))
      return last
    },
    async stop() {
      stopped = true
      await worker.stop()
      await last.catch(() => {})
    },
  }
}
