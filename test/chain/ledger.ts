// What the chain showed, in seconds: when trouble was seen first, when it was told, and when it was told to be over.

export interface Entry {
  /** What was broken. */
  fault: string
  /** What told of it, and where. */
  alert: string
  /** Milliseconds since 1970. */
  broken: number
  /** The first that the product itself showed of it: a failed run, a late message. */
  sign?: number | undefined
  told: number
  repaired: number
  resolved: number
}

const COLUMNS = ['what was broken', 'what told of it', 'first sign', 'told', 'repair → over'] as const

/** A table of seconds since the fault, and since the repair. */
export function printLedger(entries: readonly Entry[]): string {
  const since = (from: number, to: number | undefined) => (to === undefined ? '–' : `${((to - from) / 1000).toFixed(1)} s`)
  const rows = entries.map(({ fault, alert, broken, sign, told, repaired, resolved }) => [
    fault,
    alert,
    since(broken, sign),
    since(broken, told),
    since(repaired, resolved),
  ])
  const widths = COLUMNS.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map((text) => text.length)))
  return [[...COLUMNS], ...rows]
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
