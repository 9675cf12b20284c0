// Saved searches: what somebody wants to hear of, and what each has found.

import { z } from 'zod'
import { currentTraceId } from '../../ops/telemetry.ts'
import { appendAudit } from '../store/audit.ts'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import { savedQuery } from '../store/posting-fields.ts'
import { countMatches, newestMatches } from '../store/search-matches.ts'
import { createSearch, deleteSearch, getSearch, listSearches, updateSearch, type Search } from '../store/searches.ts'
import type { Db } from '../store/database.ts'
import type { ApiParts } from './parts.ts'
import { invalid, Problem } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { listOf, moment, posting } from './shapes.ts'

const id = z.uuid('must be the id of a search')
const name = z.string().trim().min(1, 'must not be empty').max(120, 'must be 120 characters at the most')
const notify = z.strictObject({ channel: z.literal('slack'), cadence: z.literal('instant') })
const NEWEST = 20

const search = z.strictObject({
  id,
  name,
  query: z.record(z.string(), z.unknown()).describe('The fields of GET /api/v1/postings that narrow'),
  notify,
  enabled: z.boolean(),
  created_at: moment,
})

const found = search.extend({
  matches_total: z.int(),
  matches: z
    .array(
      z.strictObject({
        matched_at: moment,
        notification: z.enum(['pending', 'sending', 'delivered', 'failed', 'uncertain']).nullable(),
        posting,
      }),
    )
    .describe('The newest'),
})

const params = z.strictObject({ id })
const missing = () => new Problem(404, 'There is no search of that id.')

export function searchRoutes({ database }: ApiParts): Route[] {
  const change: Change = (work) => database.inTransaction(work)
  return [...readingRoutes(database.db), createRoute(change), updateRoute(change), deleteRoute(change)]
}

function readingRoutes(db: Db): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/searches',
      name: 'listSearches',
      summary: 'Saved searches, newest first',
      scope: 'read',
      query: z.strictObject({ ...pageFields }),
      answers: { 200: { description: 'One page', schema: listOf(search) } },
      async handle({ query: { limit, cursor } }) {
        const list = { list: 'searches' }
        const after = cursor === undefined ? undefined : unpackCursor(cursor, list, id)
        const rows = await listSearches(db, { limit: limit + 1, after })
        const items = rows.slice(0, limit)
        return { json: { items, next_cursor: rows.length > limit ? packCursor(list, items.at(-1)?.id) : null } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/searches/{id}',
      name: 'getSearch',
      summary: 'One saved search with its newest matches',
      scope: 'read',
      params,
      answers: { 200: { description: 'The search', schema: found } },
      async handle({ params: { id: wanted } }) {
        const kept = await getSearch(db, wanted)
        if (!kept) throw missing()
        const [matches, total] = await Promise.all([newestMatches(db, wanted, NEWEST), countMatches(db, wanted)])
        return { json: { ...kept, matches_total: total, matches } }
      },
    }),
  ]
}

type Change = <T>(work: (trx: Db) => Promise<T>) => Promise<T>

/** The audit's line of a change, in its transaction. */
function audit(
  trx: Db,
  actor: string,
  action: string,
  target: string,
  before: Search | undefined,
  after: Search | undefined,
): Promise<void> {
  return appendAudit(trx, { actor, action, target: `search/${target}`, before, after, trace_id: currentTraceId() ?? null })
}

function createRoute(change: Change): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/searches',
    name: 'createSearch',
    summary: 'Save a search: postings that open from now on and fit are told',
    scope: 'write',
    body: z.strictObject({
      name,
      query: savedQuery,
      notify: notify.default({ channel: 'slack', cadence: 'instant' }),
      enabled: z.boolean().optional(),
    }),
    answers: { 201: { description: 'Saved', schema: search } },
    async handle({ body: { enabled, ...draft }, actor }) {
      const made = await change(async (trx) => {
        const kept = await createSearch(trx, { ...draft, ...(enabled === undefined ? {} : { enabled }) })
        await audit(trx, actor, 'search.create', kept.id, undefined, kept)
        return kept
      })
      return { status: 201, headers: { location: `/api/v1/searches/${made.id}` }, json: made }
    },
  })
}

function updateRoute(change: Change): Route {
  return defineRoute({
    method: 'patch',
    path: '/api/v1/searches/{id}',
    name: 'updateSearch',
    summary: 'Change a saved search',
    scope: 'write',
    params,
    body: z.strictObject({
      name: name.optional(),
      query: savedQuery.optional(),
      notify: notify.optional(),
      enabled: z.boolean().optional(),
    }),
    answers: { 200: { description: 'Changed', schema: search } },
    async handle({ params: { id: wanted }, body, actor }) {
      const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
      if (Object.keys(changes).length === 0)
        throw invalid([{ field: 'body', message: 'needs at least one of name, query, notify, enabled' }])
      const changed = await change(async (trx) => {
        const before = await getSearch(trx, wanted)
        const after = await updateSearch(trx, wanted, changes)
        if (after) await audit(trx, actor, 'search.update', wanted, before, after)
        return after
      })
      if (!changed) throw missing()
      return { json: changed }
    },
  })
}

function deleteRoute(change: Change): Route {
  return defineRoute({
    method: 'delete',
    path: '/api/v1/searches/{id}',
    name: 'deleteSearch',
    summary: 'Delete a saved search with its matches and what was still to be told',
    scope: 'write',
    params,
    answers: { 204: { description: 'Deleted' } },
    async handle({ params: { id: wanted }, actor }) {
      const gone = await change(async (trx) => {
        const before = await getSearch(trx, wanted)
        const deleted = await deleteSearch(trx, wanted)
        if (deleted) await audit(trx, actor, 'search.delete', wanted, before, undefined)
        return deleted
      })
      if (!gone) throw missing()
      return { status: 204 }
    },
  })
}
