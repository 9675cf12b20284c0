// Panels of single values: stat, gauge and bar gauge.

import type { Panel } from './dashboard.ts'
import { fieldColour, fieldsOf, show, thresholdColour, type Field, type Shown, type View } from './field.ts'
import { numbersOf, reduce, type Cell, type Frame } from './frame.ts'
import { html, raw, type Markup } from './html.ts'
import { colourOf, faded, GROUNDS } from './palette.ts'
import { wordsOf } from './unit.ts'

/** Inner width and height in pixels. */
export interface Size {
  width: number
  height: number
}

/** A value of a panel with what it is called and where it comes from. */
export interface Figure {
  name: string
  value: number | null
  shown: Shown
  field: Field
  history: readonly Cell[]
}

/** The values that a panel shows: one per series, or one per row. */
export function figuresOf(panel: Panel, frames: readonly Frame[], view: View): Figure[] {
  const fields = fieldsOf(panel, frames)
  const { calcs = ['lastNotNull'], values: eachRow = false } = (panel.options?.['reduceOptions'] ?? {}) as {
    calcs?: string[]
    values?: boolean
  }
  return numbersOf(frames).flatMap(({ column, frame }) => {
    const field = fields.get(column)
    if (!field) return []
    if (!eachRow) {
      const value = reduce(column.values, calcs[0] ?? 'lastNotNull')
      return [{ name: field.name, value, shown: show(field, value, view), field, history: column.values }]
    }
    const names = frame.columns.find((one) => one.kind === 'text')
    return column.values.map((value, row) => ({
      name: String(names?.values[row] ?? field.name),
      value: typeof value === 'number' ? value : null,
      shown: show(field, value, view),
      field,
      history: [],
    }))
  })
}

/** Whether values stand side by side. */
function besideEachOther(panel: Panel, { width, height }: Size): boolean {
  const orientation = panel.options?.['orientation'] ?? 'auto'
  return orientation === 'auto' ? width > height : orientation === 'vertical'
}

function spark(values: readonly Cell[], colour: string, width: number, height: number): Markup {
  const points = values.flatMap((value, index) => (typeof value === 'number' ? [[index, value] as const] : []))
  if (points.length < 2) return raw('')
  const numbers = points.map(([, value]) => value)
  const low = Math.min(...numbers)
  const high = Math.max(...numbers)
  const place = ([index, value]: readonly [number, number]) =>
    `${((index / (values.length - 1)) * width).toFixed(1)},${(height - 2 - ((value - low) / (high - low || 1)) * (height - 6)).toFixed(1)}`
  const line = points.map(place).join(' ')
  return html`<svg class="spark" width="${width}" height="${height}">
    <polygon points="0,${height} ${line} ${width},${height}" style="fill:${faded(colour, 0.2)}"></polygon>
    <polyline points="${line}" style="fill:none;stroke:${colour};stroke-width:1.5"></polyline>
  </svg>`
}

/** One big figure, coloured as its panel says. */
function bigFigure(panel: Panel, figure: Figure, { width, height }: Size, named: boolean, view: View): Markup {
  const {
    colorMode = 'value',
    graphMode = 'area',
    textMode = 'auto',
    justifyMode = 'auto',
  } = (panel.options ?? {}) as Record<string, string>
  const { prefix = '', text, suffix = '', colour } = figure.shown
  const onColour = colorMode.startsWith('background')
  const ink = onColour ? '#fff' : colorMode === 'none' ? GROUNDS[view.theme].text : colour
  const words = textMode === 'name' ? figure.name : `${prefix}${text}`
  const graph = graphMode === 'area' && figure.history.length > 1
  const nameSize = Math.min(18, Math.max(11, height * 0.14))
  const room = height - (named ? nameSize * 1.5 : 0)
  const length = words.length + suffix.length * 0.7 + 1
  const size = Math.max(12, Math.min((width - 16) / (length * 0.58), room * (graph ? 0.52 : 0.72), 60))
  const ground = onColour ? `background:linear-gradient(120deg, ${colour}, color-mix(in srgb, ${colour} 82%, black));` : ''
  const centred = justifyMode === 'center' || (justifyMode === 'auto' && !named)
  return html`<div class="figure ${centred ? 'centred' : ''}" style="width:${width}px;height:${height}px;color:${ink};${ground}">
    ${graph && spark(figure.history, onColour ? 'rgba(255,255,255,0.8)' : colour, width, Math.round(height * (named ? 0.32 : 0.36)))}
    ${named && html`<span class="figure-name" style="font-size:${nameSize}px;${onColour ? 'color:#fff' : ''}">${figure.name}</span>`}
    <span class="figure-value" style="font-size:${Math.round(size)}px"
      >${words}${textMode !== 'name' && suffix !== '' && html`<small>${suffix}</small>`}</span
    >
  </div>`
}

