// The metrics: everything that can happen has a value from the start, names and labels keep the rules, and both text formats are right.

import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  ALERT_STATUSES,
  asPrometheusText,
  AUTH_FAILURES,
  BREAKER_STATES,
  CANARY_OUTCOMES,
  CHANGES,
  CHANNELS,
  createMetrics,
  DETECTIONS,
  GUARDS,
  NOTIFICATION_OUTCOMES,
  observe,
  OUTCOMES,
  QUEUE_STATES,
  REJECTIONS,
  RUNBOOK_PHASES,
  STAGES,
  type Metrics,
} from '../../ops/metrics.ts'

const SOURCES = ['ashby', 'greenhouse', 'lever']
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const TRACE = '0af7651916cd43dd8448eb211c80319c'

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const fresh = (sources: readonly string[] = SOURCES): Metrics => createMetrics({ sources, queues: ['visit'], version: '1.2.3' })

/** Samples of the text format 0.0.4; a line that is none is an error. */
function readSamples(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name, labels, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`not a sample: ${line}`)
    const pairs = [...(labels ?? '').matchAll(/(\w+)="((?:\\.|[^"\\])*)"(?:,|$)/g)].map(([, key, item]) => [key, item])
    return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value?.replace('Inf', 'Infinity')) }
  })
}

/** The product's own samples. */
const own = (text: string) => readSamples(text).filter((sample) => sample.name.startsWith('rolewatch_'))

function typesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name ?? '', type ?? '']))
}

const product = (...lists: (readonly string[])[]): string[] =>
  lists.reduce<string[]>((sofar, list) => sofar.flatMap((head) => list.map((item) => (head ? `${head} ${item}` : item))), [''])

