// Durations as Prometheus writes them, in whole seconds.

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** `90s`, `15m`, `1h`, `7d`. @returns seconds, or undefined when the text is no duration above 0 */
export function parseDuration(text: string): number | undefined {
  const found = /^([1-9]\d{0,6})([smhd])$/.exec(text)
  return found ? Number(found[1]) * UNITS[found[2] as keyof typeof UNITS] : undefined
}

/** Seconds in the largest unit that they fill, below two days in hours: 3600 → `1h`, 86400 → `24h`, 604800 → `7d`, 90 → `90s`. */
export function printDuration(seconds: number): string {
  if (seconds % UNITS.d === 0 && seconds >= 2 * UNITS.d) return `${seconds / UNITS.d}d`
  if (seconds % UNITS.h === 0) return `${seconds / UNITS.h}h`
  return seconds % UNITS.m === 0 ? `${seconds / UNITS.m}m` : `${seconds}s`
}