/** A stat panel. */
export function drawStat(panel: Panel, frames: readonly Frame[], size: Size, view: View): Markup {
  const figures = figuresOf(panel, frames, view)
  const { textMode = 'auto' } = (panel.options ?? {}) as Record<string, string>
  const named = textMode === 'value_and_name' || (textMode === 'auto' && figures.length > 1)
  const beside = besideEachOther(panel, size)
  const gap = 6
  const share = (whole: number) => (whole - gap * (figures.length - 1)) / figures.length
  const cell = beside ? { width: share(size.width), height: size.height } : { width: size.width, height: share(size.height) }
  return html`<div class="figures" style="flex-direction:${beside ? 'row' : 'column'};gap:${gap}px">
    ${figures.map((figure) => bigFigure(panel, figure, cell, named, view))}
  </div>`
}

const bounds = ({ config }: Field, value: number | null): [number, number] => {
  const min = config.min ?? 0
  return [
    min,
    config.max ?? (config.unit === 'percentunit' ? 1 : config.unit === 'percent' ? 100 : Math.max((value ?? min) * 1.2, min + 1)),
  ]
}

function arc(radius: number, from: number, to: number): string {
  const point = (share: number) => {
    const angle = Math.PI * (1 - share)
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(-radius * Math.sin(angle)).toFixed(2)}`
  }
  return `M ${point(from)} A ${radius} ${radius} 0 0 1 ${point(to)}`
}

function dial(figure: Figure, { width, height }: Size, named: boolean, view: View): Markup {
  const { field, value, shown } = figure
  const [min, max] = bounds(field, value)
  const share = (number: number) => Math.min(1, Math.max(0, (number - min) / (max - min || 1)))
  const steps = field.config.thresholds?.steps ?? []
  const edges = steps.map((step, index) => ({
    from: share(step.value ?? min),
    to: index + 1 < steps.length ? share(steps[index + 1]?.value ?? max) : 1,
    colour: colourOf(step.color, view.theme),
  }))
  const radius = Math.min(width / 2 - 8, height - (named ? 34 : 16), 150)
  const thick = Math.max(10, radius * 0.22)
  const inner = radius - thick / 2 - 6
  const text = wordsOf(shown)
  const size = Math.min(radius * 0.42, ((inner - thick / 2) * 1.8) / (text.length * 0.58))
  const filled = value === null ? 0 : share(value)
  const low = named ? 26 : 8
  return html`<svg class="dial" width="${width}" height="${height}" viewBox="${-width / 2} ${-height + low} ${width} ${height}">
    <path d="${arc(inner, 0, 1)}" style="fill:none;stroke:${GROUNDS[view.theme].grid};stroke-width:${thick}"></path>
    <path d="${arc(inner, 0, Math.max(filled, 0.004))}" style="fill:none;stroke:${shown.colour};stroke-width:${thick}"></path>
    ${edges
      .filter((edge) => edge.to > edge.from)
      .map((edge) => html`<path d="${arc(radius, edge.from, edge.to)}" style="fill:none;stroke:${edge.colour};stroke-width:4"></path>`)}
    <text y="-4" text-anchor="middle" style="fill:${shown.colour};font-size:${size.toFixed(1)}px;font-weight:500">${text}</text>
    ${named && html`<text y="18" text-anchor="middle" style="fill:${GROUNDS[view.theme].text};font-size:13px">${figure.name}</text>`}
  </svg>`
}

/** A gauge panel: a dial per value, its thresholds around it. */
export function drawGauge(panel: Panel, frames: readonly Frame[], size: Size, view: View): Markup {
  const figures = figuresOf(panel, frames, view)
  const columns =
    figures.length === 0
      ? 1
      : Math.max(1, Math.min(figures.length, Math.round(Math.sqrt((figures.length * size.width) / (size.height * 1.5)))))
  const rows = Math.ceil(figures.length / columns)
  const cell = { width: Math.floor(size.width / columns), height: Math.floor(size.height / rows) }
  return html`<div class="figures wrapped">${figures.map((figure) => dial(figure, cell, figures.length > 1, view))}</div>`
}

function bar(figure: Figure, max: number, height: number, panel: Panel, view: View, beside: boolean): Markup {
  const { field, value, shown } = figure
  const [min] = bounds(field, value)
  const share = Math.min(1, Math.max(0, ((value ?? min) - min) / (max - min || 1)))
  const { displayMode = 'gradient', showUnfilled = true } = (panel.options ?? {}) as { displayMode?: string; showUnfilled?: boolean }
  const low = field.config.color?.mode?.startsWith('continuous')
    ? fieldColour(field, min, view.theme)
    : thresholdColour(field.config, min, view.theme)
  const first = field.config.color?.mode === 'fixed' || field.config.color?.mode?.startsWith('palette') ? shown.colour : low
  const fill =
    displayMode === 'gradient'
      ? `linear-gradient(${beside ? '0' : '90'}deg, ${faded(first, 0.5)}, ${shown.colour})`
      : faded(shown.colour, 0.75)
  const ground = showUnfilled ? GROUNDS[view.theme].grid : 'transparent'
  const text = wordsOf(shown)
  if (beside)
    return html`<div class="upright" style="height:${height}px">
      <span class="bar-value" style="color:${shown.colour}">${text}</span>
      <span class="bar-room" style="background:${ground}"><i style="height:${share * 100}%;background:${raw(fill)}"></i></span>
      <span class="bar-name">${figure.name}</span>
    </div>`
  return html`<div class="bar" style="height:${height}px">
    <span class="bar-name">${figure.name}</span>
    <span class="bar-room" style="background:${ground}"
      ><i style="width:${share * 100}%;background:${raw(fill)};border-right:2px solid ${shown.colour}"></i
    ></span>
    <span class="bar-value" style="color:${shown.colour}">${text}</span>
  </div>`
}

/** A bar gauge panel. */
export function drawBarGauge(panel: Panel, frames: readonly Frame[], size: Size, view: View): Markup {
  const figures = figuresOf(panel, frames, view)
  const orientation = panel.options?.['orientation'] ?? 'auto'
  const beside = orientation === 'vertical' || (orientation === 'auto' && size.width > size.height && figures.length <= 4)
  const common = Math.max(
    ...figures.map(({ field, value }) => field.config.max ?? (field.config.unit === 'percentunit' ? 1 : (value ?? 0))),
    1e-9,
  )
  const height = beside ? size.height : Math.min(44, (size.height - 4 * (figures.length - 1)) / Math.max(1, figures.length))
  const names = Math.min(size.width * 0.4, 12 + 7.2 * Math.max(0, ...figures.map(({ name }) => name.length)))
  const values = 14 + 8 * Math.max(0, ...figures.map(({ shown }) => wordsOf(shown).length))
  const columns = figures.some(({ name }) => name !== '') ? `${Math.round(names)}px 1fr ${values}px` : `0 1fr ${values}px`
  return html`<div class="bars ${beside ? 'beside' : ''}" style="--columns:${columns}">
    ${figures.map((figure) => bar(figure, common, height, panel, view, beside))}
  </div>`
}
