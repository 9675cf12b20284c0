// How it is: the numbers, the health of each component, and the boards of each source by how their last visits ended.

import { ask } from './api.js'
import { ago, chip, empty, fill, h, heading, moment, outcome, state } from './dom.js'

/** Numbers and health, as the page of postings has them. */
export async function overview() {
  const [health, sources, runs] = await Promise.all([
    ask('api/v1/health', { allow: [503] }),
    ask('api/v1/sources'),
    ask('api/v1/runs?limit=1'),
  ])
  return { health, sources: sources.items, lastRun: runs.items[0] }
}

export function numbers({ health, sources, lastRun }) {
  const sum = (field) => sources.reduce((total, source) => total + source[field], 0)
  const paused = sum('paused')
  return h(
    'dl',
    { class: 'numbers' },
    number('Open postings', sum('open_postings').toLocaleString('en')),
    number(
      'Boards',
      sum('boards').toLocaleString('en'),
      paused > 0 ? `${paused.toLocaleString('en')} paused` : `on ${sources.length} sources`,
    ),
    number('Last visit', lastRun ? ago(lastRun.started_at) : 'none yet', lastRun && `${lastRun.source}/${lastRun.board}`),
    number('Health', state(health.status), `version ${health.version}`),
  )
}

function number(name, value, more) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value, more && h('small', {}, more)))
}

export function healthCard({ health }) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'health' },
    h('h2', { id: 'health' }, 'Health'),
    h(
      'ul',
      { class: 'health' },
      Object.entries(health.components).map(([name, component]) =>
        h(
          'li',
          {},
          h('span', {}, name),
          h(
            'span',
            { class: 'soft small', title: 'Time it took to answer' },
            `${Math.max(1, Math.round(component.latency_seconds * 1000))} ms`,
          ),
          state(component.status),
          component.detail && h('span', { class: 'detail soft small' }, component.detail),
        ),
      ),
    ),
  )
}

/** A short table for the side of the page of postings. */
export function sourcesCard({ sources }) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'by-outcome' },
    h('h2', { id: 'by-outcome' }, 'Boards by outcome'),
    sources.length === 0
      ? noBoards()
      : h(
          'dl',
          { class: 'by-outcome' },
          sources.map((source) => [
            h('dt', {}, source.source, ' ', h('span', { class: 'soft small' }, boards(source.boards))),
            h('dd', {}, outcomes(source)),
          ]),
        ),
    sources.length > 0 && h('p', { class: 'small' }, h('a', { href: '#/boards' }, 'All about the boards')),
  )
}

const boards = (count) => `${count.toLocaleString('en')} ${count === 1 ? 'board' : 'boards'}`

function noBoards() {
  return empty('No boards yet', 'Add some to ', h('code', {}, 'companies.yaml'), ' and start again.')
}

function outcomes(source) {
  const visited = Object.entries(source.outcomes).toSorted(([, a], [, b]) => b - a)
  const never = source.boards - visited.reduce((sum, [, count]) => sum + count, 0)
  return h(
    'span',
    { class: 'chips' },
    visited.map(([name, count]) => outcome(name, count)),
    never > 0 && chip(`not visited yet ${never.toLocaleString('en')}`),
  )
}

/** The page of boards. */
export async function boardsPage(main) {
  const found = await overview()
  fill(
    main,
    heading('Boards'),
    numbers(found),
    h(
      'section',
      { class: 'card', 'aria-label': 'Sources' },
      found.sources.length === 0
        ? noBoards()
        : table(
            'Boards of each source by how their last visit ended.',
            ['Source', 'Boards', 'Open postings', 'Last complete visit', 'Last outcomes'],
            found.sources.map((source) => [
              source.source,
              source.boards.toLocaleString('en'),
              source.open_postings.toLocaleString('en'),
              moment(source.last_success),
              outcomes(source),
            ]),
          ),
    ),
    hostsCard(found.sources),
    healthCard(found),
  )
}

const BREAKERS = { closed: ['asked normally', 'good'], half_open: ['being tried', 'warn'], open: ['left alone', 'bad'] }

function hostsCard(sources) {
  const hosts = sources.flatMap((source) => source.hosts.map((host) => ({ ...host, source: source.source })))
  if (hosts.length === 0) return null
  return h(
    'section',
    { class: 'card', 'aria-label': 'Hosts' },
    table(
      'Hosts that are asked. One that keeps failing is left alone for a while.',
      ['Host', 'Source', 'State', 'Until', 'Last error'],
      hosts.map((host) => [
        host.host,
        host.source,
        chip(...BREAKERS[host.breaker]),
        host.breaker === 'open' ? moment(host.open_until) : host.paused_until ? moment(host.paused_until) : '–',
        host.last_error ?? '–',
      ]),
    ),
  )
}

/** A table whose rows become cards where there is little room. The first cell heads its row. */
export function table(caption, heads, rows) {
  const numeric = (value) => typeof value === 'string' && /^[\d,.]+( s)?$/.test(value)
  return h(
    'table',
    { class: 'stack' },
    h('caption', {}, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        heads.map((head, index) => h('th', { scope: 'col', class: numeric(rows[0]?.[index]) && 'number' }, head)),
      ),
    ),
    h(
      'tbody',
      {},
      rows.map((cells) =>
        h(
          'tr',
          {},
          cells.map((cell, index) =>
            index === 0 ? h('th', { scope: 'row' }, cell) : h('td', { 'data-label': heads[index], class: numeric(cell) && 'number' }, cell),
          ),
        ),
      ),
    ),
  )
}
