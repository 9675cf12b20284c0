// Companies: what is open where, and what a company was called before.

import { z } from 'zod'
import { getCompany, listCompanies } from '../store/company-list.ts'
import { packCursor, unpackCursor } from '../store/cursor.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, pageFields, type Route } from './route.ts'
import { listOf, moment, outcome } from './shapes.ts'

const names = {
  slug: z.string(),
  name: z.string(),
  website: z.string().nullable(),
  careers_url: z.string().nullable(),
  country: z.string().nullable(),
}

const company = z.strictObject({
  ...names,
  open_postings: z.int(),
  boards: z.array(z.strictObject({ source: z.string(), board: z.string(), open_postings: z.int(), last_outcome: outcome.nullable() })),
})

const slug = z.string().max(120, 'must be 120 characters at the most')

export function companyRoutes({ database }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/companies',
      name: 'listCompanies',
      summary: 'Companies with how many postings are open at each',
      scope: 'read',
      query: z.strictObject({
        name: z.string().trim().max(120, 'must be 120 characters at the most').optional().describe('The beginning of a name or slug'),
        ...pageFields,
      }),
      answers: { 200: { description: 'One page, in the order of their slugs', schema: listOf(company) } },
      async handle({ query: { name, limit, cursor } }) {
        const list = { list: 'companies', name }
        const after = cursor === undefined ? undefined : unpackCursor(cursor, list, slug)
        const rows = await listCompanies(database.db, { name, limit: limit + 1, after })
        const items = rows.slice(0, limit)
        return { json: { items, next_cursor: rows.length > limit ? packCursor(list, items.at(-1)?.slug) : null } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/companies/{slug}',
      name: 'getCompany',
      summary: 'One company with its history',
      scope: 'read',
      params: z.strictObject({ slug }),
      answers: {
        200: {
          description: 'The company',
          schema: company.extend({ history: z.array(z.strictObject({ ...names, valid_from: moment, valid_to: moment.nullable() })) }),
        },
      },
      async handle({ params }) {
        const found = await getCompany(database.db, params.slug)
        if (!found) throw new Problem(404, 'There is no company of that slug.')
        return { json: found }
      },
    }),
  ]
}
