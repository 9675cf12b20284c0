// The console: which page the address asks for, the token where one is needed, and failures in words.

import { ask, token } from './api.js'
import { approvalPage } from './approval.js'
import { tellAutomation } from './automation.js'
import { h, heading } from './dom.js'
import { incidentPage } from './incident.js'
import { incidentsPage } from './incidents.js'
import { boardsPage } from './overview.js'
import { postingPage } from './posting.js'
import { postingsPage } from './postings.js'
import { runbookPage } from './runbook.js'
import { runbooksPage } from './runbooks.js'
import { runsPage } from './runs.js'
import { searchesPage, searchPage } from './searches.js'
import { slosPage } from './slos.js'

const main = document.getElementById('main')
const notice = document.getElementById('notice')
const forget = document.getElementById('forget')

const PAGES = [
  { at: /^\/$/, title: 'Postings', fill: postingsPage },
  { at: /^\/posting\/([0-9a-f]{40})$/, title: 'Posting', fill: (box, _parameters, uid) => postingPage(box, uid) },
  { at: /^\/boards$/, title: 'Boards', fill: boardsPage },
  { at: /^\/runs$/, title: 'Runs', fill: runsPage },
  { at: /^\/searches$/, title: 'Saved searches', fill: searchesPage },
  { at: /^\/searches\/([\w-]+)$/, title: 'Saved search', fill: (box, _parameters, id) => searchPage(box, id) },
  { at: /^\/slo$/, title: 'SLOs', fill: slosPage },
  { at: /^\/runbook\/([A-Z][A-Za-z0-9]*)$/, title: 'Runbook', fill: (box, parameters, alert) => runbookPage(box, alert, parameters) },
  { at: /^\/runbooks$/, title: 'Runbooks', fill: runbooksPage },
  { at: /^\/incidents$/, title: 'Incidents', fill: incidentsPage },
  {
    at: /^\/incidents\/((?:INC-)?\d{1,15}|[0-9a-f-]{36})$/i,
    title: 'Incident',
    fill: (box, _parameters, name) => incidentPage(box, name),
  },
  { at: /^\/approvals\/([0-9a-f-]{36})$/i, title: 'May it do this?', fill: (box, _parameters, id) => approvalPage(box, id) },
]
/** Pages that belong to one of those in the menu. */
const BELONGS = { posting: '', runbook: 'runbooks', approvals: 'incidents' }
const NOT_FOUND = { at: /()/, title: 'Not found', fill: notFound }

let visit = 0

async function show({ focus = true } = {}) {
  const mine = ++visit
  const [path, search = ''] = (location.hash.slice(1) || '/').split('?')
  const page = PAGES.find(({ at }) => at.test(path)) ?? NOT_FOUND
  document.title = `${page.title} – Rolewatch`
  for (const link of document.querySelectorAll('nav a')) {
    const first = path.split('/')[1]
    if (link.hash === `#/${BELONGS[first] ?? first}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  notice.replaceChildren()
  forget.hidden = token.get() === null
  void tellAutomation()
  // A page that was left while it loaded writes into a box that nobody sees any more.
  const box = h('div', {})
  main.replaceChildren(box)
  try {
    await page.fill(box, new URLSearchParams(search), path.match(page.at)?.[1])
  } catch (error) {
    if (mine === visit) explain(error, box)
  }
  // A page may have put the focus where it is needed.
  if (mine === visit && focus && !box.contains(document.activeElement)) main.querySelector('h1')?.focus({ preventScroll: true })
}

function notFound(box) {
  box.replaceChildren(heading('There is no such page'), h('p', {}, h('a', { href: '#/' }, 'To the postings')))
}

function explain(error, box) {
  if (error.status === 401) {
    askForToken(box, error.message)
    return
  }
  if (error.status === undefined) console.error(error)
  const words =
    error.status === undefined ? 'This page failed to show what it was given; the browser’s console has the error.' : error.message
  notice.replaceChildren(
    h('div', { class: 'notice' }, h('span', {}, words), h('button', { type: 'button', onclick: () => show() }, 'Try again')),
  )
}

function askForToken(box, why) {
  const field = h('input', { type: 'password', name: 'token', required: true, autocomplete: 'off', placeholder: 'rw_…' })
  const answer = h('p', { class: 'small', role: 'alert' }, token.get() ? why : '')
  box.replaceChildren(
    h(
      'section',
      { class: 'card token' },
      heading('A token, please'),
      h(
        'p',
        {},
        'This Rolewatch asks for one. Make it where it runs: ',
        h('code', {}, 'npm run -s rolewatch -- token create me --scope write'),
      ),
      h(
        'form',
        {
          async onsubmit(event) {
            event.preventDefault()
            token.set(field.value.trim())
            try {
              await ask('api/v1/runs?limit=1')
              await show()
            } catch (error) {
              token.forget()
              answer.textContent = error.message
            }
          },
        },
        h('label', {}, 'Token; kept until this tab is closed', field),
        answer,
        h('div', { class: 'actions' }, h('button', { class: 'main' }, 'Go on')),
      ),
    ),
  )
}

forget.addEventListener('click', () => {
  token.forget()
  void show()
})
// The skip link leads to a place on the page, and the address is for pages.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault()
  main.focus()
})
addEventListener('hashchange', () => void show())
void show({ focus: false })
