// The rota: who is on call and who is next, from oncall.yaml in the folder of the configuration; all of it is right, or every fault is named.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml'
import { z } from 'zod'
import { ConfigError } from '../config.ts'

export const ROTA_FILE = 'oncall.yaml'

export interface OnCall {
  name: string
  mail: string
}

export interface Rota {
  /** When the first of them had, or has, the first shift. */
  start: Date
  shiftDays: number
  people: readonly OnCall[]
}

export interface Shift {
  from: Date
  until: Date
  first: OnCall
  /** Who is called when the first does not answer: whoever has the next shift. Undefined where there is one person. */
  second: OnCall | undefined
}

const DAY_MS = 86_400_000

const text = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be plain text') })
  .trim()
  .min(1, 'is empty')
const person = z.strictObject(
  {
    name: text.max(100, 'has more than 100 characters'),
    mail: text.regex(/^[^\s<>,;@]+@[^\s<>,;@]+$/, 'must be one e-mail address, as ann@example.org'),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must have name and mail' : undefined) },
)
const rota = z.strictObject({
  start: text.refine(
    (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
    'must be a moment in UTC, as 2026-01-05T09:00Z',
  ),
  shift_days: text.regex(/^([1-9]|[1-8]\d|90)$/, 'must be 1 to 90 days').default('7'),
  people: z
    .array(person, { error: ({ input }) => (input === undefined ? 'is missing' : 'must be a list, each with name and mail') })
    .min(1, 'is empty'),
})

/** Who has the shift of a moment; undefined before the first. A shift is a number of days of 24 hours: clocks that change do not move it. */
export function shiftAt({ start, shiftDays, people }: Rota, at: Date): Shift | undefined {
  const length = shiftDays * DAY_MS
  const number = Math.floor((at.getTime() - start.getTime()) / length)
  const first = people[number % people.length]
  if (number < 0 || !first) return undefined
  const from = new Date(start.getTime() + number * length)
  const second = people.length > 1 ? people[(number + 1) % people.length] : undefined
  return { from, until: new Date(from.getTime() + length), first, second }
}

/** Whose mail box it is at a moment; undefined where nobody's. */
export function mailboxAt(rotaOrNone: Rota | undefined, of: 'first' | 'second', at: Date): string | undefined {
  return rotaOrNone && shiftAt(rotaOrNone, at)?.[of]?.mail
}

/**
 * Checks the text of an oncall.yaml.
 * @throws ConfigError with every fault at once, each with its line
 */
export function parseRota(source: string): Rota {
  const counter = new LineCounter()
  // `failsafe`: everything is text as it was written.
  const document = parseDocument(source, { lineCounter: counter, schema: 'failsafe' })
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(
        ({ linePos, message }) => `${ROTA_FILE}:${linePos?.[0].line ?? 1} ${message.split('\n')[0]?.replace(/ at line \d+.*$/, '')}`,
      ),
    )
  if (!isMap(document.contents)) throw new ConfigError([`${ROTA_FILE}:1 must have start, people and, where it is not 7, shift_days`])
  const result = rota.safeParse(document.toJS())
  if (result.success) {
    const { start, shift_days: days, people } = result.data
    return { start: new Date(start), shiftDays: Number(days), people }
  }
  const lineOf = (path: readonly PropertyKey[]): number => counter.linePos(offsetOf(document.contents, path)).line
  throw new ConfigError(
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${ROTA_FILE}:${lineOf([...issue.path, key])} ${[...issue.path, key].join('.')} is not a field`)
        : [`${ROTA_FILE}:${lineOf(issue.path)} ${issue.path.join('.')} ${issue.message}`],
    ),
  )
}

/** Where in the text something stands, or what it is missing from. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const step of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value
    offset = ((pair?.key ?? next) as Node | undefined)?.range?.[0] ?? offset
    node = next
  }
  return offset
}

/**
 * Reads the rota of a folder; undefined where there is none.
 * @throws ConfigError with every fault at once
 */
export function readRota(folder: string): Rota | undefined {
  const file = join(folder, ROTA_FILE)
  return existsSync(file) ? parseRota(readFileSync(file, 'utf8')) : undefined
}
