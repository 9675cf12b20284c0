// The runbooks: what each means, what it may do by itself, and what its last run came to.

import { ask } from './api.js'
import { automationCard } from './automation.js'
import { ago, chip, confirming, empty, fill, h, heading, labelled, say, select } from './dom.js'
import { table } from './overview.js'
import { inline } from './prose.js'
import { course, MODES } from './terms.js'

/** The page of runbooks. */
export async function runbooksPage(main) {
  const { items } = await ask('api/v1/runbooks')
  const list = h('section', { class: 'card', 'aria-label': 'Runbooks' })
  const words = h('input', { type: 'search', name: 'words', autocomplete: 'off' })
  const mode = select('mode', '', [['', 'All'], ...Object.entries(MODES)])
  const show = () => {
    const wanted = items.filter((one) => fits(one, words.value.toLowerCase(), mode.value))
    fill(list, wanted.length === 0 ? empty('No runbook is like that', 'Look for other words.') : runbookTable(wanted))
    say(counted(wanted))
  }
  for (const [field, event] of [
    [words, 'input'],
    [mode, 'change'],
  ])
    field.addEventListener(event, show)
  fill(
    main,
    heading('Runbooks'),
    h(
      'p',
      { class: 'soft' },
      'What to do about each alert: the page that people read is the one that the machine runs. What may be done by itself is said here, for each alone.',
    ),
    await automationCard(),
    h('div', { class: 'card pair' }, labelled('With these words', words), labelled('That', mode)),
    list,
  )
  show()
}

function fits({ alert, meaning, mode }, words, wanted) {
  return `${alert} ${meaning}`.toLowerCase().includes(words) && (wanted === '' || mode === wanted)
}

const counted = ({ length }) => (length === 1 ? '1 runbook' : `${length} runbooks`)

function runbookTable(runbooks) {
  return table(
    `${counted(runbooks)}. A dry run looks, says exactly what would be done, and changes nothing.`,
    ['Runbook', 'May do', 'The machine', 'Last run', 'By hand'],
    runbooks.map((runbook) => [
      h(
        'span',
        {},
        h('a', { href: `#/runbook/${runbook.alert}` }, runbook.alert),
        h('span', { class: 'soft small under' }, inline(runbook.meaning)),
      ),
      modeField(runbook),
      h('span', { class: 'whole' }, does(runbook)),
      lastRun(runbook),
      h('a', { class: 'whole', href: `#/runbook/${runbook.alert}?hand`, 'aria-label': `Dry run of ${runbook.alert}` }, 'Dry run'),
    ]),
  )
}

/** "3 looks, 2 changes". */
function does({ looks, changes }) {
  if (looks + changes === 0) return 'all by a person'
  const parts = [
    looks > 0 && (looks === 1 ? '1 look' : `${looks} looks`),
    changes > 0 && (changes === 1 ? '1 change' : `${changes} changes`),
  ]
  return parts.filter(Boolean).join(', ')
}

function lastRun({ last_run: run, waits_for: asked }) {
  if (asked) return h('a', { href: `#/approvals/${asked}` }, 'waits for an answer')
  return run ? h('span', { class: 'chips' }, course(run), h('span', { class: 'soft small' }, ago(run.queued_at))) : '–'
}

const QUESTIONS = { suggest: 'Really let it only say?', auto: 'Really let it act by itself?', approval: 'Really let it ask first?' }

/** What a runbook may do, to be chosen, and set once it was confirmed. */
export function modeField({ alert, mode }) {
  const field = select('mode', mode, Object.entries(MODES))
  field.setAttribute('aria-label', `What ${alert} may do`)
  const answer = h('span', { class: 'small', role: 'status' })
  const box = h('span', { class: 'mode' }, field, answer)
  let now = mode
  const setButton = (wanted) =>
    confirming('Set', QUESTIONS[wanted], {
      'aria-label': `Set what ${alert} may do`,
      async act() {
        try {
          now = (await ask(`api/v1/runbooks/${alert}`, { method: 'PATCH', body: { mode: wanted } })).mode
          answer.textContent = 'Set.'
          fill(box, field, answer)
          field.focus()
        } catch (error) {
          field.value = now
          answer.textContent = `Not set: ${error.message}`
          fill(box, field, answer)
        }
      },
    })
  field.addEventListener('change', () => {
    answer.textContent = ''
    fill(box, field, field.value !== now && setButton(field.value), answer)
  })
  return box
}

/** Who set the mode. */
export function modeSetBy({ mode_set_by: by, mode_set_at: at }) {
  return by ? h('span', { class: 'soft small' }, `set by ${by} `, ago(at)) : chip('as it is from the start')
}
