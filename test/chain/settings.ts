// The rules and settings of the house as the chain runs them: the very files, with the addresses of this test and in quicker time.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { RuleGroup } from '../../ops/slo/rules.ts'
import { scaledGroups, scaleSpecs } from '../../ops/slo/scale.ts'
import { ROOT } from '../../services/config.ts'
import { houseSpecs } from '../ops/slo/specs.ts'

/** A minute passes in a second. */
export const FACTOR = 60
/** Dead after so many seconds without a Watchdog: five minutes would be five seconds, and a busy machine may stand still that long. */
export const DEADMAN_AFTER_S = 10
/** The waits of Alertmanager's routes; nothing waits for less than a second. */
export const WAITS = {
  '10s': '1s',
  '20s': '1s',
  '30s': '1s',
  '50s': '1s',
  '1m': '1s',
  '5m': '5s',
  '15m': '15s',
  '1h': '1m',
  '4h': '4m',
  '12h': '12m',
}

/** The rules of the house; what is measured in seconds and is no duration is scaled by name. */
export async function chainRules(): Promise<{ groups: RuleGroup[] }> {
  const { specs } = await houseSpecs()
  const bounds = { 'alert-delivery': { '30': '0.5', '60': '1', '120': '2' } }
  const numbers = { OutboxStuck: { '300': '10' }, OutboxSlow: { '60': '5' } }
  return { groups: scaledGroups(scaleSpecs(specs, FACTOR, { bounds, numbers }), FACTOR) }
}

/** alerts/prometheus.yml for this machine: jobs → targets. */
export function prometheusConfig(targets: Readonly<Record<string, readonly string[]>>, alertmanager: string, product: string): object {
  const config = parse(readFileSync(join(ROOT, 'alerts', 'prometheus.yml'), 'utf8')) as {
    alerting: object
    scrape_configs: { job_name: string; authorization?: object }[]
  }
  const interval = '1s'
  return {
    ...config,
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: { rolewatch: product, grafana: 'http://grafana.test' },
    },
    alerting: { ...config.alerting, alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    // The API of a machine is open to the machine itself as long as no token was made.
    scrape_configs: config.scrape_configs.map(({ authorization: _token, ...job }) => ({
      ...job,
      static_configs: [{ targets: targets[job.job_name] ?? [] }],
    })),
  }
}
