// The incidents: those that go on first, and what the machine made of each.

import { ask, query } from './api.js'
import { timeLeft } from './approval.js'
import { duration, empty, fill, h, heading, keepLooking, moment, redraw, say } from './dom.js'
import { table } from './overview.js'
import { course, INCIDENTS, told } from './terms.js'

const PAGE = 30

/** The page of incidents, those of one alert or all. */
export async function incidentsPage(main, parameters) {
  const alertname = parameters.get('alertname') ?? ''
  const asked = h('div', {})
  const open = h('section', { class: 'card', 'aria-labelledby': 'open' })
  const over = h('section', { class: 'card', 'aria-labelledby': 'over' })
  fill(
    main,
    heading('Incidents'),
    alertname && h('p', {}, `Those of ${alertname}. `, h('a', { href: '#/incidents' }, 'Show all')),
    asked,
    open,
    over,
  )
  const words = { current: '' }
  const look = async () => {
    const [{ items: going, next_cursor: more }, { items: questions }] = await Promise.all([
      ask(`api/v1/incidents${query({ state: 'open', alertname, limit: 200 })}`),
      ask('api/v1/approvals'),
    ])
    const now = JSON.stringify([going, questions])
    if (now !== words.current) {
      redraw(asked, questions.map(question))
      redraw(open, h('h2', { id: 'open' }, 'Open'), going.length === 0 ? nothingOpen(alertname) : incidentTable(going, 'Going on for'))
      if (more) open.append(h('p', { class: 'soft small' }, 'There are more; these are the newest 200.'))
      say(going.length === 1 ? 'One incident is open' : `${going.length} incidents are open`)
    }
    words.current = now
    return 15
  }
  const [seconds] = await Promise.all([look(), listOver(over, alertname)])
  keepLooking(main, look, seconds)
}

function question({ id, alertname, incident, plan, expires_at: until }) {
  return h(
    'p',
    { class: 'notice' },
    h(
      'span',
      {},
      `${alertname}${incident ? ` (${incident})` : ''} asks for ${plan.length === 1 ? 'one change' : `${plan.length} changes`}. `,
    ),
    h('a', { id: `to-${id}`, href: `#/approvals/${id}` }, 'Look and answer'),
    h('span', { class: 'small' }, `${timeLeft(until)} left`),
  )
}

function nothingOpen(alertname) {
  return empty(alertname ? `No incident of ${alertname} is open` : 'No incident is open', 'Alertmanager tells of them when an alert fires.')
}

async function listOver(box, alertname) {
  const incidents = []
  let cursor
  const more = h('button', { type: 'button', id: 'more' }, 'More')
  const load = async () => {
    const page = await ask(`api/v1/incidents${query({ state: 'resolved', alertname, limit: PAGE, cursor })}`)
    incidents.push(...page.items)
    cursor = page.next_cursor
    more.hidden = cursor === null
    const list = incidents.length === 0 ? empty('None yet', 'What is over is kept here.') : incidentTable(incidents, 'Went on for')
    redraw(box, h('h2', { id: 'over' }, 'Over'), list, h('p', { class: 'actions' }, more))
  }
  more.addEventListener('click', () => load().catch((error) => say(error.message)))
  await load()
}

function incidentTable(incidents, span) {
  return table(
    'Newest first.',
    ['Incident', 'State', 'Severity', 'Since', span, 'Last run came to', 'Who has it'],
    incidents.map((incident) => [
      h(
        'span',
        {},
        h('a', { id: incident.name, href: `#/incidents/${incident.number}` }, `${incident.name} ${incident.alertname}`),
        h('span', { class: 'soft small under' }, incident.summary),
      ),
      told(INCIDENTS, incident.state),
      severity(incident),
      moment(incident.opened_at),
      lasted(incident),
      incident.last_run ? course(incident.last_run) : '–',
      incident.acknowledged_by ?? '–',
    ]),
  )
}

/** As "page, P1". */
export const severity = ({ severity: word, priority }) => `${word}, ${priority}`

/** From the opening to the end, or to now. */
export function lasted({ opened_at: from, resolved_at: to }) {
  return duration(Math.max(1, Math.floor(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000)))
}
