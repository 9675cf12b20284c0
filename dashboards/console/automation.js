// What holds runbooks back: the kill switch and maintenance, said on every page, and put on the page of runbooks.

import { ask } from './api.js'
import { confirming, fill, h, labelled, moment, redraw, say, select } from './dom.js'
import { sourceList } from './hand.js'

const banner = () => document.getElementById('banner')

/** Says on whatever page is seen that runbooks are held back, by whom and why. Nothing is said when that cannot be known. */
export async function tellAutomation() {
  const state = await ask('api/v1/automation').catch(() => undefined)
  if (state) showBanner(state)
}

function showBanner({ off, reason, set_by: by, set_at: at, maintenance }) {
  const lines = [
    off && ['Automation is off', ` since ${utc(at)}: “${reason}”, says ${by}. Runbooks look and say, and change nothing.`],
    ...maintenance.map((one) => [
      `Maintenance of ${one.source ?? 'everything'}`,
      ` until ${utc(one.ends_at)}: “${one.reason}”, says ${one.set_by}. Runbooks change nothing ${one.source ? 'there ' : ''}by themselves.`,
    ]),
  ].filter(Boolean)
  // Said once, and not again at every page.
  const words = JSON.stringify(lines)
  if (banner().dataset.words === words) return
  banner().dataset.words = words
  fill(
    banner(),
    lines.map(([what, why]) => h('p', { class: 'held' }, h('strong', {}, what), why)),
  )
}

const utc = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

/** The switch, and maintenance that is announced. */
export async function automationCard() {
  const box = h('section', { class: 'card', 'aria-labelledby': 'automation' })
  const answer = h('p', { class: 'small', role: 'alert' })
  const show = async () => {
    const [state, { items }] = await Promise.all([ask('api/v1/automation'), ask('api/v1/maintenance')])
    showBanner(state)
    const act = (work, done) => async () => {
      answer.textContent = ''
      try {
        await work()
        say(done)
        await show()
      } catch (error) {
        answer.textContent = error.message
      }
    }
    redraw(
      box,
      h('h2', { id: 'automation' }, state.off ? 'Automation is off' : 'Automation is on'),
      answer,
      state.off ? switchOn(state, act) : switchOff(act),
      windows(items, act),
      announce(act),
    )
  }
  await show()
  return box
}

function switchOn({ set_by: by, set_at: at, reason }, act) {
  const turn = () => ask('api/v1/automation', { method: 'POST', body: { off: false } })
  return [
    h('p', {}, `${by} switched it off: “${reason}”, `, moment(at), '. Runbooks look and say what they would do, and change nothing.'),
    h(
      'p',
      { class: 'actions' },
      confirming('Switch on', 'Really switch on?', { class: 'main', id: 'switch', act: act(turn, 'Automation is on.') }),
    ),
  ]
}

function switchOff(act) {
  const reason = h('input', { name: 'reason', required: true, maxlength: 200, autocomplete: 'off' })
  const turn = () => ask('api/v1/automation', { method: 'POST', body: { off: true, reason: reason.value } })
  const off = act(turn, 'Automation is off.')
  return h(
    'details',
    {},
    h('summary', {}, 'Stop everything that runbooks change'),
    h(
      'form',
      {
        class: 'inline',
        onsubmit(event) {
          event.preventDefault()
          void off()
        },
      },
      labelled('Why; whoever is paged at night will read it', reason),
      h('button', { class: 'danger', id: 'switch' }, 'Switch off'),
    ),
  )
}

function windows(items, act) {
  if (items.length === 0) return null
  return h(
    'ul',
    { class: 'plain', 'aria-label': 'Maintenance' },
    items.map(({ id, source, starts_at: from, ends_at: to, reason, set_by: by }) =>
      h(
        'li',
        {},
        h('strong', {}, source ?? 'Everything'),
        ' from ',
        moment(from),
        ' to ',
        moment(to),
        `: “${reason}”, says ${by} `,
        confirming('End', 'Really end?', {
          class: 'link danger',
          'aria-label': `End the maintenance of ${source ?? 'everything'}`,
          act: act(() => ask(`api/v1/maintenance/${id}`, { method: 'DELETE' }), 'It has ended.'),
        }),
      ),
    ),
  )
}

const TIMES = [
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['2h', '2 hours'],
  ['8h', '8 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
]

function announce(act) {
  const fields = {
    for: select('for', '2h', TIMES),
    source: h('input', { name: 'source', autocomplete: 'off', placeholder: 'everything', list: 'sources' }),
    reason: h('input', { name: 'reason', required: true, maxlength: 200, autocomplete: 'off' }),
  }
  const body = () => Object.fromEntries(Object.entries(fields).flatMap(([name, { value }]) => (value === '' ? [] : [[name, value]])))
  const send = act(() => ask('api/v1/maintenance', { method: 'POST', body: body() }), 'Maintenance is announced.')
  return h(
    'details',
    {},
    h('summary', {}, 'Announce maintenance'),
    h(
      'form',
      {
        class: 'inline',
        onsubmit(event) {
          event.preventDefault()
          void send()
        },
      },
      labelled('From now for', fields.for),
      labelled('Source', fields.source),
      sourceList(),
      labelled('Why', fields.reason),
      h('button', { id: 'announce' }, 'Announce'),
    ),
  )
}
