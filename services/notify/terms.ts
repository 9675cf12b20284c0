// A search in its own words: what a posting had to be to fit it.

import type { PostingQuery } from '../store/posting-query.ts'
import { count } from './text.ts'

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })

/** The terms of a search, as people would say them; empty for a search that everything fits. */
export function terms(query: PostingQuery): string[] {
  return [
    query.q === undefined ? '' : `“${query.q}”`,
    query.title === undefined ? '' : `“${query.title}” in the title`,
    query.company === undefined ? '' : `at ${query.company}`,
    query.location ?? '',
    query.country === undefined ? '' : region(query.country),
    query.mode ?? '',
    query.level ?? '',
    ...(query.skill ?? []),
    pay(query),
    query.source === undefined ? '' : `on ${query.source}`,
    query.posted_within === undefined ? '' : `posted within ${query.posted_within} ${query.posted_within === 1 ? 'day' : 'days'}`,
  ].filter((term) => term.trim() !== '')
}

function region(code: string): string {
  const upper = code.toUpperCase()
  return /^[A-Z]{2}$/.test(upper) ? (REGIONS.of(upper) ?? upper) : code
}

function pay(query: PostingQuery): string {
  if (query.salary_min === undefined) return query.currency === undefined ? '' : `paid in ${query.currency}`
  return `from ${query.currency === undefined ? '' : `${query.currency} `}${count(query.salary_min)} a year`
}
