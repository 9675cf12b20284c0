// Reading a board: page after page through the door, parsed only as far as something changed.

import { Failure } from '../../scrapers/failure.ts'
import type { BoardRef, Page, PageRequest, ParsedPage, RawPosting, Source } from '../../scrapers/source.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Board, PageValidator } from '../store/boards.ts'
import { attemptsOf, bodyOf, type Door, type Fetched } from './fetch.ts'
import { createPageGuard } from './guards.ts'

/** A page as it came, with what the next visit needs to notice that it did not change. */
export interface ReadPage {
  page: Page
  validator: PageValidator
}

/** A body that could not be read, and why. */
export interface BadPage {
  body: string
  url: string
  status: number
  failure: Failure
}

/** What reading a board brought. */
export interface Reading {
  /** The board sent what it sent before; nothing was parsed. */
  untouched: boolean
  pages: ReadPage[]
  parsed: ParsedPage[]
  /** What ended the reading early, if anything did. */
  failure: Failure | null
  truncated: 'page_cap' | 'repeated_page' | 'total' | null
  bad: BadPage[]
  /** The region whose host answered. */
  region: string | null
  attempts: number
  bytes: number
}

export interface ReadingParts {
  watch: Watch
  door: Door
}

/** What reading has to know of a board. */
export type ReadableBoard = Pick<Board, 'ident' | 'region' | 'reader' | 'open_count' | 'pages'>

const FOR = ' for '

/** Which version of source and normaliser read a page, and for which company: with another one it is read again. */
export function readerOf(
  source: Source,
  normaliseVersion: number,
  board: Pick<Board, 'company_id' | 'company_name' | 'company_country'>,
): string {
  const company = [board.company_id, board.company_name, board.company_country ?? ''].join('|')
  return `${source.name}@${source.version}+${normaliseVersion}${FOR}${company}`
}

/** Whether two readers give the same content for the same page: only the company is another, or called otherwise. */
export function readsAlike(one: string, other: string): boolean {
  return one.split(FOR, 1)[0] === other.split(FOR, 1)[0]
}

/** Reads the whole board. Expected failures are in the answer; anything thrown is a bug. */
export async function readBoard(parts: ReadingParts, source: Source, board: ReadableBoard, reader: string): Promise<Reading> {
  const regions = board.region === null && source.regions.length > 0 ? source.regions : [board.region]
  let last: Reading | undefined
  for (const region of regions) {
    const before: Reading | undefined = last
    last = await readRegion(parts, source, board, region, reader)
    last.attempts += before?.attempts ?? 0
    // Only "no such board here" sends us to the next region: any other failure says nothing about where the board lives.
    if (last.failure?.kind !== 'gone' || last.pages.length > 0) return last
  }
  if (!last) throw new Error(`${source.name} has no region to ask`)
  return { ...last, region: board.region }
}

/** A board on its way through its pages. */
interface Walk {
  readonly source: Source
  readonly ref: BoardRef
  /** The pages of the last complete visit, where this one can be compared with it. */
  readonly before: readonly PageValidator[]
  readonly asked: PageRequest[]
  readonly reading: Reading
  readonly isRepeated: (postings: readonly RawPosting[]) => boolean
  /** Every page so far came as it was. */
  same: boolean
}

async function readRegion(
  parts: ReadingParts,
  source: Source,
  board: ReadableBoard,
  region: string | null,
  reader: string,
): Promise<Reading> {
  // A board without postings is always read in full: a validator kept beside nothing would answer "unchanged" for ever.
  const before = board.reader === reader && board.open_count > 0 ? (board.pages ?? []) : []
  const ref = { ident: board.ident, region }
  const reading: Reading = {
    untouched: false,
    pages: [],
    parsed: [],
    failure: null,
    truncated: null,
    bad: [],
    region,
    attempts: 0,
    bytes: 0,
  }
  const walk: Walk = { source, ref, before, asked: [], reading, isRepeated: createPageGuard(), same: before.length > 0 }
  try {
    for (let request: PageRequest | null = source.first(ref); request; request = await readPage(parts, walk, request))
      if (reading.pages.length >= source.maxPages) {
        reading.truncated = 'page_cap'
        break
      }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    reading.failure = error
    reading.attempts += attemptsOf(error)
    const body = bodyOf(error)
    if (body !== undefined) reading.bad.push({ body, url: walk.asked.at(-1)?.url ?? '', status: error.status ?? 200, failure: error })
    return reading
  }
  reading.untouched ||= walk.same && reading.pages.length === before.length
  if (!reading.untouched) reading.truncated ??= missesTotal(reading.parsed) ? 'total' : null
  return reading
}

