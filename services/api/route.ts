// A route as data: what it takes, what it gives and who may ask, mounted and documented from the same table.

import { z } from 'zod'
import type { Scope } from '../store/tokens.ts'

export type Method = 'get' | 'post' | 'patch' | 'delete'

export interface Input<Q, P, B> {
  query: Q
  params: P
  body: B
  /** For the audit: the token's name, or `local` where the API is open. */
  actor: string
  /** For a body that asks for more than the route's scope. @throws Problem 403 */
  demand: (scope: Scope) => Promise<unknown>
  /** For /metrics. */
  accept: string | undefined
}

/** What a route answers; exactly one of json, text and stream, or none for 204. */
export interface Reply {
  /** 200 unless told. */
  status?: number
  headers?: Record<string, string>
  json?: unknown
  text?: string
  stream?: AsyncIterable<string>
  /** The content type of text and stream. */
  type?: string
}

export interface Answer {
  description: string
  /** For JSON; left out where the answer is empty. */
  schema?: z.ZodType
  /** Other than JSON: the content types. */
  types?: readonly string[]
}

export interface Route {
  method: Method
  /** As OpenAPI writes it: /api/v1/postings/{uid}. */
  path: string
  /** The operation's id. */
  name: string
  summary: string
  /** Null: open to everybody. */
  scope: Scope | null
  query: z.ZodObject
  params: z.ZodObject
  body: z.ZodType | undefined
  /** The longest body in bytes; 100 kB unless told. */
  bodyLimit?: number
  answers: Readonly<Record<number, Answer>>
  handle(input: Input<unknown, unknown, unknown>): Promise<Reply>
}

const nothing = z.strictObject({})
type Nothing = typeof nothing

/** Names a route with the types of its input bound to its schemas. */
export function defineRoute<Q extends z.ZodObject = Nothing, P extends z.ZodObject = Nothing, B extends z.ZodType = z.ZodUndefined>(
  route: Omit<Route, 'query' | 'params' | 'body' | 'handle'> & {
    query?: Q
    params?: P
    body?: B
    handle(input: Input<z.output<Q>, z.output<P>, z.output<B>>): Promise<Reply>
  },
): Route {
  return { ...route, query: route.query ?? nothing, params: route.params ?? nothing, body: route.body }
}

/** The parameters that every list has. */
export const pageFields = {
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 to 200')
    .max(200, 'must be 1 to 200')
    .default(50),
  cursor: z.string().max(2000, 'is not one that this list gave').optional().describe('next_cursor of the page before'),
} as const
