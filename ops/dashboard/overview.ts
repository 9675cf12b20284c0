// The dashboard Overview: is the product well, are its promises kept, and what fires.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Slo } from '../slo/spec.ts'
import type { Given } from './given.ts'
import { layOut, runbookUrl, type Row } from './grid.ts'
import { meters, stat } from './panels.ts'
import { instant, rows } from './query.ts'
import { shell } from './shell.ts'
import { BUDGET_STEPS, sloRow } from './slo-row.ts'
import { table } from './table.ts'
import { yesNo } from './words.ts'

export function overview(given: Given): Dashboard {
  const all: Row[] = [
    { title: 'Health', drafts: [...running(), ...working()] },
    { title: 'Alerts and budgets', drafts: [firing(), budgets()] },
    ...given.slos.toSorted((a, b) => urgency(a).localeCompare(urgency(b))).map(sloRow),
  ]
  const description = 'Is Rolewatch well, does it keep its promises, and how much of each error budget is left.'
  return shell({ name: 'overview', title: 'Overview', description }, layOut('overview', all, given.concerns))
}

/** What somebody is woken for comes first. */
const urgency = ({ slo, tiers }: Slo): string => `${tiers.map(({ priority }) => priority).toSorted()[0] ?? ''} ${slo}`

const running = () => [
  stat({
    title: 'Processes',
    description: 'Each process of Rolewatch that Prometheus knows, and whether it answers.',
    unit: 'none',
    size: [4, 4],
    queries: [instant('up{job="rolewatch"}', '{{instance}}')],
    values: yesNo('up', 'down'),
    calm: 'red',
    steps: [[1, 'green']],
    show: 'both',
    filled: true,
    nothing: 'no target',
  }),
  stat({
    title: 'Version',
    description: 'What runs. Two names stand here while a deploy is going on.',
    unit: 'none',
    size: [4, 4],
    queries: [instant('count by (version, node) (rolewatch_build_info)', '{{version}} on Node {{node}}')],
    calm: 'text',
    show: 'name',
    nothing: 'unknown',
  }),
  stat({
    title: 'Database',
    description: 'Whether PostgreSQL answered every process within the last five minutes.',
    unit: 'none',
    size: [3, 4],
    queries: [instant('min(sum by (instance) (increase(rolewatch_database_seconds_count{probe="ping"}[5m])) > bool 0)', 'PostgreSQL')],
    values: yesNo('answers', 'silent'),
    calm: 'red',
    steps: [[1, 'green']],
    filled: true,
    nothing: 'unknown',
  }),
  stat({
    title: 'Alerts firing',
    description: 'Alerts that fire now, without the Watchdog, which always does.',
    unit: 'none',
    size: [3, 4],
    queries: [instant('count(ALERTS{alertstate="firing",alertname!="Watchdog"}) or vector(0)', 'firing')],
    steps: [[1, 'red']],
    filled: true,
  }),
]

const working = () => [
  stat({
    title: 'Jobs scraped in 24 h',
    description: 'Postings that were seen for the first time within the last 24 hours.',
    unit: 'locale',
    size: [4, 4],
    queries: [instant('sum(increase(rolewatch_postings_total{change="opened"}[24h]))', 'new postings')],
    calm: 'blue',
    decimals: 0,
    more: 'business',
  }),
  stat({
    title: 'Active scrapers',
    description: 'Sources of which at least one board was visited within the last hour.',
    unit: 'none',
    size: [3, 4],
    queries: [
      instant('count(sum by (source) (increase(rolewatch_scrape_runs_total{outcome!="skipped"}[1h])) > 0) or vector(0)', 'sources'),
    ],
    calm: 'red',
    steps: [[1, 'green']],
    more: 'scrapers',
  }),
  stat({
    title: 'Dead letters',
    description: 'Tasks of the queue that failed for good, and wait for a person.',
    unit: 'none',
    size: [3, 4],
    queries: [instant('max(rolewatch_dead_letters)', 'dead letters')],
    steps: [[1, 'orange']],
  }),
]

const firing = () =>
  table({
    title: 'Firing now',
    description: 'Every alert that fires, with its runbook behind its name.',
    unit: 'none',
    size: [14, 10],
    queries: [rows('ALERTS{alertstate="firing",alertname!="Watchdog"}')],
    nothing: '–',
    columns: [
      { field: 'priority', title: 'Priority' },
      { field: 'alertname', title: 'Alert', link: { title: 'Runbook', url: runbookUrl('${__value.raw}') } },
      { field: 'slo', title: 'SLO' },
      { field: 'source', title: 'Source' },
      { field: 'channel', title: 'Channel' },
      { field: 'owner', title: 'Owner' },
    ],
  })

const budgets = () =>
  meters({
    title: 'Error budgets',
    description: 'What is left of the error budget of each SLO, of the worst of its sources or channels.',
    unit: 'percentunit',
    size: [10, 10],
    min: 0,
    max: 1,
    queries: [instant('sort(min by (slo) (slo:error_budget:remaining_ratio))', '{{slo}}')],
    calm: 'red',
    steps: BUDGET_STEPS,
    decimals: 0,
    nothing: 'nothing is measured',
  })
