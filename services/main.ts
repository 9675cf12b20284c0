// The composition root: config → works → start; stopping is the mirror of starting.

import { hostname } from 'node:os'
import { join } from 'node:path'
import { createApi, createProbes, refuseUnsafeBinding } from './api/app.ts'
import { listen } from './api/listen.ts'
import type { ApiParts } from './api/parts.ts'
import { engineOf, escalationOf, messengerOf, openAutomation, type Automation } from './automation.ts'
import { keepCanaryGauges, startCanary } from './canary/keeper.ts'
import type { Config } from './config.ts'
import { keepGauges } from './gauges.ts'
import { checkHealth } from './health.ts'
import { askForVisits } from './scrape/refresh.ts'
import { startPresence } from './runbook/presence.ts'
import { startSchedule } from './scrape/schedule.ts'
import { countTokens } from './store/tokens.ts'
import { openVisitors, type Visitors } from './visitors.ts'
import { openWorks, type Works } from './works.ts'

export type Role = 'all' | 'api' | 'worker'

export interface Running {
  /** Where people and programs reach it; a worker answers only whether it lives, how it is, and its metrics. */
  url: string
  works: Works
  stop(): Promise<void>
}

/** Starts the product in one of its roles. */
export async function start(config: Config, role: Role): Promise<Running> {
  const works = await openWorks(config)
  const { closers, log } = works
  try {
    keepGauges(works)
    if (config.canaryWebhookUrl) keepCanaryGauges(works.watch, works.database.db, config.canaryEverySeconds)
    const automation = await openAutomation(works)
    const visitors = role === 'api' ? undefined : startWorking(works, automation)
    const url = await serve(works, automation, role)
    beHere(works, role, visitors)
    log.info('started', { role, url, version: config.version, node: process.versions.node })
    return { url, works, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

function startWorking(works: Works, automation: Automation): Visitors {
  const { watch, database, queue, notifier, closers, config } = works
  const visitors = openVisitors(works.runParts, queue, config.concurrency)
  closers.add(() => visitors.stop())
  const schedule = startSchedule({ watch, database, queue })
  closers.add(() => schedule.close())
  notifier.start()
  const engine = engineOf(works, automation)
  engine.start()
  closers.add(() => engine.close())
  for (const one of [messengerOf(works, automation), escalationOf(works)]) {
    one.start()
    closers.add(() => one.close())
  }
  if (config.canaryWebhookUrl) {
    const { runParts, owner, canaryWatch } = works
    const folder = join(config.data, 'canary')
    const canary = startCanary({ runParts, watch: canaryWatch, folder, product: watch, everySeconds: config.canaryEverySeconds, owner })
    closers.add(() => canary.close())
  }
  return visitors
}

/** Says that this process is here; one that visits takes orders too. */
function beHere({ database, log, owner, config, closers }: Works, role: Role, worker: Visitors | undefined): void {
  const self = { owner, role, version: config.version, host: hostname(), pid: process.pid }
  const presence = startPresence({ database, log, process: self, worker })
  closers.add(() => presence.close())
}

async function serve(works: Works, automation: Automation, role: Role): Promise<string> {
  const { config, database, watch, queue, closers } = works
  refuseUnsafeBinding(config, await countTokens(database.db))
  const parts: ApiParts = {
    config,
    database,
    watch,
    health: checkHealth(works),
    onAlerts: automation.onAlerts,
    runbooks: { pages: automation.pages, registry: automation.registry },
    refresh: async (selection) => (await askForVisits(database, queue, selection)).length,
  }
  const isWorker = role === 'worker'
  const server = await listen(isWorker ? createProbes(parts) : createApi(parts), isWorker ? config.metricsPort : config.port, config.host)
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
  const port = typeof address === 'object' && address ? address.port : isWorker ? config.metricsPort : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return `http://${host}:${port}`
}
