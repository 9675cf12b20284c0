// The page of one runbook: what an alert means, what to do about it, which of that the machine does, and what it did.

import { ask, askText, query } from './api.js'
import { approvalBox } from './approval.js'
import { chip, empty, fill, h, heading, keepLooking, moment, redraw, say } from './dom.js'
import { handCard } from './hand.js'
import { readBlocks } from './markdown.js'
import { table } from './overview.js'
import { element, inline } from './prose.js'
import { manner, runStory } from './runbook-run.js'
import { modeField, modeSetBy } from './runbooks.js'
import { course, told, VERDICTS } from './terms.js'

/** The page is open to whoever was woken; what the machine does with it is for those who have a token. */
export async function runbookPage(main, alert, parameters) {
  const runbook = await ask(`api/v1/runbooks/${alert}`, { allow: [401, 403, 404] })
  const isKnown = Array.isArray(runbook.lines)
  const blocks = readBlocks(isKnown ? runbook.text : await askText(`runbooks/${alert}.md`))
  const title = blocks[0]?.kind === 'heading' && blocks[0].level === 1 ? blocks.shift().text : alert
  const page = h('article', { class: 'card runbook' }, isKnown ? marked(blocks, runbook.lines) : blocks.map((block) => element(block)))
  const back = h('p', {}, h('a', { href: '#/runbooks' }, '← All runbooks'))
  if (!isKnown) {
    fill(main, back, heading(title), page)
    return
  }
  const history = h('section', { class: 'card', 'aria-labelledby': 'history' })
  const result = h('div', {})
  const show = () => showHistory(history, alert)
  const follow = (id) => showRun(result, id, show)
  const hand = handCard(runbook, follow)
  fill(main, back, heading(title), result, h('div', { class: 'columns' }, page, h('div', {}, modeCard(runbook), hand)), history)
  await show()
  const run = parameters.get('run')
  if (run) await follow(run)
  if (parameters.has('hand')) hand.querySelector('input, button')?.focus()
}

function modeCard(runbook) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'may' },
    h('h2', { id: 'may' }, 'What it may do'),
    modeField(runbook),
    h('p', { class: 'small' }, modeSetBy(runbook)),
    h('p', { class: 'small' }, h('a', { href: `#/incidents${query({ alertname: runbook.alert })}` }, 'Incidents of this alert')),
  )
}

/** Lines that the machine runs bear a mark, and say what they do. */
function marked(blocks, lines) {
  let part = ''
  return blocks.map((block) => {
    if (block.kind === 'heading') part = block.text.toLowerCase()
    if (block.kind !== 'list') return element(block)
    return element(block, (text, number) => {
      const line = lines.find((one) => one.part === part && one.number === number)
      return line?.call ? machineLine(line) : h('li', {}, inline(text))
    })
  })
}

function machineLine({ text, call: { action, args, when, summary, reach, reversible } }) {
  const given = Object.entries(args).map(([name, value]) => `${name}=${value}`)
  return h(
    'li',
    { class: 'machine' },
    h('code', {}, [action, ...given].join(' ')),
    ' ',
    inline(text),
    h(
      'p',
      { class: 'small soft' },
      chip(reach === null ? 'the machine looks' : 'the machine acts', 'mark'),
      ' ',
      `${summary.replace(/\.$/, '')}.`,
      when.length > 0 && ` Only when found ${when.join(' or ')}.`,
      reversible === false && ' It cannot be taken back.',
    ),
  )
}

async function showHistory(box, alert) {
  const { items, next_cursor: more } = await ask(`api/v1/runbook-runs${query({ alert, limit: 20 })}`)
  redraw(
    box,
    h('h2', { id: 'history' }, 'Runs'),
    items.length === 0
      ? empty('It has not run yet', 'It runs when its alert fires, or by hand.')
      : table(
          more ? 'The newest 20.' : 'Newest first.',
          ['Begun', 'Came to', 'How', 'By', 'Verdict', 'For', 'Words'],
          items.map((run) => [
            h('a', { id: `run-${run.id}`, href: `#/runbook/${alert}?run=${run.id}` }, moment(run.queued_at)),
            course(run),
            manner(run),
            run.actor,
            run.verdict ? told(VERDICTS, run.verdict) : '–',
            run.incident ? h('a', { href: `#/incidents/${run.incident}` }, run.incident) : '–',
            h('span', { class: 'small' }, run.words ?? '–'),
          ]),
        ),
  )
}

/** One run above the page, followed until it is over. @param changed called whenever it has moved */
async function showRun(box, id, changed) {
  const seen = { run: '' }
  const look = async () => {
    const run = await ask(`api/v1/runbook-runs/${encodeURIComponent(id)}`)
    const now = JSON.stringify(run)
    if (now !== seen.run) {
      const asked = run.approval?.state === 'open' ? approvalBox({ ...run.approval, incident: run.incident }, look) : null
      redraw(
        box,
        asked,
        h(
          'section',
          { class: 'card', 'aria-labelledby': 'run' },
          h('h2', { id: 'run', tabindex: -1 }, 'Run of ', moment(run.queued_at)),
          run.state === 'queued' && h('p', { class: 'soft' }, 'It waits for a worker to take it.'),
          runStory(run),
        ),
      )
      await changed()
      if (run.state === 'done') say(`The run is over: ${run.words ?? run.outcome}`)
    }
    seen.run = now
    return run.state === 'done' ? undefined : 1
  }
  keepLooking(box, look, await look())
  box.querySelector('#run')?.scrollIntoView({ block: 'nearest' })
}
