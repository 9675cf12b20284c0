// A trace as text: one span a line, indented under its parent, with what, when, how long, and what went wrong.

import type { ReceivedSpan } from './otlp.ts'
import { escapeHtml } from './text.ts'

const SHOWN = ['rolewatch.source', 'rolewatch.outcome', 'rolewatch.board', 'http.response.status_code', 'db.operation.name'] as const

const ms = (nanos: bigint) => (Number(nanos) / 1e6).toFixed(1)
const byStart = (a: ReceivedSpan, b: ReceivedSpan) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)

interface Extent {
  start: bigint
  end: bigint
}

function extentOf(spans: readonly ReceivedSpan[]): Extent {
  const first = spans[0]
  if (!first) return { start: 0n, end: 0n }
  return spans.reduce<Extent>(
    (extent, span) => ({
      start: span.start < extent.start ? span.start : extent.start,
      end: span.end > extent.end ? span.end : extent.end,
    }),
    { start: first.start, end: first.end },
  )
}

function lineOf(span: ReceivedSpan, start: bigint, depth: number, orphan: boolean): string[] {
  const indent = '  '.repeat(depth)
  const attributes = SHOWN.filter((key) => span.attributes[key] !== undefined).map(
    (key) =>
      `${key.replace('rolewatch.', '').replace('http.response.status_code', 'status').replace('db.operation.name', 'op')}=${span.attributes[key]}`,
  )
  const parts = [
    `${indent}${span.name}`,
    ...attributes,
    `+${ms(span.start - start)} ms`,
    `${ms(span.end - span.start)} ms`,
    ...(span.error === null ? [] : [`ERROR${span.error ? `: ${span.error}` : ''}`]),
    ...(orphan ? ['(its parent was not received)'] : []),
  ]
  return [parts.join('  '), ...span.links.map((link) => `${indent}  → linked trace ${link}`)]
}

/** The whole trace. Spans whose parent never came stand at the root; a circle of parents is cut. */
export function renderTree(traceId: string, spans: readonly ReceivedSpan[]): string {
  if (spans.length === 0) return `no spans of trace ${traceId} were received\n`
  const ordered = spans.toSorted(byStart)
  const known = new Set(ordered.map((span) => span.spanId))
  const children = new Map<string, ReceivedSpan[]>()
  for (const span of ordered) if (span.parentId) children.set(span.parentId, [...(children.get(span.parentId) ?? []), span])
  const { start, end } = extentOf(ordered)
  const lines: string[] = []
  const seen = new Set<ReceivedSpan>()
  const walk = (span: ReceivedSpan, depth: number, orphan: boolean): void => {
    if (seen.has(span)) return
    seen.add(span)
    lines.push(...lineOf(span, start, depth, orphan))
    for (const child of children.get(span.spanId) ?? []) walk(child, depth + 1, false)
  }
  const roots = ordered.filter((span) => span.parentId === null || !known.has(span.parentId))
  for (const root of roots) walk(root, 0, root.parentId !== null)
  for (const span of ordered) walk(span, 0, false)
  const services = [...new Set(ordered.map((span) => span.service).filter(Boolean))].join(', ')
  return `trace ${traceId}  ${ordered.length} spans  ${ms(end - start)} ms  ${services}\n${lines.join('\n')}\n`
}

export interface TraceRow {
  trace_id: string
  root: string
  /** ISO 8601 in UTC. */
  started_at: string
  ms: number
  spans: number
  errors: number
}

const STYLE = `
:root{color-scheme:light dark}body{margin:0 auto;max-width:60rem;padding:1rem;font:14px/1.5 system-ui,sans-serif}
div{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem .25rem 0;white-space:nowrap}
td{border-top:1px solid #8884}.n{text-align:right;font-variant-numeric:tabular-nums}`

/** All traces as rows and as a page. */
export function renderList(traces: readonly { id: string; spans: readonly ReceivedSpan[] }[]): { rows: TraceRow[]; html: string } {
  const rows = traces.map(({ id, spans }): TraceRow => {
    const { start, end } = extentOf(spans)
    const known = new Set(spans.map((span) => span.spanId))
    const root = spans.toSorted(byStart).find((span) => span.parentId === null || !known.has(span.parentId))
    return {
      trace_id: id,
      root: root?.name ?? '',
      started_at: new Date(Number(start / 1_000_000n)).toISOString(),
      ms: Number(ms(end - start)),
      spans: spans.length,
      errors: spans.filter((span) => span.error !== null).length,
    }
  })
  const lines = rows.map(
    (row) =>
      `<tr><td>${row.started_at}</td><td><a href="/traces/${escapeHtml(row.trace_id)}">${escapeHtml(row.root || row.trace_id)}</a></td><td class="n">${row.ms}</td><td class="n">${row.spans}</td><td class="n">${row.errors}</td></tr>`,
  )
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Traces</title><style>${STYLE}</style></head>
<body><h1>Traces</h1><div><table><tr><th>Started</th><th>Root</th><th class="n">ms</th><th class="n">Spans</th><th class="n">Errors</th></tr>
${lines.join('\n')}
</table></div></body></html>
`
  return { rows, html }
}
