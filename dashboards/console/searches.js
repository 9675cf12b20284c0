// The saved searches: what people want to hear of, making one, and taking one back.

import { ask, query } from './api.js'
import { chip, confirming, day, empty, fill, h, heading, labelled, moment, say, select } from './dom.js'
import { result } from './postings.js'

/** The page of saved searches. */
export async function searchesPage(main) {
  const list = h('section', { class: 'card', 'aria-label': 'Saved searches' })
  const show = async () => {
    const { items } = await ask('api/v1/searches?limit=200')
    fill(
      list,
      ...(items.length === 0
        ? [empty('No saved searches yet', 'Make one here, or search for postings and save that search.')]
        : [
            h(
              'ul',
              { class: 'results' },
              items.map((search) => row(search, show)),
            ),
          ]),
    )
    say(`${items.length} saved searches`)
  }
  fill(main, heading('Saved searches'), makeCard(show), list)
  await show()
}

function makeCard(show) {
  const answer = h('span', { class: 'small', role: 'status' })
  const form = h(
    'form',
    {
      class: 'search',
      async onsubmit(event) {
        event.preventDefault()
        const { name, ...fields } = Object.fromEntries(new FormData(event.currentTarget))
        const wanted = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
        try {
          await ask('api/v1/searches', { method: 'POST', body: { name, query: wanted } })
          form.reset()
          answer.textContent = 'Saved.'
          await show()
        } catch (error) {
          answer.textContent = `Not saved: ${error.message}`
        }
      },
    },
    labelled('Name', h('input', { name: 'name', required: true, maxlength: 120 }), 'third'),
    labelled('Words', h('input', { name: 'q', maxlength: 300 }), 'third'),
    labelled('Place', h('input', { name: 'location', maxlength: 120 }), 'third'),
    labelled(
      'Where the work is',
      select('mode', '', [
        ['', 'Any'],
        ['remote', 'Remote'],
        ['hybrid', 'Hybrid'],
        ['onsite', 'On site'],
      ]),
      'third',
    ),
    h('div', { class: 'actions' }, h('button', { class: 'main' }, 'Save'), answer),
  )
  return h('section', { class: 'card', 'aria-labelledby': 'make' }, h('h2', { id: 'make' }, 'Hear of new postings'), form)
}

function row(search, show) {
  const answer = h('span', { class: 'small', role: 'status' })
  const conditions = Object.entries(search.query).map(([name, value]) => chip(`${name.replaceAll('_', ' ')}: ${[value].flat().join(', ')}`))
  return h(
    'li',
    {},
    h('h3', {}, h('a', { href: `#/searches/${search.id}` }, search.name)),
    h('div', { class: 'chips' }, conditions, !search.enabled && chip('off', 'warn')),
    h(
      'p',
      { class: 'actions small' },
      h('span', { class: 'soft' }, 'since ', day(search.created_at)),
      h('a', { href: `#/${query(search.query)}` }, 'Search now'),
      confirming('Delete', 'Really delete?', {
        class: 'link danger',
        'aria-label': `Delete ${search.name}`,
        act: () => remove(search, show, answer),
      }),
      answer,
    ),
  )
}

/** What was still to be told goes with it. */
async function remove(search, show, answer) {
  try {
    await ask(`api/v1/searches/${search.id}`, { method: 'DELETE' })
    await show()
  } catch (error) {
    answer.textContent = `Not deleted: ${error.message}`
  }
}

/** The page of one saved search: its newest matches. */
export async function searchPage(main, id) {
  const search = await ask(`api/v1/searches/${encodeURIComponent(id)}`)
  fill(
    main,
    h('p', {}, h('a', { href: '#/searches' }, '← All saved searches')),
    heading(search.name),
    h(
      'section',
      { class: 'card', 'aria-label': 'Matches' },
      search.matches.length === 0
        ? empty(
            'Nothing matched yet',
            'Postings that open from now on are compared with it. ',
            h('a', { href: `#/${query(search.query)}` }, 'Search what is open now'),
          )
        : [
            h('p', { class: 'soft small' }, `${search.matches.length} newest of ${search.matches_total.toLocaleString('en')} matches`),
            h('ul', { class: 'results' }, search.matches.map(matched)),
          ],
    ),
  )
}

const TOLD = { delivered: 'good', pending: '', sending: '', failed: 'bad', uncertain: 'warn' }

function matched({ posting, matched_at, notification }) {
  const item = result(posting)
  item.append(
    h(
      'p',
      { class: 'small soft' },
      'matched ',
      moment(matched_at),
      ' ',
      notification && chip(`Slack: ${notification}`, TOLD[notification]),
    ),
  )
  return item
}
