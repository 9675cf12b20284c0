// The canary's own watch: its stages, runs and messages are logged and traced as all others, and counted where nobody's numbers are.

import type { Log } from '../../ops/log.ts'
import { createMetrics, type StageName } from '../../ops/metrics.ts'
import { createWatch, type Watch } from '../../ops/telemetry.ts'
import { CANARY } from '../store/canary-marks.ts'

/** A watch on a registry that is exposed nowhere. */
export function createCanaryWatch(log: Log): Watch {
  return createWatch(createMetrics({ sources: [CANARY], queues: [], version: '', process: false }), log)
}

/** A watch that also tells how long each stage took, in seconds, in the order in which they began. */
export function withTimes(watch: Watch): { watch: Watch; times: ReadonlyMap<StageName, number> } {
  const times = new Map<StageName, number>()
  return {
    times,
    watch: {
      ...watch,
      async stage(name, labels, work, options) {
        const before = times.get(name) ?? 0
        const started = performance.now()
        times.set(name, before)
        try {
          return await watch.stage(name, labels, work, options)
        } finally {
          times.set(name, before + (performance.now() - started) / 1000)
        }
      },
    },
  }
}
