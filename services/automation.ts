// Automation as it is put together: the actions, the pages that name them, and the engine that runs what alerts ask for.

import { join } from 'node:path'
import { registryOf, type Registry } from '../ops/runbook/action.ts'
import { labelsOf, readExpressions } from '../ops/slo/expressions.ts'
import type { ApiParts } from './api/parts.ts'
import { ROOT } from './config.ts'
import type { Rounds } from './notify/rounds.ts'
import type { Say, Verifier } from './runbook/course.ts'
import { deeds } from './runbook/deeds.ts'
import { openEngine, type Engine } from './runbook/engine.ts'
import { openEscalation } from './runbook/escalation.ts'
import { onAlerts } from './runbook/intake.ts'
import { looks } from './runbook/looks.ts'
import { openSay } from './runbook/messages.ts'
import { openMessenger, type Messenger } from './runbook/messenger.ts'
import { openPages, type Pages } from './runbook/pages.ts'
import type { ActionParts } from './runbook/parts.ts'
import { mailboxAt, readRota, type Rota } from './runbook/rota.ts'
import { openVerifier } from './runbook/verifier.ts'
import { openPrometheus } from './slo/prometheus.ts'
import { readSlos } from './slo/specs.ts'
import type { Db } from './store/database.ts'
import { localUrl, type Works } from './works.ts'

export interface Automation {
  registry: Registry<Db>
  pages: Pages
  verify: Verifier
  say: Say
  rota: Rota | undefined
  /** For the hook. */
  onAlerts: NonNullable<ApiParts['onAlerts']>
}

/**
 * Puts the actions together and reads the pages; nothing runs yet.
 * @throws ConfigError with every fault of every page, or of the rota
 */
export async function openAutomation(works: Works): Promise<Automation> {
  const { config, watch, database, queue, runParts } = works
  const slos = await readSlos(watch.metrics)
  const parts: ActionParts = { config, watch, database, queue, door: runParts.door, archive: runParts.archive, slos }
  const registry = registryOf<Db>([...looks(parts), ...deeds(parts)])
  const rules = readExpressions(config.rules)
  const pages = openPages(join(ROOT, 'runbooks'), registry, (alert) => labelsOf(rules.get(alert) ?? [], slos))
  const prometheus = config.prometheusUrl === undefined ? undefined : openPrometheus(config.prometheusUrl)
  const rota = readRota(config.boards)
  const say = openSay({ secrets: config.secrets })
  return {
    registry,
    pages,
    verify: openVerifier({ db: database.db, prometheus, rules }),
    say,
    rota,
    onAlerts: (trx, changes, now) => onAlerts(trx, changes, { pages, say, log: watch.log, now }),
  }
}

/** An engine over these parts; `only` for one run alone. It is the caller's to start and to close. */
export function engineOf({ watch, database, owner, config }: Works, automation: Automation, only?: string): Engine {
  const { registry, pages, verify, say } = automation
  const { withinSeconds: verifySeconds, everySeconds: lookSeconds } = config.verify
  return openEngine({
    watch,
    database,
    registry,
    pages,
    owner,
    verify,
    say,
    verifySeconds,
    lookSeconds,
    ...(only === undefined ? {} : { only, lanes: 1 }),
  })
}

/** Who tells the people on call: by Slack, and by mail to whoever has the shift. It is the caller's to start and to close. */
export function messengerOf({ watch, database, owner, config }: Works, { rota }: Automation): Messenger {
  return openMessenger({
    watch,
    database,
    slackWebhookUrl: config.slackOpsWebhookUrl,
    mail: config.mail,
    recipient: (of, at) => mailboxAt(rota, of, at),
    publicUrl: config.publicUrl ?? localUrl(config),
    secrets: config.secrets,
    owner,
  })
}

/** Who calls the second on call. It is the caller's to start and to close. */
export function escalationOf({ watch, database, config }: Works): Rounds {
  const { escalateAfterMinutes: afterMinutes, secrets } = config
  return openEscalation({ watch, database, afterMinutes, hasSecond: config.mail !== undefined, secrets })
}
