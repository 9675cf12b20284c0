// Asks Prometheus and PostgreSQL what a dashboard asks them, and gives tables.

import type { Knex } from 'knex'
import { expand, type Asking } from '../../ops/dashboard/expand.ts'
import type { Annotation, Dashboard, Panel, Target } from './dashboard.ts'
import { frameOf, type Cell, type Column, type Exemplar, type Frame, type Mark } from './frame.ts'

/** Where the answers come from. */
export interface Backend {
  /** As http://127.0.0.1:9090. */
  prometheus: string
  db: Pick<Knex, 'raw'>
}

interface Series {
  metric: Record<string, string>
  value?: [number, string]
  values?: [number, string][]
}

async function get(backend: Backend, path: string, parameters: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${backend.prometheus}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) })
  const answer = (await response.json()) as { status: string; error?: string; data?: unknown }
  if (answer.status !== 'success') throw new Error(`Prometheus: ${answer.error ?? response.status}`)
  return answer.data
}

const seconds = (date: Date): string => String(date.getTime() / 1000)

function stamps({ from, to, interval }: Asking): { start: string; end: string; step: string } {
  // Grafana asks for multiples of the step, so that points stay where they are when the page is read again.
  const align = (date: Date) => String(Math.floor(date.getTime() / 1000 / interval) * interval)
  return { start: align(from), end: align(to), step: String(interval) }
}

/** `{{source}}` in a legend; without a legend the labels that tell the series apart. */
function legendOf(target: Target, metric: Readonly<Record<string, string>>): string {
  const { legendFormat = '__auto' } = target
  if (legendFormat !== '__auto' && legendFormat !== '')
    return legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? '')
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__')
  if (labels.length === 1) return labels[0]?.[1] ?? ''
  const list = labels.map(([name, value]) => `${name}="${value}"`).join(', ')
  return `${metric['__name__'] ?? ''}${list === '' ? '' : `{${list}}`}` || 'Value'
}

function seriesFrames(target: Target, series: readonly Series[], asking: Asking): Frame[] {
  const step = asking.interval * 1000
  return series.map(({ metric, value, values = value ? [value] : [] }) => {
    // A bar is as wide as its neighbour is far: one that stands alone needs one.
    const times = values.slice(0, 1).map(([at]) => at * 1000 - step)
    const numbers: Cell[] = times.map(() => null)
    for (const [at, text] of values) {
      const time = at * 1000
      const last = times.at(-1)
      // A hole is a hole: the line is not to be drawn over it.
      if (last !== undefined && time - last > step * 1.5) {
        times.push(last + step)
        numbers.push(null)
      }
      times.push(time)
      numbers.push(Number(text))
    }
    const legend = legendOf(target, metric)
    return {
      refId: target.refId,
      columns: [
        { name: 'Time', kind: 'time', values: times },
        { name: 'Value', kind: 'number', values: numbers, labels: metric, legend },
      ],
    }
  })
}

function seriesTable(target: Target, series: readonly Series[], valueName: string): Frame {
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))]
  const points = series.flatMap(({ metric, value, values = value ? [value] : [] }) => values.map((point) => ({ metric, point })))
  const labels = names.map((name): Column => ({ name, kind: 'text', values: points.map(({ metric }) => metric[name] ?? null) }))
  return {
    refId: target.refId,
    columns: [
      { name: 'Time', kind: 'time', values: points.map(({ point }) => point[0] * 1000) },
      ...labels,
      { name: valueName, kind: 'number', values: points.map(({ point }) => Number(point[1])) },
    ],
  }
}

async function askPrometheus(backend: Backend, target: Target, asking: Asking, valueName: string): Promise<Frame[]> {
  const query = expand(target.expr ?? '', asking)
  const instant = target.instant === true && target.range !== true
  const data = instant
    ? await get(backend, 'query', { query, time: seconds(asking.to) })
    : await get(backend, 'query_range', { query, ...stamps(asking) })
  const { result } = data as { result: Series[] }
  if (target.format === 'table') return result.length > 0 ? [seriesTable(target, result, valueName)] : []
  return seriesFrames(target, result, asking)
}

