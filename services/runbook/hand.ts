// Runs by hand: the same run that an alert would start, asked for by a person or a drill.

import type { Mode } from '../../ops/runbook/flow.ts'
import { Failure } from '../../scrapers/failure.ts'
import { appendAudit } from '../store/audit.ts'
import type { Db } from '../store/database.ts'
import { findGoing } from '../store/incidents.ts'
import { modeOf } from '../store/runbook-pages.ts'
import { enqueueRun } from '../store/runbook-runs.ts'

export interface HandRun {
  alert: string
  labels: Readonly<Record<string, string>>
  dryRun: boolean
  actor: string
  /** What the alert's runbook may do by itself unless given. */
  mode?: Mode
  trigger?: 'hand' | 'drill'
}

/**
 * Queues a run and gives its id. It belongs to the incident of the alert that goes on with these labels, and has its labels where
 * there is one.
 * @throws Failure (rejected) when that incident has a run that is not over
 */
export async function runByHand(db: Db, { alert, labels, dryRun, actor, mode, trigger = 'hand' }: HandRun): Promise<string> {
  return db.transaction(async (trx) => {
    const incident = await findGoing(trx, alert, labels)
    const id = await enqueueRun(trx, {
      incidentId: incident?.id ?? null,
      alert,
      labels: { ...incident?.labels, ...labels },
      mode: mode ?? (await modeOf(trx, alert)),
      dryRun,
      trigger,
      actor,
    })
    if (id === undefined)
      throw new Failure(
        'rejected',
        `INC-${incident?.number ?? ''} has a run of ${alert} that is not over: "rolewatch runbook history --alert ${alert}" shows it.`,
      )
    await appendAudit(trx, { actor, action: dryRun ? 'runbook.dry_run' : 'runbook.run', target: `run/${id}`, after: { alert, labels } })
    return id
  })
}
