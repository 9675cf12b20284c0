// Every metric of the product, declared once, in a registry of its own, with labels from closed sets only.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type LabelValues, type OpenMetricsContentType } from 'prom-client'

export const STAGES = ['fetch', 'parse', 'normalise', 'dedupe', 'store', 'match', 'notify'] as const
export type StageName = (typeof STAGES)[number]

export const OUTCOMES = [
  'ok',
  'unchanged',
  'empty_verified',
  'empty_suspect',
  'partial',
  'drift',
  'blocked',
  'throttled',
  'gone',
  'timeout',
  'network',
  'server_error',
  'rejected',
  'skipped',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

export const CHANGES = ['opened', 'changed', 'closed', 'reopened'] as const
export const REJECTIONS = ['missing_field', 'wrong_type', 'duplicate_id', 'unlisted'] as const
export const GUARDS = ['drop', 'repeated_page', 'page_cap', 'daily_cap'] as const
export const CHANNELS = ['slack', 'email'] as const
/** `uncertain`: the channel gave no answer, so sending again might tell people twice. */
export const NOTIFICATION_OUTCOMES = ['delivered', 'retried', 'failed', 'uncertain'] as const
export const FIELDS = [
  'posted_at',
  'places',
  'country',
  'work_mode',
  'pay',
  'department',
  'employment_type',
  'description',
  'level',
] as const
export const QUEUE_STATES = ['ready', 'active', 'deferred', 'failed'] as const
/** How a canary's round ended; `late` when its time was over before the channel answered. */
export const CANARY_OUTCOMES = ['delivered', 'late', 'failed'] as const
/** What Alertmanager says of an alert that it sends us. */
export const ALERT_STATUSES = ['firing', 'resolved'] as const
/** What a drill breaks, to see how long its alert takes. */
export const DETECTIONS = ['outage', 'drift'] as const
/** What a restore drill stands for: taking back a bad change, or beginning anew from the backup. */
export const DRILLS = ['rollback', 'disaster'] as const
export const VOLUMES = ['data'] as const
/** How a run of a runbook ended. `unmended`: what was done is taken back; `interrupted`: killed in the middle of a change that no transaction holds. */
export const RUNBOOK_OUTCOMES = [
  'healthy',
  'suggested',
  'mended',
  'unmended',
  'inconclusive',
  'refused',
  'rejected',
  'expired',
  'failed',
  'interrupted',
  'dry_run',
] as const
export type RunbookOutcome = (typeof RUNBOOK_OUTCOMES)[number]
/** Where the time of a run goes. */
export const RUNBOOK_PHASES = ['queued', 'diagnosing', 'waiting', 'executing', 'verifying', 'undoing'] as const
export const AUTH_FAILURES = ['missing', 'unknown', 'revoked', 'scope', 'host', 'origin'] as const

/** Label values that the product knows and this room does not. */
export interface ClosedSets {
  sources: readonly string[]
  queues: readonly string[]
  version: string
  /** Alerts that have a runbook. */
  runbooks?: readonly string[]
  /** False: without those of the process, which another registry of it has. */
  process?: boolean
}

/** A metric as rules, tests and dashboards may use it. */
export interface Declaration {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** Upper bounds, of a histogram alone. */
  readonly buckets: readonly number[]
  /** Label → the values that exist from the start; a label that is missing here is open: its values come with what happens. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

/** One value of a series, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Series, by the names that they have in PromQL → their samples. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Declares the metrics and puts every label set that will exist at 0, so that "never happened" is a value and not an absence.
 * Histogram series start with outcome `ok` alone; their other outcomes appear when they happen.
 */
export function createMetrics(sets: ClosedSets) {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const registers = [registry]
  const P = 'rolewatch_'
  if (sets.process !== false) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 })

  const declared = new Map<string, { labels: readonly string[]; buckets: readonly number[] }>()
  const config = <L extends string>(name: string, help: string, labels: readonly L[], buckets: readonly number[] = []) => {
    declared.set(P + name, { labels, buckets })
    return { name: P + name, help, labelNames: [...labels], registers }
  }
  const counter = <L extends string>(name: string, help: string, labels: readonly L[]) => new Counter(config(name, help, labels))
  const gauge = <L extends string>(name: string, help: string, labels: readonly L[]) => new Gauge(config(name, help, labels))
  const histogram = <L extends string>(name: string, help: string, labels: readonly L[], buckets: number[]) =>
    withPlainObserve(new Histogram({ ...config(name, help, labels, buckets), buckets, enableExemplars: true }))

  const m = {
    scrapeRuns: counter('scrape_runs_total', 'Visits to boards by how they ended.', ['source', 'outcome']),
    stageSeconds: histogram(
      'stage_seconds',
      'Time spent in one stage of one run.',
      ['stage', 'source', 'outcome'],
      [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    ),
    postings: counter('postings_total', 'Postings by what happened to them.', ['source', 'change']),
    postingsRejected: counter('postings_rejected_total', 'Entries of a page that did not become postings.', ['source', 'reason']),
    postingsRead: counter('postings_read_total', 'Entries of pages that were read, those that did not become postings included.', [
      'source',
    ]),
    payUnknown: counter('pay_unknown_total', 'Pay bands kept without an annual figure, by what is not known.', ['source', 'reason']),
    guardRefusals: counter('guard_refusals_total', 'Times a guard kept a run from closing postings or going on.', ['source', 'guard']),
    quarantined: counter('pages_quarantined_total', 'Pages set aside because they could not be read.', ['source']),
    pages: counter('pages_total', 'Pages fetched.', ['source']),
    pageBytes: counter('page_bytes_total', 'Bytes of page bodies received, after decompression.', ['source']),
    attempts: counter('fetch_attempts_total', 'Requests sent, retries included.', ['source', 'status']),
    retries: counter('fetch_retries_total', 'Requests sent again after a failure that may pass.', ['source', 'reason']),
    lastSuccess: gauge('source_last_success_timestamp_seconds', 'When a board of this source was last read completely.', ['source']),
    expectedInterval: gauge('source_expected_interval_seconds', 'The shortest cadence among the boards of this source.', ['source']),
    coverage: gauge('field_coverage_ratio', 'Share of open postings that have this field.', ['source', 'field']),
    boards: gauge('boards', 'Boards by the outcome of their last visit.', ['source', 'outcome']),
    openPostings: gauge('open_postings', 'Postings open now.', ['source']),
    activeRuns: gauge('active_runs', 'Visits going on now in this process.', ['source']),
    breakerState: gauge('breaker_state', '1 for the state the breaker is in: the worst among the hosts of the source.', [
      'source',
      'state',
    ]),
    breakerTransitions: counter('breaker_transitions_total', 'Changes of a breaker, by the state it went to.', ['source', 'to']),
    paceWaitSeconds: histogram(
      'pace_wait_seconds',
      'Time a request waited for its turn at its host.',
      ['source'],
      [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
    ),
    httpRequestSeconds: histogram(
      'http_request_seconds',
      'Time to answer a request to the API.',
      ['method', 'route', 'status'],
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5],
    ),
    authFailures: counter('auth_failures_total', 'Requests refused for want of the right to make them.', ['reason']),
    matches: counter('matches_total', 'Postings that fitted a saved search.', ['source']),
    notifications: counter('notifications_total', 'Notifications by what became of them.', ['channel', 'outcome']),
    messages: counter('messages_total', 'Messages sent; one carries many notifications.', ['channel', 'outcome']),
    opsMessages: counter('ops_messages_total', 'Messages to the people on call, by what became of them.', ['channel', 'outcome']),
    alertDeliverySeconds: histogram(
      'alert_delivery_seconds',
      "From the commit of the posting to the channel's answer.",
      ['channel'],
      [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 600],
    ),
    outboxOldest: gauge('outbox_oldest_seconds', 'Age of the oldest notification that is due and not delivered; 0 when there is none.', [
      'channel',
    ]),
    outboxPending: gauge('outbox_pending', 'Notifications waiting to be delivered.', ['channel']),
    queueJobs: gauge('queue_jobs', 'Tasks in the queue by state.', ['queue', 'state']),
    deadLetters: gauge('dead_letters', 'Tasks that failed for good and wait for a person.', []),
    databaseSeconds: histogram('database_seconds', 'Time of one database probe.', ['probe'], [0.001, 0.005, 0.02, 0.1, 0.5, 2]),
    databasePool: gauge('database_pool', 'Connections of the pool by state.', ['state']),
    resumeAnalysisSeconds: histogram(
      'resume_analysis_seconds',
      'Time to read a resume and to match it.',
      [],
      [0.1, 0.25, 0.5, 1, 2.5, 5, 8, 12, 30, 60],
    ),
    canaryRoundTripSeconds: histogram(
      'canary_round_trip_seconds',
      "From a canary posting to the channel's answer.",
      ['channel'],
      [1, 2, 5, 10, 30, 60, 120, 300, 600],
    ),
    canaryRounds: counter('canary_rounds_total', 'Rounds of the canary by how they ended.', ['channel', 'outcome']),
    canaryLastSuccess: gauge('canary_last_success_timestamp_seconds', 'When a canary posting last came through.', ['channel']),
    canaryExpectedInterval: gauge('canary_expected_interval_seconds', 'How often a canary is sent; absent where there is none.', [
      'channel',
    ]),
    alertsReceived: counter('alerts_received_total', 'Alerts received from Alertmanager.', ['status']),
    watchdogLastSeen: gauge('watchdog_last_seen_timestamp_seconds', 'When the Watchdog last came round by Alertmanager.', []),
    detectionSeconds: histogram(
      'detection_seconds',
      'From the first thing that a drill broke to the alert that tells of it.',
      ['kind'],
      [30, 60, 120, 300, 600, 900, 1800, 3600],
    ),
    restoreDrill: gauge('restore_drill_seconds', 'How long the last restore drill took, up to the first answered search.', ['kind']),
    restoreDrillLoss: gauge('restore_drill_data_loss_seconds', 'How much time before the break the last restore drill lost.', ['kind']),
    restoreDrillSuccess: gauge('restore_drill_last_success_timestamp_seconds', 'When a restore drill last succeeded.', ['kind']),
    runbookRuns: counter('runbook_runs_total', 'Runs of runbooks by how they ended.', ['runbook', 'outcome']),
    runbookSeconds: histogram(
      'runbook_seconds',
      'Time that a run of a runbook spent in one phase.',
      ['phase'],
      [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 900, 3600],
    ),
    timeToMitigateSeconds: histogram(
      'time_to_mitigate_seconds',
      'From the opening of an incident to the look that found it mended by its runbook.',
      [],
      [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 14_400],
    ),
    diskFree: gauge('disk_free_ratio', 'Free share of the volume that holds this.', ['volume']),
    buildInfo: gauge('build_info', 'Always 1; its labels say what runs.', ['version', 'node']),
  }

  for (const source of sets.sources) {
    for (const outcome of OUTCOMES) {
      m.scrapeRuns.inc({ source, outcome }, 0)
      m.boards.set({ source, outcome }, 0)
    }
    for (const change of CHANGES) m.postings.inc({ source, change }, 0)
    for (const reason of REJECTIONS) m.postingsRejected.inc({ source, reason }, 0)
    for (const reason of ['currency_unknown', 'period_unknown']) m.payUnknown.inc({ source, reason }, 0)
    for (const guard of GUARDS) m.guardRefusals.inc({ source, guard }, 0)
    for (const stage of STAGES) m.stageSeconds.zero({ stage, source, outcome: 'ok' })
    for (const to of BREAKER_STATES) {
      m.breakerTransitions.inc({ source, to }, 0)
      m.breakerState.set({ source, state: to }, to === 'closed' ? 1 : 0)
    }
    for (const status of ['2xx', '3xx', '4xx', '5xx', 'none']) m.attempts.inc({ source, status }, 0)
    for (const reason of ['throttled', 'server_error', 'timeout', 'network']) m.retries.inc({ source, reason }, 0)
    for (const one of [m.postingsRead, m.quarantined, m.pages, m.pageBytes, m.matches]) one.inc({ source }, 0)
    for (const one of [m.openPostings, m.activeRuns]) one.set({ source }, 0)
    m.paceWaitSeconds.zero({ source })
  }
  for (const channel of CHANNELS) {
    for (const outcome of NOTIFICATION_OUTCOMES) {
      m.notifications.inc({ channel, outcome }, 0)
      m.messages.inc({ channel, outcome }, 0)
      m.opsMessages.inc({ channel, outcome }, 0)
    }
    m.alertDeliverySeconds.zero({ channel })
    m.outboxOldest.set({ channel }, 0)
    m.outboxPending.set({ channel }, 0)
  }
  for (const queue of sets.queues) for (const state of QUEUE_STATES) m.queueJobs.set({ queue, state }, 0)
  for (const state of ['used', 'free', 'waiting']) m.databasePool.set({ state }, 0)
  for (const reason of AUTH_FAILURES) m.authFailures.inc({ reason }, 0)
  m.canaryRoundTripSeconds.zero({ channel: 'slack' })
  for (const outcome of CANARY_OUTCOMES) m.canaryRounds.inc({ channel: 'slack', outcome }, 0)
  for (const status of ALERT_STATUSES) m.alertsReceived.inc({ status }, 0)
  for (const kind of DETECTIONS) m.detectionSeconds.zero({ kind })
  m.resumeAnalysisSeconds.zero({})
  for (const runbook of sets.runbooks ?? []) for (const outcome of RUNBOOK_OUTCOMES) m.runbookRuns.inc({ runbook, outcome }, 0)
  for (const phase of RUNBOOK_PHASES) m.runbookSeconds.zero({ phase })
  m.timeToMitigateSeconds.zero({})
  m.deadLetters.set(0)
  m.databaseSeconds.zero({ probe: 'ping' })
  m.buildInfo.set({ version: sets.version, node: process.versions.node }, 1)

  const collectors: { collect: () => Promise<void> | void; serves: readonly string[] | undefined }[] = []
  return {
    ...m,
    /**
     * Adds work to be done before each exposition, for gauges that are read from elsewhere. Work that is too dear to be done for the
     * sake of others names the metrics that it `serves`.
     */
    onCollect(collect: () => Promise<void> | void, serves?: readonly string[]): void {
      collectors.push({ collect, serves })
    },
    /** These series as they are now, by the names that they have in PromQL. */
    async samples(names: Iterable<string>): Promise<Samples> {
      const wanted = new Set(names)
      const needed = collectors.filter(({ serves }) => !serves || serves.some((name) => wanted.has(name)))
      await Promise.all(needed.map(async ({ collect }) => collect()))
      const found = new Map<string, Sample[]>([...wanted].map((name) => [name, []]))
      for (const [base] of declared) {
        if (!['', '_bucket', '_count', '_sum'].some((part) => wanted.has(base + part))) continue
        const read = (await registry.getSingleMetric(base)?.get()) as { values: (Sample & { metricName?: string })[] } | undefined
        for (const { metricName, labels, value } of read?.values ?? [])
          found.get(metricName ?? base)?.push({ labels: asTexts(labels), value })
      }
      return found
    },
    /** The exposition: OpenMetrics with exemplars, or the older text format when the reader does not ask for OpenMetrics. */
    async expose(accept: string | undefined): Promise<{ contentType: string; body: string }> {
      await Promise.all(collectors.map(async ({ collect }) => collect()))
      const body = await registry.metrics()
      if (accept?.includes('application/openmetrics-text')) return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body }
      return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: asPrometheusText(body) }
    },
    /** Every metric with its labels and buckets; those of the library are declared without labels, which rules have no use for. */
    async declarations(): Promise<Declaration[]> {
      const metrics = await registry.getMetricsAsJSON()
      return metrics.map(({ name: told, type, values: samples }) => {
        // An exposition takes the end of their names from the library's counters, for good.
        const name = `${type}` === 'counter' && !told.endsWith('_total') ? `${told}_total` : told
        const { labels, buckets } = declared.get(name) ?? { labels: [], buckets: [] }
        const seen = labels.map((label) => [label, [...new Set(samples.flatMap((one) => one.labels[label] ?? []).map(String))]] as const)
        const values = Object.fromEntries(seen.filter(([, found]) => found.length > 0))
        return { name, type: `${type}` as Declaration['type'], labels, buckets, values }
      })
    },
    /** One value, for tests and for the health page; 0 when the label set was never used. */
    async value(
      metric: { get(): Promise<{ values: { labels: object; value: number; metricName?: string }[] }> },
      labels: Record<string, string>,
    ): Promise<number> {
      const { values } = await metric.get()
      const found = values.filter((v) =>
        Object.entries(labels).every(([key, value]) => (v.labels as Record<string, unknown>)[key] === value),
      )
      return found.reduce((sum, v) => sum + v.value, 0)
    },
  }
}

