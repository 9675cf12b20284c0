// What the words around an amount say of it: the period it is for, what it consists of, and whether it is pay at all.

import type { PayBasis, PayPeriod } from './source.ts'

const PERIODS: readonly (readonly [PayPeriod, RegExp])[] = [
  ['hour', /\bhourly\b|\b(?:per|an) hour\b|\/ ?(?:hr|hour)\b/i],
  ['day', /\bdaily (?:rate|pay|wage)\b|\bday rate\b|\bper (?:day|diem)\b|\/ ?day\b/i],
  ['week', /\bweekly\b|\b(?:per|a) week\b|\/ ?(?:wk|week)\b/i],
  ['month', /\bmonthly\b|\b(?:per|a) month\b|\/ ?(?:mo|month)\b/i],
  ['year', /\bannual(?:ly|i[sz]ed)?\b|\byearly\b|\bper (?:year|annum)\b|\bp\.a\.|\/ ?(?:yr|year|annum)\b/i],
]

/** Things that are yearly (or monthly) without the pay being so: "an annual bonus", "weekly pay cheques". */
const NOT_THE_PAY =
  /\b(?:annual|yearly|quarterly|monthly|weekly|daily)\s+(?:\w+\s+)?(?:bonus(?:es)?|incentives?|commissions?|equity|refresh(?:er)?s?|reviews?|merit|stipends?|allowances?|pay ?che(?:ck|que)s?)\b|\b(?:hours|days)\s+(?:per|a)\s+(?:day|week|month|year)\b/gi

/** The one period that the words name; null when they name none or several. */
export function periodIn(words: string | null): PayPeriod | null {
  if (words === null) return null
  const about = words.replace(NOT_THE_PAY, ' ')
  const named = PERIODS.filter(([, pattern]) => pattern.test(about))
  return named.length === 1 ? (named[0]?.[0] ?? null) : null
}

/** The period of a source's own enumeration: `1 YEAR`, `per-hour-wage`; null for `NONE`, `2 WEEK`, `semi-month-salary` and the unknown. */
export function periodNamed(interval: string | null): PayPeriod | null {
  const unit = /^(?:1 |per-)(hour|day|week|month|year)(?:-(?:salary|wage))?$/i.exec(interval ?? '')?.[1]
  return unit === undefined ? null : (unit.toLowerCase() as PayPeriod)
}

/** What the amount consists of; `base` unless the words say otherwise. */
export function basisIn(words: string | null): PayBasis {
  if (words === null) return 'base'
  if (/\bOTE\b|\bon[- ]target\b|\btarget earnings\b/i.test(words)) return 'ote'
  if (/\btotal (?:target )?(?:cash|comp(?:ensation)?|rewards?|pay|remuneration)\b/i.test(words)) return 'total'
  return /\b(?:equity|stock|RSUs?|options)\b/i.test(words) ? 'equity' : 'base'
}

/** Whether the name of a money field is about what the job pays: not a bonus, a reward for a referral or a budget for learning. */
export function speaksOfPay(name: string): boolean {
  if (/\b(?:bonus|reward|referral|sign[- ]?on|signing|relocation|stipend|allowance|equity|stock|fee|commission)\b/i.test(name)) return false
  return /\b(?:pay|salar(?:y|ies)|comp(?:ensation)?|wages?|remuneration|on[- ]target earnings|ote|hourly)\b/i.test(name)
}
