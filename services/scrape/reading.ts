// Reading a board: page after page through the door, parsed only as far as something changed.

import { Failure } from '../../scrapers/failure.ts'
import type { Page, PageRequest, ParsedPage, Source } from '../../scrapers/source.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Board, PageValidator } from '../store/boards.ts'
import { bodyOf, type Door } from './fetch.ts'
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

/** Which version of source and normaliser read a page: another one reads it again. */
export function readerOf(source: Source, normaliseVersion: number): string {
  return `${source.name}@${source.version}+${normaliseVersion}`
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
    if (last.failure?.kind !== 'gone') return last
  }
  if (!last) throw new Error(`${source.name} has no region to ask`)
  return { ...last, region: board.region }
}

async function readRegion(
  parts: ReadingParts,
  source: Source,
  board: ReadableBoard,
  region: string | null,
  reader: string,
): Promise<Reading> {
  const ref = { ident: board.ident, region }
  // A board without postings is always read in full: a validator kept beside nothing would answer "unchanged" for ever.
  const before = board.reader === reader && board.open_count > 0 ? (board.pages ?? []) : []
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
  const isRepeated = createPageGuard()
  let same = before.length > 0
  let request: PageRequest | null = source.first(ref)
  try {
    for (let number = 0; request; number++) {
      if (number >= source.maxPages) {
        reading.truncated = 'page_cap'
        break
      }
      const known: PageValidator | undefined = before[number]
      const fetched = await fetchPage(parts, source, request, before.length === 1 ? known : undefined, reading)
      if (!fetched) return { ...reading, untouched: true }
      reading.pages.push({ page: fetched.page, validator: { ...fetched.validator, next: null } })
      const current = reading.pages.at(-1)
      if (!current) break
      same &&= known?.hash === fetched.validator.hash && known.url === request.url
      const next: PageRequest | null = same ? (known?.next ?? null) : await parseUpTo(parts, source, ref, reading, number, request)
      current.validator.next = next
      const newest = reading.parsed.at(-1)
      if (!same && newest && isRepeated(newest.postings)) {
        reading.truncated = 'repeated_page'
        reading.parsed.pop()
        break
      }
      request = next
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    reading.failure = error
    const body = bodyOf(error)
    if (body !== undefined) reading.bad.push({ body, url: request?.url ?? '', status: error.status ?? 200, failure: error })
    return reading
  }
  if (same && reading.pages.length === before.length) return { ...reading, untouched: true }
  reading.truncated ??= missesTotal(reading.parsed) ? 'total' : null
  return reading
}

async function fetchPage(
  parts: ReadingParts,
  source: Source,
  request: PageRequest,
  known: PageValidator | undefined,
  reading: Reading,
): Promise<{ page: Page; validator: Omit<PageValidator, 'next'> } | undefined> {
  const validator = known && (known.etag ?? known.last_modified) ? { etag: known.etag, lastModified: known.last_modified } : null
  const fetched = await parts.watch.stage('fetch', { source: source.name }, () => parts.door.fetch(request, { source, validator }))
  reading.attempts += fetched.attempts
  if (fetched.kind === 'unchanged') return undefined
  reading.bytes += fetched.bytes
  const { page, etag, lastModified, hash } = fetched
  return { page, validator: { url: request.url, etag, last_modified: lastModified, hash } }
}

/** Parses the pages that were put off while everything looked unchanged, then this one; returns the request that follows it. */
async function parseUpTo(
  parts: ReadingParts,
  source: Source,
  ref: { ident: string; region: string | null },
  reading: Reading,
  number: number,
  request: PageRequest,
): Promise<PageRequest | null> {
  let next: PageRequest | null = null
  for (let index = reading.parsed.length; index <= number; index++) {
    const { page, validator } = reading.pages[index] ?? {}
    if (!page || !validator) continue
    const asked = index === number ? request : { url: validator.url }
    const parsed = await parts.watch.stage('parse', { source: source.name }, () => parseKept(source, page, ref, asked, reading))
    reading.parsed.push(parsed)
    next = parsed.next
  }
  return next
}

function parseKept(
  source: Source,
  page: Page,
  ref: { ident: string; region: string | null },
  request: PageRequest,
  reading: Reading,
): ParsedPage {
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
