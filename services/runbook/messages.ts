// Saying: what a run or an incident has come to is queued for the people on call, in the transaction in which it comes to it.

import { redactText } from '../../ops/log.ts'
import { approvalOf } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { getIncident } from '../store/incidents.ts'
import { queueOpsUpdate } from '../store/ops-messages.ts'
import { readClock } from '../store/runbook-runs.ts'
import type { Say } from './course.ts'
import { runTold, updateOf } from './update.ts'

export interface SayOptions {
  /** Values that no message may hold. */
  secrets: readonly string[]
  /** PostgreSQL's clock unless given. */
  now?: () => Date
}

/** Makes the `Say` of the product. Of a dry run nothing is queued: whoever asked for it sees the answer. */
export function openSay({ secrets, now }: SayOptions): Say {
  const clean = (text: string): string => redactText(text, secrets)
  return async (db: Db, { incidentId, kind, run, steps }) => {
    if (run?.dry_run) return
    if (incidentId === null && !run) return
    const at = await readClock(db, now?.() ?? null)
    const incident = incidentId === null ? undefined : await getIncident(db, incidentId)
    const approval = run && kind === 'asked' ? await approvalOf(db, run.id) : undefined
    const told = run ? runTold(run, steps ?? [], approval, clean) : null
    const payload = updateOf(at, kind, incident, told)
    await queueOpsUpdate(db, { lane: 'ops', incidentId, runId: run?.id ?? null, kind, payload }, now?.() ?? null)
  }
}
