// Postings as a file: CSV for a spreadsheet, NDJSON for a program, streamed while they are read.

import { z } from 'zod'
import type { PostingRow } from '../store/posting-row.ts'
import { eachPosting } from '../store/posting-search.ts'
import type { ApiParts } from './parts.ts'
import { listQuery, refuseContradictions } from './postings.ts'
import { defineRoute, type Route } from './route.ts'

const COLUMNS: Readonly<Record<string, (posting: PostingRow) => string | number | null>> = {
  uid: (p) => p.uid,
  source: (p) => p.source,
  board: (p) => p.board,
  external_id: (p) => p.external_id,
  company_slug: (p) => p.company.slug,
  company: (p) => p.company.name,
  title: (p) => p.title,
  url: (p) => p.url,
  apply_url: (p) => p.apply_url,
  places: (p) => p.places.map((place) => place.text).join('; '),
  countries: (p) => [...new Set(p.places.flatMap((place) => place.country ?? []))].join('; '),
  work_mode: (p) => p.work_mode,
  level: (p) => p.level,
  track: (p) => p.track,
  skills: (p) => p.skills.join('; '),
  pay_currency: (p) => yearly(p)?.currency ?? null,
  pay_annual_min: (p) => yearly(p)?.annual_min ?? null,
  pay_annual_max: (p) => yearly(p)?.annual_max ?? null,
  pay: (p) => p.pay.map((band) => band.evidence).join('; '),
  posted_at: (p) => p.posted_at,
  first_seen_at: (p) => p.first_seen_at,
  closed_at: (p) => p.closed_at,
  status: (p) => p.status,
}

/** The first band that a year's figure is known of; the words of all bands are in `pay`. */
function yearly(posting: PostingRow): PostingRow['pay'][number] | undefined {
  return posting.pay.find((band) => band.annual_min !== null || band.annual_max !== null)
}

/**
 * One cell: quoted where it has to be, and never a formula.
 * Format: RFC 4180; the leading apostrophe: OWASP, "CSV Injection".
 */
export function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const FORMATS = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: `${Object.keys(COLUMNS).join(',')}\r\n`,
    line: (posting: PostingRow) =>
      `${Object.values(COLUMNS)
        .map((column) => cell(column(posting)))
        .join(',')}\r\n`,
  },
  ndjson: { type: 'application/x-ndjson; charset=utf-8', head: '', line: (posting: PostingRow) => `${JSON.stringify(posting)}\n` },
} as const

export function exportRoutes({ database, now = () => new Date() }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/postings/export',
      name: 'exportPostings',
      summary: 'All postings of a search as CSV or NDJSON',
      scope: 'read',
      query: z.strictObject({ ...listQuery.shape, format: z.enum(['csv', 'ndjson']).default('csv') }),
      answers: { 200: { description: 'A line per posting', types: Object.values(FORMATS).map(({ type }) => type.split(';')[0] ?? type) } },
      async handle({ query: { format, ...query } }) {
        refuseContradictions(query, now())
        const { type, head, line } = FORMATS[format]
        const pages = eachPosting(database.db, query, { now: now() })
        // The first page is read before the answer begins: what fails until then can still be said properly.
        const first = await pages.next()
        const stream = async function* (): AsyncGenerator<string> {
          if (head !== '') yield head
          for (let page = first; !page.done; page = await pages.next()) yield page.value.map(line).join('')
        }
        return {
          type,
          stream: stream(),
          headers: { 'content-disposition': `attachment; filename="postings-${now().toISOString().slice(0, 10)}.${format}"` },
        }
      },
    }),
  ]
}
