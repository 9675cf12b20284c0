// The visits to boards, newest first.

import { ask, query } from './api.js'
import { OUTCOME_NAMES, empty, fill, h, heading, labelled, moment, outcome, say, select } from './dom.js'
import { table } from './overview.js'

const PAGE = 50

/** The page of runs, those of one outcome or all. */
export async function runsPage(main, parameters) {
  const wanted = parameters.get('outcome') ?? ''
  const filter = select('outcome', wanted, [['', 'All'], ...OUTCOME_NAMES.map((name) => [name, name.replaceAll('_', ' ')])])
  filter.addEventListener('change', () => {
    location.hash = `#/runs${query({ outcome: filter.value })}`
  })
  const box = h('section', { class: 'card', 'aria-label': 'Runs' }, h('p', { class: 'soft' }, 'Asking …'))
  fill(main, heading('Runs'), h('div', { class: 'card' }, labelled('Those that ended as', filter, 'narrow')), box)
  const runs = []
  const more = h('button', { type: 'button' }, 'More')
  let cursor
  const load = async () => {
    const page = await ask(`api/v1/runs${query({ outcome: wanted, limit: PAGE, cursor })}`)
    runs.push(...page.items)
    cursor = page.next_cursor
    more.hidden = cursor === null
    fill(box, ...(runs.length === 0 ? [nothing(wanted)] : [runsTable(runs), h('p', { class: 'actions' }, more)]))
    say(`${runs.length} runs`)
  }
  more.addEventListener('click', () => {
    more.disabled = true
    load()
      .catch((error) => say(error.message))
      .finally(() => (more.disabled = false))
  })
  await load()
}

function nothing(wanted) {
  return wanted
    ? empty('No run ended so', h('a', { href: '#/runs' }, 'Show all runs'))
    : empty('No runs yet', 'Boards are visited when they are due; at once with ', h('code', {}, 'npm run -s rolewatch -- refresh'))
}

function runsTable(runs) {
  return table(
    'One row per visit to one board. A trace id finds the whole visit in the log and in the traces.',
    ['Board', 'Started', 'Outcome', 'Postings', 'Took', 'Trace'],
    runs.map((run) => [
      `${run.source}/${run.board}`,
      moment(run.started_at),
      h('span', {}, outcome(run.outcome), run.error && h('span', { class: 'soft small' }, ` ${run.error}`)),
      postings(run),
      `${run.seconds.toFixed(run.seconds < 10 ? 2 : 0)} s`,
      run.trace_id ? h('code', { class: 'trace', title: run.trace_id }, run.trace_id) : '–',
    ]),
  )
}

/** "120 seen, 3 new, 1 closed": what there were none of is left out. */
function postings(run) {
  const counts = ['new', 'changed', 'closed', 'reopened', 'rejected'].filter((name) => run[name] > 0)
  return h(
    'span',
    {},
    [`${run.seen.toLocaleString('en')} seen`, ...counts.map((name) => `${run[name].toLocaleString('en')} ${name}`)].join(', '),
  )
}
