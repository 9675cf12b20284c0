// State timelines: which state each of several was in, and when.

import type { Panel } from './dashboard.ts'
import type { Span } from './charts.ts'
import { fieldsOf, show, type Field, type Shown, type View } from './field.ts'
import { numbersOf, type Cell, type Frame } from './frame.ts'
import { html, type Markup } from './html.ts'
import { GROUNDS } from './palette.ts'
import type { Size } from './figures.ts'
import { wordsOf } from './unit.ts'

interface Stretch extends Span {
  shown: Shown
}

/** Neighbours that look the same become one; nothing ends a stretch. */
function stretchesOf(field: Field, times: readonly Cell[], values: readonly Cell[], end: number, view: View): Stretch[] {
  const stretches: Stretch[] = []
  for (const [index, value] of values.entries()) {
    if (value === null) continue
    const from = Number(times[index])
    const to = Number(times[index + 1] ?? end)
    const shown = show(field, value, view)
    const last = stretches.at(-1)
    if (last && last.to === from && last.shown.colour === shown.colour && wordsOf(last.shown) === wordsOf(shown)) last.to = to
    else stretches.push({ from, to, shown })
  }
  return stretches
}

/** Where the time axis has its words: at round times, some 100 pixels apart. */
export function ticksOf({ from, to }: Span, width: number): { at: number; text: string }[] {
  const steps = [10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((s) => s * 1000)
  const step = steps.find((one) => ((to - from) / one) * 90 <= width) ?? 2_592_000_000
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => {
    const at = first + index * step
    const iso = new Date(at).toISOString()
    return { at, text: step >= 86_400_000 ? iso.slice(5, 10).replace('-', '/') : step < 60_000 ? iso.slice(11, 19) : iso.slice(11, 16) }
  })
}

/** What the colours mean: the mappings that have a colour, else what was seen. */
function legendOf(stretches: readonly Stretch[]): Markup {
  const seen = new Map(stretches.map(({ shown }) => [wordsOf(shown), shown.colour]))
  return html`<div class="legend">
    ${[...seen].map(([text, colour]) => html`<span><i style="background:${colour}"></i>${text}</span>`)}
  </div>`
}

/** A state timeline panel. */
export function drawStates(panel: Panel, frames: readonly Frame[], size: Size, span: Span, view: View): Markup {
  const fields = fieldsOf(panel, frames)
  const rows = numbersOf(frames).flatMap(({ column, frame }) => {
    const field = fields.get(column)
    const times = frame.columns.find((one) => one.kind === 'time')
    return field && times ? [{ name: field.name, stretches: stretchesOf(field, times.values, column.values, span.to, view) }] : []
  })
  const left = Math.min(size.width * 0.3, 14 + 7 * Math.max(0, ...rows.map(({ name }) => name.length)))
  const height = size.height - 48
  const width = size.width - left - 8
  const rowHeight = height / Math.max(1, rows.length)
  const bar = rowHeight * Number(panel.options?.['rowHeight'] ?? 0.9)
  const x = (at: number) => left + Math.min(1, Math.max(0, (at - span.from) / (span.to - span.from))) * width
  const ink = GROUNDS[view.theme]
  return html`<svg class="states" width="${size.width}" height="${size.height - 26}">
      ${ticksOf(span, width).map(
        ({ at, text }) =>
          html`<line x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="0" y2="${height}" style="stroke:${ink.grid}"></line>
            <text x="${x(at).toFixed(1)}" y="${height + 15}" text-anchor="middle" style="fill:${ink.faint}">${text}</text>`,
      )}
      ${rows.map(
        ({ name, stretches }, index) =>
          html`<text x="${left - 8}" y="${(index + 0.5) * rowHeight + 4}" text-anchor="end" style="fill:${ink.text}">${name}</text>
            ${stretches.map(
              ({ from, to, shown }) =>
                html`<rect
                  x="${x(from).toFixed(1)}"
                  y="${(index * rowHeight + (rowHeight - bar) / 2).toFixed(1)}"
                  width="${Math.max(0.8, x(to) - x(from)).toFixed(1)}"
                  height="${bar.toFixed(1)}"
                  style="fill:${shown.colour};fill-opacity:0.85"
                ></rect>`,
            )}`,
      )}
    </svg>
    ${legendOf(rows.flatMap((row) => row.stretches))}`
}
