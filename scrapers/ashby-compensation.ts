// Pay as Ashby states it: tiers for zones or levels, each made of components, or a summary of components where there are no tiers.

import { bandOf } from './money.ts'
import { basisIn, periodNamed } from './pay-words.ts'
import { type Fields, maybe } from './read.ts'
import type { PayBasis, RawPay, RawPosting } from './source.ts'

/**
 * Tiers, or the summary where there are none. They hang on `job.compensation`; the same parts are also read from the job itself.
 * Salary and cash equity are bands; bonus, commission and equity shares are facts in words. `ofAll` is what a job without its own has.
 */
export function compensation(job: Fields, ofAll: Fields): Pick<RawPosting, 'pay' | 'facts'> {
  const own = 'compensation' in job && job['compensation'] !== null ? maybe.fields(job, 'compensation') : job
  const stated = [own, ofAll].find((at) => 'compensationTiers' in at || 'summaryComponents' in at) ?? {}
  const summary = maybe.text(stated, 'compensationTierSummary')
  const tiers = maybe.each(stated, 'compensationTiers')
  const components =
    tiers.length > 0
      ? tiers.flatMap((tier) => maybe.each(tier, 'components').map((part) => ({ part, label: maybe.text(tier, 'title') })))
      : maybe.each(stated, 'summaryComponents').map((part) => ({ part, label: null }))
  const facts: RawPosting['facts'] = summary === null ? {} : { compensation: summary }
  for (const { part } of components) {
    const type = maybe.text(part, 'compensationType') ?? ''
    if (/^(?:Bonus|Commission|Equity\w*)$/.test(type))
      facts[type.replace(/^Equity.*/, 'equity').toLowerCase()] ??= maybe.text(part, 'summary') ?? true
  }
  return { pay: components.flatMap(({ part, label }) => bands(part, label, summary)), facts }
}

/** A percentage of equity is not money and never becomes a band. */
function bands(part: Fields, label: string | null, summary: string | null): RawPay[] {
  const type = maybe.text(part, 'compensationType')
  if (type !== 'Salary' && type !== 'EquityCashValue') return []
  return bandOf([part, 'minValue', 'maxValue'], {
    currency: maybe.text(part, 'currencyCode'),
    period: periodNamed(maybe.text(part, 'interval')),
    basis: type === 'Salary' ? salaryBasis(label, maybe.text(part, 'summary') ?? summary) : 'equity',
    label,
    evidence: maybe.text(part, 'summary') ?? summary,
  })
}

/** "OTE $200K – $250K" is a salary in the enumeration and variable pay in its words. */
function salaryBasis(label: string | null, words: string | null): PayBasis {
  const basis = basisIn(`${label ?? ''} ${words ?? ''}`)
  return basis === 'equity' ? 'base' : basis
}
