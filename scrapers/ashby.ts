// Ashby: one answer is the whole board; pay hangs on each job as tiers of components, and unlisted jobs are in the answer too.

import { compensation } from './ashby-compensation.ts'
import { entries, type Fields, fields, link, list, maybe, text } from './read.ts'
import { defineSource, type RawPlace, type RawPosting } from './source.ts'

/** Source of the format: developers.ashbyhq.com/docs/public-job-posting-api. An unknown board may answer 200 with no jobs. */
export const ashby = defineSource({
  name: 'ashby',
  version: 1,
  pace: { perSecond: 1, atOnce: 2 },
  timeoutSeconds: 30,
  hosts: ['api.ashbyhq.com'],
  absence: 'closes',
  empty: 'suspect',
  first: ({ ident }) => ({
    url: `https://api.ashbyhq.com/posting-api/job-board/${encodeURIComponent(ident)}?includeCompensation=true`,
    headers: { accept: 'application/json' },
  }),
  parse(page) {
    const answer = fields(page.json(), '')
    const jobs = list(answer, 'jobs')
    /** Pay next to the list says nothing about whose it is, unless there is one job alone. */
    const ofAll = jobs.length === 1 ? maybe.fields(answer, 'compensation') : {}
    return { ...entries(jobs, 'jobs', (job, path) => read(job, path, ofAll)), total: null, next: null }
  },
  careersUrl: (ident) => `https://jobs.ashbyhq.com/${encodeURIComponent(ident)}`,
})

function read(job: Fields, path: string, ofAll: Fields): RawPosting | null {
  if (job['isListed'] === false) return null
  const html = maybe.text(job, 'descriptionHtml')
  const plain = maybe.text(job, 'descriptionPlain')
  return {
    externalId: text(job, 'id', path),
    title: text(job, 'title', path),
    url: link(job, 'jobUrl', path),
    applyUrl: maybe.link(job, 'applyUrl'),
    description: html !== null ? { kind: 'html', value: html } : plain !== null ? { kind: 'text', value: plain } : null,
    places: places(job),
    workMode: maybe.workMode(job, 'workplaceType') ?? (remoteAlone(job) ? 'remote' : null),
    department: maybe.text(job, 'department'),
    team: maybe.text(job, 'team'),
    employmentType: maybe.text(job, 'employmentType'),
    requisitionId: null,
    language: null,
    postedAt: maybe.date(job, 'publishedAt'),
    editedAt: null,
    ...compensation(job, ofAll),
  }
}

/** `isRemote` only says that working remotely is possible: it is true for hybrid jobs as well. */
function remoteAlone(job: Fields): boolean {
  return job['isRemote'] === true && !/\bhybrid\b/i.test(maybe.text(job, 'location') ?? '')
}

function places(job: Fields): RawPlace[] {
  const all = [job, ...maybe.each(job, 'secondaryLocations')].flatMap((at) => {
    const address = maybe.fields(maybe.fields(at, 'address'), 'postalAddress')
    const [city, region, country] = ['addressLocality', 'addressRegion', 'addressCountry'].map((key) => maybe.text(address, key) ?? null)
    const stated = maybe.text(at, 'location') ?? [city, region, country].filter(Boolean).join(', ')
    return stated === '' ? [] : [{ text: stated, city: city ?? null, region: region ?? null, country: country ?? null }]
  })
  return all.filter((place, index) => all.findIndex((other) => other.text === place.text) === index)
}
