// Writing postings: what a visit saw is compared with what is known, and only the difference is written.

import type { Posting } from '../postings/posting.ts'
import type { Db } from './database.ts'

/** What is known of a posting of a board, enough to compare. */
export interface KnownPosting {
  uid: string
  content_hash: string
  open: boolean
}

/** The difference between a visit and what is known. */
export interface Difference {
  opened: Posting[]
  changed: Posting[]
  reopened: Posting[]
  /** Open, and as they were. */
  same: Posting[]
  /** uids of open postings that the visit did not see. */
  missing: string[]
}

/** Every posting of a board, open or not, by uid. */
export async function knownPostings(db: Db, boardId: number): Promise<Map<string, KnownPosting>> {
  const rows = await db('postings')
    .where({ board_id: boardId })
    .select<KnownPosting[]>('uid', 'content_hash', db.raw('closed_at is null as open'))
  return new Map(rows.map((row) => [row.uid, row]))
}

/** Compares ids and content hashes; nothing is written. */
export function differ(seen: readonly Posting[], known: ReadonlyMap<string, KnownPosting>): Difference {
  const difference: Difference = { opened: [], changed: [], reopened: [], same: [], missing: [] }
  const met = new Set<string>()
  for (const posting of seen) {
    met.add(posting.uid)
    const before = known.get(posting.uid)
    if (!before) difference.opened.push(posting)
    else if (!before.open) difference.reopened.push(posting)
    else if (before.content_hash === posting.content_hash) difference.same.push(posting)
    else difference.changed.push(posting)
  }
  for (const [uid, before] of known) if (before.open && !met.has(uid)) difference.missing.push(uid)
  return difference
}

/** Where the rows belong and when they were seen. */
export interface Writing {
  board: { id: number; company_id: number; company_name: string }
  runId: string
  at: Date
}

/** Rows per statement: large enough to be quick, small enough for a statement of some megabytes. */
const CHUNK = 400

const CONTENT = [
  ['title', 'text'],
  ['url', 'text'],
  ['apply_url', 'text'],
  ['description', 'text'],
  ['description_html', 'text'],
  ['places', 'jsonb'],
  ['work_mode', 'text'],
  ['work_mode_origin', 'text'],
  ['department', 'text'],
  ['team', 'text'],
  ['employment_type', 'text'],
  ['requisition_id', 'text'],
  ['language', 'text'],
  ['posted_at', 'timestamptz'],
  ['edited_at', 'timestamptz'],
  ['pay', 'jsonb'],
  ['level', 'text'],
  ['track', 'text'],
  ['skills', 'text[]'],
  ['facts', 'jsonb'],
  ['content_hash', 'text'],
] as const
const DERIVED = [
  ['countries', 'text[]'],
  ['place_text', 'text'],
  ['pay_currency', 'text'],
  ['pay_annual_min', 'numeric'],
  ['pay_annual_max', 'numeric'],
] as const
const CONTENT_NAMES = CONTENT.map(([name]) => name).join(', ')
const INPUT = [['uid', 'text'], ['source', 'text'], ['external_id', 'text'], ...CONTENT, ...DERIVED] as const
const RECORD = INPUT.map(([name, type]) => `${name} ${type}`).join(', ')
/** Characters of a description that can be searched: a tsvector holds one megabyte, and whatever is longer would fail the whole board. */
export const SEARCHED = 200_000
const SEARCH = `setweight(to_tsvector('rolewatch', x.title), 'A') || setweight(to_tsvector('rolewatch', cast(:company as text)), 'B')
  || setweight(to_tsvector('rolewatch', x.place_text || ' ' || array_to_string(x.skills, ' ')), 'C')
  || setweight(to_tsvector('rolewatch', left(x.description, ${SEARCHED})), 'D')`

const ASSIGNMENTS = `${[...CONTENT, ...DERIVED].map(([name]) => `${name} = x.${name}`).join(', ')}, company_id = :companyId, company_name = :company,
  search = ${SEARCH}`

/** Writes postings that were never seen before. */
export async function insertPostings(trx: Db, writing: Writing, postings: readonly Posting[]): Promise<void> {
  const columns = INPUT.map(([name]) => name)
  for (const rows of chunks(postings))
    await trx.raw(
      `insert into postings (${columns.join(', ')}, board_id, company_id, company_name, valid_from, first_seen_at, opened_run, search)
       select ${columns.map((name) => `x.${name}`).join(', ')}, :board, :companyId, :company, :at, :at, :run, ${SEARCH}
         from json_to_recordset(:rows) as x(${RECORD})`,
      bindings(writing, rows),
    )
}

