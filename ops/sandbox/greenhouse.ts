// Greenhouse as it answers: a whole board at once, HTML encoded twice, pay in cents, times of the US East Coast, a strong ETag.

import { hash32 } from './chance.ts'
import { escapeHtml } from './text.ts'
import type { Vacancy } from './vacancy.ts'
import type { Board, Job, Variant, Wire } from './wire.ts'

/** ISO 8601 at UTC−4, as Greenhouse writes all its times. */
function eastern(ms: number): string {
  return new Date(ms - 4 * 3_600_000).toISOString().replace(/\.\d{3}Z$/, '-04:00')
}

function placeName(vacancy: Vacancy): string {
  const names = vacancy.spots.map((spot) => (spot.code ? `${spot.city}, ${spot.code}` : `${spot.city}, ${spot.country}`))
  const roll = hash32(`place/${vacancy.name}`) % 10
  if (vacancy.mode === 'remote') return roll < 5 ? `Remote - ${vacancy.spots[0]?.country}` : `${names.join('; ')} (Remote)`
  if (vacancy.mode === 'hybrid' && roll < 2) return 'Hybrid'
  if (vacancy.mode === 'hybrid' && roll < 5) return `${names.join('; ')} (Hybrid)`
  return names.join(roll < 8 ? '; ' : ' or ')
}

function html(vacancy: Vacancy): string {
  const p = (lines: string[]) => lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')
  const ul = (lines: string[]) => `<ul>\n${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}\n</ul>`
  const { about, role, duties, wants, benefits, closing } = vacancy.text
  return [
    `<div class="content-intro">${p(about)}</div>`,
    `<h2><strong>The role</strong></h2>\n${p(role)}`,
    `<h3>What you&rsquo;ll do</h3>\n${ul(duties)}`,
    `<h3>What you bring</h3>\n${ul(wants)}`,
    `<h3>What we offer</h3>\n${ul(benefits)}`,
    `<div class="content-conclusion">${p(closing)}</div>`,
  ].join('\n')
}

function metadata(vacancy: Vacancy, base: number): Job[] {
  const [first = '', last = ''] = vacancy.recruiter.split(' ')
  const user = {
    name: vacancy.recruiter,
    email: `${first}.${last}@example.com`.toLowerCase(),
    user_id: base + (hash32(vacancy.recruiter) % 1000),
    employee_id: null,
  }
  const employment = { full_time: 'Full-time', part_time: 'Part-time', contract: 'Contract', intern: 'Internship' }[vacancy.employment]
  return [
    { id: base + 1, name: 'Employment Type', value: employment, value_type: 'single_select' },
    { id: base + 2, name: 'Headcount #', value: null, value_type: 'short_text' },
    { id: base + 3, name: 'Regions', value: [...new Set(vacancy.spots.map((spot) => spot.country))], value_type: 'multi_select' },
    { id: base + 4, name: 'Equity eligible', value: vacancy.equity, value_type: 'yes_no' },
    { id: base + 5, name: 'Recruiter', value: vacancy.number % 3 === 0 ? user : null, value_type: 'user' },
  ]
}

function job(vacancy: Vacancy, board: Board, variant: Variant): Job {
  const id = 4_000_000_000 + board.index * 100_000 + vacancy.number
  const base = 30_000_000 + board.index * 100
  return {
    absolute_url: `https://job-boards.greenhouse.io/${board.ident}/jobs/${id}${board.index % 3 === 0 ? `?gh_jid=${id}` : ''}`,
    data_compliance: [
      {
        type: 'gdpr',
        requires_consent: false,
        requires_processing_consent: false,
        requires_retention_consent: false,
        retention_period: board.index % 4 === 0 ? 365 : null,
        demographic_data_consent_applies: false,
      },
    ],
    internal_job_id: id - 1_500_000_000,
    location: { name: placeName(vacancy) },
    metadata: board.index % 3 === 1 ? null : metadata(vacancy, base),
    id,
    updated_at: eastern(vacancy.editedAt),
    requisition_id: vacancy.requisition,
    title: vacancy.title,
    company_name: board.name,
    first_published: eastern(vacancy.openedAt),
    language: 'en',
    application_deadline: null,
    ...(variant.pay
      ? {
          pay_input_ranges: vacancy.bands.map((band) => ({
            min_cents: Math.round(band.min * 100),
            max_cents: Math.round(band.max * 100),
            currency_type: band.currency,
            title: [band.label, band.period === 'year' ? 'Annual Salary' : band.period === 'hour' ? 'Hourly Pay' : 'Monthly Salary']
              .filter(Boolean)
              .join(' '),
            blurb: '',
          })),
        }
      : {}),
    ...(variant.content
      ? {
          content: escapeHtml(html(vacancy)),
          departments: [{ id: base + (hash32(vacancy.department) % 90), name: vacancy.department, child_ids: [], parent_id: null }],
          offices: vacancy.spots.map((spot) => ({
            id: base + (hash32(spot.city) % 90),
            name: spot.city,
            location: [spot.city, spot.region, spot.country].filter(Boolean).join(', '),
            child_ids: [],
            parent_id: null,
          })),
        }
      : {}),
  }
}

/** https://developers.greenhouse.io/job-board.html, "List jobs". */
export const greenhouse: Wire = {
  source: 'greenhouse',
  hosts: { 'boards-api.greenhouse.io': null },
  robots: 'User-agent: *\nDisallow:\n',
  etag: 'strong',
  headers: { 'cache-control': 'max-age=0, private, must-revalidate' },
  listField: 'jobs',
  titleField: ['title', 'name'],
  ident: (path) => /^\/v1\/boards\/([^/]+)\/jobs\/?$/.exec(path)?.[1] ?? null,
  variant(query) {
    const content = query.get('content') === 'true'
    const pay = query.get('pay_transparency') === 'true'
    return { key: `c${Number(content)}p${Number(pay)}`, content, pay, skip: 0, limit: 0, html: false }
  },
  job,
  answer: (jobs) => ({ type: 'application/json; charset=utf-8', body: { jobs, meta: { total: jobs.length } } }),
  unknownBoard: () => ({ status: 404, type: 'application/json; charset=utf-8', body: '{"status":404,"error":"Job not found"}' }),
}
