// A raw posting with nothing in it but what must be there.

import type { RawPay, RawPlace, RawPosting } from '../../../scrapers/source.ts'

export const HOME = { source: 'greenhouse', ident: 'exampleco', country: null } as const

export function rawPosting(extra: Partial<RawPosting> = {}): RawPosting {
  return {
    externalId: '1',
    title: 'Engineer',
    url: 'https://example.com/jobs/1',
    applyUrl: null,
    description: null,
    places: [],
    workMode: null,
    department: null,
    team: null,
    employmentType: null,
    requisitionId: null,
    language: null,
    postedAt: null,
    editedAt: null,
    pay: [],
    facts: {},
    ...extra,
  }
}

export function rawPlace(text: string, parts: Partial<RawPlace> = {}): RawPlace {
  return { text, city: null, region: null, country: null, ...parts }
}

export function rawPay(extra: Partial<RawPay> = {}): RawPay {
  return { minMinor: 100, maxMinor: 200, currency: 'USD', period: 'year', basis: 'base', label: null, evidence: 'as stated', ...extra }
}
