// What a panel says about a column: its name, unit, thresholds, mappings and colours, defaults first and overrides after.

import type { FieldConfig, Mapping, Panel } from './dashboard.ts'
import type { Cell, Column, Frame } from './frame.ts'
import { colourOf, seriesColour, type Theme } from './palette.ts'
import { word, type Worded } from './unit.ts'

export interface Field {
  name: string
  column: Column
  config: FieldConfig
  /** Among the numbers of its panel; decides the colour of a series. */
  index: number
}

/** A value as it is shown. */
export interface Shown extends Worded {
  colour: string
}

export interface View {
  theme: Theme
  /** ms since 1970. */
  now: number
}

/** Sets `a.b.c` in a copy. */
function put(config: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path
  const inner = (config[first] ?? {}) as Record<string, unknown>
  return { ...config, [first]: rest.length === 0 ? value : put(inner, rest, value) }
}

function matches(matcher: { id: string; options?: unknown }, column: Column, frame: Frame, name: string): boolean {
  const { id, options } = matcher
  if (id === 'byName') return name === options || column.name === options
  if (id === 'byNames') return ((options as { names?: string[] }).names ?? []).some((one) => one === name || one === column.name)
  if (id === 'byRegexp') return regexOf(String(options)).test(name)
  if (id === 'byFrameRefID') return frame.refId === options
  if (id === 'byType') return options === (column.kind === 'text' ? 'string' : column.kind)
  throw new Error(`there is no matcher ${id}`)
}

/** `/^a/i` or `^a`. */
export function regexOf(text: string): RegExp {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? []
  return source === undefined ? new RegExp(text) : new RegExp(source, flags)
}

/** `${__field.labels.source}` and its like. */
function fill(template: string, column: Column): string {
  return template
    .replaceAll(/\$\{__field\.labels\.(\w+)\}/g, (_, label: string) => column.labels?.[label] ?? '')
    .replaceAll(/\$\{__(?:field|series)\.name\}/g, column.legend ?? column.name)
}

/** The columns of all frames with what the panel says of them. */
export function fieldsOf(panel: Panel, frames: readonly Frame[]): Map<Column, Field> {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {}
  const fields = new Map<Column, Field>()
  let index = 0
  for (const frame of frames)
    for (const column of frame.columns) {
      const first = fill(defaults.displayName || column.legend || column.name, column)
      let config: Record<string, unknown> = { ...defaults }
      for (const { matcher, properties } of overrides)
        if (matches(matcher, column, frame, first)) for (const { id, value } of properties) config = put(config, id.split('.'), value)
      const name = fill(((config as FieldConfig).displayName ?? '') || first, column)
      fields.set(column, { name, column, config, index: column.kind === 'number' ? index++ : 0 })
    }
  return fields
}

function mapped(mappings: readonly Mapping[], value: Cell): { text?: string; color?: string } | undefined {
  for (const { type, options } of mappings) {
    const result = options['result'] as { text?: string; color?: string } | undefined
    if (type === 'value') {
      const found = options[String(value)] as { text?: string; color?: string } | undefined
      if (found) return found
    } else if (type === 'range') {
      const { from, to } = options as { from?: number | null; to?: number | null }
      if (typeof value === 'number' && value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return result
    } else if (type === 'special') {
      const match = String(options['match'])
      if ((value === null && match.includes('null')) || (Number.isNaN(value) && match.includes('nan'))) return result
    } else if (typeof value === 'string' && regexOf(String(options['pattern'])).test(value)) return result
  }
  return undefined
}

/** The threshold that a number has reached; `text` where there is none. */
export function thresholdColour(config: FieldConfig, value: number, theme: Theme): string {
  const { mode, steps } = config.thresholds ?? { mode: 'absolute', steps: [] }
  const { min = 0, max = 100 } = config
  const reached = mode === 'percentage' ? ((value - min) / (max - min)) * 100 : value
  const step = steps.findLast((one) => reached >= (one.value ?? -Infinity))
  return colourOf(step?.color ?? 'text', theme)
}

/** The hash that Grafana takes, so that a name has the colour it has there: npm's string-hash. */
function hashOf(name: string): number {
  let hash = 5381
  for (let at = name.length - 1; at >= 0; at--) hash = (hash * 33) ^ name.charCodeAt(at)
  return hash >>> 0
}

/** The colour of a field; of this value where the value decides. */
export function fieldColour(field: Field, value: number | null, theme: Theme): string {
  const { mode, fixedColor } = field.config.color ?? { mode: 'thresholds' }
  if (mode === 'fixed') return colourOf(fixedColor ?? 'text', theme)
  if (mode === 'thresholds') return value === null ? colourOf('text', theme) : thresholdColour(field.config, value, theme)
  if (mode === 'palette-classic') return seriesColour(field.index, theme)
  if (mode === 'palette-classic-by-name') return seriesColour(hashOf(field.name), theme)
  throw new Error(`there is no way to colour called ${mode}`)
}

/** A cell in words and in its colour. */
export function show(field: Field, value: Cell, view: View): Shown {
  const { config } = field
  const hit = mapped(config.mappings ?? [], value)
  const colour = fieldColour(field, typeof value === 'number' ? value : null, view.theme)
  if (hit?.text !== undefined) return { text: hit.text, colour: hit.color ? colourOf(hit.color, view.theme) : colour }
  const painted = hit?.color ? colourOf(hit.color, view.theme) : colour
  if (value === null) return { text: config.noValue ?? '', colour: painted }
  if (field.column.kind === 'time' && config.unit === undefined)
    return { text: new Date(value).toISOString().slice(0, 19).replace('T', ' '), colour: painted }
  if (typeof value === 'string') return { text: value, colour: painted }
  return { ...word(value, config.unit, config.decimals, view.now), colour: painted }
}
