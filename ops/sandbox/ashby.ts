// Ashby as it answers: a whole board with its unlisted jobs, pay in tiers only when asked for, a weak ETag.

import { hash32, uuidOf } from './chance.ts'
import { escapeHtml } from './text.ts'
import type { Band, Vacancy } from './vacancy.ts'
import type { Board, Job, Variant, Wire } from './wire.ts'
import type { Spot } from './words.ts'

const WORKPLACE = { onsite: 'OnSite', hybrid: 'Hybrid', remote: 'Remote' } as const
const INTERVAL = { year: '1 YEAR', hour: '1 HOUR', month: '1 MONTH' } as const
const EMPLOYMENT = { full_time: 'FullTime', part_time: 'PartTime', contract: 'Contract', intern: 'Intern' } as const

const address = (spot: Spot) => ({
  postalAddress: {
    addressRegion: spot.region,
    // Both forms occur side by side.
    addressCountry: spot.iso2 === 'US' && spot.code < 'N' ? 'USA' : spot.country,
    addressLocality: spot.city,
  },
})

function html(vacancy: Vacancy): string {
  const p = (lines: string[]) => lines.map((line) => `<p style="min-height:1.5em">${escapeHtml(line)}</p>`).join('')
  const ul = (lines: string[]) => `<ul style="min-height:1.5em">${lines.map((line) => `<li>${p([line])}</li>`).join('')}</ul>`
  const h = (line: string) => `<h2><strong>${line}</strong></h2>`
  const { about, role, duties, wants, benefits, closing } = vacancy.text
  return `${h('About us')}${p(about)}${h('The role')}${p(role)}${h('What you will do')}${ul(duties)}${h('What you bring')}${ul(wants)}${h('What we offer')}${ul(benefits)}${p(closing)}`
}

function plain(vacancy: Vacancy): string {
  const { about, role, duties, wants, benefits, closing } = vacancy.text
  const part = (head: string, lines: string[]) => `${head.toUpperCase()}\n\n${lines.join('\n\n')}`
  return [
    part('About us', about),
    part('The role', role),
    part('What you will do', duties),
    part('What you bring', wants),
    part('What we offer', benefits),
    ...closing,
  ].join('\n\n')
}

const short = (band: Band, amount: number) =>
  band.period === 'year' && amount >= 10_000 ? `${band.currency} ${Math.round(amount / 100) / 10}K` : `${band.currency} ${amount}`
const summaryOf = (band: Band) => `${short(band, band.min)} – ${short(band, band.max)}${band.period === 'hour' ? ' per hour' : ''}`

function component(band: Band): Job {
  return {
    compensationType: 'Salary',
    interval: INTERVAL[band.period],
    currencyCode: band.currency,
    minValue: band.min,
    maxValue: band.max,
  }
}

/** Pay hangs on each job; a job without any has empty tiers and null summaries. */
function compensation(vacancy: Vacancy): Job {
  const equity: Job[] = vacancy.equity
    ? [{ compensationType: 'EquityPercentage', interval: 'NONE', currencyCode: null, minValue: null, maxValue: null }]
    : []
  const tiers = vacancy.bands.map((band, i) => {
    const summary = summaryOf(band)
    return {
      id: uuidOf(`tier/${vacancy.name}/${i}`),
      tierSummary: [summary, ...(vacancy.equity ? ['Offers Equity'] : [])].join(' • '),
      title: band.label,
      additionalInformation: null,
      components: [
        { id: uuidOf(`salary/${vacancy.name}/${i}`), summary, ...component(band) },
        ...equity.map((one) => ({ id: uuidOf(`equity/${vacancy.name}/${i}`), summary: 'Offers Equity', ...one })),
      ],
    }
  })
  const first = vacancy.bands[0]
  return {
    compensationTierSummary: tiers[0]?.tierSummary ?? null,
    scrapeableCompensationSalarySummary: first ? summaryOf(first).replace(' – ', ' - ') : null,
    compensationTiers: tiers,
    summaryComponents: first ? [component(first), ...equity] : [],
  }
}

function job(vacancy: Vacancy, board: Board, variant: Variant): Job {
  const id = uuidOf(`ashby/${vacancy.name}`)
  const [first, ...others] = vacancy.spots
  // Hybrid jobs that call themselves remote as well occur, and so do jobs that say neither.
  const odd = hash32(`odd/${vacancy.name}`) % 10
  return {
    id,
    title: vacancy.title,
    department: vacancy.department,
    team: vacancy.team,
    employmentType: EMPLOYMENT[vacancy.employment],
    location: vacancy.mode === 'remote' && odd < 3 ? `Remote - ${first?.country}` : first?.city,
    shouldDisplayCompensationOnJobPostings: vacancy.bands.length > 0,
    secondaryLocations: others.map((spot) => ({ location: spot.city, address: odd === 9 ? null : address(spot) })),
    publishedAt: new Date(vacancy.openedAt).toISOString().replace('Z', '+00:00'),
    isListed: vacancy.listed,
    isRemote: vacancy.mode === 'remote' || (vacancy.mode === 'hybrid' && odd < 4) ? true : vacancy.mode ? false : null,
    workplaceType: vacancy.mode ? WORKPLACE[vacancy.mode] : null,
    address: odd === 8 || !first ? null : address(first),
    jobUrl: `${board.careersUrl}/${id}`,
    applyUrl: `${board.careersUrl}/${id}/application`,
    descriptionHtml: html(vacancy),
    descriptionPlain: plain(vacancy),
    ...(variant.pay ? { compensation: compensation(vacancy) } : {}),
  }
}

/** https://developers.ashbyhq.com/docs/public-job-posting-api; the place of `compensation` and the nulls as observed. */
export const ashby: Wire = {
  source: 'ashby',
  hosts: { 'api.ashbyhq.com': null },
  robots: 'User-agent: *\nDisallow: /api\n',
  etag: 'weak',
  headers: { 'cache-control': 'public, max-age=60' },
  listField: 'jobs',
  titleField: ['title', 'name'],
  ident: (path) => /^\/posting-api\/job-board\/([^/]+)\/?$/.exec(path)?.[1] ?? null,
  variant(query) {
    const pay = query.get('includeCompensation') === 'true'
    return { key: `p${Number(pay)}`, content: true, pay, skip: 0, limit: 0, html: false }
  },
  job,
  answer: (jobs) => ({ type: 'application/json; charset=utf-8', body: { jobs, apiVersion: '1' } }),
  unknownBoard: () => ({ status: 404, type: 'text/plain; charset=utf-8', body: 'Not Found' }),
}
