// The timeline of an incident: every recorded moment as a line, in the order in which it came.

import type { Firing } from '../store/incident-story.ts'
import type { StoredStep } from '../store/runbook-steps.ts'
import type { RunStory, Story } from './story.ts'

export interface Moment {
  at: Date
  words: string
}

/** What has not come yet has no moment. */
type MaybeMoment = Omit<Moment, 'at'> & { at: Date | null }

const KINDS: Readonly<Record<string, string>> = {
  opened: 'it fires',
  found: 'what was found',
  done: 'what was done',
  asked: 'the question',
  escalated: 'that a person must act',
  resolved: 'the end',
  noted: 'that there is no runbook',
}
const CHANNEL = { slack: 'Slack', email: 'mail' } as const

/** All moments, oldest first. */
export function timelineOf(story: Story): Moment[] {
  const { incident, changes, processes, told } = story
  const moments: MaybeMoment[] = [
    ...story.firings.flatMap(firingMoments),
    { at: incident.opened_at, words: 'The incident was opened' },
    { at: incident.acknowledged_at, words: `Acknowledged by ${incident.acknowledged_by ?? 'somebody'}` },
    { at: incident.escalated_at, words: 'Nobody had acknowledged it: it was escalated to the second channel' },
    { at: incident.mitigated_at, words: 'Mitigated: the runbook found the alert gone' },
    { at: incident.resolved_at, words: 'Resolved' },
    ...story.runs.flatMap(runMoments),
    ...told.map(({ at, by, kinds }) => ({
      at,
      words: `On-call was told by ${CHANNEL[by]}: ${kinds.map((kind) => KINDS[kind] ?? kind).join(', ')}`,
    })),
    ...changes.map(({ at, actor, action, target }) => ({ at, words: `Changed by ${actor}: ${action} ${target}` })),
    ...processes.map(({ started_at: at, role, version }) => ({ at, words: `A process began: role ${role}, version ${version}` })),
  ]
  return moments.flatMap(({ at, words }) => (at ? [{ at, words }] : [])).toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

function firingMoments({ starts_at: from, ends_at: to, first_received_at: received }: Firing): Moment[] {
  return [
    { at: from, words: 'The alert began to fire' },
    { at: received, words: 'Alertmanager told of it' },
    ...(to ? [{ at: to, words: 'The alert ended' }] : []),
  ]
}

function runMoments({ run, steps, approval }: RunStory): MaybeMoment[] {
  const of =
    run.trigger === 'alert'
      ? 'The runbook began'
      : `The runbook began, asked for by ${run.actor}${run.trigger === 'drill' ? ' in a drill' : ''}`
  const looked = steps.flatMap(({ part, ended_at: at }) => (part === 'diagnosis' && at ? [at.getTime()] : []))
  const verdict = [run.verdict ?? '', ...(run.causes.length > 0 ? [`(${run.causes.join(', ')})`] : [])].join(' ')
  return [
    { at: run.started_at, words: `${of}, in mode ${run.mode}${run.trace_id === null ? '' : ` (trace ${run.trace_id})`}` },
    { at: run.verdict && looked.length > 0 ? new Date(Math.max(...looked)) : null, words: `Diagnosed: ${verdict}` },
    ...steps.flatMap(stepMoments),
    ...(approval
      ? [
          { at: approval.asked_at, words: 'The runbook asked for a yes' },
          { at: approval.decided_by === null ? null : approval.decided_at, words: `${approval.state} by ${approval.decided_by ?? ''}` },
        ]
      : []),
    { at: run.ended_at, words: `The runbook ended: ${run.outcome ?? ''}. ${run.words ?? ''}`.trim() },
  ]
}

function stepMoments({ part, action, target, state, started_at: from, ended_at: to, words }: StoredStep): MaybeMoment[] {
  if (part === 'diagnosis' || action === null) return []
  const what = target === null ? action : `${action} on ${target}`
  if (state === 'undone')
    return [
      { at: from, words: `${what}: done` },
      { at: to, words: `${what}: taken back` },
    ]
  return state === 'planned' || state === 'skipped' ? [] : [{ at: to ?? from, words: `${what}: ${state}. ${words}` }]
}
