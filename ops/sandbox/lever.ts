// Lever as it answers: a bare array in pages of at most 100, a host of its own for Europe, HTML unless JSON is asked for, no ETag.

import { uuidOf } from './chance.ts'
import { escapeHtml } from './text.ts'
import type { Vacancy } from './vacancy.ts'
import type { Board, Job, Wire } from './wire.ts'

const WORKPLACE = { onsite: 'on-site', hybrid: 'hybrid', remote: 'remote' } as const
const INTERVAL = { year: 'per-year-salary', hour: 'per-hour-wage', month: 'per-month-salary' } as const
const COMMITMENT = { full_time: 'Full-time', part_time: 'Part-time', contract: 'Contractor', intern: 'Internship' } as const
const MOST = 100

const divs = (lines: string[]) => lines.map((line) => `<div>${escapeHtml(line)}</div>`).join('\n<div><br></div>\n')
const plain = (lines: string[]) => lines.join('\n \n')
const items = (lines: string[]) => `\n${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}\n`

function pay(vacancy: Vacancy): Job {
  const band = vacancy.bands[0]
  if (!band) return {}
  const words = `The usual range for this role is ${band.min} to ${band.max} ${band.currency} per ${band.period}.`
  return {
    salaryRange: { min: band.min, max: band.max, currency: band.currency, interval: INTERVAL[band.period] },
    salaryDescription: `<div>${words}</div>`,
    salaryDescriptionPlain: words,
  }
}

function job(vacancy: Vacancy, board: Board): Job {
  const { about, role, duties, wants, benefits, closing } = vacancy.text
  const id = uuidOf(`lever/${vacancy.name}`)
  const places = vacancy.spots.map((spot) => (spot.code ? `${spot.city}, ${spot.code}` : `${spot.city}, ${spot.country}`))
  return {
    additionalPlain: plain([...benefits, ...closing]),
    additional: `<div><strong>What we offer</strong></div>\n<ul>${items(benefits)}</ul>\n${divs(closing)}`,
    categories: {
      commitment: COMMITMENT[vacancy.employment],
      ...(vacancy.number % 4 === 0 ? {} : { department: vacancy.department }),
      location: places[0],
      team: vacancy.team,
      allLocations: places,
    },
    createdAt: vacancy.openedAt,
    descriptionPlain: plain([...about, ...role]),
    description: `${divs(about)}\n<div><strong>The role</strong></div>\n${divs(role)}`,
    id,
    lists: [
      { text: "What you'll do", content: items(duties) },
      { text: 'What you bring', content: items(wants) },
    ],
    text: vacancy.title,
    country: vacancy.number % 9 === 0 ? null : vacancy.spots[0]?.iso2,
    workplaceType: vacancy.mode ? WORKPLACE[vacancy.mode] : 'unspecified',
    opening: divs(about),
    openingPlain: plain(about),
    descriptionBody: divs(role),
    descriptionBodyPlain: plain(role),
    ...pay(vacancy),
    hostedUrl: `${board.careersUrl}/${id}`,
    applyUrl: `${board.careersUrl}/${id}/apply`,
  }
}

function asHtml(jobs: readonly Job[]): string {
  const rows = jobs.map((one) => `<li><a href="${escapeHtml(String(one['hostedUrl']))}">${escapeHtml(String(one['text']))}</a></li>`)
  return `<div class='lever'><ul>\n${rows.join('\n')}\n</ul></div>\n`
}

const whole = (text: string | null, fallback: number) => (text !== null && /^\d+$/.test(text) ? Number(text) : fallback)

/** https://github.com/lever/postings-api, "Get a list of job postings"; the page size and the hosts as observed. */
export const lever: Wire = {
  source: 'lever',
  hosts: { 'api.lever.co': null, 'api.eu.lever.co': 'eu' },
  robots: 'User-agent: *\nCrawl-delay: 1\n',
  etag: 'none',
  headers: { 'cache-control': 'no-store' },
  listField: null,
  titleField: ['text', 'title'],
  ident: (path) => /^\/v0\/postings\/([^/]+)\/?$/.exec(path)?.[1] ?? null,
  variant(query, accept) {
    const mode = query.get('mode')
    const html = mode === null ? !accept.includes('application/json') : mode !== 'json'
    const skip = whole(query.get('skip'), 0)
    const limit = Math.min(MOST, whole(query.get('limit'), MOST) || MOST)
    return { key: `${html ? 'h' : 'j'}${skip}+${limit}`, content: true, pay: true, skip, limit, html }
  },
  job,
  answer(jobs, variant) {
    const page = jobs.slice(variant.skip, variant.skip + variant.limit)
    if (variant.html) return { type: 'text/html; charset=utf-8', body: asHtml(page) }
    return { type: 'application/json; charset=utf-8', body: page }
  },
  unknownBoard: () => ({ status: 404, type: 'application/json; charset=utf-8', body: '{"ok":false,"error":"Document not found"}' }),
}
