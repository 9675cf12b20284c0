// What the health page says of each part: how it is, how quickly it answered, and what to do when it is not well.

import { statfs } from 'node:fs/promises'
import type { Works } from './works.ts'
import { VISITS } from './scrape/schedule.ts'
import { notifierHealth } from './notify/health.ts'

export interface ComponentHealth {
  status: 'ok' | 'degraded' | 'down'
  detail?: string | null
}

export interface HealthChecks {
  components: Record<string, () => Promise<ComponentHealth>>
  /** Without these the product cannot serve: 503. */
  essential: string[]
}

const GIB = 1_073_741_824
/** Bytes; below this much free disk an operator has to act before PostgreSQL cannot write. */
const DISK_FLOOR = GIB

/** The checks of one process. Sources are not among them: a board that is down is a freshness matter, not ill health of ours. */
export function checkHealth(works: Pick<Works, 'config' | 'database' | 'queue'>, diskFloor = DISK_FLOOR): HealthChecks {
  const { config, database, queue } = works
  return {
    essential: ['database'],
    components: {
      database: async () => {
        await database.ping()
        return { status: 'ok', detail: database.embedded ? 'embedded PostgreSQL' : 'PostgreSQL from DATABASE_URL' }
      },
      queue: async () => {
        const dead = await queue.deadLetters(VISITS)
        if (dead.length > 0) return { status: 'degraded', detail: `${dead.length} dead letters: see "rolewatch queue dead"` }
        return { status: 'ok' }
      },
      notifications: async () => {
        const { status, detail } = await notifierHealth(database.db, config)
        return { status: status === 'off' ? 'ok' : status, detail }
      },
      disk: async () => {
        const { bavail, bsize } = await statfs(config.data)
        const free = bavail * bsize
        const detail = `${(free / GIB).toFixed(1)} GiB free`
        return free < diskFloor ? { status: 'degraded', detail: `${detail}: make room under the data folder` } : { status: 'ok', detail }
      },
    },
  }
}
