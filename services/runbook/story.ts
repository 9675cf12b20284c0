// The story of an incident: everything that was recorded of it and around it, gathered for a post-mortem.

import type { Slo } from '../../ops/slo/spec.ts'
import { budgetSpentIn, type Spent } from '../slo/spent.ts'
import { approvalOf, type Approval } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import {
  changesIn,
  firingsOf,
  incidentsIn,
  messagesOf,
  missedIn,
  processesIn,
  visitsIn,
  type BegunProcess,
  type Firing,
  type HandChange,
  type Missed,
  type ToldMessage,
} from '../store/incident-story.ts'
import type { Incident } from '../store/incidents.ts'
import { listRunbookRuns, type StoredRun } from '../store/runbook-runs.ts'
import { listSteps, type StoredStep } from '../store/runbook-steps.ts'

export interface RunStory {
  run: StoredRun
  steps: StoredStep[]
  approval: Approval | undefined
}

export interface Story {
  incident: Incident
  /** Its end, or now. */
  end: Date
  /** From when on what may have led to it is told. */
  before: Date
  firings: Firing[]
  /** Oldest first; without dry ones. */
  runs: RunStory[]
  told: ToldMessage[]
  changes: HandChange[]
  processes: BegunProcess[]
  /** Other incidents of the same time. */
  others: Incident[]
  /** By outcome: while it lasted, and in the hour before. */
  visits: { source: string | undefined; during: Record<string, number>; before: Record<string, number> }
  missed: Missed
  spent: Spent[]
}

const HOUR_MS = 3_600_000
const BEFORE_HOURS = 2
/** What is promised of a notification. */
export const PROMISE_SECONDS = 30

/** Gathers it. `now` is the end of a story that goes on. */
export async function gatherStory(db: Db, incident: Incident, slos: readonly Slo[], now: Date): Promise<Story> {
  const end = incident.resolved_at ?? now
  const during = { from: incident.opened_at, to: end }
  const before = new Date(incident.opened_at.getTime() - BEFORE_HOURS * HOUR_MS)
  const hour = { from: new Date(incident.opened_at.getTime() - HOUR_MS), to: incident.opened_at }
  const source = incident.labels['source']
  const runs = await listRunbookRuns(db, { incidentId: incident.id, limit: 50 })
  return {
    incident,
    end,
    before,
    firings: await firingsOf(db, incident.fingerprint, { from: before, to: end }),
    runs: await Promise.all(
      runs
        .filter(({ dry_run: isDry }) => !isDry)
        .toReversed()
        .map(async (run) => ({ run, steps: await listSteps(db, run.id), approval: await approvalOf(db, run.id) })),
    ),
    told: await messagesOf(db, incident.id),
    changes: await changesIn(db, { from: before, to: end }),
    processes: await processesIn(db, { from: before, to: end }),
    others: await incidentsIn(db, during, incident.id),
    visits: { source, during: await visitsIn(db, during, source), before: await visitsIn(db, hour, source) },
    missed: await missedIn(db, during, PROMISE_SECONDS),
    spent: await budgetSpentIn(db, slos, during),
  }
}
