// The log: one JSON object a line under systemd, readable on a terminal, with run and trace ids, and never a secret.

import { AsyncLocalStorage } from 'node:async_hooks'
import { trace, isSpanContextValid } from '@opentelemetry/api'
import winston from 'winston'

export type Fields = Record<string, unknown>

export interface Log {
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
}

export interface LogOptions {
  format: 'json' | 'pretty'
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Values that must never be written, wherever they turn up. */
  secrets?: readonly string[]
  /** Where lines go; stdout unless told. */
  stream?: NodeJS.WritableStream
}

const REDACTED = '[redacted]'
const SECRET_NAME = /(token|secret|password|passwd|authorization|cookie|api_?key|webhook_url|resume_key|smtp_url|database_url)$/i
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi
const SLACK_HOOK = /(hooks\.slack\.com\/(?:services|workflows|triggers))\/[^\s"']+/gi

const context = new AsyncLocalStorage<Fields>()

/** Every line written inside `work` carries these fields too (run_id, request_id …). */
export function withFields<T>(fields: Fields, work: () => T): T {
  return context.run({ ...context.getStore(), ...fields }, work)
}

/** Takes passwords in addresses, Slack hook paths and the given secrets out of a text. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let out = text.replace(URL_PASSWORD, `$1:${REDACTED}@`).replace(SLACK_HOOK, `$1/${REDACTED}`)
  for (const secret of secrets) if (secret.length > 3) out = out.replaceAll(secret, REDACTED)
  return out
}

/** The same for any value: fields named like a secret lose their value, errors become message and stack, depth is limited. */
export function redact(value: unknown, secrets: readonly string[] = [], depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, secrets)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth > 6) return '[deeper]'
  if (value instanceof Error) return describeError(value, secrets, depth)
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, SECRET_NAME.test(key) && item ? REDACTED : redact(item, secrets, depth + 1)]),
  )
}

function describeError(error: Error, secrets: readonly string[], depth: number): Fields {
  const extra = Object.fromEntries(Object.entries(error).filter(([key]) => key !== 'cause'))
  return {
    name: error.name,
    message: redactText(error.message, secrets),
    ...(redact(extra, secrets, depth + 1) as Fields),
    stack: redactText(error.stack ?? '', secrets),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, secrets, depth + 1) }),
  }
}

function traceFields(): Fields {
  const span = trace.getActiveSpan()?.spanContext()
  return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

function pretty(info: Fields): string {
  const { timestamp, level, event, message, trace_id, span_id, ...rest } = info
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const head = `${String(timestamp).slice(11, 19)}Z ${String(level).padEnd(5)} ${String(event)}`
  return `${head} ${fields.join(' ')}`.trimEnd()
}

/** Opens the log. Lines are written in the order of the calls. */
export function createLog(options: LogOptions): Log {
  const secrets = (options.secrets ?? []).filter((secret) => secret.length > 3)
  const line = winston.format.printf((info) => {
    const { level, message: _message, event, ...fields } = info as Fields
    const entry = { timestamp: new Date().toISOString(), level, event, ...context.getStore(), ...traceFields(), ...fields }
    const clean = redact(entry, secrets) as Fields
    return options.format === 'json' ? JSON.stringify(clean) : pretty(clean)
  })
  const logger = winston.createLogger({
    level: options.level === 'silent' ? 'error' : options.level,
    silent: options.level === 'silent',
    format: line,
    transports: [new winston.transports.Stream({ stream: options.stream ?? process.stdout })],
  })
  const write =
    (level: string) =>
    (event: string, fields: Fields = {}) => {
      logger.log({ level, message: '', ...fields, event })
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** A log that writes nothing, for tools and tests. */
export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
