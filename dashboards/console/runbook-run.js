// One run of a runbook: what it looked at, what it made of that, what it did, and what it came to.

import { chip, duration, exact, h } from './dom.js'
import { inline } from './prose.js'
import { course, STEPS, told, VERDICTS } from './terms.js'

/** How a run was meant: a dry run changes nothing whatever the mode. */
export function manner({ dry_run: isDry, mode }) {
  return isDry ? 'dry run' : { suggest: 'only says', auto: 'acts by itself', approval: 'asks first' }[mode]
}

/** The whole of it; a question that it asks stands apart. */
export function runStory(run) {
  const part = (name) => run.steps.filter((step) => step.part === name)
  return [
    h('p', { class: 'chips' }, course(run), chip(manner(run)), h('span', { class: 'soft small' }, 'begun by ', run.actor, took(run))),
    section('Looked at', part('diagnosis')),
    run.verdict && h('p', {}, h('strong', {}, 'Verdict: '), told(VERDICTS, run.verdict), because(run)),
    section('Steps', part('steps')),
    run.words && h('p', {}, h('strong', {}, 'So: '), run.words),
    run.state === 'verifying' &&
      run.verify_until &&
      h('p', { class: 'soft small' }, 'It sees until ', exact(run.verify_until), ' whether that helped.'),
    h(
      'p',
      { class: 'soft small' },
      run.trace_id && ['Trace ', h('code', { class: 'trace', title: run.trace_id }, run.trace_id), '. '],
      run.page_hash && ['Page ', h('code', { class: 'trace', title: run.page_hash }, run.page_hash.slice(0, 12)), '.'],
    ),
  ]
}

function because({ causes }) {
  return causes.length > 0 && [' because of ', causes.map((cause, n) => [n > 0 && ', ', h('strong', {}, cause)])]
}

function took({ started_at: from, ended_at: to }) {
  return from && to && `, took ${duration(Math.max(0.1, (Date.parse(to) - Date.parse(from)) / 1000))}`
}

function section(title, steps) {
  if (steps.length === 0) return null
  return [h('h3', {}, title), h('ol', { class: 'steps' }, steps.map(line))]
}

function line(step) {
  const { number, action, given, state, verdict, words } = step
  return h(
    'li',
    { value: number },
    h(
      'p',
      { class: 'chips' },
      verdict ? told(VERDICTS, verdict) : told(STEPS, state),
      action !== null && h('code', {}, [action, ...Object.entries(given).map(([name, value]) => `${name}=${value}`)].join(' ')),
    ),
    h('p', {}, inline(words)),
  )
}
