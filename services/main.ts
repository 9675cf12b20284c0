// The composition root: config → works → start; stopping is the mirror of starting.

import { createApi, refuseUnsafeBinding } from './api/app.ts'
import { listen } from './api/listen.ts'
import type { Config } from './config.ts'
import { keepGauges } from './gauges.ts'
import { checkHealth } from './health.ts'
import { askForVisits } from './scrape/refresh.ts'
import { startSchedule, startVisits } from './scrape/schedule.ts'
import { countTokens } from './store/tokens.ts'
import { openWorks, type Works } from './works.ts'

export type Role = 'all' | 'api' | 'worker'

export interface Running {
  /** Where people and programs reach it; undefined for a worker. */
  url: string | undefined
  works: Works
  stop(): Promise<void>
}

/** Starts the product in one of its roles. */
export async function start(config: Config, role: Role): Promise<Running> {
  const works = await openWorks(config)
  const { closers, log } = works
  try {
    keepGauges(works)
    if (role !== 'api') startWorking(works)
    const url = role === 'worker' ? undefined : await serve(works)
    log.info('started', { role, ...(url ? { url } : {}), version: config.version, node: process.versions.node })
    return { url, works, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

function startWorking(works: Works): void {
  const { watch, database, queue, notifier, closers, config } = works
  const worker = startVisits(works.runParts, queue, config.concurrency)
  closers.add(() => worker.stop())
  const schedule = startSchedule({ watch, database, queue })
  closers.add(() => schedule.close())
  notifier.start()
}

async function serve(works: Works): Promise<string> {
  const { config, database, watch, queue, closers } = works
  refuseUnsafeBinding(config, await countTokens(database.db))
  const app = createApi({
    config,
    database,
    watch,
    health: checkHealth(works),
    refresh: async (selection) => (await askForVisits(database, queue, selection)).length,
  })
  const server = await listen(app, config.port, config.host)
  closers.add(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeIdleConnections()
        setTimeout(() => {
          server.closeAllConnections()
        }, 5000).unref()
      }),
  )
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return `http://${host}:${port}`
}
