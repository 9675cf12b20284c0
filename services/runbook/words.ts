// Words of findings: numbers with their nouns, and lists of counts.

/** `1 board`, `2,000 boards`. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : many}`
}

/** `8 blocked, 4 timeout`, the most frequent first. */
export function tally(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ')
}

/** `90 s`, `2 min`, `3.5 h`, `12 days`: an age as people say it. */
export function lasting(seconds: number): string {
  const age = Math.max(0, seconds)
  if (age < 120) return `${Math.round(age)} s`
  if (age < 7200) return `${Math.round(age / 60)} min`
  return age < 172_800 ? `${(age / 3600).toFixed(1)} h` : `${Math.round(age / 86_400)} days`
}

/** `2026-11-22 10:00 UTC`. */
export function moment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `a`, `a and b`, `a, b and 3 more`: the first few of a list. */
export function some(names: readonly string[], most = 5): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
