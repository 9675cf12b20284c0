// The pay ranges of a Greenhouse posting: one per zone or level, in minor units.

import { basisIn, periodIn } from './pay-words.ts'
import { type Fields, maybe } from './read.ts'
import type { RawPay } from './source.ts'

/** `pay_input_ranges`: amounts are minor units, and a range has a period only where its title or blurb says one. */
export function payRanges(job: Fields): RawPay[] {
  return maybe.each(job, 'pay_input_ranges').map((range) => {
    const [title, min, max, currency] = ['title', 'min_cents', 'max_cents', 'currency_type'].map((key) => maybe.text(range, key))
    const blurb = maybe.text(range, 'blurb')?.replace(/<[^>]*>|&nbsp;/g, ' ') ?? null
    return {
      minMinor: maybe.number(range, 'min_cents'),
      maxMinor: maybe.number(range, 'max_cents'),
      currency: currency ?? null,
      period: periodIn(title ?? null) ?? periodIn(blurb),
      basis: basisIn(title ?? null),
      label: title ?? null,
      evidence: [title, `${min ?? '?'} – ${max ?? '?'} cents ${currency ?? ''}`, blurb?.slice(0, 300).trim()].filter(Boolean).join('; '),
    }
  })
}
