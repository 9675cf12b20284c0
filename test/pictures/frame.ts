// Tables of named columns: what queries answer and panels draw.

export type Cell = number | string | null

export interface Column {
  name: string
  kind: 'time' | 'number' | 'text'
  /** Times in ms since 1970. */
  values: Cell[]
  /** Of the series that it is. */
  labels?: Readonly<Record<string, string>>
  /** What its legend says, unless a panel says otherwise. */
  legend?: string
}

export interface Frame {
  refId: string
  columns: Column[]
}

/** A value that stands on a point in time: a measured example with the trace it belongs to. */
export interface Exemplar {
  at: number
  value: number
  trace: string
}

/** A moment or a span that is marked in every chart. */
export interface Mark {
  name: string
  colour: string
  from: number
  to: number
  text: string
}

/** The columns with numbers of all frames: what a panel of single values shows. */
export function numbersOf(frames: readonly Frame[]): { column: Column; frame: Frame }[] {
  return frames.flatMap((frame) => frame.columns.filter((column) => column.kind === 'number').map((column) => ({ column, frame })))
}

/** The rows of a frame, cell by cell. */
export function rowsOf(frame: Frame): Cell[][] {
  const count = Math.max(0, ...frame.columns.map((column) => column.values.length))
  return Array.from({ length: count }, (_, row) => frame.columns.map((column) => column.values[row] ?? null))
}

/** Whether there is nothing to see: times alone say nothing. */
export function isEmpty(frames: readonly Frame[]): boolean {
  return frames.every((frame) => frame.columns.every(({ kind, values }) => kind === 'time' || values.every((value) => value === null)))
}

/** Tables out of rows, the kind of each column by what stands in it. */
export function frameOf(refId: string, names: readonly string[], rows: readonly (readonly (Cell | Date)[])[]): Frame {
  const columns = names.map((name, index): Column => {
    const raw = rows.map((row) => row[index] ?? null)
    const some = raw.find((value) => value !== null)
    const kind = some instanceof Date || /^time$/i.test(name) ? 'time' : typeof some === 'number' ? 'number' : 'text'
    return { name, kind, values: raw.map((value) => (value instanceof Date ? value.getTime() : value)) }
  })
  return { refId, columns }
}

/** One number out of many, by the names that Grafana gives these ways. */
export function reduce(values: readonly Cell[], way: string): number | null {
  const numbers = values.filter((value): value is number => typeof value === 'number' && !Number.isNaN(value))
  const sum = numbers.reduce((total, value) => total + value, 0)
  switch (way) {
    case 'last': {
      const last = values.at(-1)
      return typeof last === 'number' ? last : null
    }
    case 'lastNotNull':
      return numbers.at(-1) ?? null
    case 'first':
    case 'firstNotNull':
      return numbers[0] ?? null
    case 'max':
      return numbers.length > 0 ? Math.max(...numbers) : null
    case 'min':
      return numbers.length > 0 ? Math.min(...numbers) : null
    case 'sum':
      return numbers.length > 0 ? sum : null
    case 'mean':
      return numbers.length > 0 ? sum / numbers.length : null
    case 'count':
      return values.length
    default:
      throw new Error(`there is no way to reduce called ${way}`)
  }
}
