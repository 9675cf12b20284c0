// The transformations that dashboards use between query and panel, as Grafana does them.

import type { Transformation } from './dashboard.ts'
import { rowsOf, type Cell, type Column, type Frame } from './frame.ts'
import { regexOf } from './field.ts'

type Options = Record<string, unknown>
type Work = (frames: readonly Frame[], options: Options) => Frame[]

/** Columns by name over all frames, in the order in which they are met. */
function columnsOf(frames: readonly Frame[]): Column[] {
  const seen = new Map<string, Column>()
  for (const column of frames.flatMap((frame) => frame.columns)) if (!seen.has(column.name)) seen.set(column.name, column)
  return [...seen.values()]
}

function tableOf(refId: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Frame {
  return { refId, columns: columns.map((column, index) => ({ ...column, values: rows.map((row) => row[index] ?? null) })) }
}

/** Rows that agree in every column that both have become one. */
const merge: Work = (frames) => {
  const filled = frames.filter((frame) => frame.columns.length > 0)
  const columns = columnsOf(filled)
  const counts = new Map(columns.map(({ name }) => [name, filled.filter((frame) => frame.columns.some((one) => one.name === name)).length]))
  const keys = columns.map(({ name }) => (counts.get(name) ?? 0) > 1 || filled.length === 1)
  const merged = new Map<string, Cell[]>()
  for (const frame of filled)
    for (const row of rowsOf(frame)) {
      const wide = columns.map(({ name }) => {
        const at = frame.columns.findIndex((one) => one.name === name)
        return at < 0 ? null : (row[at] ?? null)
      })
      const key = JSON.stringify(wide.map((cell, index) => (keys[index] ? cell : null)))
      const before = merged.get(key)
      merged.set(key, before ? before.map((cell, index) => wide[index] ?? cell) : wide)
    }
  return [tableOf(frames[0]?.refId ?? 'A', columns, [...merged.values()])]
}

const organize: Work = (frames, options) => {
  const excluded = (options['excludeByName'] ?? {}) as Record<string, boolean>
  const renamed = (options['renameByName'] ?? {}) as Record<string, string>
  const order = (options['indexByName'] ?? {}) as Record<string, number>
  const place = (column: Column) => order[column.name] ?? Infinity
  return frames.map((frame) => ({
    ...frame,
    columns: frame.columns
      .filter((column) => !excluded[column.name])
      .toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
      .map((column) => (renamed[column.name] ? { ...column, name: renamed[column.name] as string } : column)),
  }))
}

function compare(a: Cell | undefined, b: Cell | undefined): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1
  if (b === null || b === undefined) return 1
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))
}

const sortBy: Work = (frames, options) => {
  const [by] = (options['sort'] ?? []) as { field: string; desc?: boolean }[]
  return frames.map((frame) => {
    const at = frame.columns.findIndex((column) => column.name === by?.field || column.legend === by?.field)
    if (at < 0) return frame
    const sorted = rowsOf(frame).toSorted((a, b) => compare(a[at], b[at]) * (by?.desc ? -1 : 1))
    return tableOf(frame.refId, frame.columns, sorted)
  })
}

const limit: Work = (frames, options) =>
  frames.map((frame) => tableOf(frame.refId, frame.columns, rowsOf(frame).slice(0, Number(options['limitField'] ?? 10))))

const filterFieldsByName: Work = (frames, options) => {
  const { include, exclude } = options as Record<string, { names?: string[]; pattern?: string } | undefined>
  const hit = (rule: { names?: string[]; pattern?: string }, name: string) =>
    (rule.names ?? []).includes(name) || (rule.pattern !== undefined && regexOf(rule.pattern).test(name))
  const kept = (name: string) => (include ? hit(include, name) : true) && !(exclude && hit(exclude, name))
  return frames.map((frame) => ({ ...frame, columns: frame.columns.filter((column) => kept(column.legend ?? column.name)) }))
}

const WORKS: Readonly<Record<string, Work>> = { merge, organize, sortBy, limit, filterFieldsByName }

/** Applies them in order. @throws for one that is not known here */
export function transform(frames: readonly Frame[], transformations: readonly Transformation[] = []): Frame[] {
  let result = [...frames]
  for (const { id, options, disabled } of transformations) {
    if (disabled) continue
    const work = WORKS[id]
    if (!work) throw new Error(`the transformation ${id} is not known to the pictures`)
    result = work(result, options)
  }
  return result
}
