// Charts over time as plain data: what charts.js draws with uPlot in the page.

import type { FieldConfig, Panel } from './dashboard.ts'
import { fieldColour, fieldsOf, show, type Field, type View } from './field.ts'
import { isEmpty, numbersOf, reduce, type Cell, type Exemplar, type Frame, type Mark } from './frame.ts'
import { html, type Markup } from './html.ts'
import { colourOf, faded, GROUNDS } from './palette.ts'
import { wordsOf } from './unit.ts'

/** ms since 1970. */
export interface Span {
  from: number
  to: number
}

export interface Axis {
  unit: string | undefined
  label: string
  min: number | undefined
  max: number | undefined
  softMin: number | undefined
  softMax: number | undefined
  log: number | undefined
}

export interface Line {
  colour: string
  fill: string | undefined
  width: number
  dash: number[] | undefined
  kind: 'line' | 'bars' | 'points'
  stepped: boolean
  spanGaps: boolean
  pointSize: number
  alwaysPoints: boolean
  axis: 'left' | 'right'
}

export interface Chart extends Span {
  lines: Line[]
  /** Seconds since 1970, then the values of each line: what uPlot takes. */
  data: (number | null)[][]
  /** Pairs of lines between which is filled, the upper first. */
  bands: [number, number][]
  left: Axis
  right: Axis | undefined
  limits: { value: number; colour: string }[]
  limitStyle: string
  marks: Mark[]
  exemplars: Exemplar[]
  ink: { text: string; grid: string; panel: string }
}

