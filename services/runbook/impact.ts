// The impact of an incident in numbers: visits that failed, notifications that came late or not at all, and budget that was spent.

import type { Spent } from '../slo/spent.ts'
import { printDuration } from '../../ops/slo/duration.ts'
import { BAD, judgeOutcomes } from './causes.ts'
import { PROMISE_SECONDS, type Story } from './story.ts'
import { counted, lasting, tally } from './words.ts'

/** Seconds between two moments. */
export const seconds = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1000)

/** A line for each kind of harm; the first is that of the visits. */
export function impactLines(story: Story): string[] {
  return [visitsLine(story), missedLine(story), ...spentLines(story.spent)]
}

function visitsLine({ visits: { source, during, before } }: Story): string {
  const of = source === undefined ? '' : ` to ${source}`
  const { bad, all } = judgeOutcomes(during)
  if (all === 0) return `No visit${of} ended while it lasted`
  const bads = Object.fromEntries(Object.entries(during).filter(([outcome]) => BAD.includes(outcome)))
  const earlier = judgeOutcomes(before)
  const than = earlier.all === 0 ? '' : ` (in the hour before: ${earlier.bad} of ${earlier.all})`
  return `${bad.toLocaleString('en-US')} of ${counted(all, 'visit')}${of} failed${bad > 0 ? `: ${tally(bads)}` : ''}${than}`
}

function missedLine({ missed: { due, late, waiting, failed, uncertain } }: Story): string {
  if (due === 0) return 'No notification fell due while it lasted'
  const told = [
    late > 0 ? `${late} came later than ${PROMISE_SECONDS} s` : '',
    waiting > 0 ? `${waiting} still wait` : '',
    failed > 0 ? `${failed} were refused` : '',
    uncertain > 0 ? `of ${uncertain} nobody knows whether they arrived` : '',
  ].filter((part) => part !== '')
  return `Of ${counted(due, 'notification')} that fell due, ${told.length === 0 ? 'all came in time' : told.join(', ')}`
}

function spentLines(spent: readonly Spent[]): string[] {
  if (spent.length === 0) return ['No objective is recorded as having spent budget']
  return spent.map(({ slo, bad, total, unit, share, periodSeconds }) => {
    const what =
      unit === 'events' ? `${Math.round(bad)} of ${counted(Math.round(total), 'event')} bad` : `${lasting(bad)} of ${lasting(total)} bad`
    return `${slo}: ${percent(share)} of the budget of ${printDuration(periodSeconds)} spent (${what})`
  })
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`
}
