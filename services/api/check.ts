// What comes in, checked: every fault at once, each with the field it is about and words that say what would be right.

import type { z } from 'zod'
import type { Fault } from './problem.ts'

/** Checks a value. Faults of unknown names come with the nearest name that is known. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: 'query' | 'params' | 'body',
  known: readonly string[],
): z.output<S> | Fault[] {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  return result.error.issues.flatMap((issue) => faultsOf(issue, where, known))
}

export function isFaults(value: unknown): value is Fault[] {
  return Array.isArray(value)
}

/** Query parameters as express reads them; empty ones count as not given, as forms send them. */
export function withoutEmpty(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
}

function faultsOf(issue: z.core.$ZodIssue, where: 'query' | 'params' | 'body', known: readonly string[]): Fault[] {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: path ? `${path}.${key}` : key, message: unknown(key, path ? [] : known, where) }))
  const field = path || (where === 'body' ? 'body' : where)
  if (where === 'query' && issue.code === 'invalid_type' && Array.isArray(issue.input))
    return [{ field, message: 'may be given once only' }]
  return [{ field, message: sentenceOf(issue) }]
}

function unknown(key: string, known: readonly string[], where: string): string {
  const what = where === 'query' ? 'is not a parameter of this address' : 'is not a field of this body'
  const near = nearest(key, known)
  if (near !== undefined) return `${what}; the nearest is ${near}`
  return known.length > 0 ? `${what}; it has ${known.join(', ')}` : what
}

const NOUNS: Readonly<Record<string, string>> = { array: 'a list', object: 'an object', int: 'a whole number', string: 'text' }

/** How the messages of our schemas begin: they go on after the name of the field. */
const OURS = /^(must|is|needs|has)\b/

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing'
  if (OURS.test(issue.message)) return issue.message
  if (issue.code === 'invalid_type') return `must be ${NOUNS[issue.expected] ?? `a ${issue.expected}`}`
  if (issue.code === 'invalid_union') return 'must be text, or a list of texts'
  return `is wrong: ${issue.message}`
}

/** The known name that takes the fewest changes of one letter to come to; undefined when all would take more than half of its letters. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [first] = known.map((other) => ({ other, far: distance(name.toLowerCase(), other) })).toSorted((a, b) => a.far - b.far)
  return first && first.far <= first.other.length / 2 ? first.other : undefined
}

/** Levenshtein's distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
