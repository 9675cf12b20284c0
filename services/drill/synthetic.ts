// Drills whose cause cannot be brought about on a laptop in seconds: a made-up metric says that it is there, and the alert must come.

import type { Series } from '../../ops/sandbox/exporter.ts'
import type { AlertDrill, Need } from './drill.ts'

/** What everything was like that the runbook looked at, however bad the metric. */
const LEFT_TO_PEOPLE = {
  verdict: ['healthy', 'inconclusive', 'degraded', 'broken'],
  ending: 'asks a person',
  outcome: ['healthy', 'inconclusive', 'suggested'],
} as const

interface Draft {
  name: string
  alert: string
  labels?: Readonly<Record<string, string>>
  about: string
  needs?: readonly Need[]
  series: readonly Series[]
}

function synthetic({ series, needs = [], ...draft }: Draft): AlertDrill {
  return {
    ...draft,
    kind: 'synthetic',
    mode: 'suggest',
    needs,
    inject: async ({ exporter }) => exporter.put(draft.name, series),
    repair: async ({ exporter }) => exporter.take(draft.name),
    expected: LEFT_TO_PEOPLE,
  }
}

/** A histogram whose observations all lie between two bounds. @param perSecond how many are made */
function latencies(name: string, labels: string, perSecond: number, below: readonly string[], above: readonly string[]): Series[] {
  const bucket = (le: string, rate: number): Series => ({ name: `${name}_bucket{${labels}le="${le}"}`, value: 0, perSecond: rate })
  const count = `${name}_count${labels === '' ? '' : `{${labels.replace(/,$/, '')}}`}`
  return [
    ...below.map((le) => bucket(le, 0)),
    ...[...above, '+Inf'].map((le) => bucket(le, perSecond)),
    { name: count, value: 0, perSecond },
  ]
}

const API = 'method="GET",route="/api/v1/postings",status="200",'
const apiCount = (status: string, perSecond: number): Series => ({
  name: `rolewatch_http_request_seconds_count{method="GET",route="/api/v1/postings",status="${status}"}`,
  value: 0,
  perSecond,
})
const gauge = (name: string, value: number): Series => ({ name, value })
const DAYS = 86_400

const restore = (name: string, kind: string, slow: boolean): Draft => ({
  name,
  alert: `${kind === 'disaster' ? 'Disaster' : ''}Restore${slow ? 'TooSlow' : 'LosesData'}`,
  labels: { kind },
  about: `the last ${kind} drill ${slow ? 'took twice the time that was promised' : 'lost twice the data that is allowed'}`,
  series: [
    gauge(
      `rolewatch_restore_drill_${slow ? '' : 'data_loss_'}seconds{kind="${kind}"}`,
      kind === 'disaster' ? (slow ? 7200 : 2 * DAYS) : slow ? 600 : 1800,
    ),
  ],
})

const drafts: readonly Draft[] = [
  {
    name: 'api-errors-some',
    alert: 'ApiErrorsRaised',
    about: 'seven requests in a thousand are answered with 500',
    needs: ['api-errors'],
    series: [apiCount('200', 1000), apiCount('500', 7)],
  },
  {
    name: 'api-errors-many',
    alert: 'ApiErrorsHigh',
    about: 'one request in five is answered with 500',
    needs: ['api-errors'],
    series: [apiCount('200', 800), apiCount('500', 200)],
  },
  {
    name: 'api-slow',
    alert: 'ApiSlow',
    about: 'every request takes a second',
    needs: ['api-latency'],
    series: latencies('rolewatch_http_request_seconds', API, 100, ['0.4', '0.8'], ['1.6']),
  },
  {
    name: 'api-very-slow',
    alert: 'ApiVerySlow',
    about: 'every request takes three seconds',
    needs: ['api-latency'],
    series: latencies('rolewatch_http_request_seconds', API, 100, ['0.4', '0.8', '1.6'], ['5']),
  },
  {
    name: 'resume-slow',
    alert: 'ResumeAnalysisSlow',
    about: 'every résumé takes ten seconds',
    needs: ['resumes'],
    series: latencies('rolewatch_resume_analysis_seconds', '', 10, ['5', '8'], ['12']),
  },
  {
    name: 'resume-very-slow',
    alert: 'ResumeAnalysisVerySlow',
    about: 'every résumé takes twenty seconds',
    needs: ['resumes'],
    series: latencies('rolewatch_resume_analysis_seconds', '', 10, ['5', '8', '12'], ['30']),
  },
  {
    name: 'canary-slow',
    alert: 'CanarySlow',
    labels: { channel: 'slack' },
    about: 'canaries take a minute to come through',
    series: latencies('rolewatch_canary_round_trip_seconds', 'channel="slack",', 2, ['30'], ['60']),
  },
  {
    name: 'drills-late',
    alert: 'DetectionTooSlow',
    labels: { kind: 'outage' },
    about: 'outages are told of half an hour late',
    series: latencies('rolewatch_detection_seconds', 'kind="outage",', 1, ['900'], ['1800']),
  },
  restore('rollback-slow', 'rollback', true),
  restore('rollback-loses', 'rollback', false),
  restore('disaster-slow', 'disaster', true),
  restore('disaster-loses', 'disaster', false),
  {
    name: 'restore-untried',
    alert: 'RestoreDrillOverdue',
    labels: { kind: 'rollback' },
    about: 'the last restore was tried in another century',
    series: [gauge('rolewatch_restore_drill_last_success_timestamp_seconds{kind="rollback"}', 1000)],
  },
  {
    name: 'disk-filling',
    alert: 'DiskFilling',
    labels: { volume: 'disk-filling' },
    about: 'an eighth of the disk is free',
    series: [gauge('rolewatch_disk_free_ratio{volume="disk-filling"}', 0.125)],
  },
  {
    name: 'disk-full',
    alert: 'DiskFull',
    labels: { volume: 'disk-full' },
    about: 'a twentieth of the disk is free',
    series: [gauge('rolewatch_disk_free_ratio{volume="disk-full"}', 0.05)],
  },
  {
    name: 'memory',
    alert: 'MemoryHigh',
    about: 'a process holds 2 GiB',
    series: [gauge('process_resident_memory_bytes', 2 ** 31)],
  },
  {
    name: 'event-loop',
    alert: 'EventLoopSlow',
    about: 'one turn of the event loop in a hundred is 0.9 s late',
    series: [gauge('nodejs_eventloop_lag_p99_seconds', 0.9)],
  },
  {
    name: 'database-slow',
    alert: 'PostgresSlow',
    about: 'PostgreSQL answers every probe in more than 0.1 s',
    needs: ['postgres'],
    series: latencies('rolewatch_database_seconds', 'probe="ping",', 100, ['0.1'], ['0.5']),
  },
  {
    name: 'database-silent',
    alert: 'PostgresSilent',
    about: 'PostgreSQL answers no probe of one process any more',
    needs: ['postgres'],
    series: [{ name: 'rolewatch_database_seconds_count{probe="ping"}', value: 5 }],
  },
  {
    name: 'alerts-to-nobody',
    alert: 'PrometheusNoAlertmanager',
    about: 'a Prometheus knows no Alertmanager',
    series: [gauge('prometheus_notifications_alertmanagers_discovered', 0)],
  },
]

export const syntheticDrills: readonly AlertDrill[] = drafts.map(synthetic)
