// Tables and rankings: rows as they come, cells in words, colours and links.

import type { Panel } from './dashboard.ts'
import { fieldColour, fieldsOf, show, type Field, type View } from './field.ts'
import { rowsOf, type Cell, type Column, type Frame } from './frame.ts'
import { html, type Markup } from './html.ts'
import { faded } from './palette.ts'
import type { Size } from './figures.ts'
import { wordsOf } from './unit.ts'

function cellOf(field: Field, value: Cell, view: View): Markup {
  const shown = show(field, value, view)
  const { type = 'auto' } = (field.config.custom?.['cellOptions'] ?? {}) as { type?: string }
  const text = wordsOf(shown)
  const style =
    type === 'color-text' ? `color:${shown.colour}` : type === 'color-background' ? `background:${faded(shown.colour, 0.6)}` : ''
  const number = field.column.kind === 'number'
  const words = (field.config.links ?? []).length > 0 ? html`<a href="#">${text}</a>` : text
  return html`<td class="${number ? 'number' : ''}" style="${style}">${words}</td>`
}

/** A table; rows that have no room are cut off, as they are scrolled away in Grafana. */
export function drawTable(panel: Panel, frames: readonly Frame[], size: Size, view: View): Markup {
  const [frame] = frames
  if (!frame) return html``
  const fields = fieldsOf(panel, [frame])
  const columns = frame.columns.map((column) => fields.get(column) as Field)
  const rows = rowsOf(frame).slice(0, Math.ceil(size.height / 32))
  const width = ({ config }: Field) => config.custom?.['width']
  const align = ({ column }: Field) => (column.kind === 'number' ? 'number' : '')
  return html`<table class="cells">
    <tr>
      ${columns.map((field) => html`<th class="${align(field)}" style="${width(field) ? `width:${String(width(field))}px` : ''}">${field.name}</th>`)}
    </tr>
    ${rows.map(
      (row) =>
        html`<tr>
          ${row.map((value, index) => cellOf(columns[index] as Field, value, view))}
        </tr>`,
    )}
  </table>`
}

const numbersIn = (column: Column): number[] => column.values.filter((value): value is number => typeof value === 'number')

/** A bar chart of categories: a bar per row and number. */
export function drawRanking(panel: Panel, frames: readonly Frame[], size: Size, view: View): Markup {
  const [frame] = frames
  const wanted = panel.options?.['xField']
  const names = frame?.columns.find((column) => (wanted ? column.name === wanted : column.kind === 'text'))
  if (!frame || !names) return html`<p class="nothing">No column to name the bars by</p>`
  const fields = fieldsOf(panel, frames)
  const numbers = frame.columns
    .filter((column) => column !== names && column.kind === 'number')
    .map((column) => fields.get(column) as Field)
  const max = Math.max(1e-9, ...numbers.flatMap(({ column, config }) => config.max ?? Math.max(...numbersIn(column))))
  const row = (name: Cell, at: number) => {
    const bars = numbers.map((field) => {
      const value = field.column.values[at] ?? null
      const share = typeof value === 'number' ? Math.max(0, value / max) : 0
      const colour = fieldColour(field, typeof value === 'number' ? value : null, view.theme)
      return html`<span class="rank-bar"
        ><i style="width:${(share * 86).toFixed(2)}%;background:${faded(colour, 0.8)}"></i><b>${wordsOf(show(field, value, view))}</b></span
      >`
    })
    return html`<div class="rank"><span class="rank-name">${String(name ?? '')}</span><span class="rank-bars">${bars}</span></div>`
  }
  const wide = Math.min(size.width * 0.4, 16 + 7 * Math.max(...names.values.map((name) => String(name ?? '').length)))
  const legend =
    numbers.length > 1 &&
    html`<div class="legend">
      ${numbers.map((field) => html`<span><i style="background:${fieldColour(field, null, view.theme)}"></i>${field.name}</span>`)}
    </div>`
  return html`<div class="ranks" style="--name:${Math.round(wide)}px">${names.values.map(row)}</div>
    ${legend}`
}
