// The hours before as blocks of Prometheus: what was told, what the rules record of it, and which alerts that would have fired.

import { execFile } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { ROOT } from '../../services/config.ts'
import { startPrometheus } from '../programs.ts'
import { INSTANCE } from './day.ts'
import { tellHours, tide, type Minute } from './past-hours.ts'

const run = promisify(execFile)
const STEP = 60

interface Rule {
  record?: string
  alert?: string
  expr: string
  for?: string
  keep_firing_for?: string
  labels?: Record<string, string>
}

const LABELS = `instance="${INSTANCE}",job="rolewatch"`

/** The exposition of a process with the labels that Prometheus gives it, and the time. */
function stamped(body: string, at: number): string {
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines
    .map((line) => {
      const [, name = '', , labels, value = ''] = /^([^\s{]+)(\{(.*)\})? (\S+)$/.exec(line) ?? []
      return `${name}{${labels ? `${labels},` : ''}${LABELS}} ${value} ${at}\n`
    })
    .join('')
}

/** Seconds of the process so far. */
interface Spent {
  cpu: number
  collecting: number
}

/** What processes and programs tell of themselves. */
function surroundings({ at, hour, chance, during }: Minute, spent: Spent): string {
  const lived = 100_000 + hour * 3600
  const share = tide(hour) * (0.7 + 0.6 * chance())
  spent.cpu += STEP * 0.16 * share
  spent.collecting += STEP * 0.006 * share
  const busy = during('slowDatabase') ? 3 : 1
  const own: Record<string, number> = {
    up: 1,
    process_cpu_seconds_total: spent.cpu,
    process_resident_memory_bytes: 260e6 + 30e6 * Math.sin(hour / 2) + 8e6 * chance(),
    nodejs_heap_size_used_bytes: 110e6 + 40e6 * chance(),
    nodejs_eventloop_lag_p50_seconds: 0.0105 + 0.001 * chance(),
    nodejs_eventloop_lag_p99_seconds: (0.03 + 0.03 * chance()) * busy,
    'nodejs_gc_duration_seconds_sum{kind="minor"}': spent.collecting,
    process_open_fds: 62 + Math.floor(6 * chance()),
    process_max_fds: 1048576,
    process_start_time_seconds: at - (hour < 16.5 ? hour + 30 : hour - 16.5) * 3600,
  }
  const prometheus: Record<string, number> = {
    up: 1,
    prometheus_notifications_sent_total: Math.floor(lived / 60),
    prometheus_notifications_errors_total: 0,
    prometheus_notifications_dropped_total: 0,
    prometheus_notifications_queue_length: 0,
    prometheus_notifications_queue_capacity: 10_000,
    prometheus_notifications_alertmanagers_discovered: 1,
    prometheus_config_last_reload_successful: 1,
  }
  const alertmanager: Record<string, number> = {
    up: 1,
    alertmanager_config_last_reload_successful: 1,
    'alertmanager_alerts{state="active"}': during('outage') ? 4 : during('drift') || during('slowSlack') ? 2 : 1,
    'alertmanager_alerts{state="suppressed"}': during('outage') ? 2 : 0,
    'alertmanager_notifications_total{integration="webhook"}': Math.floor(lived / 60),
    'alertmanager_notifications_total{integration="slack"}': Math.floor(lived / 1800),
    'alertmanager_notifications_failed_total{integration="slack"}': 0,
  }
  const text = (values: Record<string, number>, labels: string) =>
    Object.entries(values)
      .map(([name, value]) => `${name.includes('{') ? name.replace('}', `,${labels}}`) : `${name}{${labels}}`} ${value} ${at}\n`)
      .join('')
  return (
    text(own, LABELS) +
    text(prometheus, 'instance="prometheus",job="prometheus"') +
    text(alertmanager, 'instance="alertmanager",job="alertmanager"')
  )
}

async function write(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}

async function toBlocks(file: string, data: string): Promise<void> {
  await mkdir(data, { recursive: true })
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=24h', '--quiet', file, data], {
    maxBuffer: 1e8,
  })
}

async function readRules(): Promise<Rule[]> {
  const folder = join(ROOT, 'alerts', 'rules')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yml'))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts.flatMap((text) => (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules))
}

