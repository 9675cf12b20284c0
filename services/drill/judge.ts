// The judgement of a drill: what its runbook found, did and came to, beside what it was to.

import type { AlertDrill, Report } from './drill.ts'

/** What was not as expected, in words; empty when all was. */
export function judge({ expected, signs }: Pick<AlertDrill, 'expected' | 'signs'>, report: Report): string[] {
  const { verdict, causes, outcome, did, manual, times, words } = report
  const missing = (expected.causes ?? []).filter((cause) => !causes.includes(cause))
  const undone = (expected.does ?? []).filter((action) => !did.some((one) => one === action || one.startsWith(`${action} (`)))
  const isMended = expected.ending === 'mends itself'
  return [
    expected.verdict.some((one) => one === verdict) ? '' : `the verdict was ${verdict ?? 'none'} and not ${expected.verdict.join(' or ')}`,
    missing.length === 0 ? '' : `not found: ${missing.join(', ')} (found: ${causes.join(', ') || 'nothing'})`,
    expected.outcome.some((one) => one === outcome)
      ? ''
      : `the run came to ${outcome ?? 'nothing'} and not to ${expected.outcome.join(' or ')}: ${words}`,
    undone.length === 0 ? '' : `not done: ${undone.join(', ')} (done: ${did.join(', ') || 'nothing'})`,
    isMended && manual.length > 0 ? `it was to mend itself, and a person had to: ${manual.join(', ')}` : '',
    !isMended && manual.length === 0 ? 'it was to ask a person, and nobody was needed' : '',
    expected.allowed && !manual.includes('approve') ? 'it did not ask for leave' : '',
    times.verified === undefined && isMended ? 'it was not verified' : '',
    signs && !Number.isFinite(times.sign) ? `no visit ended in ${signs.join(' or ')}` : '',
  ].filter((fault) => fault !== '')
}
