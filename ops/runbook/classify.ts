// Classification: many findings → one verdict, cautious by rule.

import type { Cause, Finding, Verdict } from './action.ts'

export interface Classification {
  verdict: Verdict
  /** Of the findings that carry the verdict, each once, in the order found. */
  causes: readonly Cause[]
}

/**
 * Broken when anything is broken, degraded when anything is degraded; healthy only when something was looked at and everything is;
 * everything else is inconclusive, and then nothing is done. Being asked to slow down is never evidence of breakage: a finding whose
 * only cause is `throttled` says at most `degraded`.
 */
export function classify(findings: readonly Finding[]): Classification {
  const judged = findings.map((finding) => ({ ...finding, verdict: lowered(finding) }))
  const verdict = worst(judged.map((finding) => finding.verdict))
  const causes = judged
    .filter((finding) => finding.verdict === 'broken' || finding.verdict === 'degraded')
    .flatMap(({ causes: all }) => all)
  return { verdict, causes: verdict === 'broken' || verdict === 'degraded' ? [...new Set(causes)] : [] }
}

function lowered({ verdict, causes }: Finding): Verdict {
  return verdict === 'broken' && causes.length > 0 && causes.every((cause) => cause === 'throttled') ? 'degraded' : verdict
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('broken')) return 'broken'
  if (verdicts.includes('degraded')) return 'degraded'
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'healthy') ? 'healthy' : 'inconclusive'
}

/** Whether a step is meant for what was found; a step without conditions is meant for everything that is not well. */
export function isMeant(when: readonly string[], { verdict, causes }: Classification): boolean {
  if (verdict !== 'broken' && verdict !== 'degraded') return false
  return when.length === 0 || when.includes(verdict) || causes.some((cause) => when.includes(cause))
}