/** Recording rules in the order in which they need each other: the first layer reads none of them. */
function layersOf(rules: readonly Rule[]): Rule[][] {
  const recorded = new Set(rules.flatMap((rule) => rule.record ?? []))
  const needs = (rule: Rule) => [...rule.expr.matchAll(/\bslo:[\w:]+/g)].map(([name]) => name).filter((name) => recorded.has(name))
  const done = new Set<string>()
  const layers: Rule[][] = []
  let left = rules.filter((rule) => rule.record !== undefined)
  while (left.length > 0) {
    const layer = left.filter(
      (rule) => needs(rule).every((name) => done.has(name) && !left.some((other) => other.record === name)) || needs(rule).length === 0,
    )
    if (layer.length === 0) throw new Error('recording rules need each other in a circle')
    layers.push(layer)
    for (const rule of layer) done.add(rule.record ?? '')
    left = left.filter((rule) => !layer.includes(rule))
  }
  return layers
}

/** Asks a Prometheus that stands on the blocks written so far. */
async function onBlocks<T>(folder: string, work: (url: string) => Promise<T>): Promise<T> {
  const prometheus = await startPrometheus({ folder, config: { global: {} }, flags: ['--storage.tsdb.retention.time=90d'] })
  try {
    return await work(prometheus.url)
  } finally {
    await prometheus.stop()
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const secondsOf = (text = '0s'): number => Number.parseInt(text, 10) * (SECONDS[text.at(-1) ?? 's'] ?? 1)

/** The times up to `end` at which an alert fires, of the times at which its expression holds; it waits before, and is kept after. */
export function firingTimes(holds: readonly number[], { wait, keep, end }: { wait: number; keep: number; end: number }): number[] {
  const held = new Set(holds)
  const firing: number[] = []
  let since: number | undefined
  let last = -Infinity
  for (let at = holds[0] ?? Infinity; at <= end; at += STEP) {
    if (held.has(at)) {
      since ??= at
      last = at
    } else if (firing.at(-1) !== at - STEP || at - last > keep) since = undefined
    if (since !== undefined && at - since >= wait) firing.push(at)
  }
  return firing
}

interface Series {
  metric: Record<string, string>
  values: [number, string][]
}

async function evaluate(url: string, expr: string, from: number, to: number): Promise<Series[]> {
  const parameters = new URLSearchParams({ query: expr, start: `${from}`, end: `${to}`, step: `${STEP}` })
  const response = await fetch(`${url}/api/v1/query_range`, { method: 'POST', body: parameters })
  const { data, error } = (await response.json()) as { error?: string; data?: { result: Series[] } }
  if (!data) throw new Error(`${expr}: ${error ?? ''}`)
  return data.result
}

const nameOf = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.entries(labels)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => `${label}="${value.replaceAll('"', String.raw`\"`)}"`)
    .join(',')}}`

function recordsOf({ record = '', labels }: Rule, series: readonly Series[]): string {
  return series
    .map(({ metric, values }) => {
      const name = nameOf(record, { ...metric, ...labels })
      return values.map(([at, value]) => `${name} ${value} ${at}\n`).join('')
    })
    .join('')
}

function alertsOf(rule: Rule, series: readonly Series[], end: number): string {
  return series
    .map(({ metric, values }) => {
      const name = nameOf('ALERTS', { ...metric, ...rule.labels, alertname: rule.alert ?? '', alertstate: 'firing' })
      const limits = { wait: secondsOf(rule.for), keep: secondsOf(rule.keep_firing_for), end }
      const times = firingTimes(
        values.map(([at]) => at),
        limits,
      )
      return times.map((at) => `${name} 1 ${at}\n`).join('')
    })
    .join('')
}

/** Writes the day that ends at `to` below `folder`, where a Prometheus started there will find it. */
export async function writePast(folder: string, to: Date, version: string): Promise<void> {
  const data = join(folder, 'data')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'past.om')
  const stream = createWriteStream(file)
  const spent = { cpu: 0, collecting: 0 }
  let [from, end] = [0, 0]
  for await (const { minute, body } of tellHours(to, version)) {
    from ||= minute.at
    end = minute.at
    await write(stream, stamped(body, minute.at) + surroundings(minute, spent))
  }
  await write(stream, '# EOF\n')
  stream.end()
  await once(stream, 'close')
  await toBlocks(file, data)
  const rules = await readRules()
  for (const layer of [...layersOf(rules), rules.filter((rule) => rule.alert !== undefined)]) {
    const texts = await onBlocks(folder, (url) =>
      Promise.all(
        layer.map(async (rule) => {
          const series = await evaluate(url, rule.expr, from, end)
          return rule.alert === undefined ? recordsOf(rule, series) : alertsOf(rule, series, end)
        }),
      ),
    )
    await writeFile(file, `${texts.join('')}# EOF\n`)
    await toBlocks(file, data)
  }
}
