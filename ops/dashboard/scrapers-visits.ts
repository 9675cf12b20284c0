// Of the dashboard Scrapers: visits, the stages they consist of, and how they end.

import { printPercent, toNumber } from '../slo/decimal.ts'
import { selector } from '../slo/query.ts'
import type { Filter } from '../slo/spec.ts'
import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { coloursOf } from './palette.ts'
import { bars, lines, stat, states } from './panels.ts'
import { instant, range } from './query.ts'
import { budgetOf, colourOf, findSlo } from './tiers.ts'
import { stateWords } from './words.ts'

const CHOSEN = 'source=~"$source"'

export function visits({ slos }: Given): Draft[] {
  const slo = findSlo(slos, 'scrape-success')
  if (slo.sli.kind !== 'ratio') throw new Error('scrape-success is no ratio')
  const { bad, total } = slo.sli
  const rate = (metric: string, filter?: Filter) => `sum by (source) (rate(${selector(metric, filter, CHOSEN)}[$__rate_interval]))`
  const failing = rate(bad.metric, bad)
  return [
    lines({
      title: 'Visits per minute',
      description: 'Visits to boards that ended.',
      unit: 'cpm',
      size: [8, 8],
      queries: [range(`60 * ${rate(total.metric)}`, '{{source}}')],
      min: 0,
    }),
    lines({
      title: 'Share of visits that fail',
      description: `Visits that count against the objective among those that count at all; the budget is ${printPercent(budgetOf(slo))}. Lines: where alerts begin to fire.`,
      unit: 'percentunit',
      size: [8, 8],
      queries: [range(`${failing} / (${rate(total.metric, total)} > 0)`, '{{source}}')],
      steps: slo.tiers.map(({ errorAbove, priority }) => [toNumber(errorAbove), colourOf(priority)] as const).toSorted(([a], [b]) => a - b),
      min: 0,
      reach: 0.4,
    }),
    lines({
      title: 'Visits going on',
      description: 'Visits that have begun and not ended, in all processes together.',
      unit: 'none',
      size: [5, 8],
      queries: [range(`sum by (source) (rolewatch_active_runs{${CHOSEN}})`, '{{source}}')],
      min: 0,
      decimals: 0,
    }),
    stat({
      title: 'Postings in 24 h',
      description: 'What happened to postings within the last 24 hours.',
      unit: 'locale',
      size: [3, 8],
      queries: [instant(`sum by (change) (increase(rolewatch_postings_total{${CHOSEN}}[24h]))`, '{{change}}')],
      calm: 'blue',
      decimals: 0,
      show: 'both',
    }),
  ]
}

/** The same seven stages as everywhere; a point leads to the trace of one visit. */
export function stages(): Draft[] {
  const quantile = (share: string, title: string, words: string) =>
    lines({
      title,
      description: `${words} of the times that a stage of a visit took. Points are single visits: each leads to its trace.`,
      unit: 's',
      size: [8, 8],
      queries: [
        range(
          `histogram_quantile(${share}, sum by (stage, le) (rate(rolewatch_stage_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
          '{{stage}}',
        ),
      ],
      min: 0,
    })
  return [
    quantile('0.5', 'Stages: p50', 'The middle'),
    quantile('0.95', 'Stages: p95', 'The slowest twentieth begins here:'),
    quantile('0.99', 'Stages: p99', 'The slowest hundredth begins here:'),
    lines({
      title: 'Visits by source: p95 of fetching',
      description: 'How long the slowest twentieth of fetches of a source took at least, waits for its pace included.',
      unit: 's',
      size: [12, 7],
      queries: [
        range(
          `histogram_quantile(0.95, sum by (source, le) (rate(rolewatch_stage_seconds_bucket{${CHOSEN},stage="fetch"}[$__rate_interval])))`,
          '{{source}}',
        ),
      ],
      min: 0,
    }),
    lines({
      title: 'Work by stage',
      description: 'Seconds of each second that are spent in a stage; above 1 several visits are in it at once.',
      unit: 'none',
      size: [12, 7],
      queries: [range(`sum by (stage) (rate(rolewatch_stage_seconds_sum{${CHOSEN}}[$__rate_interval]))`, '{{stage}}')],
      min: 0,
    }),
  ]
}

export function outcomes({ valuesOf }: Given): Draft[] {
  const outcome = coloursOf(valuesOf('rolewatch_scrape_runs_total', 'outcome'))
  const state = (name: string) => `max by (source) (rolewatch_breaker_state{${CHOSEN},state="${name}"})`
  return [
    bars({
      title: 'Outcomes',
      description: 'How visits ended.',
      unit: 'none',
      size: [8, 9],
      queries: [range(`sum by (outcome) (increase(rolewatch_scrape_runs_total{${CHOSEN}}[$__interval])) > 0`, '{{outcome}}')],
      atLeast: '1m',
      colours: outcome,
    }),
    bars({
      title: 'Boards by their last outcome',
      description: 'How many boards stand how after their last visit.',
      unit: 'none',
      size: [6, 9],
      queries: [range(`sum by (outcome) (max by (source, outcome) (rolewatch_boards{${CHOSEN}})) > 0`, '{{outcome}}')],
      atLeast: '1m',
      colours: outcome,
    }),
    states({
      title: 'Breakers',
      description: 'The worst breaker among the hosts of each source: green lets requests through, red leaves the host alone.',
      unit: 'none',
      size: [6, 9],
      queries: [range(`${state('half_open')} + 2 * ${state('open')}`, '{{source}}')],
      values: stateWords('closed', 'half open', 'open'),
      steps: [
        [1, 'yellow'],
        [2, 'red'],
      ],
    }),
    bars({
      title: 'Breakers that opened',
      description: 'How often a breaker went to open.',
      unit: 'none',
      size: [4, 9],
      queries: [
        range(`sum by (source) (increase(rolewatch_breaker_transitions_total{${CHOSEN},to="open"}[$__interval])) > 0`, '{{source}}'),
      ],
      atLeast: '1m',
      nothing: 'none',
    }),
  ]
}
