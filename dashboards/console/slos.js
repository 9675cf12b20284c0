// The service level objectives: what each promises, what is left of its budget, and how fast that goes.

import { ask } from './api.js'
import { chip, duration, empty, fill, h, heading, moment } from './dom.js'
import { table } from './overview.js'

const STATES = { page: ['somebody is called', 'bad'], warning: ['needs care', 'warn'], ok: ['kept', 'good'], no_data: ['no data', ''] }

/** The page of SLOs; those in trouble come first. */
export async function slosPage(main) {
  const { items } = await ask('api/v1/slo')
  const order = Object.keys(STATES)
  const slos = items.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const notes = [...new Set(slos.map((slo) => slo.note).filter((note) => note !== null))]
  fill(
    main,
    heading('Service level objectives'),
    notes.map((note) => h('p', { class: 'notice' }, note)),
    slos.length > 0 &&
      h(
        'p',
        { class: 'soft' },
        'Each promises a share of good over a time; what may be bad is its budget. Counted ',
        slos.some((slo) => slo.source === 'prometheus') ? 'by Prometheus' : 'in the database',
        ', as of ',
        moment(slos[0].as_of),
        '.',
      ),
    slos.length === 0 ? empty('No SLOs', 'Their specifications are in alerts/slo.') : slos.map(card),
  )
}

function card(slo) {
  const id = `slo-${slo.slo}`
  return h(
    'section',
    { class: 'card slo', 'aria-labelledby': id },
    h('header', {}, h('h2', { id }, slo.title), chip(...STATES[slo.state])),
    h('p', { class: 'soft small' }, slo.journey, ' Kept by ', slo.owner, '.'),
    h('div', { class: 'halves' }, h('div', {}, figures(slo), budgetBar(slo.budget_remaining)), h('div', {}, burns(slo))),
    slo.by.length > 0 && parts(slo),
    h(
      'p',
      { class: 'small runbooks' },
      'Runbooks: ',
      slo.runbooks.map((path, index) => {
        const alert = /(\w+)\.md$/.exec(path)?.[1] ?? path
        return [index > 0 && ', ', h('a', { href: `#/runbook/${alert}` }, alert)]
      }),
    ),
  )
}

function figures(slo) {
  const over = `over ${duration(slo.period_seconds)}${slo.bound === null ? '' : `, within ${slo.bound} s`}`
  const figure = (name, value, more) => h('div', {}, h('dt', {}, name), h('dd', {}, value, more && h('small', {}, more)))
  return h(
    'dl',
    { class: 'figures' },
    figure('Promised', percent(slo.objective), over),
    figure('Kept', slo.sli === null ? '–' : percent(slo.sli), counts(slo)),
    figure('Budget left', left(slo.budget_remaining), exhaustion(slo)),
  )
}

function counts({ bad, total, unit, state }) {
  if (state === 'no_data') return 'nothing happened'
  if (unit === 'seconds') return `${duration(bad)} bad of ${duration(total)}`
  return `${count(bad)} bad of ${count(total)}`
}

function exhaustion({ exhausted_in_seconds: seconds, state, pace }) {
  if (state === 'no_data') return false
  if (seconds === 0) return 'overdrawn'
  return seconds === null ? 'nothing burns now' : `gone in ${duration(seconds)} at ${pace.rate.toFixed(1)}×`
}

/** What is left to the right of the line, what is overdrawn to its left: no longer than a whole budget either way. */
function budgetBar(budget) {
  const words = budget === null ? 'No budget is counted' : `Budget left: ${left(budget)}`
  const share = Math.max(-1, Math.min(1, budget ?? 0))
  const kind = share < 0 ? 'bad' : share < 0.25 ? 'warn' : 'good'
  return svg(
    'svg',
    { class: 'bar', viewBox: '-20 0 120 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    svg('rect', { class: 'track', x: -20, width: 120, height: 10 }),
    share !== 0 && svg('rect', { class: kind, x: Math.min(0, 20 * share), width: share < 0 ? -20 * share : 100 * share, height: 10 }),
    svg('rect', { class: 'line', x: -0.4, width: 0.8, height: 10 }),
  )
}

/** One bar per window of each alert, against the line above which it fires. */
function burns(slo) {
  const alerts = [...new Set(slo.burn.map(({ alert }) => alert))]
  return h(
    'ul',
    { class: 'burns', 'aria-label': 'How fast the budget burns' },
    alerts.map((alert) => {
      const windows = slo.burn.filter((burn) => burn.alert === alert)
      const [{ priority, threshold_burn: threshold, bound }] = windows
      const slower = bound !== null && bound !== slo.bound ? `, slower than ${bound} s` : ''
      const rates = windows.map(({ rate, window_seconds: window }) => `${rate.toFixed(1)}× over ${duration(window)}`).join(', ')
      return h(
        'li',
        {},
        h('span', {}, alert, ' ', h('span', { class: 'soft small' }, `${priority}${slower}`)),
        svg(
          'svg',
          { class: 'bar', viewBox: '0 0 150 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': `${alert} burns ${rates}` },
          windows.map(({ rate }, index) => [
            svg('rect', { class: 'track', y: index * 5.5, width: 150, height: 4.5 }),
            rate > 0 &&
              svg('rect', {
                class: rate > threshold ? 'bad' : 'plain',
                y: index * 5.5,
                width: Math.min(150, (100 * rate) / threshold),
                height: 4.5,
              }),
          ]),
          svg('rect', { class: 'line', x: 99.6, width: 0.8, height: 10 }),
        ),
        h('span', { class: 'soft small' }, `${rates}; fires above ${Number(threshold.toFixed(2))}×`),
      )
    }),
  )
}

function parts(slo) {
  const head = Object.keys(slo.by[0].labels).join(' ')
  return table(
    `By ${head}.`,
    [head[0].toUpperCase() + head.slice(1), 'Kept', 'Bad', 'Budget left', 'Pace', 'State'],
    slo.by.map((part) => [
      Object.values(part.labels).join(' '),
      h('span', {}, percent(part.sli)),
      counts({ ...part, unit: slo.unit }),
      h('span', { class: 'with-bar' }, left(part.budget_remaining), budgetBar(part.budget_remaining)),
      `${part.pace.rate.toFixed(1)}× over ${duration(part.pace.window_seconds)}`,
      chip(...STATES[part.state]),
    ]),
  )
}

/** As many digits as it takes, and never rounded up to what is not reached. */
function percent(share) {
  return `${(Math.floor(share * 1e5 + 1e-6) / 1e3).toLocaleString('en', { maximumFractionDigits: 3 })}\u00a0%`
}

function left(budget) {
  if (budget === null) return '–'
  const tenths = (budget < 0 ? Math.ceil(-1000 * budget - 1e-6) : Math.floor(1000 * budget + 1e-6)) / 10
  return `${budget < 0 ? '−' : ''}${tenths.toLocaleString('en')}\u00a0%`
}

const count = (value) => Math.round(value).toLocaleString('en')

function svg(tag, properties, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value))
  return fill(element, ...children)
}
