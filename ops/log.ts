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
const SECRET_NAME = /(token|secrets?|password|passwd|authorization|cookie|api[_-]?key|webhook_?url|resume_?key|smtp_?url|database_?url)$/i
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:]*):[^\s/]+@/gi
const SLACK_HOOK = /(hooks\.slack\.com\/(?:services|workflows|triggers))\/[^\s"']+/gi
const BEARER = /\b(bearer) +[\w~+/.=-]+/gi
/** Shorter ones would blot out ordinary words. */
const MIN_SECRET = 4
const MAX_DEPTH = 6
/** Values in one line: an object with a socket in it would fill a disk. */
const MAX_VALUES = 1000

const context = new AsyncLocalStorage<Fields>()

/** Every line written inside `work` carries these fields too (run_id, request_id …). */
export function withFields<T>(fields: Fields, work: () => T): T {
  return context.run({ ...context.getStore(), ...fields }, work)
}

/** Takes the given secrets, passwords in addresses, Slack hook paths and bearer tokens out of a text. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let out = text
  for (const secret of secrets) if (secret.length >= MIN_SECRET) out = out.replaceAll(secret, REDACTED)
  return out.replace(URL_PASSWORD, `$1:${REDACTED}@`).replace(SLACK_HOOK, `$1/${REDACTED}`).replace(BEARER, `$1 ${REDACTED}`)
}

/** The same for any value: fields named like a secret lose their value, errors become message and stack, depth and size are limited. */
export function redact(value: unknown, secrets: readonly string[] = []): unknown {
  return clean(value, { secrets, left: MAX_VALUES }, 0)
}

/** What redacting one line has at hand: the secrets, and how many values it may still take up. */
interface Redaction {
  readonly secrets: readonly string[]
  left: number
}

function clean(value: unknown, going: Redaction, depth: number): unknown {
  const { secrets } = going
  if (typeof value === 'string') return redactText(value, secrets)
  if (typeof value === 'bigint') return redactText(value.toString(), secrets)
  if (typeof value === 'number') return secrets.some((secret) => String(value).includes(secret)) ? REDACTED : value
  // A function could be a toJSON, which would speak after us.
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) return '[deeper]'
  if (going.left-- <= 0) return '[more]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL) return redactText(value.href, secrets)
  if (value instanceof Error) return describeError(value, going, depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value) || value instanceof Set) return cleanList([...value], going, depth)
  return cleanFields(value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : Object.entries(value), going, depth)
}

function cleanList(items: readonly unknown[], going: Redaction, depth: number): unknown[] {
  const room = Math.max(0, going.left)
  const shown = items.slice(0, room).map((item) => clean(item, going, depth + 1))
  return items.length > room ? [...shown, `[${items.length - room} more]`] : shown
}

function cleanFields(entries: readonly [string, unknown][], going: Redaction, depth: number): Fields {
  return Object.fromEntries(
    entries
      .slice(0, Math.max(0, going.left))
      .map(([key, item]) => [redactText(key, going.secrets), SECRET_NAME.test(key) && item ? REDACTED : clean(item, going, depth + 1)]),
  )
}

function describeError(error: Error, going: Redaction, depth: number): Fields {
  const extra = Object.entries(error).filter(([key]) => key !== 'cause')
  return {
    name: clean(error.name, going, depth),
    message: clean(error.message, going, depth),
    ...cleanFields(extra, going, depth + 1),
    stack: clean(error.stack ?? '', going, depth),
    ...(error instanceof AggregateError ? { errors: clean(error.errors, going, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: clean(error.cause, going, depth + 1) }),
  }
}

/** A secret as it may turn up: as it is, inside JSON, inside an address; the longest first, since one may contain another. */
function spellingsOf(secret: string): string[] {
  const encoded = secret.isWellFormed() ? [encodeURIComponent(secret)] : []
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded]
}

function traceFields(): Fields {
  const span = trace.getActiveSpan()?.spanContext()
  return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

function pretty(info: Fields): string {
  const { timestamp, level, event, trace_id: _trace, span_id: _span, ...rest } = info
  const given = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null)
  const fields = given.map(([key, value]) => `${key}=${prettyValue(value)}`)
  const stacks = given.flatMap(([, value]) => (hasStack(value) ? `\n    ${value.stack.replaceAll('\n', '\n    ')}` : []))
  const head = `${String(timestamp).slice(11, 19)}Z ${String(level).padEnd(5)} ${String(event)}`
  return `${head} ${fields.join(' ')}`.trimEnd() + stacks.join('')
}

/** Quoted where it would run into its neighbours; what the web sent must not move the cursor of a terminal. */
function prettyValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"\p{Cc}]+$/u.test(value)) return value
  const json = JSON.stringify(value, (key, item: unknown) => (key === 'stack' ? undefined : item))
  return json.replace(/\p{Cc}/gu, '?')
}

function hasStack(value: unknown): value is { stack: string } {
  return typeof value === 'object' && value !== null && typeof (value as Fields)['stack'] === 'string'
}

/** Opens the log. Lines are written in the order of the calls. */
export function createLog(options: LogOptions): Log {
  const secrets = (options.secrets ?? [])
    .filter((secret) => secret.length >= MIN_SECRET)
    .flatMap(spellingsOf)
    .toSorted((a, b) => b.length - a.length)
  const line = winston.format.printf(({ entry }) => {
    const cleaned = redact(entry, secrets) as Fields
    return options.format === 'json' ? JSON.stringify(cleaned) : pretty(cleaned)
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
      // winston formats before it looks at the level; most lines are below it.
      if (!logger.isLevelEnabled(level)) return
      // Gathered here and not in the format: a busy stream formats a line later, in whatever context is going on then.
      const own = { timestamp: new Date().toISOString(), level, event }
      logger.log({ level, message: '', entry: { ...own, ...context.getStore(), ...traceFields(), ...fields, ...own } })
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** A log that writes nothing, for tools and tests. */
export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
