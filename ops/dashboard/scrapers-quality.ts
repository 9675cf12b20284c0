// Of the dashboard Scrapers: how fresh and complete the postings are, what was refused, and how politely it was asked.

import { print } from '../slo/decimal.ts'
import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { coloursOf } from './palette.ts'
import { bars, lines, meters } from './panels.ts'
import { instant, range, type Query } from './query.ts'
import { findSlo } from './tiers.ts'

const CHOSEN = 'source=~"$source"'

export function freshness({ slos }: Given): Draft[] {
  const { sli } = findSlo(slos, 'freshness')
  if (sli.kind !== 'age' || !('metric' in sli.expected)) throw new Error('freshness is no age with an expected interval')
  const age = `(time() - max by (source) (rolewatch_${sli.metric}{${CHOSEN}}))`
  const limit = `(${print(sli.times)} * max by (source) (rolewatch_${sli.expected.metric}{${CHOSEN}}) + ${sli.plus})`
  const rule = `${print(sli.times)} × the expected interval and ${sli.plus / 60} minutes`
  return [
    meters({
      title: 'Age against its limit',
      description: `The time since a source was last read completely, as a share of what it may be: ${rule}.`,
      unit: 'percentunit',
      size: [8, 8],
      queries: [instant(`sort_desc(${age} / ${limit})`, '{{source}}')],
      min: 0,
      max: 1.5,
      steps: [
        [0.7, 'yellow'],
        [1, 'red'],
      ],
      decimals: 0,
    }),
    lines({
      title: 'Age of the last complete visit',
      description: `The time since a source was last read completely. Dashed: what it may be, ${rule}.`,
      unit: 's',
      size: [16, 8],
      queries: [range(age, '{{source}}'), range(limit, '{{source}} limit')],
      limits: ' limit$',
      min: 0,
    }),
  ]
}

export function quality(): Draft[] {
  const read = `sum by (source) (increase(rolewatch_postings_read_total{${CHOSEN}}[1h]))`
  const open = `max by (source) (rolewatch_open_postings{${CHOSEN}})`
  const usual = (query: string) => `quantile_over_time(0.5, (${query})[7d:30m])`
  return [
    lines({
      title: 'Entries read per hour',
      description: 'Entries of pages that were read in the hour before. Dashed: the median of the hours of the last seven days.',
      unit: 'short',
      size: [12, 8],
      queries: [range(read, '{{source}}'), range(usual(read), '{{source}} usual')],
      limits: ' usual$',
      min: 0,
    }),
    lines({
      title: 'Open postings against their week',
      description:
        'Open postings, as a share of their median over the last seven days. A fall is a board that breaks, or a market that does.',
      unit: 'percentunit',
      size: [12, 8],
      queries: [range(`${open} / (${usual(open)} > 0)`, '{{source}}')],
      steps: [[0.7, 'orange']],
      calm: 'red',
      min: 0,
      reach: 1.2,
      nothing: 'no week yet',
    }),
    meters({
      title: 'Field coverage now',
      description: 'The share of open postings that have the field, of the source that has it least.',
      unit: 'percentunit',
      size: [8, 8],
      queries: [instant(`sort(min by (field) (max by (source, field) (rolewatch_field_coverage_ratio{${CHOSEN}})))`, '{{field}}')],
      min: 0,
      max: 1,
      calm: 'red',
      steps: [
        [0.2, 'orange'],
        [0.5, 'yellow'],
        [0.8, 'green'],
      ],
      decimals: 0,
    }),
    lines({
      title: 'Field coverage over time',
      description:
        'The share of open postings that have the field, of the source that has it least. A line that falls off is a field that was renamed.',
      unit: 'percentunit',
      size: [16, 8],
      queries: [range(`min by (field) (max by (source, field) (rolewatch_field_coverage_ratio{${CHOSEN}}))`, '{{field}}')],
      min: 0,
      max: 1,
    }),
  ]
}

/** Rises in each stretch of time; what never happened is left out. */
const rises = (by: string, metric: string, legend: string, more = ''): Query =>
  range(`sum by (${by}) (increase(rolewatch_${metric}{${CHOSEN}${more}}[$__interval])) > 0`, legend)

export function refusals(): Draft[] {
  const panel = (title: string, description: string, width: number, ...queries: Query[]) =>
    bars({ title, description, unit: 'none', size: [width, 7], queries, atLeast: '1m', nothing: 'none' })
  return [
    panel(
      'Drift and quarantine',
      'Visits that ended because a page had another form, and pages that were set aside.',
      8,
      rises('source', 'scrape_runs_total', '{{source}} drift', ',outcome="drift"'),
      rises('source', 'pages_quarantined_total', '{{source}} quarantined'),
    ),
    panel(
      'Entries that did not become postings',
      'By what was wrong with them.',
      8,
      rises('source, reason', 'postings_rejected_total', '{{source}} {{reason}}'),
    ),
    panel(
      'Guards that refused',
      'Times a guard kept a visit from closing postings, or from going on.',
      8,
      rises('source, guard', 'guard_refusals_total', '{{source}} {{guard}}'),
    ),
  ]
}

export function politeness(): Draft[] {
  const wait = (share: string, name: string) =>
    range(
      `histogram_quantile(${share}, sum by (source, le) (rate(rolewatch_pace_wait_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
      `{{source}} ${name}`,
    )
  const answers = coloursOf(['2xx', '3xx', '4xx', '5xx', 'none'])
  return [
    lines({
      title: 'Waits for the pace',
      description: 'How long requests waited for their turn at their host.',
      unit: 's',
      size: [8, 7],
      queries: [wait('0.5', 'p50'), wait('0.95', 'p95')],
      min: 0,
    }),
    lines({
      title: 'Answers of hosts',
      description: 'Requests per second by the answer; "none" is no answer at all.',
      unit: 'reqps',
      size: [8, 7],
      queries: [range(`sum by (status) (rate(rolewatch_fetch_attempts_total{${CHOSEN}}[$__rate_interval]))`, '{{status}}')],
      colours: answers,
      min: 0,
    }),
    bars({
      title: 'Requests sent again',
      description: 'By why the one before failed.',
      unit: 'none',
      size: [4, 7],
      queries: [rises('reason', 'fetch_retries_total', '{{reason}}')],
      atLeast: '1m',
      nothing: 'none',
    }),
    lines({
      title: 'Traffic',
      description: 'Bytes of page bodies received per second, after decompression.',
      unit: 'Bps',
      size: [4, 7],
      queries: [range(`sum by (source) (rate(rolewatch_page_bytes_total{${CHOSEN}}[$__rate_interval]))`, '{{source}}')],
      min: 0,
    }),
  ]
}
