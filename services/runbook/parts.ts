// What actions work with: the opened rooms of the product, handed in by whoever starts the engine.

import type { Slo } from '../../ops/slo/spec.ts'
import type { Queue } from '../../ops/queue.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Config } from '../config.ts'
import type { Archive } from '../scrape/archive.ts'
import type { Door } from '../scrape/fetch.ts'
import type { Database } from '../store/database.ts'

export interface ActionParts {
  config: Config
  watch: Watch
  database: Database
  queue: Queue
  door: Door
  archive: Archive
  slos: readonly Slo[]
}
