// The only reader of the environment: a frozen Config, or one error that names every fault at once.

import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { z } from 'zod'

/** The folder of the project: where migrations, the console and the lists of boards are. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

export interface Config {
  readonly version: string
  readonly host: string
  readonly port: number
  /** Where a worker answers Prometheus: the API has a port of its own. */
  readonly metricsPort: number
  /** Undefined: the embedded PostgreSQL under `data`. */
  readonly databaseUrl: string | undefined
  /** Absolute. */
  readonly data: string
  /** Folder with companies.yaml and oncall.yaml; absolute. */
  readonly boards: string
  readonly slackWebhookUrl: string | undefined
  /** Where on-call is told of incidents; undefined: by mail. */
  readonly slackOpsWebhookUrl: string | undefined
  /** How long a page waits for somebody to acknowledge it before the second channel; 0: for ever. */
  readonly escalateAfterMinutes: number
  /** Where the canary's messages go; undefined: there is no canary. */
  readonly canaryWebhookUrl: string | undefined
  readonly canaryEverySeconds: number
  /** The second channel: a mail server, and who is written to. Undefined unless all of it is set. */
  readonly mail: Mail | undefined
  /** Alertmanager's password for POST /hooks/alertmanager; undefined: it needs a token with the scope `hooks`. */
  readonly hookToken: string | undefined
  /** Where budgets are asked for; undefined: they are counted in the database. */
  readonly prometheusUrl: string | undefined
  /** Folder of the rules that Prometheus has loaded: runbooks verify by their expressions. Absolute. */
  readonly rules: string
  /** How long an alert may take to go away after its runbook acted, and between two looks whether it has. */
  readonly verify: { readonly withinSeconds: number; readonly everySeconds: number }
  readonly deadman: { readonly webhookUrl: string | undefined; readonly port: number; readonly afterSeconds: number }
  /** Base of the links in messages, as people reach the API. */
  readonly publicUrl: string | undefined
  readonly otlpEndpoint: string | undefined
  readonly upstream: string | undefined
  /** False only with ROLEWATCH_PACE=0, which needs a loopback upstream. */
  readonly paced: boolean
  readonly maxCallsPerDay: number | undefined
  readonly maxNewPostingsPerDay: number | undefined
  /** Boards visited by one refresh at the most. */
  readonly maxFetchPerRun: number | undefined
  readonly requestTimeoutSeconds: number | undefined
  readonly concurrency: number
  readonly contact: string
  readonly logFormat: 'json' | 'pretty'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Values that must never be written anywhere. */
  readonly secrets: readonly string[]
}

export interface Mail {
  readonly smtpUrl: string
  readonly to: string
  readonly from: string
}

/** The configuration is wrong; the message has one line per fault and says what to do. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `${faults.length === 1 ? 'The configuration has a fault' : `The configuration has ${faults.length} faults`}:\n${faults.map((f) => `  - ${f}`).join('\n')}`,
    )
    this.faults = faults
  }
}

const text = z.string().trim().min(1)
const count = z.coerce.number('must be a number').int('must be a whole number').positive('must be above 0')
const address = (protocols: readonly string[]) =>
  text.refine(
    (value) => protocols.includes(protocolOf(value)),
    `must be an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  )

const mailbox = text.regex(/\S@\S/, 'must be an e-mail address, as ann@example.org or Ann <ann@example.org>')

const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be 0 (any free port) to 65535')
  .max(65535, 'must be 0 (any free port) to 65535')

const environment = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: port.default(8080),
  METRICS_PORT: port.default(9464),
  DATABASE_URL: address(['postgres:', 'postgresql:']).optional(),
  ROLEWATCH_DATA: text.default('./data'),
  ROLEWATCH_CONFIG: text.optional(),
  ROLEWATCH_PUBLIC_URL: address(['http:', 'https:']).optional(),
  SLACK_WEBHOOK_URL: address(['http:', 'https:']).optional(),
  SLACK_OPS_WEBHOOK_URL: address(['http:', 'https:']).optional(),
  ESCALATE_AFTER_M: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 (never) or more minutes')
    .default(15),
  CANARY_WEBHOOK_URL: address(['http:', 'https:']).optional(),
  CANARY_EVERY_S: count.min(10, 'must be 10 or more').default(300),
  SMTP_URL: address(['smtp:', 'smtps:']).optional(),
  DIGEST_TO: mailbox.optional(),
  DIGEST_FROM: mailbox.optional(),
  ALERTMANAGER_HOOK_TOKEN: text.min(16, 'must have 16 characters or more: openssl rand -hex 24 makes a good one').optional(),
  PROMETHEUS_URL: address(['http:', 'https:']).optional(),
  ROLEWATCH_RULES: text.optional(),
  RUNBOOK_VERIFY_S: count.default(900),
  RUNBOOK_LOOK_S: count.default(10),
  DEADMAN_WEBHOOK_URL: address(['http:', 'https:']).optional(),
  DEADMAN_PORT: port.default(9095),
  DEADMAN_AFTER_S: count.default(300),
  OTEL_EXPORTER_OTLP_ENDPOINT: address(['http:', 'https:']).optional(),
  ROLEWATCH_UPSTREAM: address(['http:', 'https:']).optional(),
  ROLEWATCH_PACE: z.enum(['0', '1'], 'must be 0 or 1').default('1'),
  // It goes into the User-Agent of every request.
  ROLEWATCH_CONTACT: text
    .regex(/^[\x20-\x7e]+$/, 'must be plain ASCII text on one line, as an address of a page about you')
    .default('https://github.com/rolewatch/rolewatch'),
  MAX_CALLS_PER_DAY: count.optional(),
  MAX_NEW_JOBS_PER_DAY: count.optional(),
  MAX_FETCH_PER_RUN: count.optional(),
  REQUEST_TIMEOUT_S: z.coerce.number('must be a number of seconds').positive('must be above 0').optional(),
  ROLEWATCH_CONCURRENCY: count.max(256, 'must be 1 to 256').default(32),
  LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty').optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent').default('info'),
})

/** Every setting by its name. */
export const SETTINGS: readonly string[] = Object.keys(environment.shape)

