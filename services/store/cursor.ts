// Where a list goes on: an opaque text that holds the key of the last row and belongs to one list with its filters alone.

import { createHash } from 'node:crypto'
import type { z } from 'zod'

/** A cursor that cannot be used here; the message says why, for whoever sent it. */
export class CursorError extends Error {
  override readonly name = 'CursorError'
}

/** What a list is told apart by: its name, filters and sort. */
export type Belonging = Readonly<Record<string, unknown>>

function hashOf(belonging: Belonging): string {
  const fields = Object.entries(belonging)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url').slice(0, 8)
}

export function packCursor(belonging: Belonging, key: unknown): string {
  return Buffer.from(JSON.stringify([hashOf(belonging), key])).toString('base64url')
}

/**
 * The key in a cursor, checked: it comes from outside and goes into SQL.
 * @throws CursorError
 */
export function unpackCursor<S extends z.ZodType>(cursor: string, belonging: Belonging, schema: S): z.output<S> {
  const [hash, key] = parse(cursor)
  if (hash !== hashOf(belonging))
    throw new CursorError('belongs to a list with other filters or another sort: begin that list without a cursor')
  const checked = schema.safeParse(key)
  if (!checked.success) throw new CursorError('is not one that this list gave')
  return checked.data
}

function parse(cursor: string): [unknown, unknown] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(value) && value.length === 2) return [value[0], value[1]]
  } catch {
    // Said below: whatever is not ours is refused in the same words.
  }
  throw new CursorError('is not one that this list gave')
}
