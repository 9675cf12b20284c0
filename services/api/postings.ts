// Postings: searching them, and one of them with everything it was.

import { z } from 'zod'
import { filterFields, orderFields } from '../store/posting-fields.ts'
import { getHistory } from '../store/posting-history.ts'
import type { PostingQuery } from '../store/posting-query.ts'
import { getPosting } from '../store/posting-row.ts'
import { searchPostings } from '../store/posting-search.ts'
import type { ApiParts } from './parts.ts'
import { invalid, Problem, type Fault } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { safeHtml } from './safe-html.ts'
import { level, listOf, moment, pays, places, posting, track, uid, workMode } from './shapes.ts'

export const listQuery = z.strictObject({ ...filterFields, ...orderFields })

const version = z.strictObject({
  valid_from: moment,
  valid_to: moment.nullable().describe('Null for what is open now'),
  ended_by: z.enum(['change', 'close']).nullable(),
  changed: z.array(z.string()).describe('The fields that differ from the version before'),
  title: z.string(),
  url: z.string(),
  places,
  work_mode: workMode.nullable(),
  department: z.string().nullable(),
  pay: pays,
  level: level.nullable(),
  track: track.nullable(),
  skills: z.array(z.string()),
})

const detail = z.strictObject({
  ...posting.shape,
  work_mode_origin: z.enum(['source', 'place', 'title']).nullable(),
  description: z.string().describe('Plain text'),
  description_html: z.string().nullable().describe('Safe to put into a page'),
  department: z.string().nullable(),
  team: z.string().nullable(),
  employment_type: z.string().nullable(),
  requisition_id: z.string().nullable(),
  language: z.string().nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  edited_at: moment.nullable(),
  valid_from: moment.describe('Since when the content is as it is'),
  reopened: z.int().describe('How often it was closed and came back'),
  history: z.array(version).describe('Every content it had, newest first'),
})

export function postingRoutes({ database, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/postings',
      name: 'listPostings',
      summary: 'Search postings',
      scope: 'read',
      query: z.strictObject({
        ...listQuery.shape,
        ...pageFields,
        count: z.enum(['true', 'false']).optional().describe('true: total says how many there are in all'),
      }),
      answers: {
        200: {
          description: 'One page',
          schema: listOf(posting).extend({ total: z.int().optional().describe('Only with count=true') }),
        },
      },
      async handle({ query: { count, ...query } }) {
        refuseContradictions(query, now())
        return { json: await searchPostings(database.db, query, { count: count === 'true', now: now() }) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/postings/{uid}',
      name: 'getPosting',
      summary: 'One posting with its description and its history',
      scope: 'read',
      params: z.strictObject({ uid }),
      answers: { 200: { description: 'The posting', schema: detail } },
      async handle({ params }) {
        const [found, history] = await Promise.all([getPosting(database.db, params.uid), getHistory(database.db, params.uid)])
        if (!found) throw new Problem(404, 'There is no posting of that uid.')
        return { json: { ...found, description_html: found.description_html && safeHtml(found.description_html), history } }
      },
    }),
  ]
}

/** What each field allows and the query as a whole does not. */
export function refuseContradictions(query: PostingQuery, now: Date): void {
  const faults: Fault[] = []
  if (query.as_of !== undefined && query.as_of > now.toISOString().slice(0, 10))
    faults.push({ field: 'as_of', message: 'must not be in the future' })
  if (query.as_of !== undefined && query.status !== undefined && query.status !== 'open')
    faults.push({ field: 'status', message: 'must be open or left out with as_of, which shows what was open on that day' })
  if (query.sort === 'relevance' && query.q === undefined) faults.push({ field: 'sort', message: 'must not be relevance without q' })
  if (faults.length > 0) throw invalid(faults)
}