/** Reads one page; returns the request that follows it. */
async function readPage(parts: ReadingParts, walk: Walk, request: PageRequest): Promise<PageRequest | null> {
  const { before, reading } = walk
  const number = reading.pages.length
  const known = before[number]?.url === request.url ? before[number] : undefined
  walk.asked.push(request)
  const fetched = await fetchPage(parts, walk, request, known)
  if (!fetched) {
    reading.untouched = true
    return null
  }
  const { page, etag, lastModified, hash } = fetched
  const validator: PageValidator = { url: request.url, etag, last_modified: lastModified, hash, next: known?.next ?? null }
  reading.pages.push({ page, validator })
  walk.same &&= known?.hash === hash && (known.next === null) === (number + 1 === before.length)
  if (walk.same) return validator.next

  const parsed = await parseWaiting(parts, walk)
  validator.next = parsed.at(-1)?.next ?? null
  const repeated = parsed.map((one) => walk.isRepeated(one.postings)).at(-1)
  if (!repeated) return validator.next
  reading.truncated = 'repeated_page'
  reading.parsed.pop()
  return null
}

async function fetchPage(
  parts: ReadingParts,
  { source, before, reading }: Walk,
  request: PageRequest,
  known: PageValidator | undefined,
): Promise<Extract<Fetched, { kind: 'page' }> | undefined> {
  // Of several pages, one that did not change would not tell where the next one is if another did.
  const asksForChange = before.length === 1 && known !== undefined && (known.etag ?? known.last_modified) !== null
  const validator = asksForChange ? { etag: known.etag, lastModified: known.last_modified } : null
  const fetched = await parts.watch.stage('fetch', { source: source.name }, (span) =>
    parts.door.fetch(request, { source, validator, knownHash: known?.hash, span }),
  )
  reading.attempts += fetched.attempts
  if (fetched.kind === 'unchanged') return undefined
  reading.bytes += fetched.bytes
  return fetched
}

/** Parses the newest page, and before it those that were put off while everything looked unchanged. */
async function parseWaiting(parts: ReadingParts, { source, ref, asked, reading }: Walk): Promise<ParsedPage[]> {
  const first = reading.parsed.length
  for (const [index, { page }] of reading.pages.entries()) {
    const request = asked[index]
    if (index < first || !request) continue
    const parsed = await parts.watch.stage('parse', { source: source.name }, () => parseKept(source, page, ref, request, reading))
    reading.parsed.push(parsed)
  }
  return reading.parsed.slice(first)
}

function parseKept(source: Source, page: Page, ref: BoardRef, request: PageRequest, reading: Reading): ParsedPage {
  try {
    const parsed = source.parse(page, ref, request)
    const first = parsed.rejected[0]
    if (first) reading.bad.push({ body: page.body, url: page.url, status: page.status, failure: first })
    return parsed
  } catch (error) {
    if (error instanceof Failure) reading.bad.push({ body: page.body, url: page.url, status: page.status, failure: error })
    throw error
  }
}

/** Whether the source itself says that there are more entries than came. */
function missesTotal(parsed: readonly ParsedPage[]): boolean {
  const total = Math.max(0, ...parsed.map((page) => page.total ?? 0))
  return parsed.reduce((sum, page) => sum + page.listed, 0) < total
}
