// The boards to watch, read from companies.yaml: all of it is right, or every fault is named with its line.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml'
import { z } from 'zod'
import { sources } from '../scrapers/index.ts'
import { ConfigError } from './config.ts'
import type { BoardEntry } from './store/boards.ts'

const FILE = 'companies.yaml'
const DEFAULT_CADENCE_SECONDS = 3600
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const
const NOTHING = new Set(['', '~', 'null'])

const quote = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
const known = Object.keys(sources).toSorted()

const required = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be plain text') })
  .trim()
  .min(1, 'is empty')
const optional = <T extends z.ZodType>(type: T) =>
  z.preprocess((value) => (typeof value === 'string' && NOTHING.has(value.trim()) ? null : value), type.nullable()).default(null)
const webAddress = z
  .string()
  .trim()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    error: ({ input }) => `${quote(input)} is not an address that begins with https:// or http://`,
  })
const yesOrNo = z
  .enum(['true', 'false'], { error: ({ input }) => `${quote(input)} is neither true nor false` })
  .transform((value) => value === 'true')

/** `15m`, `1h`, `6h`, `1d`, or plain seconds. @returns seconds, or undefined when it is no duration */
export function parseCadence(text: string): number | undefined {
  const found = /^(\d+)\s*([smhd]?)$/.exec(text.trim())
  if (!found) return undefined
  const unit = (found[2] || 's') as keyof typeof UNITS
  return Number(found[1]) * UNITS[unit]
}

const cadence = z.string().transform((value, context) => {
  const seconds = parseCadence(value)
  if (seconds !== undefined && seconds >= 60 && seconds <= 30 * UNITS.d) return seconds
  context.addIssue(`${quote(value)} is not a cadence: write 15m, 1h, 6h, 1d or seconds, from 60 s to 30 days`)
  return z.NEVER
})

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

/** Whether these two letters are a country, and its code now: UK and the codes of states that are gone are not. */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || ['EU', 'EZ', 'UN', 'ZZ', 'QO', 'XA', 'XB'].includes(code)) return false
  return regions.of(code) !== undefined && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
}

/** `%20` and a space name the same board: only one spelling may become part of postings' identity. */
function decoded(ident: string): string {
  try {
    return decodeURIComponent(ident)
  } catch {
    return ident
  }
}

const entry = z
  .strictObject({
    slug: required.regex(/^[a-z0-9][a-z0-9._-]*$/, {
      error: ({ input }) => `${quote(input)} is not a slug: lower-case letters, digits, dot, dash and underscore`,
    }),
    display_name: required,
    ats_type: required.refine((value) => known.includes(value), {
      error: ({ input }) => `${quote(input)} is not a source; known: ${known.join(', ')}`,
    }),
    ats_id: required.transform(decoded).refine((value) => !/[/?#\p{Cc}]/u.test(value), {
      error: ({ input }) => `${quote(input)} is the name of the board alone, not an address`,
    }),
    careers_url: optional(webAddress),
    website: optional(webAddress),
    enabled: yesOrNo.default(true),
    cadence: cadence.default(DEFAULT_CADENCE_SECONDS),
    country: optional(
      z.string().refine(isCountry, { error: ({ input }) => `${quote(input)} is not an ISO 3166-1 code of two capital letters, as GB` }),
    ),
    eu: yesOrNo.default(false),
  })
  .superRefine((value, context) => {
    if (value.eu && !sources[value.ats_type]?.regions.includes('eu'))
      context.addIssue({ code: 'custom', path: ['eu'], message: `is not known at ${value.ats_type}` })
  })

type Entry = z.output<typeof entry>

/** An entry that stands in the file, and where. */
interface Placed {
  value: Entry
  line: number
}

function toBoard(value: Entry): BoardEntry {
  const { cadence: cadence_seconds, eu, ...rest } = value
  return { ...rest, cadence_seconds, region: eu ? 'eu' : null }
}

