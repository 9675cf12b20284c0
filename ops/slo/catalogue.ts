// The closed world: every series that a rule may read, by the name it has in PromQL.

import { createMetrics, type Declaration } from '../metrics.ts'

const TARGET = ['job', 'instance'] as const

const foreign = (
  name: string,
  type: 'counter' | 'gauge',
  labels: readonly string[] = [],
  values: Readonly<Record<string, readonly string[]>> = {},
): Declaration => ({ name, type, labels: [...TARGET, ...labels], buckets: [], values })

/** What Prometheus adds to each scrape, and says of its rules and of itself. `rule_group` is the file, a semicolon and the group. */
const FROM_PROMETHEUS: readonly Declaration[] = [
  foreign('up', 'gauge'),
  {
    name: 'ALERTS',
    type: 'gauge',
    labels: ['alertname', 'alertstate', 'severity', 'priority', 'owner', 'slo', 'source', 'channel', 'kind', 'integration'],
    buckets: [],
    values: { alertstate: ['pending', 'firing'], severity: ['page', 'ticket', 'none'], priority: ['P0', 'P1', 'P2', 'P3'] },
  },
  foreign('prometheus_config_last_reload_successful', 'gauge'),
  foreign('prometheus_notifications_alertmanagers_discovered', 'gauge'),
  foreign('prometheus_notifications_dropped_total', 'counter'),
  foreign('prometheus_notifications_errors_total', 'counter', ['alertmanager']),
  foreign('prometheus_notifications_sent_total', 'counter', ['alertmanager']),
  foreign('prometheus_notifications_queue_length', 'gauge'),
  foreign('prometheus_notifications_queue_capacity', 'gauge'),
  foreign('prometheus_rule_evaluation_failures_total', 'counter', ['rule_group']),
  foreign('prometheus_rule_evaluations_total', 'counter', ['rule_group']),
  foreign('prometheus_rule_group_iterations_missed_total', 'counter', ['rule_group']),
  foreign('prometheus_rule_group_iterations_total', 'counter', ['rule_group']),
  foreign('prometheus_rule_group_last_duration_seconds', 'gauge', ['rule_group']),
  foreign('prometheus_tsdb_head_series', 'gauge'),
  foreign('prometheus_tsdb_head_samples_appended_total', 'counter'),
  // A summary: its quantiles are read like gauges.
  foreign('prometheus_target_interval_length_seconds', 'gauge', ['interval', 'quantile'], {
    quantile: ['0.01', '0.05', '0.5', '0.9', '0.99'],
  }),
]

/** What Alertmanager says of itself. Since 0.26 a failed notification also has a `reason`. */
const FROM_ALERTMANAGER: readonly Declaration[] = [
  foreign('alertmanager_alerts', 'gauge', ['state'], { state: ['active', 'suppressed', 'unprocessed'] }),
  foreign('alertmanager_alerts_received_total', 'counter', ['status', 'version'], { status: ['firing', 'resolved'] }),
  foreign('alertmanager_config_last_reload_successful', 'gauge'),
  foreign('alertmanager_notifications_total', 'counter', ['integration']),
  foreign('alertmanager_notifications_failed_total', 'counter', ['integration']),
  foreign('alertmanager_notification_requests_total', 'counter', ['integration']),
  foreign('alertmanager_notification_requests_failed_total', 'counter', ['integration']),
  foreign('alertmanager_silences', 'gauge', ['state'], { state: ['active', 'expired', 'pending'] }),
]

export interface Series {
  readonly name: string
  readonly declaration: Declaration
  /** `value` of a gauge, `total` of a counter, or the part of a histogram. */
  readonly part: 'value' | 'total' | 'bucket' | 'count' | 'sum'
  /** With `le` for buckets. */
  readonly labels: readonly string[]
}

export type Catalogue = ReadonlyMap<string, Series>

/** Reads the declarations; sources and queues are stand-ins, since rules must hold for whatever there is. */
export async function openCatalogue(): Promise<Catalogue> {
  const metrics = createMetrics({ sources: ['ashby', 'greenhouse'], queues: ['visit'], version: '0' })
  return catalogueOf([...(await metrics.declarations()), ...FROM_PROMETHEUS, ...FROM_ALERTMANAGER])
}

export function catalogueOf(declarations: readonly Declaration[]): Catalogue {
  return new Map(declarations.flatMap(seriesOf).map((series) => [series.name, series]))
}

function seriesOf(declaration: Declaration): Series[] {
  const { name, type, labels } = declaration
  if (type !== 'histogram') return [{ name, declaration, part: type === 'counter' ? 'total' : 'value', labels }]
  return [
    { name: `${name}_bucket`, declaration, part: 'bucket', labels: [...labels, 'le'] },
    { name: `${name}_count`, declaration, part: 'count', labels },
    { name: `${name}_sum`, declaration, part: 'sum', labels },
  ]
}
