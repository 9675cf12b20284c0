// The dashboard Performance: the API, the database, the queue and the processes.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { printPercent, toNumber } from '../slo/decimal.ts'
import { selector } from '../slo/query.ts'
import type { Filter } from '../slo/spec.ts'
import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { layOut } from './grid.ts'
import { coloursOf } from './palette.ts'
import { lines, meters } from './panels.ts'
import { processes } from './processes.ts'
import { instant, range } from './query.ts'
import { shell } from './shell.ts'
import { boundSteps, budgetOf, colourOf, findSlo, limitOf } from './tiers.ts'

export function performance(given: Given): Dashboard {
  const rows = [
    { title: 'API', drafts: api(given) },
    { title: 'Résumés', drafts: resumes(given) },
    { title: 'Database and queue', drafts: database(given) },
    { title: 'Processes', drafts: processes(given) },
  ]
  const description =
    'How fast the API answers and how often it fails, what the database and the queue have to carry, and what the processes use.'
  return shell({ name: 'performance', title: 'Performance', description }, layOut('performance', rows, given.concerns))
}

function api({ slos }: Given): Draft[] {
  const [available, quick] = [findSlo(slos, 'api-availability'), findSlo(slos, 'api-latency')]
  if (available.sli.kind !== 'ratio') throw new Error('api-availability is no ratio')
  const { bad, total } = available.sli
  const rate = (events: Filter & { metric: string }) => `sum by (route) (rate(${selector(events.metric, events)}[$__rate_interval]))`
  return [
    lines({
      title: 'Requests',
      description: 'Requests to the API that were answered, by route.',
      unit: 'reqps',
      size: [8, 9],
      queries: [range('sum by (route) (rate(rolewatch_http_request_seconds_count[$__rate_interval]))', '{{route}}')],
      min: 0,
    }),
    lines({
      title: 'Share of requests that fail',
      description: `Requests that count against the objective; the budget is ${printPercent(budgetOf(available))}. Lines: where alerts begin to fire.`,
      unit: 'percentunit',
      size: [8, 9],
      queries: [range(`${rate(bad)} / (${rate(total)} > 0)`, '{{route}}')],
      steps: available.tiers
        .map(({ errorAbove, priority }) => [toNumber(errorAbove), colourOf(priority)] as const)
        .toSorted(([a], [b]) => a - b),
      min: 0,
      reach: 0.02,
    }),
    lines({
      title: 'Time to answer: p95',
      description:
        'The slowest twentieth of answers begins here. Lines: the bound of the objective, and those that tiers shift it to. Points lead to traces.',
      unit: 's',
      size: [8, 9],
      queries: [
        range('histogram_quantile(0.95, sum by (route, le) (rate(rolewatch_http_request_seconds_bucket[$__rate_interval])))', '{{route}}'),
      ],
      steps: boundSteps(quick),
      min: 0,
    }),
    lines({
      title: 'Answers',
      description: 'Requests by the status of their answer.',
      unit: 'reqps',
      size: [12, 7],
      queries: [range('sum by (status) (rate(rolewatch_http_request_seconds_count[$__rate_interval]))', '{{status}}')],
      min: 0,
    }),
    lines({
      title: 'Refused for want of a right',
      description: 'Requests that were refused, by what was wrong with their token, host or origin.',
      unit: 'reqps',
      size: [12, 7],
      queries: [range('sum by (reason) (rate(rolewatch_auth_failures_total[$__rate_interval]))', '{{reason}}')],
      min: 0,
    }),
  ]
}

const quantile = (share: string, metric: string, by: string, name: string) =>
  range(`histogram_quantile(${share}, sum by (${by}) (rate(rolewatch_${metric}_bucket[$__rate_interval])))`, name)

const resumes = ({ slos }: Given): Draft[] => [
  lines({
    title: 'Analysis of a résumé',
    description: 'Time to read a résumé and to match it. Lines: the bound of the objective, and those that tiers shift it to.',
    unit: 's',
    size: [24, 6],
    queries: [quantile('0.5', 'resume_analysis_seconds', 'le', 'p50'), quantile('0.95', 'resume_analysis_seconds', 'le', 'p95')],
    steps: boundSteps(findSlo(slos, 'resume-analysis')),
    min: 0,
    nothing: 'no résumé was analysed',
  }),
]

const database = ({ symptoms, valuesOf }: Given): Draft[] => [
  lines({
    title: 'Answers of PostgreSQL',
    description: 'Time of a probe of the database, which each scrape of metrics makes.',
    unit: 's',
    size: [8, 8],
    queries: [
      quantile('0.5', 'database_seconds', 'probe, le', '{{probe}} p50'),
      quantile('0.95', 'database_seconds', 'probe, le', '{{probe}} p95'),
      quantile('0.99', 'database_seconds', 'probe, le', '{{probe}} p99'),
    ],
    min: 0,
  }),
  lines({
    title: 'Connections',
    description: 'Connections of the pools of all processes by state; who waits for one has no other way.',
    unit: 'none',
    size: [5, 8],
    queries: [range('sum by (state) (rolewatch_database_pool)', '{{state}}')],
    colours: coloursOf(valuesOf('rolewatch_database_pool', 'state')),
    min: 0,
    decimals: 0,
  }),
  lines({
    title: 'Queue',
    description: 'Tasks in the queue by state.',
    unit: 'none',
    size: [6, 8],
    queries: [
      range('max by (queue, state) (rolewatch_queue_jobs)', '{{queue}} {{state}}'),
      range('max(rolewatch_dead_letters)', 'dead letters'),
    ],
    colours: { ...coloursOf(valuesOf('rolewatch_queue_jobs', 'state')), 'dead letters': 'dark-red' },
    min: 0,
    decimals: 0,
  }),
  meters({
    title: 'Free disk',
    description: 'The free share of the volume that holds the database and the archive.',
    unit: 'percentunit',
    size: [5, 8],
    queries: [instant('min by (volume) (rolewatch_disk_free_ratio)', '{{volume}}')],
    calm: 'red',
    steps: [limitOf(symptoms, 'DiskFull'), limitOf(symptoms, 'DiskFilling')].map(([value], position) => [
      value,
      position === 0 ? 'orange' : 'green',
    ]),
    min: 0,
    max: 1,
    decimals: 0,
  }),
]
