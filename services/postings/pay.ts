// Pay bands made comparable: checked currency, ends in order, and what they come to in a year.

import { decimalsOf } from '../../scrapers/money.ts'
import type { PayPeriod, RawPay } from '../../scrapers/source.ts'
import type { Pay } from './posting.ts'
import { oneLine } from './text.ts'

/** How many of a period are paid in a year of full-time work. */
export const PERIODS_PER_YEAR: Readonly<Record<PayPeriod, number>> = { hour: 2080, day: 260, week: 52, month: 12, year: 1 }

/** An amount in minor units as major units per year, to the cent; null when amount, currency or period is unknown. The only place that annualises. */
export function annualise(minor: number | null, currency: string | null, period: PayPeriod | null): number | null {
  const decimals = decimalsOf(currency)
  if (minor === null || decimals === null || period === null) return null
  return Math.round((minor * PERIODS_PER_YEAR[period] * 100) / 10 ** decimals) / 100
}

/** Minor units as major ones; of a currency nobody knows, as if it had two decimals. */
export function toMajor(minor: number, currency: string | null): number {
  return minor / 10 ** (decimalsOf(currency) ?? 2)
}

/** What keeps a band from having an annual figure: the value of the `reason` label; null when nothing does. */
export function payUnknown(pay: Pay): 'currency_unknown' | 'period_unknown' | null {
  if (pay.currency === null) return 'currency_unknown'
  return pay.period === null ? 'period_unknown' : null
}

/** The bands that say something: placeholders (zero or nothing at both ends) are left out, swapped ends are put in order. */
export function normalisePay(bands: readonly RawPay[]): Pay[] {
  return bands.flatMap((band) => {
    const ends = [amount(band.minMinor), amount(band.maxMinor)] as const
    if (ends[0] === null && ends[1] === null) return []
    const swapped = ends[0] !== null && ends[1] !== null && ends[0] > ends[1]
    const [min, max] = swapped ? [ends[1], ends[0]] : ends
    const code = band.currency?.trim().toUpperCase() ?? null
    const currency = decimalsOf(code) === null ? null : code
    /** A grant of equity is no yearly pay, whatever its period is called. */
    const period = band.basis === 'equity' ? null : band.period
    return [
      {
        min_minor: min,
        max_minor: max,
        currency,
        period: band.period,
        basis: band.basis,
        label: band.label === null ? null : oneLine(band.label) || null,
        annual_min: annualise(min, currency, period),
        annual_max: annualise(max, currency, period),
        origin: 'structured' as const,
        evidence: oneLine(band.evidence),
      },
    ]
  })
}

/** A positive whole number of minor units; zero is a placeholder for an end that is not stated. */
function amount(minor: number | null): number | null {
  return minor !== null && Number.isSafeInteger(Math.round(minor)) && minor > 0 ? Math.round(minor) : null
}
