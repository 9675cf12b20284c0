// Real captured pages, where a folder of them is at hand: what a suite over them needs.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Captured {
  source: string
  board: string
  /** How many entries the index of the captures counts in it. */
  count: number
  /** As the source itself answers. */
  json: unknown
}

/** The folder of captures, or undefined where there is none. */
export function capturesFolder(): string | undefined {
  const folder = process.env['ROLEWATCH_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
  return existsSync(join(folder, 'INDEX.csv')) ? folder : undefined
}

/** Every captured board of these sources, one after the other. */
export function* captured(folder: string, names: readonly string[]): Generator<Captured> {
  const counts = countsIn(readFileSync(join(folder, 'INDEX.csv'), 'utf8'))
  for (const source of names) {
    for (const board of readdirSync(join(folder, source)).filter((name) => statSync(join(folder, source, name)).isDirectory())) {
      for (const file of readdirSync(join(folder, source, board)).filter((name) => name.endsWith('.json'))) {
        const count = counts.get(`${source}/${board}/${file}`)
        if (count === undefined) continue
        yield { source, board, count, json: asAnswered(JSON.parse(readFileSync(join(folder, source, board, file), 'utf8')) as unknown) }
      }
    }
  }
}

/** Some captures wrap the answer as {company, fetched_at, job_count, jobs}; the source answers {jobs, meta: {total}}. */
function asAnswered(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('job_count' in json) || !('jobs' in json)) return json
  return { jobs: json.jobs, meta: { total: json.job_count } }
}

/** The first four columns are file, source, key, count; none of them is ever quoted. */
function countsIn(index: string): Map<string, number> {
  const rows = index
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  return new Map(rows.map(([file = '', , , count]) => [file, Number(count)]))
}
