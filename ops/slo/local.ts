// The house's own alertmanager.yml and prometheus.yml for this machine, with other addresses, secrets and waits than a deployment has.

import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

export interface RouteConfig {
  receiver?: string
  matchers?: string[]
  group_by?: string[]
  group_wait?: string
  group_interval?: string
  repeat_interval?: string
  mute_time_intervals?: string[]
  continue?: boolean
  routes?: RouteConfig[]
}

interface WebhookConfig {
  url: string
  send_resolved?: boolean
  max_alerts?: number
  http_config?: { authorization: { credentials_file: string } }
}

export interface AlertmanagerConfig {
  global: Record<string, string | boolean>
  templates: string[]
  route: RouteConfig
  time_intervals: { name: string; time_intervals: Record<string, unknown>[] }[]
  inhibit_rules: { source_matchers: string[]; target_matchers: string[]; equal?: string[] }[]
  receivers: {
    name: string
    webhook_configs?: WebhookConfig[]
    slack_configs?: Record<string, unknown>[]
    email_configs?: Record<string, unknown>[]
  }[]
}

/** As it stands in the project below `root`. */
export function alertmanagerConfig(root: string): AlertmanagerConfig {
  return parse(readFileSync(join(root, 'alerts', 'alertmanager.yml'), 'utf8')) as AlertmanagerConfig
}

export interface Places {
  /** The webhook of the ops channel. */
  slack?: string
  /** The hook of Rolewatch, and its password. */
  hook?: { url: string; token: string }
  deadman?: string
  mail?: { port: number; user: string; password: string }
  /** What the waits of routes become; those that are not named stay. */
  waits?: Readonly<Record<string, string>>
}

/** Nobody listens at the discard port. */
const NOWHERE = 'http://127.0.0.1:9/'

/** The configuration for this machine; its secrets are written into files of `folder`. What is not given leads nowhere. */
export async function localAlertmanager(root: string, folder: string, places: Places): Promise<AlertmanagerConfig> {
  await mkdir(folder, { recursive: true })
  // Editors end a file with a new line. Alertmanager bears it, but in the password of mail, which it sends as it stands.
  const secret = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, text, { mode: 0o600 })
    return file
  }
  const config = alertmanagerConfig(root)
  const { mail = { port: 9, user: 'nobody', password: 'none' }, hook = { url: NOWHERE, token: 'none' } } = places
  config.templates = [join(root, 'alerts', 'templates', '*.tmpl')]
  Object.assign(config.global, {
    smtp_smarthost: `127.0.0.1:${mail.port}`,
    smtp_auth_username: mail.user,
    smtp_auth_password_file: await secret('smtp_password', mail.password),
    smtp_require_tls: false,
  })
  const slackFile = await secret('slack_ops_webhook_url', `${places.slack ?? NOWHERE}\n`)
  for (const { name, webhook_configs = [], slack_configs = [] } of config.receivers) {
    for (const one of slack_configs) one['api_url_file'] = slackFile
    for (const one of webhook_configs) one.url = name === 'hook' ? hook.url : (places.deadman ?? NOWHERE)
    for (const { http_config } of webhook_configs)
      if (http_config) http_config.authorization.credentials_file = await secret('alertmanager_hook_token', `${hook.token}\n`)
  }
  shorten(config.route, places.waits ?? {})
  return config
}

function shorten(route: RouteConfig, waits: Readonly<Record<string, string>>): void {
  for (const key of ['group_wait', 'group_interval', 'repeat_interval'] as const) {
    const wait = waits[route[key] ?? '']
    if (wait !== undefined) route[key] = wait
  }
  for (const child of route.routes ?? []) shorten(child, waits)
}

interface PrometheusConfig {
  alerting: object
  scrape_configs: { job_name: string; authorization?: object }[]
}

export interface Targets {
  /** Job → addresses as `127.0.0.1:8080`. */
  jobs: Readonly<Record<string, readonly string[]>>
  alertmanagers: readonly string[]
  /** Base of the links in alerts. */
  product: string
}

/** alerts/prometheus.yml for this machine: everything every second, without a token, since the API is open to its own machine as long as none was made. */
export function localPrometheus(root: string, { jobs, alertmanagers, product }: Targets): object {
  const config = parse(readFileSync(join(root, 'alerts', 'prometheus.yml'), 'utf8')) as PrometheusConfig
  const often = '1s'
  return {
    ...config,
    global: {
      scrape_interval: often,
      scrape_timeout: often,
      evaluation_interval: often,
      external_labels: { rolewatch: product, grafana: 'http://grafana.invalid' },
    },
    alerting: { ...config.alerting, alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: config.scrape_configs.map(({ authorization: _token, ...job }) => ({
      ...job,
      static_configs: [{ targets: jobs[job.job_name] ?? [] }],
    })),
  }
}
