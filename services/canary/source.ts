// The canary's source: a board of invented vacancies, asked and parsed as every other, and in no list of sources.

import { entries, fields, link, list, maybe, text, type Fields } from '../../scrapers/read.ts'
import { defineSource, type RawPosting } from '../../scrapers/source.ts'
import { CANARY } from '../store/canary-marks.ts'
import type { PostingQuery } from '../store/posting-query.ts'

/** RFC 2606: nothing is ever found under `.invalid`, so a request that escapes goes nowhere. */
const BASE = 'https://canary.invalid'

export const canarySource = defineSource({
  name: CANARY,
  version: 1,
  pace: { perSecond: 1, atOnce: 1 },
  timeoutSeconds: 5,
  hosts: ['canary.invalid'],
  absence: 'nothing',
  empty: 'suspect',
  first: () => ({ url: `${BASE}/vacancies`, headers: { accept: 'application/json' } }),
  parse(page) {
    const answer = fields(page.json(), '')
    return { ...entries(list(answer, 'vacancies'), 'vacancies', read), total: maybe.number(answer, 'total'), next: null }
  },
  careersUrl: () => BASE,
})

function read(vacancy: Fields, path: string): RawPosting {
  const salary = maybe.fields(vacancy, 'salary')
  return {
    externalId: text(vacancy, 'id', path),
    title: text(vacancy, 'title', path),
    url: link(vacancy, 'url', path),
    applyUrl: null,
    description: { kind: 'html', value: text(vacancy, 'text', path) },
    places: [{ text: text(vacancy, 'place', path), city: null, region: null, country: maybe.text(vacancy, 'country') }],
    workMode: maybe.workMode(vacancy, 'mode'),
    department: null,
    team: null,
    employmentType: null,
    requisitionId: null,
    language: 'en',
    postedAt: maybe.date(vacancy, 'posted'),
    editedAt: null,
    pay: [
      {
        minMinor: maybe.number(salary, 'min_cents'),
        maxMinor: maybe.number(salary, 'max_cents'),
        currency: maybe.text(salary, 'currency'),
        period: 'year',
        basis: 'base',
        label: null,
        evidence: JSON.stringify(salary),
      },
    ],
    facts: {},
  }
}

/** What the board answers in one round: a vacancy that has never been there before. */
export function boardOf(round: string, at: Date): string {
  const vacancy = {
    id: round,
    title: `Canary ${round.slice(0, 8)}`,
    url: `${BASE}/vacancies/${round}`,
    text: '<p>An invented posting: whoever reads this sees that the way from a board to Slack is open.</p><p>Made of <b>TypeScript</b>.</p>',
    place: 'Amsterdam, Netherlands',
    country: 'NL',
    mode: 'remote',
    posted: at.toISOString(),
    salary: { min_cents: 9_000_000, max_cents: 11_000_000, currency: 'EUR' },
  }
  return JSON.stringify({ total: 1, vacancies: [vacancy] })
}

/** The canary's search: it fits only what was read, normalised and indexed as it has to be. */
export const CANARY_QUERY: PostingQuery = {
  q: 'invented posting',
  title: 'canary',
  location: 'Amsterdam',
  country: 'NL',
  mode: 'remote',
  skill: ['TypeScript'],
  currency: 'EUR',
  salary_min: 100_000,
}
