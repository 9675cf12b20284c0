// The one seam of telemetry: `stage()` is a span, a timing and a log line at once, and traces go through queue and outbox.

import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  isSpanContextValid,
  type Attributes,
  type Context,
  type Link,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, NoopSpanProcessor } from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'
import { observe, type Metrics, type StageName } from './metrics.ts'

/** A trace context as it is stored beside a task or an outbox row: the W3C `traceparent`. */
export type TraceParent = string

export interface TelemetryOptions {
  /** OTLP over HTTP, as `http://127.0.0.1:4318`; without it spans exist (so ids do) but are sent nowhere. */
  endpoint: string | undefined
  version: string
  role: string
}

/**
 * Starts tracing. Call it before pg is loaded, or its queries make no spans. Returns the function that sends what is left and stops.
 * Metrics and logs are not exported over OTLP: /metrics and stdout are their places.
 */
export function startTelemetry(options: TelemetryOptions): () => Promise<void> {
  process.env['OTEL_METRICS_EXPORTER'] = 'none'
  process.env['OTEL_LOGS_EXPORTER'] = 'none'
  process.env['OTEL_TRACES_EXPORTER'] ??= 'none'
  const exporting = options.endpoint !== undefined
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': 'rolewatch',
      'service.version': options.version,
      'service.instance.role': options.role,
    }),
    autoDetectResources: false,
    spanProcessors: exporting ? [sendTo(`${options.endpoint}/v1/traces`)] : [new NoopSpanProcessor()],
    instrumentations: exporting
      ? [new PgInstrumentation({ requireParentSpan: true }), new UndiciInstrumentation({ requireParentforSpans: true })]
      : [],
  })
  sdk.start()
  return () => sdk.shutdown().catch(() => {})
}

/** The time limit holds for the attempts together: a collector that is away must not hold up a stop for long. */
function sendTo(url: string): BatchSpanProcessor {
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url, timeoutMillis: 3000 }), scheduledDelayMillis: 500 })
}

const tracer = () => trace.getTracer('rolewatch')

/** The trace that is going on, as stored text; undefined outside any. */
export function currentTraceParent(): TraceParent | undefined {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier['traceparent']
}

/** The 32 hex characters of the trace that is going on. */
export function currentTraceId(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext()
  return active && isSpanContextValid(active) ? active.traceId : undefined
}

function contextOf(parent: TraceParent | null | undefined): Context {
  return parent ? propagation.extract(ROOT_CONTEXT, { traceparent: parent }) : ROOT_CONTEXT
}

function linkTo(parent: TraceParent): Link[] {
  const linked = trace.getSpanContext(contextOf(parent))
  return linked ? [{ context: linked }] : []
}

export interface SpanOptions {
  attributes?: Attributes
  /** Continue this stored trace; `null` starts a new one; left out, the span nests in the one going on. */
  parent?: TraceParent | null
  /** Other traces that this work also belongs to. */
  links?: readonly TraceParent[]
}

export interface Span {
  set(attributes: Attributes): void
  event(name: string, attributes?: Attributes): void
}

/** Opens a span around `work`. An error is recorded on it and thrown on. */
export async function span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T> | T): Promise<T> {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent)
  const links = (options.links ?? []).flatMap(linkTo)
  return tracer().startActiveSpan(name, { attributes: options.attributes ?? {}, kind: SpanKind.INTERNAL, links }, parent, async (open) => {
    try {
      return await work({
        set: (attributes) => void open.setAttributes(attributes),
        event: (event, attributes) => void open.addEvent(event, attributes),
      })
    } catch (error) {
      open.recordException(error instanceof Error ? error : String(error))
      open.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
      throw error
    } finally {
      open.end()
    }
  })
}

/** What every room is given to be seen by: metrics, the log and `stage`. */
export interface Watch {
  metrics: Metrics
  log: Log
  stage: <T>(name: StageName, labels: { source: string }, work: (span: Span) => Promise<T> | T, options?: SpanOptions) => Promise<T>
}

/** The word for what a thrown value means to the stage: the kind of an expected failure, else `bug`. */
function outcomeOf(error: unknown): string {
  const kind = error instanceof Error && error.name === 'Failure' ? (error as { kind?: unknown }).kind : undefined
  return typeof kind === 'string' ? kind : 'bug'
}

/** Binds metrics and log into the one seam. */
export function createWatch(metrics: Metrics, log: Log): Watch {
  return {
    metrics,
    log,
    stage: (name, labels, work, options = {}) =>
      span(
        name,
        { ...options, attributes: { 'rolewatch.stage': name, 'rolewatch.source': labels.source, ...options.attributes } },
        async (open) => {
          const started = performance.now()
          let outcome = 'ok'
          try {
            return await work(open)
          } catch (error) {
            outcome = outcomeOf(error)
            open.set({ 'rolewatch.outcome': outcome })
            log[outcome === 'bug' ? 'error' : 'warn'](`stage.${name}`, { source: labels.source, outcome, error })
            throw error
          } finally {
            const seconds = (performance.now() - started) / 1000
            observe(metrics.stageSeconds, { stage: name, source: labels.source, outcome }, seconds, currentTraceId())
            if (outcome === 'ok') log.debug(`stage.${name}`, { source: labels.source, outcome, seconds: Number(seconds.toFixed(4)) })
          }
        },
      ),
  }
}
