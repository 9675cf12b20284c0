// What the API is made of: everything it needs is handed in.

import type { Watch } from '../../ops/telemetry.ts'
import type { Config } from '../config.ts'
import type { Database } from '../store/database.ts'

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
  /** Puts visits at the head of the queue and tells how many; left out, POST /runs does not exist. */
  refresh?: (selection: { sources?: string[]; boards?: string[] }) => Promise<number>
}
