// Exact decimal numbers: what a specification says is what a rule says, and 1 - 0.95 is 0.05.

export interface Decimal {
  /** The number without its point. */
  readonly units: bigint
  /** How many of its digits stand behind the point. */
  readonly scale: number
}

/** @returns the number a text like `0.4`, `30` or `-1.50` says, or undefined when it says none. */
export function parseDecimal(text: string): Decimal | undefined {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!found) return undefined
  const [, sign = '', whole = '', part = ''] = found
  return shorten({ units: BigInt(sign + whole + part), scale: part.length })
}

/** `95%` → 0.95. @returns undefined when the text is no percentage */
export function parsePercent(text: string): Decimal | undefined {
  const number = /^(.+?) ?%$/.exec(text)?.[1]
  const found = number === undefined ? undefined : parseDecimal(number)
  return found && shorten({ units: found.units, scale: found.scale + 2 })
}

/** A literal of the program; a text that is no number is a mistake in the program. */
export function decimal(text: string): Decimal {
  const found = parseDecimal(text)
  if (!found) throw new Error(`${text} is not a decimal number`)
  return found
}

export function minus(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return shorten({ units: at(a, scale) - at(b, scale), scale })
}

export function times(a: Decimal, b: Decimal): Decimal {
  return shorten({ units: a.units * b.units, scale: a.scale + b.scale })
}

/** a / b, rounded half up to so many digits behind the point. Both are ≥ 0 and b is not 0. */
export function over(a: Decimal, b: Decimal, digits: number): Decimal {
  const top = a.units * 10n ** BigInt(b.scale + digits)
  const bottom = b.units * 10n ** BigInt(a.scale)
  return shorten({ units: (2n * top + bottom) / (2n * bottom), scale: digits })
}

/** < 0, 0 or > 0, as a is below, at or above b. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale)
  const difference = at(a, scale) - at(b, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** As PromQL and people read it: no exponent, no trailing zeros. */
export function print({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${units < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

/** 0.005 → `0.5%`. */
export function printPercent(value: Decimal): string {
  return `${print(times(value, decimal('100')))}%`
}

/** The nearest double, for arithmetic that need not be exact. */
export const toNumber = (value: Decimal): number => Number(print(value))

const at = (value: Decimal, scale: number): bigint => value.units * 10n ** BigInt(scale - value.scale)

function shorten({ units, scale }: Decimal): Decimal {
  let [left, digits] = [units, scale]
  while (digits > 0 && left % 10n === 0n) [left, digits] = [left / 10n, digits - 1]
  return { units: left, scale: digits }
}
