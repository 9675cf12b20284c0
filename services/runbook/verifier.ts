// Whether an alert is gone: its own expression is asked of Prometheus, or else what Alertmanager told last counts.

import type { AlertRule } from '../../ops/slo/expressions.ts'
import type { Prometheus, Sample } from '../slo/prometheus.ts'
import { standingOf } from '../store/alerts.ts'
import type { Db } from '../store/database.ts'
import type { Verifier } from './course.ts'

export interface VerifierOptions {
  db: Db
  /** Undefined where none is configured. */
  prometheus: Prometheus | undefined
  /** The rules by the name of their alert: ops/slo/expressions.ts. */
  rules: ReadonlyMap<string, readonly AlertRule[]>
  now?: () => Date
}

type Labels = Readonly<Record<string, string>>

/** An expression that finds nothing says nothing while Prometheus sees no process of ours. */
const SEEN = 'up{job="rolewatch"} == 1'

/** Makes the verifier of the product. */
export function openVerifier({ db, prometheus, rules, now = () => new Date() }: VerifierOptions): Verifier {
  return async ({ alert, labels, incident }) => {
    if (incident?.state === 'resolved') return { kind: 'mended', words: 'Alertmanager says that the alert is over' }
    const own = (rules.get(alert) ?? []).filter((rule) => agree(rule.labels, labels))
    if (prometheus && own.length > 0) return askPrometheus(prometheus, own, labels)
    const standing = await standingOf(db, alert, incident?.labels ?? labels, now())
    if (standing === 'firing') return { kind: 'firing', words: 'Alertmanager has not said that the alert is over' }
    if (standing === 'resolved') return { kind: 'mended', words: 'Alertmanager says that the alert is over' }
    return {
      kind: 'unknown',
      words: standing ? 'Alertmanager has told nothing of the alert for long' : 'Alertmanager never told of this alert',
    }
  }
}

async function askPrometheus(prometheus: Prometheus, rules: readonly AlertRule[], labels: Labels): ReturnType<Verifier> {
  const answers = await Promise.all(rules.map(({ expression }) => prometheus.query(expression)))
  const left = answers.flat().filter((sample) => agree(sample.labels, labels))
  if (left.length > 0) return { kind: 'firing', words: `its expression still gives ${valuesOf(left)}` }
  if ((await prometheus.query(SEEN)).length === 0) return { kind: 'unknown', words: 'Prometheus sees no process of Rolewatch' }
  return { kind: 'mended', words: 'its expression gives nothing any more' }
}

/** Labels that one has and the other has not tell nothing: the rule puts some on, Prometheus takes some off. */
function agree(some: Labels, alert: Labels): boolean {
  return Object.entries(some).every(([name, value]) => name === '__name__' || alert[name] === undefined || alert[name] === value)
}

function valuesOf(samples: readonly Sample[]): string {
  return samples
    .slice(0, 3)
    .map(({ value }) => Number(value.toPrecision(3)))
    .join(', ')
}
