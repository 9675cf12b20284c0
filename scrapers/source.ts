// The contract of a source: what to request, how pages follow each other, how a page becomes raw postings, what absence means.

import type { Failure } from './failure.ts'

export type WorkMode = 'onsite' | 'hybrid' | 'remote'
export type PayPeriod = 'hour' | 'day' | 'week' | 'month' | 'year'
export type PayBasis = 'base' | 'ote' | 'total' | 'equity'

/** One place as the source states it; the parts are filled only where the source itself keeps them apart. */
export interface RawPlace {
  text: string
  city: string | null
  region: string | null
  /** As stated: a name or a code. */
  country: string | null
}

/** One pay band as the source's own structured fields state it; nothing is guessed. */
export interface RawPay {
  /** In minor units (cents). */
  minMinor: number | null
  maxMinor: number | null
  /** ISO 4217, or null where the source does not say. */
  currency: string | null
  period: PayPeriod | null
  basis: PayBasis
  /** What the band is for: a zone, a level, a title; null where there is only one. */
  label: string | null
  /** The source's own words for it. */
  evidence: string
}

/** A posting as a source gives it, before any interpretation of ours. */
export interface RawPosting {
  externalId: string
  title: string
  /** The public page of the posting. */
  url: string
  applyUrl: string | null
  /** HTML or plain text; exactly as a browser would get it (entities decoded once where the source encodes them). */
  description: { kind: 'html' | 'text'; value: string } | null
  places: RawPlace[]
  /** The source's own enumeration, where it has one. */
  workMode: WorkMode | null
  department: string | null
  team: string | null
  employmentType: string | null
  requisitionId: string | null
  language: string | null
  /** ISO 8601 in UTC; when the posting was first published. */
  postedAt: string | null
  /** ISO 8601 in UTC; when the source says it was last edited. Not part of the content hash: some employers bump it daily. */
  editedAt: string | null
  pay: RawPay[]
  /** Further facts by name: strings, numbers, booleans or lists of strings. Never a person's name or address. */
  facts: Record<string, string | number | boolean | string[]>
}

export interface PageRequest {
  url: string
  headers?: Record<string, string>
}

/** What one fetch brought. The body is decoded text; `json()` parses it once and throws a Failure when it is not JSON. */
export interface Page {
  url: string
  status: number
  headers: Record<string, string>
  body: string
  json(): unknown
}

/** Which board is visited. `region` is what the source's `regions` found once and the house remembers. */
export interface BoardRef {
  ident: string
  region: string | null
}

export interface ParsedPage {
  postings: RawPosting[]
  /** One Failure of kind `drift` per posting that could not be read, with its path. */
  rejected: Failure[]
  /** How many entries the page listed in all, read or not, unlisted ones included. */
  listed: number
  /** How many entries were left out on purpose (unlisted). */
  unlisted: number
  /** The source's own total, where it states one. */
  total: number | null
  /** The next page, or null when this was the last. */
  next: PageRequest | null
}

export interface Source {
  /** Lower-case; the value of the `source` label. */
  readonly name: string
  /** Raise it when `parse` changes what it gives for the same page: boards are then read again although unchanged. */
  readonly version: number
  /** Politeness towards one host of this source. */
  readonly pace: { perSecond: number; atOnce: number }
  /** For the whole of one request, in seconds. */
  readonly timeoutSeconds: number
  /** Every host this source may ask, without scheme: closed, for the sandbox and for robots. */
  readonly hosts: readonly string[]
  /** Regions that have a host of their own, in the order in which to try them; empty when there is only one. */
  readonly regions: readonly string[]
  /** What a posting's absence from a complete visit means: `closes` it, or `nothing` (windowed or partial feeds). */
  readonly absence: 'closes' | 'nothing'
  /** What zero postings with a good answer mean before history is asked: `verified` (the source answers 404 for unknown boards) or `suspect`. */
  readonly empty: 'verified' | 'suspect'
  /** True for pages made for people, where robots.txt is asked first; false for public APIs. */
  readonly robots: boolean
  /** The hard limit of pages per visit; reaching it is reported as `partial`. */
  readonly maxPages: number
  first(board: BoardRef): PageRequest
  /** Pure. Throws a Failure of kind `drift` when the page as a whole is not what the source gives. */
  parse(page: Page, board: BoardRef, request: PageRequest): ParsedPage
  /** Takes people's names and addresses out of a page's parsed JSON before it is archived; returns undefined when there were none. */
  withoutPeople?(json: unknown): unknown
  /** The public careers page of a board, for people. */
  careersUrl(ident: string): string
}

/** Names a source with all its types checked and the usual values filled in. */
export function defineSource(
  source: Omit<Source, 'regions' | 'robots' | 'maxPages'> & Partial<Pick<Source, 'regions' | 'robots' | 'maxPages'>>,
): Source {
  return Object.freeze({ regions: [], robots: false, maxPages: 1, ...source })
}