describe('ops/metrics', () => {
  let start = ''
  before(async () => {
    start = (await fresh().expose(undefined)).body
  })

  describe('at the start', () => {
    const sets: [string, string[], string[]][] = [
      ['scrape_runs_total', ['source', 'outcome'], product(SOURCES, OUTCOMES)],
      ['boards', ['source', 'outcome'], product(SOURCES, OUTCOMES)],
      ['stage_seconds_count', ['source', 'stage', 'outcome'], product(SOURCES, STAGES, ['ok'])],
      ['postings_total', ['source', 'change'], product(SOURCES, CHANGES)],
      ['postings_rejected_total', ['source', 'reason'], product(SOURCES, REJECTIONS)],
      ['postings_read_total', ['source'], SOURCES],
      ['pay_unknown_total', ['source', 'reason'], product(SOURCES, ['currency_unknown', 'period_unknown'])],
      ['guard_refusals_total', ['source', 'guard'], product(SOURCES, GUARDS)],
      ['pages_quarantined_total', ['source'], SOURCES],
      ['pages_total', ['source'], SOURCES],
      ['page_bytes_total', ['source'], SOURCES],
      ['fetch_attempts_total', ['source', 'status'], product(SOURCES, ['2xx', '3xx', '4xx', '5xx', 'none'])],
      ['fetch_retries_total', ['source', 'reason'], product(SOURCES, ['throttled', 'server_error', 'timeout', 'network'])],
      ['open_postings', ['source'], SOURCES],
      ['active_runs', ['source'], SOURCES],
      ['breaker_state', ['source', 'state'], product(SOURCES, BREAKER_STATES)],
      ['breaker_transitions_total', ['source', 'to'], product(SOURCES, BREAKER_STATES)],
      ['pace_wait_seconds_count', ['source'], SOURCES],
      ['auth_failures_total', ['reason'], [...AUTH_FAILURES]],
      ['matches_total', ['source'], SOURCES],
      ['notifications_total', ['channel', 'outcome'], product(CHANNELS, NOTIFICATION_OUTCOMES)],
      ['messages_total', ['channel', 'outcome'], product(CHANNELS, NOTIFICATION_OUTCOMES)],
      ['ops_messages_total', ['channel', 'outcome'], product(CHANNELS, NOTIFICATION_OUTCOMES)],
      ['alert_delivery_seconds_count', ['channel'], [...CHANNELS]],
      ['outbox_oldest_seconds', ['channel'], [...CHANNELS]],
      ['outbox_pending', ['channel'], [...CHANNELS]],
      ['queue_jobs', ['queue', 'state'], product(['visit'], QUEUE_STATES)],
      ['dead_letters', [], ['']],
      ['resume_analysis_seconds_count', [], ['']],
      ['canary_round_trip_seconds_count', ['channel'], ['slack']],
      ['canary_rounds_total', ['channel', 'outcome'], product(['slack'], CANARY_OUTCOMES)],
      ['alerts_received_total', ['status'], [...ALERT_STATUSES]],
      ['detection_seconds_count', ['kind'], [...DETECTIONS]],
      ['database_seconds_count', ['probe'], ['ping']],
      ['runbook_seconds_count', ['phase'], [...RUNBOOK_PHASES]],
      ['time_to_mitigate_seconds_count', [], ['']],
      ['database_pool', ['state'], ['used', 'free', 'waiting']],
    ]
    for (const [name, labels, expected] of sets)
      it(`${name} exists for every ${labels.join(' × ') || 'reader'}`, () => {
        const found = own(start).filter((sample) => sample.name === `rolewatch_${name}`)
        expect(found.map((sample) => labels.map((label) => sample.labels[label]).join(' '))).to.have.members(expected)
      })

    // What is read from the database at each look has no honest value before; a route is known to the API alone; a drill or a
    // runbook that never ran has no result.
    const later = [
      'canary_last_success_timestamp_seconds',
      'watchdog_last_seen_timestamp_seconds',
      'canary_expected_interval_seconds',
      'restore_drill_seconds',
      'restore_drill_data_loss_seconds',
      'restore_drill_last_success_timestamp_seconds',
      'runbook_runs_total',
      'disk_free_ratio',
      'source_last_success_timestamp_seconds',
      'source_expected_interval_seconds',
      'field_coverage_ratio',
      'http_request_seconds',
    ]

    it('nothing else is missing', () => {
      const covered = new Set([...sets.map(([name]) => name.replace(/_count$/, '')), 'build_info', ...later])
      const declared = [...typesOf(start).keys()].filter((name) => name.startsWith('rolewatch_')).map((name) => name.slice(10))
      expect(declared.filter((name) => !covered.has(name))).to.deep.equal([])
    })

    it('has never happened: every value is 0, but the closed breakers and what runs', () => {
      const above = own(start).filter((sample) => sample.value !== 0)
      expect(above.map(({ name, labels, value }) => `${name} ${labels['source'] ?? ''} ${labels['state'] ?? ''} ${value}`)).to.have.members(
        [...SOURCES.map((source) => `rolewatch_breaker_state ${source} closed 1`), 'rolewatch_build_info   1'],
      )
      expect(above.find((sample) => sample.name.endsWith('build_info'))?.labels).to.deep.equal({
        version: '1.2.3',
        node: process.versions.node,
      })
    })

    it('stays under 5,000 series, with three sources and with ten', async () => {
      expect(readSamples(start).length).to.be.lessThan(5000)
      const ten = await fresh(Array.from({ length: 10 }, (_, n) => `source${n}`)).expose(undefined)
      expect(readSamples(ten.body).length).to.be.within(readSamples(start).length, 5000)
    })
  })

  describe('names and labels', () => {
    it('end in _total for counters and for nothing else of ours', () => {
      const types = [...typesOf(start)].filter(([name]) => name.startsWith('rolewatch_'))
      expect(types.length).to.be.greaterThan(25)
      for (const [name, type] of types) expect(name.endsWith('_total'), name).to.equal(type === 'counter')
    })

    it('end in _seconds for every histogram, and in no other unit of time', () => {
      for (const [name, type] of typesOf(start)) {
        if (type === 'histogram') expect(name).to.match(/_seconds$/)
        expect(name).not.to.match(/_(ms|milliseconds|minutes|hours|us)(_|$)/)
      }
    })

    it('have help for each metric', () => {
      for (const name of typesOf(start).keys()) expect(start).to.match(new RegExp(`^# HELP ${name} \\S.*$`, 'm'))
    })

    it('come from closed sets: never a board, a company, an address or a text', () => {
      const closed: Record<string, readonly string[]> = {
        source: SOURCES,
        stage: STAGES,
        outcome: [...OUTCOMES, ...NOTIFICATION_OUTCOMES, ...CANARY_OUTCOMES],
        change: CHANGES,
        reason: [...REJECTIONS, ...AUTH_FAILURES, 'currency_unknown', 'period_unknown', 'throttled', 'server_error', 'timeout', 'network'],
        guard: GUARDS,
        status: ['2xx', '3xx', '4xx', '5xx', 'none', ...ALERT_STATUSES],
        state: [...BREAKER_STATES, ...QUEUE_STATES, 'used', 'free', 'waiting'],
        to: BREAKER_STATES,
        channel: CHANNELS,
        kind: DETECTIONS,
        phase: RUNBOOK_PHASES,
        queue: ['visit'],
        probe: ['ping'],
        version: ['1.2.3'],
        node: [process.versions.node],
      }
      for (const { name, labels } of own(start))
        for (const [label, value] of Object.entries(labels)) {
          if (label === 'le') continue
          expect(closed[label], `${name}{${label}}`).to.include(value)
        }
    })

    it('refuse a label that was not declared', () => {
      const { scrapeRuns } = fresh()
      const board = { source: 'ashby', outcome: 'ok', board: 'x' } as unknown as { source: string; outcome: string }
      expect(() => scrapeRuns.inc(board)).to.throw(/label/)
    })

    it('put every promise that is measured on the edge of a bucket', async () => {
      const metrics = fresh()
      metrics.httpRequestSeconds.observe({ method: 'GET', route: '/api/v1/postings', status: '200' }, 0.1)
      const samples = own((await metrics.expose(undefined)).body)
      const edges = (name: string) =>
        new Set(samples.filter((sample) => sample.name === `rolewatch_${name}_bucket`).map((sample) => sample.labels['le']))
      expect(edges('alert_delivery_seconds')).to.include.keys('2', '30', '60', '120')
      expect(edges('http_request_seconds')).to.include.keys('0.1', '0.4')
      expect(edges('stage_seconds')).to.include.keys('1', '30')
      expect(edges('resume_analysis_seconds')).to.include.keys('5', '8', '12')
      expect(edges('detection_seconds')).to.include.keys('900')
    })

    it('are told as data, with types, labels, bounds and the values that exist from the start', async () => {
      const declarations = await fresh().declarations()
      const of = (name: string) => declarations.find((one) => one.name === name)
      expect(of('rolewatch_scrape_runs_total')).to.deep.equal({
        name: 'rolewatch_scrape_runs_total',
        type: 'counter',
        labels: ['source', 'outcome'],
        buckets: [],
        values: { source: SOURCES, outcome: [...OUTCOMES] },
      })
      expect(of('rolewatch_http_request_seconds')).to.deep.include({ type: 'histogram', labels: ['method', 'route', 'status'], values: {} })
      expect(of('rolewatch_http_request_seconds')?.buckets).to.include(0.4)
      expect(of('rolewatch_dead_letters')).to.deep.include({ type: 'gauge', labels: [] })
      expect(of('process_resident_memory_bytes')?.type).to.equal('gauge')
      expect(declarations.map(({ name }) => name)).to.include.members([...typesOf(start).keys()])
    })

    it('are told alike before and after an exposition', async () => {
      const metrics = fresh()
      const before = await metrics.declarations()
      await metrics.expose(OPEN_METRICS)
      const after = await metrics.declarations()
      expect(after.map(({ name, type, labels }) => [name, type, labels])).to.deep.equal(
        before.map(({ name, type, labels }) => [name, type, labels]),
      )
    })

    it('please promtool, but for the names that the library chose', async function () {
      const missing = spawnSync('promtool', ['--version']).error !== undefined
      if (missing && process.env['CI'] !== 'true') this.skip()
      expect(missing, 'promtool is on the PATH').to.equal(false)
      const metrics = fresh()
      observe(metrics.stageSeconds, { stage: 'fetch', source: 'ashby', outcome: 'timeout' }, 0.3, TRACE)
      const input = (await metrics.expose(undefined)).body
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
      const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !/^nodejs_active_\w+_total /.test(line))
      expect(complaints).to.deep.equal([])
      // 3: only lint; anything else means that the text was not understood.
      expect(status).to.be.oneOf([0, 3])
    })
  })

  describe('expose', () => {
    it('speaks the text format 0.0.4 unless OpenMetrics is asked for', async () => {
      const metrics = fresh()
      const plain = await metrics.expose(undefined)
      expect(plain.contentType).to.equal('text/plain; version=0.0.4; charset=utf-8')
      expect((await metrics.expose('text/plain')).contentType).to.equal(plain.contentType)
      expect(plain.body).to.contain('# TYPE rolewatch_scrape_runs_total counter').and.not.to.contain('# EOF')
      const open = await metrics.expose(`${OPEN_METRICS};q=0.75,text/plain;q=0.5`)
      expect(open.contentType).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8')
      expect(open.body).to.contain('# TYPE rolewatch_scrape_runs counter')
      expect(open.body).to.match(/[^\n]\n# EOF\n$/)
    })

    it('leads from a slow point to its trace in OpenMetrics, and says the same without it in the old format', async () => {
      const metrics = fresh()
      const labels = { stage: 'fetch', source: 'lever', outcome: 'ok' }
      observe(metrics.stageSeconds, labels, 0.3, TRACE)
      observe(metrics.stageSeconds, labels, 7, undefined)
      const bucket = 'rolewatch_stage_seconds_bucket{le="0.5",stage="fetch",source="lever",outcome="ok"} 1'
      const open = (await metrics.expose(OPEN_METRICS)).body
      expect(open).to.contain(`${bucket} # {trace_id="${TRACE}"} 0.3 `)
      expect(open.match(/# \{/g)).to.have.length(1)
      const plain = (await metrics.expose(undefined)).body
      expect(plain).to.contain(`${bucket}\n`).and.not.to.contain(TRACE)
      expect(plain).to.contain(bucket.replace('0.5', '10').replace(/1$/, '2'))
    })

    it('takes a value beyond the last bucket, with its trace', async () => {
      const metrics = fresh()
      observe(metrics.alertDeliverySeconds, { channel: 'slack' }, 100_000, TRACE)
      const open = (await metrics.expose(OPEN_METRICS)).body
      expect(open).to.match(/rolewatch_alert_delivery_seconds_bucket\{le="\+Inf",channel="slack"\} 1 # \{trace_id="\w+"\} 100000 /)
    })

    it('asks the collectors first, each time', async () => {
      const metrics = fresh()
      let looks = 0
      metrics.onCollect(async () => {
        await Promise.resolve()
        metrics.outboxPending.set({ channel: 'slack' }, ++looks)
      })
      await metrics.expose(undefined)
      expect((await metrics.expose(undefined)).body).to.contain('rolewatch_outbox_pending{channel="slack"} 2')
    })

    it('gives the samples of some series by their names in PromQL, gauges read first', async () => {
      const metrics = fresh()
      metrics.onCollect(() => metrics.deadLetters.set(3))
      metrics.scrapeRuns.inc({ source: 'ashby', outcome: 'drift' }, 2)
      metrics.canaryRoundTripSeconds.observe({ channel: 'slack' }, 7)
      const names = [
        'rolewatch_dead_letters',
        'rolewatch_scrape_runs_total',
        'rolewatch_canary_round_trip_seconds_bucket',
        'rolewatch_none',
      ]
      const found = await metrics.samples(names)
      expect([...found.keys()]).to.have.members(names)
      expect(found.get('rolewatch_dead_letters')).to.deep.equal([{ labels: {}, value: 3 }])
      expect(found.get('rolewatch_none')).to.deep.equal([])
      expect(found.get('rolewatch_scrape_runs_total')).to.have.length(SOURCES.length * OUTCOMES.length)
      expect(found.get('rolewatch_scrape_runs_total')).to.deep.include({ labels: { source: 'ashby', outcome: 'drift' }, value: 2 })
      const buckets = (found.get('rolewatch_canary_round_trip_seconds_bucket') ?? []).filter(({ labels }) => labels['channel'] === 'slack')
      expect(buckets.map(({ labels, value }) => [labels['le'], value])).to.deep.include.members([
        ['5', 0],
        ['10', 1],
        ['+Inf', 1],
      ])
    })

    it('does dear work for an exposition, and for the samples that it serves, but for no others', async () => {
      const metrics = fresh()
      let done = 0
      metrics.onCollect(() => void done++, ['rolewatch_field_coverage_ratio'])
      await metrics.samples(['rolewatch_dead_letters'])
      expect(done).to.equal(0)
      await metrics.samples(['rolewatch_dead_letters', 'rolewatch_field_coverage_ratio'])
      expect(done).to.equal(1)
      await metrics.expose(undefined)
      expect(done).to.equal(2)
    })

    it('keeps the registries of two lives apart', async () => {
      const [one, two] = [fresh(), fresh()]
      one.scrapeRuns.inc({ source: 'ashby', outcome: 'ok' }, 3)
      expect(await one.value(one.scrapeRuns, { source: 'ashby', outcome: 'ok' })).to.equal(3)
      expect(await one.value(one.scrapeRuns, { outcome: 'ok' })).to.equal(3)
      expect(await two.value(two.scrapeRuns, { source: 'ashby', outcome: 'ok' })).to.equal(0)
      expect(await two.value(two.scrapeRuns, { source: 'never heard of' })).to.equal(0)
    })
  })

  describe('asPrometheusText', () => {
    // Text that looks as much as possible like the marks of the format.
    const label = fc.string({
      unit: fc.constantFrom('a', '{', '}', '#', ' ', '1', '=', ',', String.raw`\"`, String.raw`\\`, String.raw`\n`),
    })
    const number = fc.oneof(fc.nat().map(String), fc.constantFrom('+Inf', '0.5', '1e-7', 'NaN'))
    const labels = fc
      .array(label, { maxLength: 3 })
      .map((values) => (values.length === 0 ? '' : `{${values.map((value, n) => `l${n}="${value}"`).join(',')}}`))
    const family = fc.record({
      type: fc.constantFrom('counter', 'gauge', 'histogram'),
      help: label,
      samples: fc.array(fc.record({ labels, value: number, exemplar: fc.boolean() }), { minLength: 1, maxLength: 4 }),
    })

    it('gives the same samples under the old names, without exemplars and end mark', () => {
      fc.assert(
        fc.property(fc.array(family, { maxLength: 5 }), (families) => {
          const render = (open: boolean) =>
            families.flatMap(({ type, help, samples }, n) => {
              const head = type === 'counter' && !open ? `m${n}_total` : `m${n}`
              const name = { counter: `m${n}_total`, gauge: `m${n}`, histogram: `m${n}_bucket` }[type] ?? ''
              return [
                `# HELP ${head} ${help}`,
                `# TYPE ${head} ${type}`,
                ...samples.map(
                  (one) =>
                    `${name}${one.labels} ${one.value}${open && one.exemplar && type !== 'gauge' ? ` # {trace_id="${TRACE}"} 0.3 1700000000.123` : ''}`,
                ),
              ]
            })
          expect(asPrometheusText([...render(true), '# EOF', ''].join('\n'))).to.equal([...render(false), ''].join('\n'))
        }),
        { numRuns: 500 },
      )
    })
  })
})
