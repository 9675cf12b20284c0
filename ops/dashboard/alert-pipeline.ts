// The dashboard Alert pipeline: whether people, and whoever is on call, hear of things in time.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { layOut } from './grid.ts'
import { coloursOf } from './palette.ts'
import { bars, lines, stat } from './panels.ts'
import { instant, range, type Query } from './query.ts'
import { shell } from './shell.ts'
import { boundSteps, findSlo, limitOf } from './tiers.ts'
import { watchers } from './watchers.ts'

export function alertPipeline(given: Given): Dashboard {
  const rows = [
    { title: 'Delivery', drafts: delivery(given) },
    { title: 'Outbox and channels', drafts: [...outbox(given), ...channels(given)] },
    { title: 'Canary', drafts: canary(given) },
    { title: 'Who watches the watchers', drafts: watchers(given) },
  ]
  const description =
    'From a posting to a message, and from a rule to whoever is on call: how long it takes, what waits, what fails, and whether the whole chain still works.'
  return shell({ name: 'alert-pipeline', title: 'Alert pipeline', description }, layOut('alert-pipeline', rows, given.concerns))
}

const quantiles = (metric: string, by = 'channel'): Query[] =>
  [
    ['0.5', 'p50'],
    ['0.95', 'p95'],
    ['0.99', 'p99'],
  ].map(([share, name]) =>
    range(`histogram_quantile(${share}, sum by (${by}, le) (rate(${metric}_bucket[$__rate_interval])))`, `{{${by}}} ${name}`),
  )

const delivery = ({ slos }: Given): Draft[] => [
  lines({
    title: 'Time to tell',
    description:
      "From the commit of a posting to the channel's answer. Lines: the objective's bound, and those that tiers shift it to. Points are single messages: each leads to its trace.",
    unit: 's',
    size: [14, 9],
    queries: quantiles('rolewatch_alert_delivery_seconds'),
    steps: boundSteps(findSlo(slos, 'alert-delivery')),
    min: 0,
  }),
  lines({
    title: 'Time to detect',
    description:
      'From the first thing that a drill broke to the alert that told of it, at the worst in a day. The line is what was promised.',
    unit: 's',
    size: [10, 9],
    queries: [range('histogram_quantile(1, sum by (kind, le) (increase(rolewatch_detection_seconds_bucket[1d]))) >= 0', '{{kind}}')],
    steps: boundSteps(findSlo(slos, 'detection')),
    min: 0,
    nothing: 'no drill',
  }),
]

const outbox = ({ symptoms }: Given): Draft[] => [
  lines({
    title: 'Oldest notification that waits',
    description: 'What is never delivered is in no latency: the age of the oldest that is due tells of it. Lines: where alerts fire.',
    unit: 's',
    size: [8, 8],
    queries: [range('max by (channel) (rolewatch_outbox_oldest_seconds)', '{{channel}}')],
    steps: [limitOf(symptoms, 'OutboxSlow'), limitOf(symptoms, 'OutboxStuck')],
    min: 0,
  }),
  lines({
    title: 'Notifications that wait',
    description: 'Notifications that are not delivered yet.',
    unit: 'none',
    size: [4, 8],
    queries: [range('max by (channel) (rolewatch_outbox_pending)', '{{channel}}')],
    min: 0,
    decimals: 0,
  }),
]

function channels({ valuesOf }: Given): Draft[] {
  const counted = (title: string, description: string, metric: string, width: number) =>
    bars({
      title,
      description,
      unit: 'none',
      size: [width, 8],
      queries: [range(`sum by (channel, outcome) (increase(${metric}[$__interval])) > 0`, '{{channel}} {{outcome}}')],
      colours: coloursOf(valuesOf(metric, 'outcome')),
      atLeast: '1m',
      nothing: 'none',
    })
  return [
    counted('Notifications', 'What became of what people were to be told.', 'rolewatch_notifications_total', 6),
    counted('Messages', "The channels' answers: one message carries many notifications.", 'rolewatch_messages_total', 6),
  ]
}

function canary({ valuesOf }: Given): Draft[] {
  return [
    stat({
      title: 'Last canary',
      description: 'The time since a canary posting last came through. Two in a row that did not are an alert.',
      unit: 's',
      size: [4, 8],
      queries: [instant('time() - max by (channel) (rolewatch_canary_last_success_timestamp_seconds)', '{{channel}}')],
      show: 'both',
      nothing: 'never',
    }),
    lines({
      title: 'Round trip of the canary',
      description: "From a canary posting to the channel's answer: the way that every job alert goes.",
      unit: 's',
      size: [10, 8],
      queries: quantiles('rolewatch_canary_round_trip_seconds'),
      min: 0,
    }),
    bars({
      title: 'Rounds of the canary',
      description: 'How the rounds of the canary ended.',
      unit: 'none',
      size: [10, 8],
      queries: [range('sum by (channel, outcome) (increase(rolewatch_canary_rounds_total[$__interval])) > 0', '{{channel}} {{outcome}}')],
      colours: coloursOf(valuesOf('rolewatch_canary_rounds_total', 'outcome')),
      atLeast: '1m',
      nothing: 'no canary',
    }),
  ]
}