/** What PostgreSQL answers, big numbers as numbers. */
async function askRows(backend: Backend, text: string): Promise<{ names: string[]; rows: (Cell | Date)[][] }> {
  // A question mark would be a parameter to knex.
  const answer = await backend.db.raw<{ fields: { name: string; dataTypeID: number }[]; rows: Record<string, unknown>[] }>(
    text.replaceAll('?', String.raw`\?`),
  )
  const numeric = new Set([20, 1700])
  const cell = (value: unknown, type: number): Cell | Date => {
    if (value === null || value === undefined || typeof value === 'number' || value instanceof Date) return value ?? null
    if (numeric.has(type)) return Number(value)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return {
    names: answer.fields.map((field) => field.name),
    rows: answer.rows.map((row) => answer.fields.map((field) => cell(row[field.name], field.dataTypeID))),
  }
}

/** Rows with a time and perhaps a name become one series per name and value column. */
function timeFrames(refId: string, names: readonly string[], rows: readonly (readonly (Cell | Date)[])[]): Frame[] {
  const at = Math.max(0, names.indexOf('time'))
  const text = names.findIndex((_, index) => index !== at && rows.some((row) => typeof row[index] === 'string'))
  const values = names.flatMap((name, index) => (index !== at && index !== text ? [{ name, index }] : []))
  const groups = Map.groupBy(rows, (row) => (text < 0 ? '' : String(row[text])))
  const time = (value: Cell | Date | undefined): number =>
    value instanceof Date ? value.getTime() : Number(value) * (Number(value) < 1e11 ? 1000 : 1)
  return [...groups].flatMap(([metric, mine]) =>
    values.map(({ name, index }): Frame => {
      const legend = metric === '' ? name : values.length > 1 ? `${metric} ${name}` : metric
      const numbers = mine.map((row) => (typeof row[index] === 'number' ? row[index] : null))
      return {
        refId,
        columns: [
          { name: 'Time', kind: 'time', values: mine.map((row) => time(row[at])) },
          { name, kind: 'number', values: numbers, legend, ...(metric === '' ? {} : { labels: { metric } }) },
        ],
      }
    }),
  )
}

const LETTERS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }

/** `$__timeGroup(…, '1d', 0)`: Grafana puts the last argument where nothing was. */
function filledUp(frames: Frame[], sql: string, { from, to }: Asking): Frame[] {
  const [, count = '', letter = '', filling = ''] = /\$__timeGroup(?:Alias)?\([^()]*'(\d+)([smhd])',\s*(\d+)\)/.exec(sql) ?? []
  if (filling === '') return frames
  const step = Number(count) * (LETTERS[letter] ?? 1)
  const first = Math.floor(from.getTime() / step) * step
  const times = Array.from({ length: Math.floor((to.getTime() - first) / step) + 1 }, (_, index) => first + index * step)
  return frames.map((frame) => {
    const [time, value] = frame.columns as [Column, Column]
    const known = new Map(time.values.map((at, index) => [Number(at), value.values[index] ?? null]))
    const values = times.map((at) => known.get(at) ?? Number(filling))
    return {
      ...frame,
      columns: [
        { ...time, values: times },
        { ...value, values },
      ],
    }
  })
}

async function askPostgres(backend: Backend, target: Target, asking: Asking): Promise<Frame[]> {
  const { names, rows } = await askRows(backend, expand(target.rawSql ?? '', asking))
  if (target.format === 'time_series') return filledUp(timeFrames(target.refId, names, rows), target.rawSql ?? '', asking)
  return [frameOf(target.refId, names, rows)]
}

/** What one query of a panel answers. @throws with the database's own words */
export async function askTarget(backend: Backend, target: Target, asking: Asking, valueName = 'Value'): Promise<Frame[]> {
  return target.rawSql === undefined ? askPrometheus(backend, target, asking, valueName) : askPostgres(backend, target, asking)
}

/** What all queries of a panel answer, in their order. */
export async function askPanel(backend: Backend, panel: Panel, asking: Asking): Promise<Frame[]> {
  const targets = (panel.targets ?? []).filter((target) => target.hide !== true)
  const tables = targets.filter((target) => target.format === 'table' && target.rawSql === undefined).length
  const answers = await Promise.all(
    targets.map((target) => askTarget(backend, target, asking, tables > 1 ? `Value #${target.refId}` : 'Value')),
  )
  return answers.flat()
}

