// The end of a run: locks are given back, the incident is told, people are told, the audit has the last word.

import type { RunbookOutcome } from '../../ops/metrics.ts'
import { observe } from '../../ops/metrics.ts'
import { expireApproval } from '../store/approvals.ts'
import { mitigateIncident } from '../store/incidents.ts'
import { freeLocks } from '../store/limits.ts'
import { listSteps, skipPlanned } from '../store/runbook-steps.ts'
import { kept } from './bounded.ts'
import { move, nameOf, record, type Course, type Turn } from './course.ts'

export interface Ending {
  outcome: RunbookOutcome
  words: string
}

/** The machine has tried, or cannot know what it has done: a person must look at once. */
const ESCALATED: ReadonlySet<RunbookOutcome> = new Set(['unmended', 'failed', 'interrupted'])
/** What is planned there was only to be said. */
const ONLY_SAID: ReadonlySet<RunbookOutcome> = new Set(['suggested', 'dry_run'])

/** Ends the run, in the transaction that settles how. */
export async function end(course: Course, turn: Turn, { outcome, words }: Ending): Promise<void> {
  const { trx, incident, at } = turn
  const { run, watch } = course
  if (!ONLY_SAID.has(outcome)) await skipPlanned(trx, run.id, 'the run is over')
  await expireApproval(trx, run.id, at)
  await freeLocks(trx, run.id)
  const done = await move(course, turn, 'done', { outcome, words: kept(words), ended_at: at })
  if (outcome === 'mended' && incident) await mitigateIncident(trx, incident.id, at)
  const steps = await listSteps(trx, run.id)
  await course.say(trx, { incidentId: run.incident_id, kind: ESCALATED.has(outcome) ? 'escalated' : 'done', run: done, steps })
  await record(course, turn, { action: 'runbook.end', target: nameOf(run, incident), detail: { verdict: outcome, words: kept(words) } })
  turn.later(() => {
    watch.metrics.runbookRuns.inc({ runbook: run.alertname, outcome })
    if (outcome === 'mended' && incident)
      observe(watch.metrics.timeToMitigateSeconds, {}, (at.getTime() - incident.opened_at.getTime()) / 1000, run.trace_id ?? undefined)
    watch.log[ESCALATED.has(outcome) ? 'warn' : 'info']('runbook.ended', {
      alert: run.alertname,
      outcome,
      words,
      ...(incident ? { incident: `INC-${incident.number}` } : {}),
    })
  })
}
