// Escalation: a page that nobody has acknowledged in time goes to the second on call, by the second channel, once.

import { redactText } from '../../ops/log.ts'
import type { Watch } from '../../ops/telemetry.ts'
import { openRounds, type Rounds } from '../notify/rounds.ts'
import { approvalOf } from '../store/approvals.ts'
import { appendAudit } from '../store/audit.ts'
import type { Database, Trx } from '../store/database.ts'
import { markEscalated, unacknowledgedPages } from '../store/escalations.ts'
import type { Incident } from '../store/incidents.ts'
import { queueOpsUpdate } from '../store/ops-messages.ts'
import { listRunbookRuns, readClock } from '../store/runbook-runs.ts'
import { listSteps } from '../store/runbook-steps.ts'
import { runTold, updateOf, type RunTold } from './update.ts'

export interface EscalationOptions {
  watch: Watch
  database: Database
  /** 0: never. */
  afterMinutes: number
  /** Whether there is a second channel. */
  hasSecond: boolean
  /** Values that no message may hold. */
  secrets: readonly string[]
  everySeconds?: number
  /** PostgreSQL's clock unless given. */
  now?: () => Date
}

/** Watches for pages that nobody has; any number of processes may. `once` looks now and tells how many it escalated. */
export function openEscalation(options: EscalationOptions): Rounds {
  const { watch, database, afterMinutes, everySeconds = 15 } = options
  return openRounds({
    async work(signal) {
      if (afterMinutes === 0) return 0
      const at = await readClock(database.db, options.now?.() ?? null)
      let count = 0
      for (const id of await unacknowledgedPages(database.db, afterMinutes, at)) {
        if (signal.aborted) break
        const incident = await database.inTransaction((trx) => escalate(trx, id, at, options))
        if (!incident) continue
        count += 1
        watch.log.warn('incident.escalated', { incident: `INC-${incident.number}`, alert: incident.alertname })
      }
      return count
    },
    pollSeconds: everySeconds,
    onError: (error) => watch.log.error('incident.escalation', { error }),
  })
}

/** Where on-call reads, and to the second on call; both say the same. */
async function escalate(trx: Trx, id: string, at: Date, options: EscalationOptions): Promise<Incident | undefined> {
  const incident = await markEscalated(trx, id, at)
  if (!incident) return undefined
  const run = await lastRun(trx, id, options.secrets)
  const waitedMinutes = Math.floor((at.getTime() - incident.opened_at.getTime()) / 60_000)
  const told = { why: 'unacknowledged', waitedMinutes, hasSecond: options.hasSecond } as const
  const queue = (lane: 'ops' | 'ops_mail', story: RunTold | null) =>
    queueOpsUpdate(
      trx,
      { lane, incidentId: id, runId: null, kind: 'escalated', payload: updateOf(at, 'escalated', incident, story, told) },
      options.now?.() ?? null,
    )
  await queue('ops', null)
  // Whoever is called now has read nothing of it yet.
  if (options.hasSecond) await queue('ops_mail', run)
  await appendAudit(trx, {
    actor: 'escalation',
    action: 'incident.escalate',
    target: `incident/INC-${incident.number}`,
    detail: { alert: incident.alertname, words: `Nobody acknowledged it for ${waitedMinutes} minutes.` },
  })
  return incident
}

async function lastRun(trx: Trx, incidentId: string, secrets: readonly string[]): Promise<RunTold | null> {
  const [run] = (await listRunbookRuns(trx, { incidentId, limit: 3 })).filter(({ dry_run: isDry }) => !isDry)
  if (!run) return null
  return runTold(run, await listSteps(trx, run.id), await approvalOf(trx, run.id), (text) => redactText(text, secrets))
}