/** Writes new contents over old ones; what was goes to posting_versions. Closed postings among them are open again. */
export async function updatePostings(trx: Db, writing: Writing, postings: readonly Posting[]): Promise<void> {
  for (const rows of chunks(postings)) {
    await trx.raw(
      `insert into posting_versions (uid, ${CONTENT_NAMES}, valid_from, valid_to, ended_by, run_id)
       select uid, ${CONTENT_NAMES}, valid_from, coalesce(closed_at, :at), case when closed_at is null then 'change' else 'close' end, :run
         from postings where uid = any(:uids)`,
      { at: writing.at, run: writing.runId, uids: rows.map((row) => row.uid) },
    )
    await trx.raw(
      `update postings p set ${ASSIGNMENTS}, valid_from = :at,
              reopened = p.reopened + (p.closed_at is not null)::int, closed_at = null, close_batch = null
         from json_to_recordset(:rows) as x(${RECORD}) where p.uid = x.uid`,
      bindings(writing, rows),
    )
  }
}

/**
 * Writes a new reading of contents that the employer did not touch: after a change of the parsers or of normalise, which must not look
 * like an edit. History is left as it is.
 */
export async function rereadPostings(trx: Db, writing: Writing, postings: readonly Posting[]): Promise<void> {
  for (const rows of chunks(postings))
    await trx.raw(
      `update postings p set ${ASSIGNMENTS} from json_to_recordset(:rows) as x(${RECORD}) where p.uid = x.uid`,
      bindings(writing, rows),
    )
}

/** Closes postings under the run's id, so that one command can take it back. */
export async function closePostings(trx: Db, writing: Writing, uids: readonly string[]): Promise<void> {
  if (uids.length === 0) return
  await trx('postings')
    .whereRaw('uid = any(?)', [[...uids]])
    .update({ closed_at: writing.at, close_batch: writing.runId })
}

/**
 * Opens again what one run closed. Postings that were seen again since are left as they are.
 * Returns how many were opened again, or undefined when no such run closed anything.
 */
export async function undoClose(trx: Db, runId: string): Promise<{ reopened: number; board_id: number } | undefined> {
  const run = await trx('runs').where({ id: runId }).first<{ board_id: number; closed: number } | undefined>('board_id', 'closed')
  if (!run || run.closed === 0) return undefined
  // The board first, as a visit does it: else the two wait for each other in a circle.
  await trx('boards').where({ id: run.board_id }).forUpdate().first('id')
  const reopened = await trx('postings')
    .where({ close_batch: runId })
    .whereNotNull('closed_at')
    .update({ closed_at: null, close_batch: null })
  await trx('runs').where({ id: runId }).update({ undone_at: trx.fn.now() })
  // The validators are forgotten: the next visit reads the board again and judges afresh.
  await trx('boards')
    .where({ id: run.board_id })
    .update({ pages: null, open_count: trx.raw('open_count + ?', [reopened]) })
  return { reopened, board_id: run.board_id }
}

function* chunks(postings: readonly Posting[]): Generator<readonly Posting[]> {
  for (let start = 0; start < postings.length; start += CHUNK) yield postings.slice(start, start + CHUNK)
}

function bindings(writing: Writing, postings: readonly Posting[]): Record<string, string | number | Date> {
  return {
    rows: toJson(postings.map(toRow)),
    board: writing.board.id,
    companyId: writing.board.company_id,
    company: writing.board.company_name,
    at: writing.at,
    run: writing.runId,
  }
}

/** PostgreSQL has no NUL in text; JSON may carry one. */
function toJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes(String.raw`\u0000`)) return json
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? item.replaceAll('\0', '') : item))
}

function toRow(posting: Posting): object {
  const bands = posting.pay.filter((band) => band.annual_min !== null || band.annual_max !== null)
  const currency = bands[0]?.currency ?? null
  const figures = bands.filter((band) => band.currency === currency).flatMap((band) => [band.annual_min, band.annual_max])
  const known = figures.filter((figure): figure is number => figure !== null)
  return {
    ...posting,
    countries: [...new Set(posting.places.flatMap((place) => (place.country ? [place.country] : [])))],
    place_text: posting.places.map((place) => place.text).join(' · '),
    pay_currency: currency,
    pay_annual_min: known.length > 0 ? Math.min(...known) : null,
    pay_annual_max: known.length > 0 ? Math.max(...known) : null,
  }
}
