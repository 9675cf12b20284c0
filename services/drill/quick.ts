// Quicker time: the rules and waits of the house as a drill lives them, a minute in a second.

import { ROOT } from '../config.ts'
import { openWorld, readTexts } from '../../ops/slo/build.ts'
import { readSpecs } from '../../ops/slo/generate.ts'
import type { RuleGroup } from '../../ops/slo/rules.ts'
import { scaledGroups, scaleSpecs } from '../../ops/slo/scale.ts'

/** By so much every duration of rules, routes and cadences is divided. */
export const FACTOR = 60

/** The waits of Alertmanager's routes; nothing waits for less than a second. */
export const WAITS: Readonly<Record<string, string>> = {
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

/** How often boards are visited, and canaries sent: ten minutes, in seconds of quick time. */
export const CADENCE_S = 10
/** Five minutes would be five seconds, and a busy machine may stand still that long. */
export const DEADMAN_AFTER_S = 10

/** One SLO counts drills, of which there is one a day: weeks must pass in seconds. */
export const SLOWEST = { slo: 'detection', factor: 240 * FACTOR }

/** The rules of the house in quicker time. Ages of notifications keep their bounds: a drill makes them older instead. */
export async function quickRules(): Promise<{ groups: RuleGroup[] }> {
  const world = await openWorld(ROOT)
  const { slos, symptoms } = readSpecs(readTexts(ROOT), world)
  const isSlowest = ({ spec }: (typeof slos)[number]): boolean => spec.slo === SLOWEST.slo
  // What stands for a time without being a duration.
  const numbers = { CanaryLate: { '60': '1' }, EverySourceStale: { '600': '10' } }
  const most = scaleSpecs({ slos: slos.filter((one) => !isSlowest(one)), symptoms }, FACTOR, { numbers })
  const slowest = scaleSpecs({ slos: slos.filter(isSlowest), symptoms: [] }, SLOWEST.factor)
  return { groups: scaledGroups({ slos: [...most.slos, ...slowest.slos], symptoms: most.symptoms }, FACTOR) }
}
