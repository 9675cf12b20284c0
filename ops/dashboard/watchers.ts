// Of the dashboard Alert pipeline: Prometheus, Alertmanager, the Watchdog and what arrives of their alerts.

import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { coloursOf } from './palette.ts'
import { bars, lines, stat } from './panels.ts'
import { instant, range } from './query.ts'
import { yesNo } from './words.ts'

export function watchers({ valuesOf }: Given): Draft[] {
  return [...watchdog(), ...ready(), received(valuesOf('rolewatch_alerts_received_total', 'status')), ...prometheus(), ...alertmanager()]
}

const watchdog = (): Draft[] => [
  stat({
    title: 'Watchdog fires',
    description: 'The Watchdog always fires: while it does, rules are evaluated.',
    unit: 'none',
    size: [6, 4],
    queries: [instant('count(ALERTS{alertname="Watchdog",alertstate="firing"}) > bool 0', 'Watchdog')],
    values: yesNo('yes', 'no'),
    calm: 'red',
    steps: [[1, 'green']],
    filled: true,
    nothing: 'no',
    alerts: ['Watchdog'],
  }),
  stat({
    title: 'Watchdog last seen',
    description: 'The time since the Watchdog last came round by Alertmanager: the way of every page.',
    unit: 's',
    size: [6, 4],
    queries: [instant('time() - max(rolewatch_watchdog_last_seen_timestamp_seconds > 0)', 'ago')],
    steps: [
      [300, 'orange'],
      [900, 'red'],
    ],
    nothing: 'never',
    alerts: ['Watchdog'],
  }),
]

const received = (statuses: readonly string[]): Draft =>
  bars({
    title: 'Alerts received',
    description: 'Alerts that Alertmanager handed to Rolewatch.',
    unit: 'none',
    size: [8, 8],
    queries: [range('sum by (status) (increase(rolewatch_alerts_received_total[$__interval])) > 0', '{{status}}')],
    colours: coloursOf(statuses),
    atLeast: '1m',
    nothing: 'none',
  })

/** Whether each can reach the next, and runs with what it was given. */
const ready = (): Draft[] => [
  stat({
    title: 'Alertmanagers',
    description: 'Alertmanagers that Prometheus sends its alerts to.',
    unit: 'none',
    size: [6, 4],
    queries: [instant('max(prometheus_notifications_alertmanagers_discovered)', 'Alertmanagers')],
    calm: 'red',
    steps: [[1, 'green']],
    filled: true,
    nothing: 'none',
  }),
  stat({
    title: 'Configurations',
    description: 'Whether Prometheus and Alertmanager run with the configuration they were given last.',
    unit: 'none',
    size: [6, 4],
    queries: [
      instant('min(prometheus_config_last_reload_successful)', 'Prometheus'),
      instant('min(alertmanager_config_last_reload_successful)', 'Alertmanager'),
    ],
    values: yesNo('as given', 'refused'),
    calm: 'red',
    steps: [[1, 'green']],
    show: 'both',
    nothing: 'unknown',
  }),
]

const prometheus = (): Draft[] => [
  bars({
    title: 'Rules that failed',
    description: 'Evaluations of rules that failed, and turns of groups that were missed. Alerts in them may stay silent.',
    unit: 'none',
    size: [8, 8],
    queries: [
      range('sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[$__interval])) > 0', '{{rule_group}} failed'),
      range('sum by (rule_group) (increase(prometheus_rule_group_iterations_missed_total[$__interval])) > 0', '{{rule_group}} missed'),
    ],
    atLeast: '1m',
    nothing: 'none',
  }),
  lines({
    title: 'Prometheus to Alertmanager',
    description: 'Alerts that Prometheus sent per second, could not send, and threw away; and how full its queue is.',
    unit: 'cps',
    size: [8, 8],
    queries: [
      range('sum(rate(prometheus_notifications_sent_total[$__rate_interval]))', 'sent'),
      range('sum(rate(prometheus_notifications_errors_total[$__rate_interval]))', 'errors'),
      range('sum(rate(prometheus_notifications_dropped_total[$__rate_interval]))', 'dropped'),
    ],
    colours: { sent: 'green', errors: 'orange', dropped: 'red' },
    min: 0,
  }),
  lines({
    title: 'Queue to Alertmanager',
    description: 'How full the queue of alerts is that Prometheus has not sent yet.',
    unit: 'percentunit',
    size: [8, 8],
    queries: [range('max(prometheus_notifications_queue_length / prometheus_notifications_queue_capacity)', 'queue')],
    steps: [[0.5, 'orange']],
    min: 0,
    max: 1,
  }),
]

const alertmanager = (): Draft[] => [
  lines({
    title: 'Alertmanager to people',
    description:
      'Notifications that Alertmanager sent per second by the way they go, and those that failed. Ways that nothing is sent by are left out.',
    unit: 'cps',
    size: [8, 8],
    queries: [
      range('sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) > 0', '{{integration}} sent'),
      range('sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval])) > 0', '{{integration}} failed'),
    ],
    colours: { sent: 'green', failed: 'red' },
    min: 0,
  }),
  lines({
    title: 'Alerts at Alertmanager',
    description: 'Alerts that it holds: active ones are told, suppressed ones are silenced or inhibited.',
    unit: 'none',
    size: [8, 8],
    queries: [range('max by (state) (alertmanager_alerts)', '{{state}}')],
    colours: { active: 'red', suppressed: 'text' },
    min: 0,
    decimals: 0,
  }),
]
