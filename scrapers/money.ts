// Money as sources state it: the decimals of each currency of ISO 4217, and pay bands in minor units.

import { type Fields, maybe } from './read.ts'
import type { PayBasis, PayPeriod, RawPay } from './source.ts'

/** Active codes with two decimals. Source: ISO 4217 list one. */
const TWO =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK ' +
  'DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR ' +
  'LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR ' +
  'SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW'
const NONE = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'
const THREE = 'BHD IQD JOD KWD LYD OMR TND'

const DECIMALS = new Map<string, number>([
  ...TWO.split(' ').map((code) => [code, 2] as const),
  ...NONE.split(' ').map((code) => [code, 0] as const),
  ...THREE.split(' ').map((code) => [code, 3] as const),
])

/** How many decimals a currency has: USD 2, JPY 0, KWD 3; null for what is not an active ISO 4217 code. */
export function decimalsOf(currency: string | null): number | null {
  return currency === null ? null : (DECIMALS.get(currency) ?? null)
}

/** Major units as a source states them, in minor units; of a currency nobody knows, as if it had two decimals. */
export function toMinor(major: number | null, currency: string | null): number | null {
  if (major === null) return null
  const minor = Math.round(major * 10 ** (decimalsOf(currency) ?? 2))
  return Number.isSafeInteger(minor) ? minor : null
}

/** One band from a pair of amounts in major units; none when neither end is stated. Without words of its own the amounts are the evidence. */
export function bandOf(
  [from, minKey, maxKey]: readonly [Fields, string, string],
  stated: { currency: string | null; period: PayPeriod | null; basis: PayBasis; label: string | null; evidence: string | null },
): RawPay[] {
  const [min, max] = [maybe.number(from, minKey), maybe.number(from, maxKey)]
  if (min === null && max === null) return []
  const { currency, evidence } = stated
  const amounts = `${min ?? '?'} – ${max ?? '?'} ${currency ?? ''}`.trim()
  return [{ ...stated, minMinor: toMinor(min, currency), maxMinor: toMinor(max, currency), evidence: evidence ?? amounts }]
}