/** Bounds of buckets are numbers to prom-client. */
function asTexts(labels: object): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]))
}

/** With exemplars on, prom-client's `observe` takes its object form alone, against its own types: this gives it the plain form back. */
function withPlainObserve<L extends string>(histogram: Histogram<L>): Histogram<L> {
  const observeData = histogram.observe.bind(histogram)
  const both = (first: Parameters<typeof observeData>[0] | LabelValues<L>, value?: number) =>
    observeData(value === undefined ? (first as Parameters<typeof observeData>[0]) : { labels: first as LabelValues<L>, value })
  return Object.assign(histogram, { observe: both as Histogram<L>['observe'] })
}

/** Observes a value with the trace it belongs to, so that a dashboard's point leads to its trace. */
export function observe<L extends string>(
  histogram: Histogram<L>,
  labels: Record<L, string>,
  value: number,
  traceId: string | undefined,
): void {
  if (!traceId) histogram.observe(labels, value)
  // prom-client types exemplar labels as if they were the metric's own.
  else histogram.observe({ labels, value, exemplarLabels: { trace_id: traceId } as never })
}

/** A sample with an exemplar behind its value; label values may hold anything, braces and number signs too. */
const WITH_EXEMPLAR = /^([^\s{]+(?:\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})? \S+) # \{.*$/

/**
 * OpenMetrics text → Prometheus text format 0.0.4: counters get their `_total` back in HELP and TYPE, exemplars and the end mark go.
 * Formats: github.com/prometheus/docs, "Exposition formats"; the OpenMetrics 1.0 specification.
 */
export function asPrometheusText(openMetrics: string): string {
  const lines = openMetrics.split('\n')
  const counters = new Set<string>()
  for (const line of lines) {
    const type = /^# TYPE (\S+) counter$/.exec(line)
    if (type?.[1]) counters.add(type[1])
  }
  const out: string[] = []
  for (const line of lines) {
    if (line === '# EOF') continue
    const head = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (head?.[2] && counters.has(head[2])) out.push(`# ${head[1]} ${head[2]}_total ${head[3]}`)
    else if (line.startsWith('#')) out.push(line)
    else out.push(line.replace(WITH_EXEMPLAR, '$1'))
  }
  return out.join('\n')
}
