// The post-mortem of an incident as a draft in Markdown: what was recorded is told, and what is not known is asked.

import { oneLine } from '../notify/text.ts'
import type { StoredStep } from '../store/runbook-steps.ts'
import { impactLines, seconds } from './impact.ts'
import { questionsOf } from './questions.ts'
import type { Story } from './story.ts'
import { timelineOf } from './timeline.ts'
import { counted, lasting } from './words.ts'

/** Builds the draft. Pure. */
export function postmortemOf(story: Story): string {
  const { incident, end } = story
  const name = `INC-${incident.number}`
  const impact = impactLines(story)
  const parts = [
    [`# Post-Mortem: ${name} ${md(incident.alertname)}`],
    [
      `**Date:** ${incident.opened_at.toISOString().slice(0, 10)}`,
      `**Duration:** ${incident.resolved_at ? lasting(seconds(incident.opened_at, end)) : `not over yet, so far ${lasting(seconds(incident.opened_at, end))}`}`,
      `**Severity:** ${incident.priority} (${incident.severity})`,
      `**Impact:** ${impact[0]}`,
    ].map((line) => `${line}  `),
    ['> A draft of what was recorded. It is about what happened and not about who: lines in *italics* are questions that people answer.'],
    ['## Summary', '', ...summaryLines(story)],
    ['## Impact', '', ...impact.map((line) => `- ${line}`)],
    ['## Timeline (UTC)', '', ...timelineLines(story)],
    ['## Root Cause', '', ...causeLines(story)],
    ['## Resolution', '', ...resolutionLines(story)],
    ['## Action Items', '', ...questionsOf(story).map((line) => `- [ ] *${md(line)}* (Owner: ?, Due: ?)`)],
    ['## Lessons Learned', '', '- *What went well?*', '- *What went badly?*', '- *Where were we lucky?*'],
  ]
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** Words from elsewhere in a line of Markdown: no links, pictures, tags or emphasis come of them. */
function md(text: string): string {
  return oneLine(text).replaceAll(/[\\*[\]<>|]/g, (character) => `\\${character}`)
}

function summaryLines({ incident, others, end }: Story): string[] {
  const { flaps, opened_at: from } = incident
  const labels = Object.entries(incident.labels)
    .filter(([label]) => !['alertname', 'severity', 'priority'].includes(label))
    .map(([label, value]) => `${label}=${value}`)
  const after = (at: Date | null, words: string) => (at ? `${words} after ${lasting(seconds(from, at))}` : `not ${words}`)
  const how = [
    after(incident.acknowledged_at, 'acknowledged'),
    after(incident.mitigated_at, 'mitigated by its runbook'),
    after(incident.resolved_at, 'over'),
  ]
  const back = flaps === 0 ? '' : ` The alert came back ${flaps === 1 ? 'once' : `${flaps} times`}.`
  const same = others.map((one) => `INC-${one.number} ${one.alertname}`).join(', ')
  return [
    `${md(incident.summary)} (${md(labels.join(', '))}). It was ${how.join(', ')}.${back}`,
    ...(same === '' ? [] : ['', `At the same time: ${md(same)}.`]),
    '',
    `*What did people see between ${clock(from)} and ${clock(end)}, in two sentences?*`,
  ]
}

/** The day stands once, and again where it changes. */
function timelineLines(story: Story): string[] {
  let day = ''
  return timelineOf(story).flatMap(({ at, words }) => {
    const today = at.toISOString().slice(0, 10)
    const line = `- ${at.toISOString().slice(11, 19)} – ${md(words)}`
    const lines = today === day ? [line] : [...(day === '' ? [] : ['']), `${today}:`, '', line]
    day = today
    return lines
  })
}

function causeLines({ runs, changes, processes, incident }: Story): string[] {
  const last = runs.findLast(({ run }) => run.verdict !== null)
  const found = last?.steps.filter(({ part, action }) => part === 'diagnosis' && action !== null) ?? []
  const earlier = changes.filter(({ at }) => at <= incident.opened_at).length
  const begun = processes.filter(({ started_at: at }) => at <= incident.opened_at).length
  return [
    last
      ? `The runbook's verdict was ${[last.run.verdict, ...last.run.causes].join(', ')}:`
      : 'No runbook has looked at it, so nothing is recorded of the cause.',
    '',
    ...found.map(({ action, verdict, words }) => `- ${action ?? ''}: ${verdict ?? 'unknown'}. ${md(words)}`),
    ...(found.length > 0 ? [''] : []),
    `In the two hours before it, ${counted(earlier, 'change')} by hand and ${counted(begun, 'beginning process', 'beginning processes')} are recorded.`,
    '',
    '*Is that the cause, or what the cause looks like? Why could it happen, and why was it not seen before?*',
  ]
}

function resolutionLines({ runs, changes, incident }: Story): string[] {
  const done = runs.flatMap(({ run, steps }) => steps.filter(isDone).map((step) => ({ run, step })))
  const byHand = changes.filter(({ at }) => at > incident.opened_at)
  const mended = runs.some(({ run }) => run.outcome === 'mended')
  return [
    ...done.map(
      ({ run, step }) =>
        `- The runbook: ${md(step.words)} (${step.state}${step.state === 'done' ? `, the run ended ${run.outcome ?? 'not yet'}` : ''})`,
    ),
    ...byHand.map(({ actor, action, target }) => `- By hand: ${md(`${action} ${target} (${actor})`)}`),
    ...(done.length + byHand.length > 0 ? [''] : ['Nothing that was done is recorded.', '']),
    ...(mended ? ['The alert was gone after what the runbook had done.', ''] : []),
    `*${endQuestion(mended, incident.flaps)}*`,
  ]
}

function endQuestion(mended: boolean, flaps: number): string {
  if (!mended) return 'What ended it? Did it end by itself?'
  return flaps > 0 ? 'It came back: why did that not last, and what ended it then?' : 'Does it last, or has it to be done again?'
}

const isDone = ({ part, state }: StoredStep): boolean => part === 'steps' && (state === 'done' || state === 'undone')

const clock = (at: Date): string => at.toISOString().slice(11, 16)
