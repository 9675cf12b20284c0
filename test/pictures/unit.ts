// Numbers in words, by the names that dashboards give units.

/** A number as a panel shows it: `1.25` and ` s` apart, since big figures set their unit smaller. */
export interface Worded {
  text: string
  prefix?: string
  suffix?: string
}

type Word = (value: number, decimals: number | undefined, now: number) => Worded

/** How many digits behind the point a number needs when nobody says: about three that count. Grafana: valueFormats.ts, getDecimalsForValue. */
export function decimalsFor(value: number): number {
  if (value % 1 === 0) return 0
  const log10 = Math.floor(Math.log10(Math.abs(value)))
  const decimals = 1 - log10
  return Math.max(0, Math.abs(value) / 10 ** -decimals > 2.25 ? decimals + 1 : decimals)
}

function fixed(value: number, decimals = decimalsFor(value)): string {
  const factor = 10 ** Math.max(0, decimals)
  return (Math.round(value * factor) / factor).toFixed(decimals)
}

/** Divides by the factor until the number is small enough. */
function scaled(value: number, factor: number, units: readonly string[], decimals: number | undefined): Worded {
  let step = 0
  let rest = value
  while (Math.abs(rest) >= factor && step < units.length - 1) {
    rest /= factor
    step++
  }
  return { text: fixed(rest, decimals), suffix: units[step] ?? '' }
}

const SHORT = ['', ' K', ' Mil', ' Bil', ' Tri']
const THOUSANDS = ['', 'K', 'M', 'B', 'T']

/** Below which value, in the unit's own, by what it is multiplied to be shown in what. */
type Steps = readonly (readonly [below: number, times: number, unit: string])[]
const SECONDS: Steps = [
  [1e-6, 1e9, ' ns'],
  [1e-3, 1e6, ' µs'],
  [1, 1e3, ' ms'],
  [60, 1, ' s'],
  [3600, 1 / 60, ' mins'],
  [86_400, 1 / 3600, ' hours'],
  [604_800, 1 / 86_400, ' days'],
  [31_536_000, 1 / 604_800, ' weeks'],
  [Infinity, 1 / 31_556_900, ' years'],
]
const MILLISECONDS: Steps = [
  [1e3, 1, ' ms'],
  [6e4, 1e-3, ' s'],
  [36e5, 1 / 6e4, ' mins'],
  [864e5, 1 / 36e5, ' hours'],
  [31_536e6, 1 / 864e5, ' days'],
  [Infinity, 1 / 31_536e6, ' years'],
]

function stepped(steps: Steps): Word {
  return (value, decimals) => {
    if (value === 0) return { text: '0', suffix: steps.find(([, times]) => times === 1)?.[2] ?? '' }
    const [, times, suffix] = steps.find(([below]) => Math.abs(value) < below) as Steps[number]
    return { text: fixed(value * times, decimals), suffix: Math.abs(value * times) === 1 && times < 1 ? suffix.replace(/s$/, '') : suffix }
  }
}

const ONE = [
  [31_536_000, 'year'],
  [2_628_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** As `3 hours`, the largest unit alone unless more are wanted. */
function duration(value: number, decimals: number | undefined): Worded {
  const words: string[] = []
  let rest = Math.abs(value)
  for (const [size, name] of ONE) {
    const count = Math.floor(rest / size)
    if (count === 0 && words.length === 0) continue
    if (count > 0) words.push(`${count} ${name}${count === 1 ? '' : 's'}`)
    rest -= count * size
    if (words.length > (decimals ?? 0)) break
  }
  return { text: words.join(', ') || '0 seconds' }
}

function ago(milliseconds: number, now: number): Worded {
  const { text } = duration((now - milliseconds) / 1000, 0)
  return { text: milliseconds <= now ? `${text} ago` : `in ${text.replace('-', '')}` }
}

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
const MONEY: Readonly<Record<string, string>> = { currencyUSD: '$', currencyEUR: '€', currencyGBP: '£' }
const RATES: Readonly<Record<string, string>> = {
  reqps: ' req/s',
  rps: ' rd/s',
  ops: ' ops/s',
  cps: ' c/s',
  eps: ' events/s',
  reqpm: ' req/m',
  opm: ' ops/m',
  cpm: ' c/m',
  mps: ' msg/s',
}
const UNITS: Readonly<Record<string, Word>> = {
  none: (value, decimals) => ({ text: fixed(value, decimals) }),
  short: (value, decimals) => scaled(value, 1000, SHORT, decimals),
  sishort: (value, decimals) => scaled(value, 1000, ['', ' k', ' M', ' G'], decimals),
  locale: (value, decimals) => ({ text: value.toLocaleString('en-US', { maximumFractionDigits: decimals ?? decimalsFor(value) }) }),
  percent: (value, decimals) => ({ text: fixed(value, decimals), suffix: '%' }),
  percentunit: (value, decimals) => ({ text: fixed(value * 100, decimals), suffix: '%' }),
  s: stepped(SECONDS),
  ms: stepped(MILLISECONDS),
  dtdurations: duration,
  bytes: (value, decimals) => scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB'], decimals),
  decbytes: (value, decimals) => scaled(value, 1000, [' B', ' kB', ' MB', ' GB', ' TB'], decimals),
  Bps: (value, decimals) => scaled(value, 1000, [' B/s', ' kB/s', ' MB/s', ' GB/s'], decimals),
  binBps: (value, decimals) => scaled(value, 1024, [' B/s', ' KiB/s', ' MiB/s', ' GiB/s'], decimals),
  bool: (value) => ({ text: value === 0 ? 'False' : 'True' }),
  bool_yes_no: (value) => ({ text: value === 0 ? 'No' : 'Yes' }),
  bool_on_off: (value) => ({ text: value === 0 ? 'Off' : 'On' }),
  dateTimeAsIso: (value) => ({ text: isoTime(value) }),
  dateTimeFromNow: (value, _decimals, now) => ago(value, now),
}

/**
 * Puts a number in words. A unit that is not known here is a mistake: `suffix:` and `prefix:` make new ones.
 * @param now ms since 1970, for `3 hours ago`
 */
export function word(value: number, unit: string | undefined, decimals: number | undefined, now: number): Worded {
  if (!Number.isFinite(value)) return { text: value === Infinity ? '∞' : Number.isNaN(value) ? 'NaN' : '-∞' }
  if (unit === undefined || unit === '') return UNITS['none']?.(value, decimals, now) as Worded
  const known = UNITS[unit]
  if (known) return known(value, decimals, now)
  const money = MONEY[unit]
  if (money !== undefined) return { ...scaled(value, 1000, ['', 'K', 'M', 'B'], decimals), prefix: money }
  const rate = RATES[unit]
  if (rate !== undefined) {
    const { text, suffix = '' } = scaled(value, 1000, THOUSANDS, decimals)
    return { text, suffix: `${suffix}${rate}` }
  }
  if (unit.startsWith('suffix:')) return { text: fixed(value, decimals), suffix: unit.slice(7) }
  if (unit.startsWith('prefix:')) return { text: fixed(value, decimals), prefix: unit.slice(7) }
  throw new Error(`there is no unit ${unit}`)
}

/** The same in one text. */
export function wordsOf({ prefix = '', text, suffix = '' }: Worded): string {
  return `${prefix}${text}${suffix}`
}
