// Greenhouse: one answer is the whole board, descriptions are HTML encoded once more, custom fields may name people.

import { decodeOnce } from './html.ts'
import { customFields, withoutPeople } from './greenhouse-metadata.ts'
import { payRanges } from './greenhouse-pay.ts'
import { entries, type Fields, fields, link, list, maybe, text } from './read.ts'
import { defineSource, type RawPlace, type RawPosting } from './source.ts'

/** Source of the format: developers.greenhouse.io/job-board.html, "List jobs". */
export const greenhouse = defineSource({
  name: 'greenhouse',
  version: 1,
  pace: { perSecond: 4, atOnce: 4 },
  timeoutSeconds: 25,
  hosts: ['boards-api.greenhouse.io'],
  absence: 'closes',
  empty: 'verified',
  first: ({ ident }) => ({
    url: `https://boards-api.greenhouse.io/v1/boards/${encodeURIComponent(ident)}/jobs?content=true&pay_transparency=true`,
    headers: { accept: 'application/json' },
  }),
  parse(page) {
    const answer = fields(page.json(), '')
    return { ...entries(list(answer, 'jobs'), 'jobs', read), total: maybe.number(maybe.fields(answer, 'meta'), 'total'), next: null }
  },
  withoutPeople,
  careersUrl: (ident) => `https://job-boards.greenhouse.io/${encodeURIComponent(ident)}`,
})

function read(job: Fields, path: string): RawPosting {
  const custom = customFields(job)
  const content = maybe.text(job, 'content')
  const departments = namesIn(job, 'departments')
  return {
    externalId: text(job, 'id', path),
    title: text(job, 'title', path),
    url: link(job, 'absolute_url', path),
    applyUrl: null,
    description: content === null ? null : { kind: 'html', value: decodeOnce(content) },
    places: places(job),
    workMode: null,
    department: departments[0] ?? null,
    team: null,
    employmentType: custom.employmentType,
    requisitionId: maybe.text(job, 'requisition_id'),
    language: maybe.text(job, 'language'),
    postedAt: maybe.date(job, 'first_published'),
    editedAt: maybe.date(job, 'updated_at'),
    pay: [...payRanges(job), ...custom.pay],
    facts: { ...custom.facts, ...ownFacts(job, departments) },
  }
}

/** `location.name`, and the offices too where it names no place but only a way of working. */
function places(job: Fields): RawPlace[] {
  const name = maybe.text(maybe.fields(job, 'location'), 'name')
  const offices =
    name === null || /^[\W_]*(?:hybrid|remote|on-?site|in[- ]office|flexible)[\W_]*$/i.test(name)
      ? maybe.each(job, 'offices').map((office) => maybe.text(office, 'location') ?? maybe.text(office, 'name'))
      : []
  const texts = new Set([name, ...offices].filter((place) => place !== null))
  return [...texts].map((place) => ({ text: place, city: null, region: null, country: null }))
}

function ownFacts(job: Fields, departments: string[]): RawPosting['facts'] {
  const facts: RawPosting['facts'] = {}
  const offices = namesIn(job, 'offices')
  if (departments.length > 1) facts['departments'] = departments
  if (offices.length > 0) facts['offices'] = offices
  for (const key of ['internal_job_id', 'application_deadline', 'education', 'employment']) {
    const value = maybe.text(job, key)
    if (value !== null) facts[key] = value
  }
  return facts
}

function namesIn(job: Fields, key: string): string[] {
  return maybe
    .each(job, key)
    .flatMap((item) => maybe.text(item, 'name') ?? [])
    .filter((name) => name !== 'No Department')
}
