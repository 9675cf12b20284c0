// What Grafana puts in place of the variables and macros of a query before it sends it.

/** When and for whom a query is asked. */
export interface Asking {
  readonly from: Date
  readonly to: Date
  /** Seconds between two points. */
  readonly interval: number
  /** The sources that are chosen. */
  readonly source: readonly string[]
  /** The currency that is chosen. */
  readonly currency?: string
  /** Seconds between two scrapes; 15 unless said. */
  readonly scrape?: number
}

/** PromQL or SQL with Grafana's variables and macros → what Prometheus or PostgreSQL is asked. A text that begins with SELECT or WITH is SQL. */
export function expand(query: string, asking: Asking): string {
  return isSql(query) ? expandSql(query, asking) : expandPromql(query, asking)
}

export const isSql = (query: string): boolean => /^\s*(?:select|with)\b/i.test(query)

function expandPromql(query: string, { from, to, interval, source, scrape = 15 }: Asking): string {
  const range = Math.max(1, Math.round((to.getTime() - from.getTime()) / 1000))
  const values: Record<string, string> = {
    __rate_interval: `${Math.max(interval + scrape, 4 * scrape)}s`,
    __interval: `${interval}s`,
    __range: `${range}s`,
    __range_s: `${range}`,
    source: source.length === 1 ? escapeRegex(source[0] ?? '') : `(${source.map(escapeRegex).join('|')})`,
  }
  return put(query, values)
}

/** Backslashes are doubled: the pattern stands within a string of PromQL. */
const escapeRegex = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\\$&`)

function expandSql(query: string, { from, to, interval, source, currency = 'USD' }: Asking): string {
  const [start, end] = [from.toISOString(), to.toISOString()]
  const group = (column: string, width: string) => {
    const seconds = secondsOf(width, interval)
    return `floor(extract(epoch from ${column})/${seconds})*${seconds}`
  }
  const macros: Record<string, (...given: string[]) => string> = {
    timeFilter: (column = '') => `${column} BETWEEN '${start}' AND '${end}'`,
    timeFrom: () => `'${start}'`,
    timeTo: () => `'${end}'`,
    timeGroup: (column = '', width = '') => group(column, width),
    timeGroupAlias: (column = '', width = '') => `${group(column, width)} AS "time"`,
  }
  const text = query.replaceAll(/\$__(\w+)\(([^()]*)\)/g, (whole, name: string, given: string) => {
    const macro = macros[name]
    if (!macro) throw new Error(`${whole} is a macro that nobody expands`)
    return macro(...given.split(',').map((one) => one.trim()))
  })
  return put(text, { __interval: `${interval}s`, source: source.map(quote).join(','), currency })
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

function secondsOf(width: string, interval: number): number {
  const [, number, unit = ''] = /^'(\d+)([smhdw])'$/.exec(width) ?? []
  return number === undefined ? interval : Number(number) * (UNITS[unit] ?? 1)
}

/** `$name`, `${name}` and `${name:format}`. @throws when a variable is not known: it would be sent as it is */
function put(query: string, values: Readonly<Record<string, string>>): string {
  return query.replaceAll(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (whole, braced: string | undefined, plain: string | undefined) => {
    const value = values[braced ?? plain ?? '']
    if (value === undefined) throw new Error(`${whole} is a variable that nobody fills`)
    return value
  })
}
