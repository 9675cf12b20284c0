// Lever: a bare list in pages of one hundred, on a host for the United States and one for Europe.

import { Failure } from './failure.ts'
import { escapeHtml } from './html.ts'
import { bandOf } from './money.ts'
import { periodNamed } from './pay-words.ts'
import { entries, type Fields, link, maybe, text } from './read.ts'
import { defineSource, type RawPay, type RawPlace, type RawPosting } from './source.ts'

const PAGE = 100
const HOSTS: Readonly<Record<string, string>> = { us: 'api.lever.co', eu: 'api.eu.lever.co' }
/** Source of the format: github.com/lever/postings-api. */
export const lever = defineSource({
  name: 'lever',
  version: 1,
  pace: { perSecond: 1, atOnce: 1 },
  timeoutSeconds: 25,
  hosts: Object.values(HOSTS),
  regions: Object.keys(HOSTS),
  absence: 'closes',
  empty: 'verified',
  maxPages: 50,
  first: ({ ident, region }) => pageAt(`https://${HOSTS[region ?? 'us'] ?? HOSTS['us']}/v0/postings/${encodeURIComponent(ident)}`, 0),
  parse(page, _board, request) {
    const answer = page.json()
    if (!Array.isArray(answer)) throw new Failure('drift', 'the page is not a list of postings', { path: 'the page' })
    const skip = Number(new URL(request.url).searchParams.get('skip') ?? 0)
    const next = answer.length === PAGE ? pageAt(request.url, skip + PAGE) : null
    return { ...entries(answer, '', read), total: null, next }
  },
  careersUrl: (ident) => `https://jobs.lever.co/${encodeURIComponent(ident)}`,
})

function pageAt(base: string, skip: number) {
  return { url: `${base.split('?')[0]}?mode=json&skip=${skip}&limit=${PAGE}`, headers: { accept: 'application/json' } }
}

function read(posting: Fields, path: string): RawPosting {
  const categories = maybe.fields(posting, 'categories')
  return {
    externalId: text(posting, 'id', path),
    title: text(posting, 'text', path),
    url: link(posting, 'hostedUrl', path),
    applyUrl: maybe.link(posting, 'applyUrl'),
    description: description(posting),
    places: places(posting, categories),
    workMode: maybe.workMode(posting, 'workplaceType'),
    department: maybe.text(categories, 'department'),
    team: maybe.text(categories, 'team'),
    employmentType: maybe.text(categories, 'commitment'),
    requisitionId: null,
    language: null,
    postedAt: maybe.date(posting, 'createdAt'),
    editedAt: null,
    pay: pay(posting),
    facts: {},
  }
}

/** The whole text in the order of the page for people: description, lists with their headings, closing words. */
function description(posting: Fields): RawPosting['description'] {
  const lists = maybe.each(posting, 'lists').map((item) => {
    const heading = maybe.text(item, 'text')
    return `${heading === null ? '' : `<h3>${escapeHtml(heading)}</h3>`}<ul>${maybe.text(item, 'content') ?? ''}</ul>`
  })
  const parts = [html(posting, 'description'), ...lists, html(posting, 'additional')].filter((part) => part !== '')
  return parts.length === 0 ? null : { kind: 'html', value: parts.join('\n') }
}

function html(posting: Fields, key: string): string {
  const plain = maybe.text(posting, `${key}Plain`)
  return maybe.text(posting, key) ?? (plain === null ? '' : `<p>${escapeHtml(plain).replaceAll('\n', '<br>')}</p>`)
}

/** Every location; the country belongs to the first one and is given to no other. */
function places(posting: Fields, categories: Fields): RawPlace[] {
  const first = maybe.text(categories, 'location')
  const texts = new Set([...(first === null ? [] : [first]), ...maybe.texts(categories, 'allLocations')])
  const country = maybe.text(posting, 'country')
  return [...texts].map((place, index) => ({ text: place, city: null, region: null, country: index === 0 ? country : null }))
}

function pay(posting: Fields): RawPay[] {
  const range = maybe.fields(posting, 'salaryRange')
  return bandOf([range, 'min', 'max'], {
    currency: maybe.text(range, 'currency'),
    period: periodNamed(maybe.text(range, 'interval')),
    basis: 'base',
    label: null,
    evidence: maybe.text(posting, 'salaryDescriptionPlain'),
  })
}
