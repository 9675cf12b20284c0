// What the API is made of: everything it needs is handed in.

import type { Watch } from '../../ops/telemetry.ts'
import type { Registry } from '../../ops/runbook/action.ts'
import type { Config } from '../config.ts'
import type { Pages } from '../runbook/pages.ts'
import type { AlertChange } from '../store/alerts.ts'
import type { Database, Trx } from '../store/database.ts'

export interface ComponentState {
  status: 'ok' | 'degraded' | 'down'
  detail?: string | null | undefined
  /** How long the component itself says it took; measured here where it does not. */
  seconds?: number | undefined
}

export interface ApiParts {
  config: Config
  database: Database
  watch: Watch
  /** The clock of what is asked relative to today. */
  now?: () => Date
  health: {
    /** One check per component, by its name; a check that throws is a component that is down. */
    components: Readonly<Record<string, () => Promise<ComponentState>>>
    /** Those without which the product cannot serve. */
    essential: readonly string[]
  }
  /** What follows from alerts that are news, in the transaction that keeps them. */
  onAlerts?: (trx: Trx, changes: readonly AlertChange[], now: Date) => Promise<void>
  /** The runbooks and the actions that they name; left out, /api/v1/runbooks does not exist. */
  runbooks?: { pages: Pages; registry: Registry<never> }
  /** Puts visits at the head of the queue and tells how many; left out, POST /runs does not exist. */
  refresh?: (selection: { sources?: string[]; boards?: string[] }) => Promise<number>
}
