// One posting: what it says, where it leads, and everything it was before.

import { ask } from './api.js'
import { chip, fill, h, heading, moment, out, pay, places } from './dom.js'

/** The page of one posting. */
export async function postingPage(main, uid) {
  const posting = await ask(`api/v1/postings/${encodeURIComponent(uid)}`)
  fill(
    main,
    h('p', {}, h('a', { href: '#/', onclick: back }, '← Back to the postings')),
    heading(posting.title),
    h(
      'div',
      { class: 'columns' },
      h(
        'section',
        { class: 'card', 'aria-label': 'Description' },
        summary(posting),
        h('p', { class: 'description' }, posting.description || 'The source gives no description.'),
      ),
      h('div', {}, factsCard(posting), historyCard(posting.history)),
    ),
  )
}

/** Where there is a page before, its results and its place on the screen are still there. */
function back(event) {
  if (history.length < 2) return
  event.preventDefault()
  history.back()
}

function summary(posting) {
  return h(
    'div',
    {},
    h('p', {}, h('strong', {}, posting.company.name), ' · ', places(posting, 30)),
    h(
      'p',
      { class: 'chips' },
      posting.status === 'closed' ? chip('closed', 'bad') : chip('open', 'good'),
      posting.work_mode && chip(posting.work_mode === 'onsite' ? 'on site' : posting.work_mode),
      posting.level && chip(posting.level),
      posting.track && posting.track !== 'ic' && chip(posting.track),
    ),
    h(
      'p',
      { class: 'actions' },
      out(posting.url, 'The posting on its own page'),
      posting.apply_url && posting.apply_url !== posting.url && out(posting.apply_url, 'Apply'),
    ),
  )
}

function factsCard(posting) {
  const rows = [
    [
      'Pay',
      posting.pay.length > 0 &&
        h(
          'span',
          {},
          posting.pay.map((band) => h('span', { title: band.evidence }, pay(band), band.label ? ` (${band.label})` : '', h('br'))),
        ),
    ],
    ['Department', [posting.department, posting.team].filter(Boolean).join(', ')],
    ['Employment', posting.employment_type],
    [
      'Skills',
      posting.skills.length > 0 &&
        h(
          'span',
          { class: 'chips' },
          posting.skills.map((skill) => chip(skill)),
        ),
    ],
    ['Published', posting.posted_at && moment(posting.posted_at)],
    ['Edited there', posting.edited_at && moment(posting.edited_at)],
    ['First seen', moment(posting.first_seen_at)],
    ['Closed', posting.closed_at && moment(posting.closed_at)],
    ['Came back', posting.reopened > 0 && (posting.reopened === 1 ? 'once' : `${posting.reopened} times`)],
    ['Board', `${posting.source}/${posting.board}`],
    ['Their number', posting.requisition_id],
    ...Object.entries(posting.facts).map(([name, value]) => [
      name.replaceAll('_', ' '),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
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

function historyCard(versions) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'history' },
    h('h2', { id: 'history' }, 'History'),
    h(
      'ol',
      { class: 'timeline small' },
      versions.map((version, index) => h('li', {}, ...story(version, versions[index + 1]))),
    ),
  )
}

function story(version, before) {
  const began =
    before === undefined
      ? 'First seen'
      : version.changed.length > 0
        ? `Changed: ${version.changed.map((field) => field.replaceAll('_', ' ')).join(', ')}`
        : 'Came back as it was'
  const was = before && [
    before.title !== version.title && `The title was “${before.title}”. `,
    JSON.stringify(before.pay) !== JSON.stringify(version.pay) && `The pay was ${before.pay.map(pay).join('; ') || 'not stated'}. `,
    JSON.stringify(before.places) !== JSON.stringify(version.places) && `The place was ${places(before)}. `,
  ]
  return [
    h('p', {}, h('strong', {}, before?.ended_by === 'close' && version.changed.length > 0 ? `Came back. ${began}` : began)),
    h('p', { class: 'soft' }, moment(version.valid_from)),
    was && h('p', { class: 'soft' }, was),
    version.ended_by === 'close' && h('p', {}, 'Closed ', moment(version.valid_to)),
  ]
}
