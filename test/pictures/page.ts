// A dashboard as one page: panels on Grafana's grid, everything drawn but the charts, which their script draws in the page.

import { readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { chartOf, drawLegend, type Chart, type Span } from './charts.ts'
import type { Dashboard, Panel } from './dashboard.ts'
import type { View } from './field.ts'
import { drawBarGauge, drawGauge, drawStat, figuresOf, type Size } from './figures.ts'
import { isEmpty, type Exemplar, type Frame, type Mark } from './frame.ts'
import { html, raw, scriptJson, type Markup } from './html.ts'
import { colourOf, GROUNDS, type Theme } from './palette.ts'
import { drawStates } from './states.ts'
import { drawRanking, drawTable } from './tables.ts'
import { transform } from './transform.ts'

/** What a panel's queries answered. */
export interface Answer {
  frames: Frame[]
  exemplars: Exemplar[]
  /** Why there is none. */
  error?: string
}

export interface Picture {
  dashboard: Dashboard
  /** By the panel's place in the dashboard. */
  answers: readonly (Answer | undefined)[]
  marks: Mark[]
  span: Span
  theme: Theme
  width: number
  /** What the choices above the panels say. */
  choices: readonly { label: string; value: string }[]
  /** What a reader must know of where the data come from. */
  note?: string
}

/** Grafana's grid: 24 columns, rows of 30 px, 8 px apart. */
const CELL = 30
const GAP = 8
const HEADER = 36
const PADDING = 8

export interface Place {
  left: number
  top: number
  width: number
  height: number
}

/** Where a panel is, in pixels. */
export function placeOf(grid: { x: number; y: number; w: number; h: number }, width: number): Place {
  const column = (width - GAP * 23) / 24
  return {
    left: Math.round(grid.x * (column + GAP)),
    top: grid.y * (CELL + GAP),
    width: Math.round(grid.w * column + (grid.w - 1) * GAP),
    height: grid.h * CELL + (grid.h - 1) * GAP,
  }
}

interface Drawn {
  body: Markup
  chart?: Chart
}

function drawBody(panel: Panel, answer: Answer, size: Size, picture: Picture): Drawn {
  const view: View = { theme: picture.theme, now: picture.span.to }
  const frames = transform(answer.frames, panel.transformations)
  const figures = panel.type === 'stat' || panel.type === 'gauge'
  if (isEmpty(frames)) {
    const says = panel.fieldConfig?.defaults.noValue
    return { body: html`<p class="nothing ${says ? 'meant' : ''}">${says ?? 'No data'}</p>` }
  }
  if (figures && figuresOf(panel, frames, view).length === 0) return { body: html`<p class="nothing">No data</p>` }
  switch (panel.type) {
    case 'stat':
      return { body: drawStat(panel, frames, size, view) }
    case 'gauge':
      return { body: drawGauge(panel, frames, size, view) }
    case 'bargauge':
      return { body: drawBarGauge(panel, frames, size, view) }
    case 'table':
      return { body: drawTable(panel, frames, size, view) }
    case 'barchart':
      return { body: drawRanking(panel, frames, size, view) }
    case 'state-timeline':
      return { body: drawStates(panel, frames, size, picture.span, view) }
    case 'timeseries': {
      const chart = chartOf(panel, frames, picture.span, view, { marks: picture.marks, exemplars: answer.exemplars })
      const legend = drawLegend(panel, frames, view)
      if (!chart) return { body: html`<p class="nothing">No data</p>` }
      const { placement = 'bottom' } = (panel.options?.['legend'] ?? {}) as { placement?: string }
      const body = html`<div class="charted ${placement}">
        <div class="chart" id="chart-${panel.id}"></div>
        ${legend}
      </div>`
      return { chart, body }
    }
    default:
      throw new Error(`a panel of the type ${panel.type} is not known to the pictures`)
  }
}

function frameOf(panel: Panel, answer: Answer | undefined, picture: Picture, charts: Record<string, Chart>): Markup {
  const place = placeOf(panel.gridPos ?? { x: 0, y: 0, w: 12, h: 8 }, picture.width - 32)
  const box = `left:${place.left}px;top:${place.top}px;width:${place.width}px;height:${place.height}px`
  if (panel.type === 'row') return html`<h2 style="${box}">${panel.title}</h2>`
  const size = { width: place.width - 2 * PADDING - 2, height: place.height - HEADER - PADDING - 2 }
  const drawn: Drawn =
    answer === undefined || answer.error !== undefined
      ? { body: html`<p class="wrong">${answer?.error ?? 'This panel was not asked.'}</p>` }
      : drawBody(panel, answer, size, picture)
  if (drawn.chart) charts[`chart-${panel.id}`] = drawn.chart
  const runbooks = (panel.links ?? []).length
  return html`<section class="panel ${panel.type}" style="${box}" title="${panel.description ?? ''}">
    <h3>
      ${panel.title}${panel.description && html`<i class="info" title="${panel.description}">i</i>`}
      ${runbooks > 0 && html`<span class="links" title="${(panel.links ?? []).map((link) => link.title).join('\n')}">↗ ${runbooks}</span>`}
    </h3>
    <div class="body">${drawn.body}</div>
  </section>`
}

const require = createRequire(import.meta.url)
const beside = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')
const clock = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

/** Node calls its stripping of types experimental and says so; here it is only for a page. */
function stripped(text: string): string {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** What uPlot's script and ours need to find each other without a server. */
function scripts(charts: Record<string, Chart>): Markup {
  const uPlotFolder = join(require.resolve('uplot'), '..')
  const unit = `data:text/javascript;base64,${Buffer.from(stripped(beside('unit.ts'))).toString('base64')}`
  return html`<style>
      ${raw(readFileSync(join(uPlotFolder, 'uPlot.min.css'), 'utf8'))}
    </style>
    <script>
      ${raw(readFileSync(join(uPlotFolder, 'uPlot.iife.min.js'), 'utf8'))}
      globalThis.uPlot = uPlot
    </script>
    <script type="importmap">
      ${scriptJson({ imports: { unit } })}
    </script>
    <script type="application/json" id="charts">
      ${scriptJson(charts)}
    </script>
    <script type="module">
      ${raw(beside('charts.js'))}
    </script>`
}

/** The whole page, with nothing left to be fetched. */
export function drawPage(picture: Picture): string {
  const { dashboard, answers, theme, span, width, marks } = picture
  const ground = GROUNDS[theme]
  const charts: Record<string, Chart> = {}
  const panels = dashboard.panels.map((panel, index) => frameOf(panel, answers[index], picture, charts))
  const bottom = Math.max(
    0,
    ...dashboard.panels.map(({ gridPos }) => (gridPos ? placeOf(gridPos, width).top + placeOf(gridPos, width).height : 0)),
  )
  const variables = Object.entries(ground).map(([name, value]) => `--${name}:${value}`)
  const kinds = new Map(marks.map((mark) => [mark.name, colourOf(mark.colour, theme)]))
  const page = html`<html data-theme="${theme}" style="${variables.join(';')}">
    <head>
      <meta charset="utf-8" />
      <title>${dashboard.title}</title>
      <style>
        ${raw(beside('page.css'))}
      </style>
    </head>
    <body style="width:${width}px">
      <header>
        <h1>${dashboard.title}</h1>
        <p>${dashboard.description}</p>
        <div class="choices">
          ${picture.choices.map(({ label, value }) => html`<span><b>${label}</b>${value}</span>`)}
          ${[...kinds].map(([name, colour]) => html`<span class="kind" style="--kind:${colour}">${name}</span>`)}
          <span class="time">${clock(span.from)} to ${clock(span.to)} UTC</span>
        </div>
        ${picture.note && html`<p class="note">${picture.note}</p>`}
      </header>
      <main style="height:${bottom}px">${panels}</main>
      ${scripts(charts)}
    </body>
  </html>`
  return `<!doctype html>${page.html}`
}
