// Puts the table of routes on express: who may ask, what is asked, the answer, and 405 for the methods a path does not have.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import type { Scope } from '../store/tokens.ts'
import type { Gate } from './auth.ts'
import { check, isFaults, withoutEmpty } from './check.ts'
import { invalid, Problem, tooLarge } from './problem.ts'
import type { Input, Reply, Route } from './route.ts'
import { setRoute } from './seen.ts'
import type { z } from 'zod'

/** The longest body, unless a route says more. */
const LIMIT = 100 * 1024

/** Mounts every route of the table. */
export function mountRoutes(app: Express, routes: readonly Route[], gate: Gate): void {
  for (const [path, mine] of Map.groupBy(routes, (route) => route.path)) {
    const at = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    for (const route of mine) at[route.method](handlerOf(route, gate))
    const methods = mine.map((route) => route.method.toUpperCase())
    const allow = methods.includes('GET') ? ['HEAD', ...methods] : methods
    at.all((_request, response) => {
      setRoute(response, path)
      throw new Problem(405, `This address takes ${allow.join(', ')}.`, { headers: { allow: allow.join(', ') } })
    })
  }
}

function handlerOf(route: Route, gate: Gate): RequestHandler {
  const limit = route.bodyLimit ?? LIMIT
  const parseJson = express.json({ limit, strict: false, reviver: refuseBroken })
  return async (request, response) => {
    setRoute(response, route.path)
    const actor = await gate.authorise(request, route.scope)
    if (route.body) {
      // The parser would read all of it before it refuses.
      if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
      await readBody(parseJson, request, response)
    }
    const demand = (scope: Scope): Promise<unknown> => gate.authorise(request, scope)
    const reply = await route.handle({ ...inputOf(route, request), actor, demand, accept: request.headers.accept })
    await send(response, reply, request.method === 'HEAD')
  }
}

/** Half a character (a lone surrogate, which JSON can escape) is no text to PostgreSQL. Specification: RFC 7493, 2.1. */
function refuseBroken(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())) return value
  throw new SyntaxError('a lone surrogate')
}

async function readBody(parseJson: RequestHandler, request: Request, response: Response): Promise<void> {
  if (!request.is('json')) throw new Problem(415, 'Send JSON with "Content-Type: application/json".')
  await new Promise<void>((done, fail) => {
    parseJson(request, response, (error?: unknown) => {
      if (error instanceof Error) fail(error)
      else done()
    })
  })
}

function inputOf(route: Route, request: Request): Pick<Input<unknown, unknown, unknown>, 'query' | 'params' | 'body'> {
  const query = check(route.query, withoutEmpty(request.query), 'query', Object.keys(route.query.shape))
  const params = check(route.params, request.params, 'params', [])
  const body = route.body ? check(route.body, request.body, 'body', fieldsOf(route.body)) : undefined
  const faults = [params, query, body].filter(isFaults).flat()
  if (faults.length > 0) throw invalid(faults)
  return { query, params, body }
}

function fieldsOf(schema: z.ZodType): string[] {
  return 'shape' in schema && typeof schema.shape === 'object' && schema.shape !== null ? Object.keys(schema.shape) : []
}

async function send(response: Response, reply: Reply, head: boolean): Promise<void> {
  response.status(reply.status ?? 200).set({ 'cache-control': 'no-cache', ...reply.headers })
  if (reply.stream) {
    response.type(reply.type ?? 'text/plain')
    if (head) response.end()
    // Whoever stops reading ends the stream; that is no error of ours.
    else await pipeline(Readable.from(reply.stream), response).catch(ignoreGone(response))
  } else if (reply.text !== undefined) response.type(reply.type ?? 'text/plain').send(reply.text)
  else if (reply.json !== undefined) response.json(reply.json)
  else response.end()
}

function ignoreGone(response: Response): (error: unknown) => void {
  return (error) => {
    if (!response.destroyed || (error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}
