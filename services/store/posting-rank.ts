// Postings by relevance, ranked in windows, so that a word which half of all postings have costs no more than a rare one.

import { readCursor, writeCursor, type Key } from './posting-cursor.ts'
import { POSTED_SQL, Q_SQL } from './posting-query.ts'
import { ROW_COLUMNS, type StoredRow } from './posting-row.ts'
import { scan, type Reading } from './posting-scan.ts'

/** How many of the newest matches are ranked together: ranking reads every word of a posting, and that is what costs. */
const WINDOW = 300

type Window = Key<'relevance'>
type RankedRow = StoredRow & { rank: number; posted_text: string; size: number; low_text: string; low_uid: string }

/** The words all in the title come first, then all in title and company; then how close together and how often (0 … 1). */
const RANK_SQL = `ts_rank_cd('{0.05, 0.2, 0.4, 1}', w.search, ${Q_SQL}, 32)::float8
  + (ts_filter(w.search, '{a}') @@ ${Q_SQL})::int + (ts_filter(w.search, '{a,b}') @@ ${Q_SQL})::int`

const inUtc = (sql: string): string => `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/**
 * One page by relevance: the newest matches are ranked together, then those behind them, and so on to the last. Of two postings that
 * fit alike the newer comes first.
 * @throws CursorError
 */
export async function rankPostings(reading: Reading): Promise<{ rows: StoredRow[]; next: string | null }> {
  const { query, limit } = reading
  let window: Window = readCursor(query, 'relevance') ?? { below: null, low: null, last: null }
  const page: StoredRow[] = []
  for (;;) {
    const wanted = limit - page.length
    const rows = await readWindow(reading, window, wanted + 1)
    const taken = rows.slice(0, wanted)
    page.push(...taken)
    const low = window.last === null ? lowest(rows[0]) : window.low
    const last = taken.at(-1)
    if (rows.length > wanted && last) {
      const next: Window = { below: window.below, low, last: [last.rank, last.posted_text, last.uid] }
      return { rows: page, next: writeCursor(query, 'relevance', next) }
    }
    if (low === null) return { rows: page, next: null }
    window = { below: low, low: null, last: null }
    if (page.length === limit) return { rows: page, next: writeCursor(query, 'relevance', window) }
  }
}

/** Where a window ends that was read for the first time; null when nothing can be behind it. */
function lowest(row: RankedRow | undefined): Window['low'] {
  return row && row.size === WINDOW ? [row.low_text, row.low_uid] : null
}

async function readWindow(reading: Reading, window: Window, rows: number): Promise<RankedRow[]> {
  const q = reading.query.q ?? ''
  const hits = scan(reading, {
    key: POSTED_SQL,
    columns: 'p.search',
    narrow(part) {
      if (window.below) void part.whereRaw(`(${POSTED_SQL}, p.uid) < (?::timestamptz, ?)`, [...window.below])
      if (window.low) void part.whereRaw(`(${POSTED_SQL}, p.uid) >= (?::timestamptz, ?)`, [...window.low])
    },
    // A window that was begun keeps its end: what has come in above it since must not push its last rows out.
    ...(window.last === null ? { limit: WINDOW } : {}),
  })
  const after = window.last ? { where: 'where (rank, sort_key, uid) < (?::float8, ?::timestamptz, ?)', values: window.last } : undefined
  const found = await reading.db.raw<{ rows: RankedRow[] }>(
    `with w as materialized ?,
     ranks as (
       select ${ROW_COLUMNS.join(', ')}, sort_key, ${RANK_SQL} as rank, (count(*) over ())::int as size,
              last_value(sort_key) over whole as low, last_value(uid) over whole as low_uid
         from w window whole as (order by sort_key desc, uid desc rows between unbounded preceding and unbounded following)),
     page as (select * from ranks ${after?.where ?? ''} order by rank desc, sort_key desc, uid desc limit ?)
     select page.*, ${inUtc('sort_key')} as posted_text, ${inUtc('low')} as low_text, b.ident as board, c.slug as company_slug
       from page join boards b on b.id = page.board_id join companies c on c.id = page.company_id
      order by rank desc, sort_key desc, uid desc`,
    [hits, q, q, q, ...(after?.values ?? []), rows],
  )
  return found.rows
}
