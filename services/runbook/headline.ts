// Headlines: what an update comes to in a few words, and whether a person has to do something about it.

import type { RunbookOutcome } from '../../ops/metrics.ts'
import type { Update } from './update.ts'
import { lasting } from './words.ts'

const OUTCOMES: Readonly<Record<RunbookOutcome, string>> = {
  healthy: 'its runbook found nothing wrong',
  suggested: 'a person must act',
  mended: 'mended by its runbook',
  unmended: 'its runbook did not help, a person must act',
  inconclusive: 'its runbook cannot tell what is wrong, a person must look',
  refused: 'its runbook was held back, a person must act',
  rejected: 'its runbook was told no, a person must act',
  expired: 'nobody answered its runbook, a person must act',
  failed: 'its runbook failed, a person must act',
  interrupted: 'its runbook was interrupted, a person must act',
  dry_run: 'its runbook was tried dry',
}

const CALM: ReadonlySet<string> = new Set<RunbookOutcome>(['healthy', 'mended', 'dry_run'])

/** What an update comes to, as the end of a sentence that begins with the incident. */
export function headlineOf(update: Update): string {
  const { kind, run, why, flaps } = update
  if (kind === 'opened') return flaps > 0 ? 'it fires again' : 'it fires'
  if (kind === 'noted') return 'there is no runbook for it, a person must act'
  if (kind === 'resolved') return `over after ${lastedOf(update)}`
  if (kind === 'found') return 'its runbook acts'
  if (kind === 'asked') return 'its runbook asks for a yes'
  if (why === 'unacknowledged') return `nobody has acknowledged it for ${update.waitedMinutes ?? 0} min`
  if (why === 'held') return 'its runbook has run often enough, a person must act'
  return OUTCOMES[(run?.outcome ?? 'suggested') as RunbookOutcome]
}

/** From its opening to its end. */
export function lastedOf({ openedAt, resolvedAt, at }: Update): string {
  const end = new Date(resolvedAt ?? at).getTime()
  return lasting(Math.max(0, end - new Date(openedAt ?? at).getTime()) / 1000)
}

/** Whether a person has to do what the page asks of people. */
export function needsPerson({ kind, run }: Update): boolean {
  if (kind === 'escalated' || kind === 'noted') return true
  return kind === 'done' && !CALM.has(run?.outcome ?? '')
}
