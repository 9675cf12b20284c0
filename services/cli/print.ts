// Printing answers: JSON for programs, aligned columns for people.

export type Format = 'json' | 'table'

/** Prints `data` as JSON, or the given columns of its rows. `empty` is what a person reads when there are none. */
export function print<T>(
  format: Format,
  data: unknown,
  rows: readonly T[],
  columns: Record<string, (row: T) => unknown>,
  empty: string,
): void {
  if (format === 'json') console.log(JSON.stringify(data, null, 2))
  else if (rows.length === 0) console.log(empty)
  else console.log(toTable(rows, columns))
}

/** Rows as aligned columns under a heading; figures to the right. */
export function toTable<T>(rows: readonly T[], columns: Record<string, (row: T) => unknown>): string {
  const names = Object.keys(columns)
  const cells = rows.map((row) => names.map((name) => columns[name]?.(row)))
  const texts = cells.map((line) => line.map(say))
  const widths = names.map((name, at) => Math.max(name.length, ...texts.map((line) => line[at]?.length ?? 0)))
  const numeric = names.map((_, at) => cells.every((line) => line[at] === null || typeof line[at] === 'number'))
  const align = (line: readonly string[]) =>
    line
      .map((text, at) => (numeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [align(names), align(widths.map((width) => '─'.repeat(width))), ...texts.map(align)].join('\n')
}

/** A moment in UTC, to the second. */
export function utc(at: Date | string | null | undefined): string {
  return at ? `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z` : ''
}

/** Words from outside as they may be printed: a terminal obeys control characters. */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ')
}

function say(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return value.toLocaleString('en-US')
  // A row is a line.
  return typeof value === 'string' ? value.replaceAll(/\s*\n\s*/g, ' ') : JSON.stringify(value)
}
