// Reads untrusted JSON field by field: what must be there is read or a Failure names its exact path, what may be missing is null.

import { Failure } from './failure.ts'
import type { ParsedPage, RawPosting, WorkMode } from './source.ts'

export type Fields = Readonly<Record<string, unknown>>

const NOTHING: Fields = Object.freeze({})

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'a text'
  return isFields(value) ? 'an object' : `a ${typeof value}`
}

function drift(value: unknown, path: string, expected: string): Failure {
  const problem = value === undefined || value === null ? 'is missing' : `is ${kindOf(value)} where ${expected} was expected`
  return new Failure('drift', `${path} ${problem}`, { path })
}

/** `jobs[3]` and `title` make `jobs[3].title`; an empty path is the top of the page. */
function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/**
 * An object.
 * @throws Failure `drift` with the path
 */
export function fields(value: unknown, path: string): Fields {
  if (isFields(value)) return value
  throw drift(value, path || 'the page', 'an object')
}

/**
 * A list that must be there, empty or not.
 * @throws Failure `drift` with the path
 */
export function list(from: Fields, key: string, path = ''): readonly unknown[] {
  const value = from[key]
  if (Array.isArray(value)) return value
  throw drift(value, join(path, key), 'a list')
}

/**
 * A text that must be there and not be blank; a number counts as its digits, because ids are numbers in one source and texts in the next.
 * @throws Failure `drift` with the path
 */
export function text(from: Fields, key: string, path: string): string {
  const value = maybe.text(from, key)
  if (value !== null) return value
  throw drift(from[key], join(path, key), 'a text')
}

/**
 * An http or https address that must be there.
 * @throws Failure `drift` with the path
 */
export function link(from: Fields, key: string, path: string): string {
  const value = maybe.link(from, key)
  if (value !== null) return value
  throw drift(from[key], join(path, key), 'an http address')
}

/** What may be missing: null (or nothing) when it is absent, blank or of another type than expected. Nothing here throws. */
export const maybe = {
  /** Trimmed; numbers as their digits. */
  text(from: Fields, key: string): string | null {
    const value = from[key]
    if (typeof value === 'number' && Number.isFinite(value)) return String(value)
    return typeof value === 'string' ? value.trim() || null : null
  },
  link(from: Fields, key: string): string | null {
    const value = maybe.text(from, key)
    return value !== null && /^https?:\/\/[^\s/]/i.test(value) && URL.canParse(value) ? value : null
  },
  /** Finite; texts such as "101500.0" count, blank ones do not. */
  number(from: Fields, key: string): number | null {
    const value = maybe.text(from, key)
    const number = value === null ? Number.NaN : Number(value)
    return Number.isFinite(number) ? number : null
  },
  flag(from: Fields, key: string): boolean | null {
    const value = from[key]
    return typeof value === 'boolean' ? value : null
  },
  fields(from: Fields, key: string): Fields {
    const value = from[key]
    return isFields(value) ? value : NOTHING
  },
  /** The objects of a list; whatever else is in it is left out. */
  each(from: Fields, key: string): Fields[] {
    const value = from[key]
    return Array.isArray(value) ? value.filter(isFields) : []
  },
  /** The texts of a list, trimmed, blank ones left out. */
  texts(from: Fields, key: string): string[] {
    const value = from[key]
    if (!Array.isArray(value)) return []
    return value.flatMap((item: unknown) => (typeof item === 'string' && item.trim() !== '' ? [item.trim()] : []))
  },
  /** ISO 8601 in UTC, from an ISO text or from milliseconds since 1970; null outside 1990 to 2100. */
  date(from: Fields, key: string): string | null {
    const value = typeof from[key] === 'string' ? from[key].trim() : from[key]
    const stated = typeof value === 'number' || (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value))
    const date = stated ? new Date(value) : null
    const year = date?.getUTCFullYear() ?? 0
    return date !== null && year >= 1990 && year < 2100 ? date.toISOString() : null
  },
  /** `OnSite`, `on-site`, `Hybrid`, `REMOTE` …; null for `unspecified` and anything unknown. */
  workMode(from: Fields, key: string): WorkMode | null {
    const word = maybe
      .text(from, key)
      ?.toLowerCase()
      .replace(/[^a-z]/g, '')
    return word === 'onsite' || word === 'hybrid' || word === 'remote' ? word : null
  },
} as const

/**
 * Reads the entries of a page one by one: an entry that cannot be read becomes one Failure in `rejected` and the others live.
 * `read` gives null for an entry that is left out on purpose. `path` is that of the list: `jobs`, or empty for a bare array.
 */
export function entries(
  items: readonly unknown[],
  path: string,
  read: (entry: Fields, path: string) => RawPosting | null,
): Pick<ParsedPage, 'postings' | 'rejected' | 'listed' | 'unlisted'> {
  const postings: RawPosting[] = []
  const rejected: Failure[] = []
  let unlisted = 0
  items.forEach((item, index) => {
    const here = `${path}[${index}]`
    try {
      const posting = read(fields(item, here), here)
      if (posting === null) unlisted += 1
      else postings.push(posting)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      rejected.push(error)
    }
  })
  return { postings, rejected, listed: items.length, unlisted }
}