type Custom = Record<string, unknown>
const customOf = (field: Field): Custom => field.config.custom ?? {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

function lineOf(field: Field, view: View): Line {
  const custom = customOf(field)
  const { drawStyle = 'line', fillOpacity = 0, lineWidth = 1, showPoints = 'auto', pointSize = 5, lineStyle, axisPlacement } = custom
  // The line's own colour, not that of its last value.
  const colour = fieldColour(field, reduce(field.column.values, 'lastNotNull'), view.theme)
  const { fill, dash } = (lineStyle ?? {}) as { fill?: string; dash?: number[] }
  return {
    colour,
    fill: Number(fillOpacity) > 0 ? faded(colour, Number(fillOpacity) / 100) : undefined,
    width: Number(lineWidth),
    dash: fill === 'dash' ? (dash ?? [10, 10]) : fill === 'dot' ? [0, 8] : undefined,
    kind: drawStyle === 'bars' ? 'bars' : drawStyle === 'points' ? 'points' : 'line',
    stepped: textOf(custom['lineInterpolation']).startsWith('step'),
    spanGaps: custom['spanNulls'] === true,
    pointSize: Number(pointSize),
    alwaysPoints: showPoints === 'always' || drawStyle === 'points',
    axis: axisPlacement === 'right' ? 'right' : 'left',
  }
}

function axisOf(config: FieldConfig): Axis {
  const custom = config.custom ?? {}
  const { type, log } = (custom['scaleDistribution'] ?? {}) as { type?: string; log?: number }
  return {
    unit: config.unit,
    label: textOf(custom['axisLabel']),
    min: config.min,
    max: config.max,
    softMin: numberOf(custom['axisSoftMin']),
    softMax: numberOf(custom['axisSoftMax']),
    log: type === 'log' ? (log ?? 2) : undefined,
  }
}

/** All series on one row of times. */
function align(series: readonly { times: readonly Cell[]; values: readonly Cell[] }[]): { times: number[]; values: (number | null)[][] } {
  const times = [...new Set(series.flatMap((one) => one.times.map(Number)))].toSorted((a, b) => a - b)
  const places = new Map(times.map((time, index) => [time, index]))
  const values = series.map((one) => {
    const row: (number | null)[] = times.map(() => null)
    for (const [index, time] of one.times.entries()) {
      const value = one.values[index]
      row[places.get(Number(time)) ?? 0] = typeof value === 'number' && Number.isFinite(value) ? value : null
    }
    return row
  })
  return { times, values }
}

/** Puts series of a group on top of each other; the bands lie between neighbours. */
function stack(values: (number | null)[][], fields: readonly Field[]): [number, number][] {
  const tops = new Map<string, number>()
  const bands: [number, number][] = []
  for (const [index, field] of fields.entries()) {
    const { mode = 'none', group = 'A' } = (customOf(field)['stacking'] ?? {}) as { mode?: string; group?: string }
    if (mode === 'none') continue
    const below = tops.get(group)
    const row = values[index] as (number | null)[]
    if (below !== undefined) {
      for (const [at, value] of (values[below] as (number | null)[]).entries()) row[at] = (row[at] ?? 0) + (value ?? 0)
      bands.push([index + 1, below + 1])
    }
    tops.set(group, index)
  }
  return bands
}

/** A panel of lines or bars over time; undefined when it has no points. */
export function chartOf(
  panel: Panel,
  frames: readonly Frame[],
  span: Span,
  view: View,
  extra: { marks: Mark[]; exemplars: Exemplar[] },
): Chart | undefined {
  if (isEmpty(frames)) return undefined
  const all = fieldsOf(panel, frames)
  const series = numbersOf(frames).flatMap(({ column, frame }) => {
    const field = all.get(column)
    const times = frame.columns.find((one) => one.kind === 'time')
    return field && times ? [{ field, times: times.values, values: column.values }] : []
  })
  const fields = series.map(({ field }) => field)
  const { times, values } = align(series)
  const bands = stack(values, fields)
  const lines = fields.map((field) => lineOf(field, view))
  const first = fields.find((_, index) => lines[index]?.axis === 'left') ?? fields[0]
  if (!first) return undefined
  const right = fields.find((_, index) => lines[index]?.axis === 'right')
  const { thresholdsStyle } = customOf(first) as { thresholdsStyle?: { mode?: string } }
  const ground = GROUNDS[view.theme]
  return {
    ...span,
    lines,
    data: [times.map((time) => time / 1000), ...values],
    bands,
    left: axisOf(first.config),
    right: right && axisOf(right.config),
    limits: (first.config.thresholds?.steps ?? []).flatMap(({ value, color }) =>
      value === null ? [] : [{ value, colour: colourOf(color, view.theme) }],
    ),
    limitStyle: thresholdsStyle?.mode ?? 'off',
    marks: extra.marks.map((mark) => ({ ...mark, colour: colourOf(mark.colour, view.theme) })),
    exemplars: extra.exemplars,
    ink: { text: ground.faint, grid: ground.grid, panel: ground.panel },
  }
}

/** The legend below or beside a chart, with what its panel wants counted. */
export function drawLegend(panel: Panel, frames: readonly Frame[], view: View): Markup | undefined {
  const {
    displayMode = 'list',
    showLegend = true,
    calcs = [],
  } = (panel.options?.['legend'] ?? {}) as {
    displayMode?: string
    showLegend?: boolean
    calcs?: string[]
  }
  if (!showLegend || displayMode === 'hidden') return undefined
  const entries = [...fieldsOf(panel, frames).values()]
    .filter(
      ({ column, config }) =>
        column.kind === 'number' && (config.custom?.['hideFrom'] as { legend?: boolean } | undefined)?.legend !== true,
    )
    .map((field) => {
      const colour = fieldColour(field, reduce(field.column.values, 'lastNotNull'), view.theme)
      return { field, colour, counted: calcs.map((way) => wordsOf(show(field, reduce(field.column.values, way), view))) }
    })
  if (displayMode === 'table')
    return html`<table class="legend">
      <tr>
        <th></th>
        ${calcs.map((way) => html`<th>${way}</th>`)}
      </tr>
      ${entries.map(
        ({ field, colour, counted }) =>
          html`<tr>
            <td><i style="background:${colour}"></i>${field.name}</td>
            ${counted.map((text) => html`<td>${text}</td>`)}
          </tr>`,
      )}
    </table>`
  return html`<div class="legend">
    ${entries.map(({ field, colour, counted }) => html`<span><i style="background:${colour}"></i>${field.name}${counted.map((text) => ` ${text}`)}</span>`)}
  </div>`
}
