// A history as OpenMetrics: what Prometheus would have scraped of it, for promtool to make blocks of.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Happening, History, Labels } from './history.ts'

/** Writes what Prometheus saw as OpenMetrics. @returns how many samples that is */
export async function writeOpenMetrics(history: History, path: string): Promise<number> {
  const file = createWriteStream(path)
  let samples = 0
  for (const [name, instance, values] of seriesOf(history)) {
    const lines: string[] = []
    for (let minute = 0; minute < history.minutes; minute++) {
      const value = values[minute]
      if (value === undefined || !history.seen(minute) || !history.lives(instance, minute)) continue
      lines.push(`${name} ${value} ${history.start + minute * 60}\n`)
    }
    samples += lines.length
    if (!file.write(lines.join(''))) await once(file, 'drain')
  }
  file.end('# EOF\n')
  await finished(file)
  return samples
}

type Written = [name: string, instance: string, values: readonly (number | undefined)[]]

function* seriesOf(history: History): Generator<Written> {
  for (const { metric, labels, values } of history.gauged) yield [nameOf(metric, labels), labels['instance'] ?? '', values]
  for (const counted of history.counted) {
    const bySet = Map.groupBy(counted.happenings, ({ labels }) => labels)
    for (const labels of counted.sets) {
      const happenings = bySet.get(labels) ?? []
      const instance = labels['instance'] ?? ''
      const { metric, bounds } = counted
      const write = (name: string, more: Labels, fits: (seconds: number) => boolean): Written => [
        nameOf(name, { ...labels, ...more }),
        instance,
        shownBy(
          history,
          instance,
          happenings.filter(({ seconds }) => fits(seconds)),
        ),
      ]
      yield write(bounds ? `${metric}_count` : metric, {}, () => true)
      for (const bound of bounds ?? []) yield write(`${metric}_bucket`, { le: `${bound}` }, (seconds) => seconds <= bound)
    }
  }
}

/** A series as the format writes it. */
export function nameOf(metric: string, labels: Labels): string {
  return `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`
}

/** What a counter shows at each minute: it begins at 0 with its process. */
function shownBy(history: History, instance: string, happenings: readonly Happening[]): number[] {
  const rises = new Uint32Array(history.minutes)
  for (const { minute, amount } of happenings) rises[minute] = (rises[minute] ?? 0) + amount
  const values: number[] = []
  let value = 0
  for (let minute = 0; minute < history.minutes; minute++) {
    if (history.begins(instance, minute)) value = 0
    value += rises[minute] ?? 0
    values.push(value)
  }
  return values
}