/** The exemplars of a panel's queries. */
export async function askExemplars(backend: Backend, panel: Panel, asking: Asking): Promise<Exemplar[]> {
  const found: Exemplar[] = []
  for (const target of panel.targets ?? []) {
    if (target.exemplar !== true || target.expr === undefined) continue
    const query = expand(target.expr, asking)
    const data = await get(backend, 'query_exemplars', { query, start: seconds(asking.from), end: seconds(asking.to) })
    for (const { exemplars } of data as { exemplars: { labels: Record<string, string>; value: string; timestamp: number }[] }[])
      for (const { labels, value, timestamp } of exemplars)
        found.push({ at: timestamp * 1000, value: Number(value), trace: labels['trace_id'] ?? '' })
  }
  return thinned(found, asking)
}

/** Of many in one place the slowest: that is the one to look at. */
function thinned(exemplars: readonly Exemplar[], { from, to }: Asking): Exemplar[] {
  const place = ({ at }: Exemplar) => Math.floor(((at - from.getTime()) / (to.getTime() - from.getTime())) * EXEMPLARS)
  return [...Map.groupBy(exemplars, place).values()].flatMap((some) => some.toSorted((a, b) => b.value - a.value).slice(0, 2))
}
const EXEMPLARS = 40

const filled = (template: string | undefined, metric: Readonly<Record<string, string>>): string =>
  (template ?? '').replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? '')

/** Each stretch in which a series is above 0. */
function stretches(annotation: Annotation, { metric, values = [] }: Series, step: number): Mark[] {
  const marks: Mark[] = []
  const head = { name: annotation.name, colour: annotation.iconColor ?? 'red' }
  const text = [filled(annotation.titleFormat, metric), filled(annotation.textFormat, metric)].filter(Boolean).join(': ')
  for (const [at, value] of values) {
    if (Number(value) === 0) continue
    const last = marks.at(-1)
    if (last && at * 1000 - last.to <= step * 1500) last.to = at * 1000
    else marks.push({ ...head, text, from: at * 1000, to: at * 1000 })
  }
  return marks
}

/** What one annotation marks. @throws with the database's own words */
export async function askAnnotation(backend: Backend, annotation: Annotation, asking: Asking): Promise<Mark[]> {
  const target = { ...annotation, ...annotation.target } as { expr?: string; rawSql?: string; rawQuery?: unknown }
  const sql = target.rawSql ?? (typeof target.rawQuery === 'string' ? target.rawQuery : undefined)
  if (target.expr !== undefined) {
    const data = await get(backend, 'query_range', { query: expand(target.expr, asking), ...stamps(asking) })
    return (data as { result: Series[] }).result.flatMap((series) => stretches(annotation, series, asking.interval))
  }
  if (sql === undefined) return []
  const { names, rows } = await askRows(backend, expand(sql, asking))
  const at = (name: string) => names.findIndex((one) => one.toLowerCase() === name)
  const time = (value: Cell | Date | undefined) =>
    value instanceof Date ? value.getTime() : Number(value) * (Number(value) < 1e11 ? 1000 : 1)
  return rows.map((row) => {
    const from = time(row[at('time')])
    const end = row[at('timeend')]
    const colour = annotation.iconColor ?? 'blue'
    return { name: annotation.name, colour, from, to: end ? time(end) : from, text: String(row[at('text')] ?? row[at('title')] ?? '') }
  })
}

/** What a dashboard marks in all its charts. */
export async function askAnnotations(backend: Backend, dashboard: Dashboard, asking: Asking): Promise<Mark[]> {
  const asked = (dashboard.annotations?.list ?? []).filter((one) => one.enable !== false)
  const marks = await Promise.all(asked.map((annotation) => askAnnotation(backend, annotation, asking)))
  return marks.flat()
}

/** What a variable of the kind `query` has to choose from. @throws for a query that is neither SQL nor label_values(metric, label) */
export async function askVariable(backend: Backend, query: string, asking: Asking): Promise<string[]> {
  const [, metric, label] = /^label_values\(\s*([\w:]+)\s*,\s*(\w+)\s*\)$/.exec(query) ?? []
  if (metric === undefined || label === undefined) {
    const { rows } = await askRows(backend, expand(query, asking))
    return rows.map(([value]) => String(value))
  }
  const parameters = new URLSearchParams({ 'match[]': metric, start: seconds(asking.from), end: seconds(asking.to) })
  const response = await fetch(`${backend.prometheus}/api/v1/label/${label}/values?${parameters.toString()}`)
  return ((await response.json()) as { data: string[] }).data
}
