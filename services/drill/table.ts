// What drills came to, as people read it: a timeline for one, a table for many.

import type { Report, Times } from './drill.ts'
import { FACTOR, SLOWEST } from './quick.ts'

/** Said wherever seconds are shown. */
export const QUICK = `Seconds of quicker time: rules, routes and cadences run ${FACTOR} times as fast as in a deployment (those of the objective ${SLOWEST.slo} ${SLOWEST.factor} times); processes, looks, changes and messages do not.`

const STAGES: Readonly<Record<keyof Times, string>> = {
  sign: 'first visit failed',
  alert: 'told: incident',
  classified: 'classified',
  done: 'done',
  verified: 'verified',
  resolved: 'resolved',
}

const seconds = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(1))

/** One drill, a line for each thing that happened, with the seconds since the fault and since the line before. */
export function timelineOf(report: Report): string {
  const { times } = report
  const said: Partial<Record<keyof Times, string>> = {
    alert: [report.alert, report.incident].filter(Boolean).join(', '),
    classified: [report.verdict, report.causes.join(', ')].filter(Boolean).join(': '),
    done: report.did.join(', '),
    verified: report.words,
    resolved: 'Alertmanager says that it is over',
  }
  const stages = (Object.keys(STAGES) as (keyof Times)[])
    .filter((stage) => Number.isFinite(times[stage]))
    .toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0))
  const lines = stages.map((stage, at) => {
    const now = times[stage] ?? 0
    const before = times[stages[at - 1] ?? stage] ?? 0
    const step = at === 0 ? now : now - before
    return `${seconds(now).padStart(7)} s  +${seconds(step).padStart(5)}  ${STAGES[stage].padEnd(18)}  ${said[stage] ?? ''}`.trimEnd()
  })
  const head = `${report.passed ? 'passed' : 'FAILED'}  ${report.name}${report.alert ? ` → ${report.alert}` : ''} (${report.kind}): ${report.about}`
  const ending = report.ending === 'guard holds' ? report.words : `${report.ending}; by hand: ${report.manual.join(', ') || 'nothing'}`
  return [
    head,
    '    0.0 s          fault',
    ...lines,
    `${seconds(report.totalSeconds).padStart(7)} s          calm again          ${ending}`,
    ...report.faults.map((fault) => `    ! ${fault}`),
  ].join('\n')
}

/** All of them as a table in Markdown. */
export function tableOf(reports: readonly Report[]): string {
  const cells = reports.map((one) => [
    one.name,
    one.kind,
    one.alert ?? '–',
    one.incidents.map((number) => `#${number}`).join(' '),
    one.about,
    seconds(one.times.sign),
    seconds(one.times.alert),
    [seconds(one.times.classified), one.verdict, one.causes.join(', ')].filter(Boolean).join(' '),
    [seconds(one.times.done), one.did.join(', ')].filter(Boolean).join(' '),
    seconds(one.times.verified),
    seconds(one.times.resolved),
    seconds(one.totalSeconds),
    one.ending,
    one.manual.join(', ') || '0',
    one.passed ? 'passed' : `FAILED: ${one.faults.join('; ')}`,
  ])
  const head = [
    'drill',
    'kind',
    'alert',
    '§11.1',
    'fault',
    'first sign',
    'told',
    'classified',
    'done',
    'verified',
    'resolved',
    'total',
    'ending',
    'by hand',
    'result',
  ]
  const row = (texts: readonly string[]) => `| ${texts.map((text) => text.replaceAll('|', '/').replaceAll('\n', ' ')).join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...cells.map(row), '', QUICK].join('\n')
}
