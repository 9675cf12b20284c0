// What a source of the market is: its hosts, its paths, how it writes a posting and an answer, and what stands behind its boards.

import type { Vacancy } from './vacancy.ts'

export const SOURCES = ['greenhouse', 'lever', 'ashby'] as const
export type SourceName = (typeof SOURCES)[number]

/** One company's page on a source. */
export interface Board {
  source: SourceName
  ident: string
  slug: string
  /** The company's name for people. */
  name: string
  /** `eu` when the board lives on the source's European host alone. */
  region: 'eu' | null
  careersUrl: string
  /** Where the board's list of postings stands among the others; part of ids. */
  index: number
}

/** What a request asks of a board. `key` names the answer: two requests with the same key get the same bytes. */
export interface Variant {
  key: string
  content: boolean
  pay: boolean
  /** Lever alone: its page. */
  skip: number
  limit: number
  /** Lever alone: a page for people. */
  html: boolean
}

/** Jobs as one source writes them. */
export type Job = Record<string, unknown>

export interface Refusal {
  status: number
  type: string
  body: string
}

export interface Wire {
  readonly source: SourceName
  /** Each host with the region it serves. */
  readonly hosts: Readonly<Record<string, 'eu' | null>>
  readonly robots: string
  readonly etag: 'strong' | 'weak' | 'none'
  /** Headers of every good answer. */
  readonly headers: Readonly<Record<string, string>>
  /** Where in an answer the list stands: a field, or null when the answer is the list itself. */
  readonly listField: string | null
  /** The field a renamed or dropped field fault takes unless it is told, and the name it then has. */
  readonly titleField: readonly [string, string]
  /** The board that a path names, or null when the API has no such path. */
  ident(path: string): string | null
  variant(query: URLSearchParams, accept: string): Variant
  /** Writes one posting of the generated market. */
  job(vacancy: Vacancy, board: Board, variant: Variant): Job
  /** The whole answer for the whole board. */
  answer(jobs: readonly Job[], variant: Variant, board: Board): { type: string; body: unknown }
  unknownBoard(): Refusal
}

/** What stands behind the boards: the generated market, captures, or a series of them. */
export interface Supply {
  readonly boards: readonly Board[]
  readonly day: number
  /** The market's own date, as 2026-01-31. */
  readonly date: string
  find(source: SourceName, ident: string): Board | undefined
  /** Changes whenever what this board answers may have changed. */
  revision(board: Board): string
  /** The board's jobs as its source writes them, or null where the board does not exist (yet). Throws when they cannot be read. */
  jobs(board: Board, variant: Variant): readonly Job[] | null
  /** How many postings a careful reader finds on the board now. */
  expectedCount(board: Board): number | undefined
  advance(days: number): void
  setDate(date: string): void
}

/** Where people see a board of this source. */
export function careersUrlOf(source: SourceName, ident: string, region: 'eu' | null): string {
  const name = encodeURIComponent(ident)
  if (source === 'greenhouse') return `https://job-boards.greenhouse.io/${name}`
  if (source === 'ashby') return `https://jobs.ashbyhq.com/${name}`
  return `https://jobs.${region === 'eu' ? 'eu.' : ''}lever.co/${name}`
}
