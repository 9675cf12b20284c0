// Captured boards instead of a generated market: an index of files, or dated snapshots of the same boards.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { slugOf } from './text.ts'
import { careersUrlOf, SOURCES, type Board, type Job, type SourceName, type Supply } from './wire.ts'

interface Row {
  file: string
  source: string
  key: string
  count: string
  capture_date: string
}

/** One CSV text with a header line → rows by column name (RFC 4180: quotes doubled inside quotes, line ends inside them kept). */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted && c === '"' && text[i + 1] === '"') {
      cell += '"'
      i++
    } else if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) {
      row.push(cell)
      cell = ''
    } else if ((c === '\n' || c === '\r') && !quoted) {
      if (c === '\r' && text[i + 1] === '\n') i++
      rows.push([...row, cell])
      row = []
      cell = ''
    } else cell += c
  }
  if (cell || row.length > 0) rows.push([...row, cell])
  const [head = [], ...body] = rows
  return body.filter((cells) => cells.length > 1).map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])))
}

function readIndex(folder: string): Row[] {
  const path = join(folder, 'INDEX.csv')
  try {
    return parseCsv(readFileSync(path, 'utf8')) as unknown as Row[]
  } catch (error) {
    throw new Error(`the captures have no readable index: ${path}`, { cause: error })
  }
}

/** Reads a captured answer and takes the list of jobs out of whatever wrapper it came in. */
function readJobs(path: string): Job[] {
  const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const jobs: unknown = Array.isArray(json) ? json : (json as { jobs?: unknown } | null)?.jobs
  if (!Array.isArray(jobs)) throw new Error('there is no list of jobs in it')
  return jobs as Job[]
}

interface Snapshot {
  file: string
  count: number
  date: string
}

/** Boards of captures by name; several snapshots where there is a series. */
function supplyOf(folder: string, entries: Map<Board, Snapshot[]>, series: boolean): Supply {
  const boards = [...entries.keys()]
  const byName = new Map(boards.map((board) => [`${board.source}/${board.ident}`, board]))
  const dates = [...entries.values()].flat().map((snapshot) => snapshot.date)
  const last = dates.reduce((newest, date) => (date > newest ? date : newest), '0000-00-00')
  let date = last
  let day = 0
  const current = (board: Board): Snapshot | undefined => {
    const snapshots = entries.get(board) ?? []
    return series ? snapshots.findLast((snapshot) => snapshot.date <= date) : snapshots[0]
  }
  const needSeries = () => {
    if (!series) throw new Error('captures stand still: days pass in the generated market, dates in a series of captures')
  }
  return {
    boards,
    get day() {
      return day
    },
    get date() {
      return date
    },
    find: (source, ident) => byName.get(`${source}/${ident}`),
    revision: (board) => current(board)?.file ?? 'none',
    jobs(board) {
      const snapshot = current(board)
      if (!snapshot) return null
      try {
        return readJobs(join(folder, snapshot.file))
      } catch (error) {
        throw new Error(`capture ${snapshot.file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        })
      }
    },
    expectedCount: (board) => current(board)?.count,
    advance(days) {
      needSeries()
      date = new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)
      day += days
    },
    setDate(chosen) {
      needSeries()
      date = chosen
    },
  }
}

const stem = (file: string) => (file.split('/').at(-1) ?? file).replace(/\.[^.]*$/, '')

function boardMaker() {
  const slugs = new Set<string>()
  let index = 0
  return (source: SourceName, ident: string): Board => {
    const slug = slugOf(ident)
    let free = slug
    for (let n = 2; slugs.has(`${source}/${free}`); n++) free = `${slug}-${n}`
    slugs.add(`${source}/${free}`)
    return { source, ident, slug: free, name: ident, region: null, careersUrl: careersUrlOf(source, ident, null), index: index++ }
  }
}

/**
 * Boards from `<folder>/INDEX.csv` (file, source, key, count, capture_date). A second file of the same key becomes a board of its
 * own, `<key>--<file's stem>`. Files are read when they are asked for.
 */
export function openCaptures(folder: string): Supply {
  const make = boardMaker()
  const entries = new Map<Board, Snapshot[]>()
  const seen = new Set<string>()
  for (const row of readIndex(folder)) {
    const source = SOURCES.find((name) => name === row.source)
    if (!source) continue
    const ident = seen.has(`${source}/${row.key}`) ? `${row.key}--${stem(row.file)}` : row.key
    seen.add(`${source}/${ident}`)
    entries.set(make(source, ident), [{ file: row.file, count: Number(row.count), date: row.capture_date }])
  }
  return supplyOf(folder, entries, false)
}

/** The same boards on several days: `greenhouse_timeseries/<board>/<date>.json`; the market's date says which snapshot answers. */
export function openSeries(folder: string): Supply {
  const make = boardMaker()
  const byBoard = new Map<string, Snapshot[]>()
  for (const row of readIndex(folder)) {
    if (row.source !== 'greenhouse_timeseries') continue
    byBoard.set(row.key, [...(byBoard.get(row.key) ?? []), { file: row.file, count: Number(row.count), date: stem(row.file) }])
  }
  const entries = new Map<Board, Snapshot[]>()
  for (const [ident, snapshots] of byBoard)
    entries.set(
      make('greenhouse', ident),
      snapshots.toSorted((a, b) => a.date.localeCompare(b.date)),
    )
  return supplyOf(folder, entries, true)
}
