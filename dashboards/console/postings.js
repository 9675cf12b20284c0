// The first page: a search with its filters, what it finds, and beside it how everything is.

import { ask, query } from './api.js'
import { chip, day, empty, fill, h, heading, labelled, pay, places, say, select } from './dom.js'
import { healthCard, numbers, overview, sourcesCard } from './overview.js'

const MODES = [
  ['', 'Any'],
  ['remote', 'Remote'],
  ['hybrid', 'Hybrid'],
  ['onsite', 'On site'],
]
const WITHIN = [
  ['', 'Any time'],
  ['1', 'Last day'],
  ['7', 'Last week'],
  ['30', 'Last month'],
]
const PAGE = 20
const FIELDS = ['q', 'location', 'mode', 'company', 'posted_within']
/** Filters that the form has no field for; an address or a saved search may have them. */
const FURTHER = ['title', 'country', 'level', 'skill', 'salary_min', 'currency', 'source', 'status']

/** The page of postings for the fields in the address. */
export async function postingsPage(main, parameters) {
  const fields = Object.fromEntries([...FIELDS, ...FURTHER].map((name) => [name, parameters.getAll(name).join(',')]))
  const results = h('div', { 'aria-busy': 'true' }, h('p', { class: 'soft' }, 'Searching …'))
  const side = h('aside', { 'aria-label': 'How it is' })
  const strip = h('div', {})
  fill(
    main,
    heading('Postings'),
    strip,
    h(
      'div',
      { class: 'columns' },
      h('div', {}, searchCard(fields), h('section', { class: 'card', 'aria-label': 'Results' }, results)),
      side,
    ),
  )
  const [found] = await Promise.all([ask(`api/v1/postings${query({ ...fields, limit: PAGE })}`), showOverview(strip, side)])
  results.removeAttribute('aria-busy')
  showResults(results, fields, found)
}

async function showOverview(strip, side) {
  const seen = await overview()
  fill(strip, numbers(seen))
  fill(side, healthCard(seen), sourcesCard(seen))
}

function searchCard(fields) {
  const form = h(
    'form',
    { class: 'search', role: 'search', onsubmit: submit },
    labelled(
      'Words',
      h('input', { name: 'q', type: 'search', value: fields.q, placeholder: 'engineer "machine learning" -manager', maxlength: 300 }),
      'words',
    ),
    labelled('Place', h('input', { name: 'location', value: fields.location, placeholder: 'London, UK', maxlength: 120 }), 'third'),
    labelled('Company', h('input', { name: 'company', value: fields.company, placeholder: 'Begins with …', maxlength: 120 }), 'third'),
    labelled('Where the work is', select('mode', fields.mode, MODES), 'third'),
    labelled('Posted within', select('posted_within', fields.posted_within, WITHIN), 'third'),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'main' }, 'Search'),
      isNarrowed(fields) && h('a', { href: '#/' }, 'Clear'),
      FURTHER.filter((name) => fields[name] !== '').map((name) => [
        chip(`${name.replaceAll('_', ' ')}: ${fields[name]}`),
        h('input', { type: 'hidden', name, value: fields[name] }),
      ]),
    ),
  )
  return h('div', { class: 'card' }, form, saveForm(fields))
}

const isNarrowed = (fields) => Object.values(fields).some((value) => value !== '')

function submit(event) {
  event.preventDefault()
  const given = Object.fromEntries(new FormData(event.currentTarget))
  const address = `#/${query(given)}`
  // The same search again is asked again.
  if (location.hash === address) dispatchEvent(new HashChangeEvent('hashchange'))
  else location.hash = address
}

/** Saving what was searched for, offered once there is something to save. */
function saveForm(fields) {
  const wanted = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  if (Object.keys(wanted).length === 0) return null
  const answer = h('span', { class: 'small', role: 'status' })
  const name = h('input', {
    name: 'name',
    required: true,
    maxlength: 120,
    value: [wanted.q, wanted.location, wanted.company].filter(Boolean).join(', '),
  })
  const form = h(
    'form',
    {
      async onsubmit(event) {
        event.preventDefault()
        const body = { name: name.value, query: wanted }
        await ask('api/v1/searches', { method: 'POST', body }).then(
          () => fill(answer, 'Saved. New postings that fit are told on Slack. ', h('a', { href: '#/searches' }, 'See them all')),
          (error) => fill(answer, `Not saved: ${error.message}`),
        )
      },
    },
    labelled('Name', name),
    h('p', { class: 'actions' }, h('button', {}, 'Save'), answer),
  )
  return h('details', { class: 'save' }, h('summary', {}, 'Save this search and hear of new postings'), form)
}

function showResults(box, fields, first) {
  if (first.items.length === 0) {
    fill(
      box,
      isNarrowed(fields)
        ? empty('Nothing fits', 'Try fewer words, a larger place, or ', h('a', { href: '#/' }, 'clear the filters'), '.')
        : empty('No postings yet', 'Visit the boards: ', h('code', {}, 'npm run -s rolewatch -- refresh')),
    )
    say('No postings found')
    return
  }
  const list = h('ul', { class: 'results' })
  const told = h('p', { class: 'soft small' })
  const more = h('button', { type: 'button' }, 'More')
  let cursor
  let total
  const tell = () => {
    const shown = list.children.length.toLocaleString('en')
    told.textContent = total === undefined ? `The first ${shown} postings` : `${shown} of ${total.toLocaleString('en')} postings`
    say(told.textContent)
  }
  const add = (page) => {
    const from = list.children.length
    list.append(...page.items.map(result))
    cursor = page.next_cursor
    more.hidden = cursor === null
    if (cursor === null) total = list.children.length
    tell()
    return list.children[from]
  }
  add(first)
  // Counting takes longer than finding: it comes in when it is there, and the page does without where it does not come.
  if (cursor !== null)
    ask(`api/v1/postings${query({ ...fields, limit: 1, count: true })}`).then(
      (page) => {
        total = page.total
        return tell()
      },
      () => {},
    )
  more.addEventListener('click', async () => {
    more.disabled = true
    try {
      const added = add(await ask(`api/v1/postings${query({ ...fields, limit: PAGE, cursor })}`))
      added?.querySelector('a')?.focus()
    } catch (error) {
      told.textContent = error.message
    }
    more.disabled = false
  })
  fill(box, h('h2', { class: 'unseen' }, 'Results'), told, list, h('p', { class: 'actions' }, more))
}

/** One posting in a list. */
export function result(posting) {
  const band = posting.pay[0]
  return h(
    'li',
    {},
    h('h3', {}, h('a', { href: `#/posting/${posting.uid}` }, posting.title)),
    h('p', { class: 'meta' }, h('span', {}, posting.company.name), ' · ', places(posting)),
    h(
      'div',
      { class: 'chips' },
      posting.status === 'closed' && chip('closed', 'bad'),
      posting.work_mode && chip(posting.work_mode === 'onsite' ? 'on site' : posting.work_mode),
      band && chip(pay(band), 'good'),
      posting.level && chip(posting.level),
      h(
        'span',
        { class: 'soft small' },
        posting.posted_at ? 'posted ' : 'first seen ',
        day(posting.posted_at ?? posting.first_seen_at),
        ` · ${posting.source}`,
      ),
    ),
  )
}
