// One incident: what fired, what was found, done and asked, in the order of time, and who has it.

import { ask, query } from './api.js'
import { approvalBox } from './approval.js'
import { chip, duration, exact, fill, h, heading, keepLooking, moment, redraw, say } from './dom.js'
import { lasted, severity } from './incidents.js'
import { manner, runStory } from './runbook-run.js'
import { APPROVALS, INCIDENTS, told } from './terms.js'

/** The page of one incident. */
export async function incidentPage(main, name) {
  const box = h('div', {})
  const seen = { incident: '', lines: '' }
  const show = async () => {
    const incident = await ask(`api/v1/incidents/${encodeURIComponent(name)}`)
    const lines = await auditOf(incident)
    const now = { incident: JSON.stringify(incident), lines: JSON.stringify(lines) }
    if (now.incident !== seen.incident || now.lines !== seen.lines) {
      const open = openDetails(box)
      redraw(box, story(incident, lines, show))
      for (const id of open) document.getElementById(id)?.setAttribute('open', '')
    }
    Object.assign(seen, now)
    if (incident.runs.some(({ state }) => state !== 'done')) return 2
    return incident.state === 'resolved' ? undefined : 15
  }
  fill(main, h('p', {}, h('a', { href: '#/incidents' }, '← All incidents')), box)
  keepLooking(box, show, await show())
}

const openDetails = (box) => [...box.querySelectorAll('details[open]')].map(({ id }) => id)

/** Undefined where the token may not see the audit. */
async function auditOf({ name }) {
  const { items } = await ask(`api/v1/audit${query({ incident: name, limit: 200 })}`, { allow: [401, 403] })
  return items
}

function story(incident, lines, show) {
  const asked = incident.runs.flatMap(({ approval, alertname }) =>
    approval?.state === 'open' ? [{ ...approval, alertname, incident: null }] : [],
  )
  return [
    heading(`${incident.name} ${incident.alertname}`),
    h('p', {}, incident.summary),
    h(
      'p',
      { class: 'actions' },
      told(INCIDENTS, incident.state),
      chip(severity(incident)),
      h('span', { class: 'soft small' }, incident.resolved_at ? 'went on for ' : 'going on for ', lasted(incident)),
      incident.acknowledged_by && h('span', { class: 'soft small' }, `${incident.acknowledged_by} has it`),
      incident.acknowledged_at === null && incident.state !== 'resolved' && acknowledge(incident, show),
    ),
    asked.map((approval) => approvalBox(approval, show)),
    h(
      'div',
      { class: 'columns' },
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'timeline' },
        h('h2', { id: 'timeline' }, 'What happened'),
        h(
          'ol',
          { class: 'timeline' },
          events(incident).map((event) => entry(event, incident)),
        ),
      ),
      h('div', {}, factsCard(incident), auditCard(lines)),
    ),
  ]
}

/** Everything with a time, the earliest first. */
function events(incident) {
  const moments = [
    { at: incident.opened_at, title: 'The alert fired' },
    incident.flaps > 0 && {
      at: incident.last_fired_at,
      title: `It fired again, ${incident.flaps === 1 ? 'once' : `for the ${ordinal(incident.flaps)} time`} after it had ended`,
    },
    { at: incident.acknowledged_at, title: `${incident.acknowledged_by} has it` },
    { at: incident.escalated_at, title: 'Nobody had it: it was told on the second channel' },
    { at: incident.held_at, title: 'The runbook has run often enough by itself: a person must look' },
    { at: incident.mitigated_at, title: 'What was done helped' },
    { at: incident.resolved_at, title: 'The alert ended' },
    ...incident.runs.flatMap((run) => [
      { at: run.queued_at, title: `The runbook ran (${manner(run)})`, body: runStory(run) },
      run.approval && question(run.approval),
      run.approval?.decided_by && {
        at: run.approval.decided_at,
        title: [`${run.approval.decided_by} answered `, told(APPROVALS, run.approval.state)],
      },
    ]),
  ]
  return moments
    .filter((one) => one && one.at)
    .map((one, order) => ({ ...one, order }))
    .toSorted((a, b) => a.at.localeCompare(b.at) || a.order - b.order)
}

function question({ asked_at: at, plan, state }) {
  const what = plan.length === 1 ? 'one change' : `${plan.length} changes`
  return { at, title: [`It asked for ${what} `, told(APPROVALS, state)] }
}

const ordinal = (count) => `${count}${{ 1: 'st', 2: 'nd', 3: 'rd' }[count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? 'th'}`

function entry({ at, title, body }, { opened_at: opened }) {
  const seconds = (Date.parse(at) - Date.parse(opened)) / 1000
  return h(
    'li',
    {},
    h('p', {}, h('strong', {}, title)),
    h('p', { class: 'soft small' }, exact(at), seconds >= 1 && `, ${duration(Math.floor(seconds))} after it fired`),
    body && h('div', { class: 'body' }, body),
  )
}

function factsCard(incident) {
  const hasPage = /^[A-Z][A-Za-z0-9]*$/.test(incident.alertname)
  const traces = [...new Set(incident.runs.map((run) => run.trace_id).filter(Boolean))]
  const rows = [
    ['Opened', moment(incident.opened_at)],
    ['Who has it', incident.acknowledged_by ?? 'nobody yet'],
    ['Runbook', hasPage && h('a', { href: `#/runbook/${incident.alertname}` }, incident.alertname)],
    ['Others', h('a', { href: `#/incidents${query({ alertname: incident.alertname })}` }, 'of this alert')],
    [
      'Labels',
      h(
        'span',
        { class: 'chips' },
        Object.entries(incident.labels).map(([name, value]) => chip(`${name}: ${value}`, 'long')),
      ),
    ],
    ['Traces', traces.length > 0 && traces.map((id) => h('code', { class: 'trace', title: id }, id))],
  ]
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'facts' },
    h('h2', { id: 'facts' }, 'Facts'),
    h(
      'dl',
      { class: 'facts small' },
      rows.filter(([, value]) => value).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
  )
}

function acknowledge({ number, name }, show) {
  const answer = h('span', { class: 'small', role: 'alert' })
  const button = h('button', { type: 'button', class: 'main', id: 'ack' }, 'I have it')
  button.addEventListener('click', async () => {
    try {
      const { acknowledged_by: by } = await ask(`api/v1/incidents/${number}/ack`, { method: 'POST' })
      say(`${by} has ${name}.`)
      await show()
      document.querySelector('h1')?.focus({ preventScroll: true })
    } catch (error) {
      answer.textContent = error.message
    }
  })
  return [button, answer]
}

function auditCard(lines) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'audit' },
    h('h2', { id: 'audit' }, 'Audit'),
    lines === undefined
      ? h('p', { class: 'soft small' }, 'It is seen with a token that has the scope admin.')
      : lines.length === 0
        ? h('p', { class: 'soft small' }, 'Nothing was changed, and nobody did anything yet.')
        : h('ol', { class: 'timeline small' }, lines.toReversed().map(auditLine)),
  )
}

function auditLine({ id, at, actor, action, target, detail, hash }) {
  const { verdict, approver, words } = detail ?? {}
  return h(
    'li',
    {},
    h('p', {}, h('code', {}, action), verdict && ` ${verdict}`),
    h('p', { class: 'soft' }, `${actor}${approver && approver !== actor ? `, approved by ${approver}` : ''} on ${target}`),
    words && h('p', {}, words),
    h('p', { class: 'soft' }, exact(at), ', line ', h('span', { title: hash }, String(id))),
  )
}