function linesOf(document: Document, counter: LineCounter): { at: (node: unknown) => number; of: (map: YAMLMap, key: unknown) => number } {
  const start = (document.contents?.range ?? [0])[0]
  const at = (node: unknown): number => {
    const range = (node as { range?: [number, number, number] | null } | null)?.range
    return counter.linePos(range?.[0] ?? start).line
  }
  const of = (map: YAMLMap, key: unknown): number => {
    const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key)
    return at(pair?.key ?? map)
  }
  return { at, of }
}

/** Ashby takes names in any case and with any spacing; the others are taken by the letter. */
function identityOf({ ats_type, ats_id }: Entry): string {
  return `${ats_type}/${ats_type === 'ashby' ? ats_id.toLowerCase().replace(/\s+/g, '') : ats_id}`
}

/** What no entry shows by itself: the same board twice, a company with two names or two countries. */
function conflicts(entries: readonly Placed[]): { placed: Placed; message: string }[] {
  const boards = new Map<string, Placed>()
  const companies = new Map<string, Placed>()
  const found: { placed: Placed; message: string }[] = []
  for (const placed of entries) {
    const { value } = placed
    const twin = boards.get(identityOf(value))
    if (twin)
      found.push({
        placed,
        message: `${value.ats_type} ${quote(value.ats_id)} is the same board as in line ${twin.line} (${twin.value.slug})`,
      })
    else boards.set(identityOf(value), placed)

    const first = companies.get(value.slug) ?? placed
    companies.set(value.slug, first.value.country === null && value.country !== null ? placed : first)
    if (first.value.display_name !== value.display_name)
      found.push({
        placed,
        message: `display_name ${quote(value.display_name)} differs from ${quote(first.value.display_name)} in line ${first.line}`,
      })
    else if (first.value.country !== null && value.country !== null && first.value.country !== value.country)
      found.push({ placed, message: `country ${quote(value.country)} differs from ${quote(first.value.country)} in line ${first.line}` })
  }
  return found
}

/**
 * Checks the text of a companies.yaml.
 * @throws ConfigError with every fault at once, each with its line
 */
export function parseBoards(text: string, file = FILE): BoardEntry[] {
  const counter = new LineCounter()
  // `failsafe`: everything is text as it was written, so that a board called 007 or `no` keeps its name.
  const document = parseDocument(text, { lineCounter: counter, schema: 'failsafe' })
  const name = basename(file)
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(
        (error) => `${name}:${error.linePos?.[0].line ?? 1} ${error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '')}`,
      ),
    )
  if (!isSeq(document.contents))
    throw new ConfigError([`${name}:1 must be a list of boards, each with slug, display_name, ats_type and ats_id`])

  const { at, of } = linesOf(document, counter)
  const faults: string[] = []
  const entries: Placed[] = []
  for (const [index, item] of document.contents.items.entries()) {
    if (!isMap(item)) {
      faults.push(`${name}:${at(item)} (entry ${index + 1}): must have slug, display_name, ats_type and ats_id`)
      continue
    }
    const written = item.toJSON() as Record<string, unknown>
    const who = typeof written['slug'] === 'string' && written['slug'] !== '' ? written['slug'] : `entry ${index + 1}`
    const result = entry.safeParse(written)
    if (result.success) entries.push({ value: result.data, line: at(item) })
    for (const issue of result.error?.issues ?? []) {
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys)
          faults.push(`${name}:${of(item, key)} (${who}): ${quote(key)} is not a field; known: ${Object.keys(entry.shape).join(', ')}`)
      else faults.push(`${name}:${of(item, issue.path[0])} (${who}): ${issue.path.join('.')} ${issue.message}`)
    }
  }
  for (const { placed, message } of conflicts(entries)) faults.push(`${name}:${placed.line} (${placed.value.slug}): ${message}`)
  if (faults.length > 0) throw new ConfigError(faults)
  return entries.map(({ value }) => toBoard(value))
}

/**
 * Reads companies.yaml in the given folder.
 * @throws ConfigError with every fault at once, each with its line
 */
export function readBoards(folder: string): BoardEntry[] {
  const file = join(folder, FILE)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError([
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): ROLEWATCH_CONFIG is the folder it is in`,
    ])
  }
  return parseBoards(text, file)
}
