// Where captured payloads are, if they are anywhere: beside the project, or where ROLEWATCH_CAPTURES says.

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from '../../services/config.ts'

/** The folder of captures, or undefined. */
export function capturesFolder(): string | undefined {
  const folder = resolve(process.env['ROLEWATCH_CAPTURES'] ?? join(ROOT, '..', 'shared', 'captures'))
  return existsSync(join(folder, 'INDEX.csv')) ? folder : undefined
}

export interface IndexRow {
  file: string
  source: string
  key: string
  /** Postings in the file, where the index knows. */
  count: number | null
}

/** The rows of the index that belong to one of its folders. Only the first four columns are read, which never hold a comma in quotes. */
export function indexRows(folder: string, kind: string): IndexRow[] {
  const lines = readFileSync(join(folder, 'INDEX.csv'), 'utf8').split('\n').slice(1)
  return lines.flatMap((line) => {
    const [file = '', source = '', key = '', count = ''] = line.split(',')
    return file.startsWith(`${kind}/`) ? [{ file, source, key, count: /^\d+$/.test(count) ? Number(count) : null }] : []
  })
}