/** The environment, and below it what the folder's .env says, where there is one. */
export function readEnvironment(folder: string = ROOT, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const file = join(folder, '.env')
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...env } : env
}

/**
 * Checks the environment and freezes what it means. Empty variables count as unset.
 * @throws ConfigError with every fault at once
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const result = environment.safeParse(given)
  const faults = result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')} ${plain(issue.message)}`)
  if (given['ROLEWATCH_PACE'] === '0' && !isLoopback(given['ROLEWATCH_UPSTREAM']))
    faults.push(
      'ROLEWATCH_PACE=0 lifts the pace per host and is allowed only with ROLEWATCH_UPSTREAM on a loopback address (http://127.0.0.1:…)',
    )
  const mail = ['SMTP_URL', 'DIGEST_TO', 'DIGEST_FROM'] as const
  const missing = mail.filter((name) => given[name] === undefined)
  if (missing.length === 1 || missing.length === 2)
    faults.push(`${missing.join(' and ')} must be set too: mail needs ${mail.join(', ')} together`)
  if (faults.length > 0 || !result.success) throw new ConfigError(faults)
  const value = result.data
  return Object.freeze({
    version: (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
    host: value.HOST,
    port: value.PORT,
    metricsPort: value.METRICS_PORT,
    databaseUrl: value.DATABASE_URL,
    data: resolve(value.ROLEWATCH_DATA),
    boards: resolve(value.ROLEWATCH_CONFIG ?? join(ROOT, 'scrapers')),
    slackWebhookUrl: value.SLACK_WEBHOOK_URL,
    slackOpsWebhookUrl: value.SLACK_OPS_WEBHOOK_URL,
    escalateAfterMinutes: value.ESCALATE_AFTER_M,
    canaryWebhookUrl: value.CANARY_WEBHOOK_URL,
    canaryEverySeconds: value.CANARY_EVERY_S,
    mail:
      value.SMTP_URL && value.DIGEST_TO && value.DIGEST_FROM
        ? Object.freeze({ smtpUrl: value.SMTP_URL, to: value.DIGEST_TO, from: value.DIGEST_FROM })
        : undefined,
    hookToken: value.ALERTMANAGER_HOOK_TOKEN,
    prometheusUrl: value.PROMETHEUS_URL?.replace(/\/$/, ''),
    rules: resolve(value.ROLEWATCH_RULES ?? join(ROOT, 'alerts', 'rules')),
    verify: Object.freeze({ withinSeconds: value.RUNBOOK_VERIFY_S, everySeconds: value.RUNBOOK_LOOK_S }),
    deadman: Object.freeze({ webhookUrl: value.DEADMAN_WEBHOOK_URL, port: value.DEADMAN_PORT, afterSeconds: value.DEADMAN_AFTER_S }),
    publicUrl: value.ROLEWATCH_PUBLIC_URL?.replace(/\/$/, ''),
    otlpEndpoint: value.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, ''),
    upstream: value.ROLEWATCH_UPSTREAM?.replace(/\/$/, ''),
    paced: value.ROLEWATCH_PACE !== '0',
    maxCallsPerDay: value.MAX_CALLS_PER_DAY,
    maxNewPostingsPerDay: value.MAX_NEW_JOBS_PER_DAY,
    maxFetchPerRun: value.MAX_FETCH_PER_RUN,
    requestTimeoutSeconds: value.REQUEST_TIMEOUT_S,
    concurrency: value.ROLEWATCH_CONCURRENCY,
    contact: value.ROLEWATCH_CONTACT,
    logFormat: value.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    logLevel: value.LOG_LEVEL,
    secrets: Object.freeze([
      ...[value.SLACK_WEBHOOK_URL, value.SLACK_OPS_WEBHOOK_URL, value.CANARY_WEBHOOK_URL, value.DEADMAN_WEBHOOK_URL].flatMap(hookSecrets),
      ...[value.DATABASE_URL, value.SMTP_URL, value.PROMETHEUS_URL].flatMap(passwords),
      ...(value.ALERTMANAGER_HOOK_TOKEN ? [value.ALERTMANAGER_HOOK_TOKEN] : []),
    ]),
  })
}

/** The address, and its path alone, which is what a client's error may show. A short path is no secret but a word. */
function hookSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const { pathname } = new URL(url)
  return pathname.length >= 16 ? [url, pathname] : [url]
}

/** As written in the address, and as it is meant. */
function passwords(url: string | undefined): string[] {
  const written = url === undefined ? '' : new URL(url).password
  if (written === '') return []
  try {
    return [...new Set([written, decodeURIComponent(written)])]
  } catch {
    return [written]
  }
}

/** Whether an address names this machine alone. */
export function isLoopback(url: string | undefined): boolean {
  if (!url || !URL.canParse(url)) return false
  return isLoopbackHost(new URL(url).hostname)
}

/** Whether a host name or address is this machine's own. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : ''
}

function plain(message: string): string {
  return message.startsWith('must') ? message : `is wrong: ${message}`
}
