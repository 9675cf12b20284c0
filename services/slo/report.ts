// The report on all SLOs: from Prometheus where there is one that answers, else from the database, and it says which.

import type { Slo } from '../../ops/slo/spec.ts'
import { textOf } from '../../ops/slo/tally.ts'
import { Failure } from '../../scrapers/failure.ts'
import type { Db } from '../store/database.ts'
import { sumTallies } from '../store/tallies.ts'
import { openPrometheus } from './prometheus.ts'
import { countRecorded, type Recorded } from './recorded.ts'
import { standingOf, type Standing } from './standing.ts'
import { allViews, keyOfView, type Counts, type Group } from './views.ts'

export interface SloReport extends Standing {
  /** Who has counted. */
  source: 'prometheus' | 'database'
  /** Why it is not the one that was configured. */
  note: string | null
  /** When, in ISO 8601. */
  as_of: string
}

export interface ReportParts {
  slos: readonly Slo[]
  prometheusUrl: string | undefined
  /** Asked only when the database is needed. */
  db: () => Promise<Db>
  now?: () => Date
  /** How often Prometheus evaluates the rules, in seconds. */
  sliceSeconds?: number
}

/** Reports on these SLOs, in their order. @throws what the database throws, where it is needed */
export async function reportSlos({ slos, prometheusUrl, db, now = () => new Date(), sliceSeconds }: ReportParts): Promise<SloReport[]> {
  const at = now()
  const { counts, unknown } = await askPrometheus(slos, prometheusUrl, sliceSeconds)
  const others = slos.filter(({ slo }) => unknown.has(slo))
  const counted = others.length > 0 ? await countTallies(await db(), others, at) : new Map()
  return slos.map((slo) => {
    const fallen = unknown.has(slo.slo)
    return {
      ...standingOf(slo, fallen ? counted : counts),
      source: fallen ? 'database' : 'prometheus',
      note: unknown.get(slo.slo) ?? null,
      as_of: at.toISOString(),
    }
  })
}

/** As `Recorded`, but those that are not asked for there are unknown without a reason. */
type Asked = Pick<Recorded, 'counts'> & { unknown: ReadonlyMap<string, string | null> }

async function askPrometheus(slos: readonly Slo[], url: string | undefined, sliceSeconds: number | undefined): Promise<Asked> {
  const none = (note: string | null): Asked => ({ counts: new Map(), unknown: new Map(slos.map(({ slo }) => [slo, note])) })
  if (url === undefined || slos.length === 0) return none(null)
  try {
    const { counts, unknown } = await countRecorded(openPrometheus(url), slos, sliceSeconds)
    return { counts, unknown: new Map([...unknown].map(([slo, why]) => [slo, `${why}. Counted from the database.`])) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return none(`Prometheus gave no answer: ${error.message}. Counted from the database.`)
  }
}

/** Reads every view of these SLOs from the tallies that the product keeps itself. */
export async function countTallies(db: Db, slos: readonly Slo[], now: Date): Promise<Counts> {
  const windows = slos
    .flatMap(allViews)
    .map((view) => ({ key: keyOfView(view), slo: view.slo.slo, bound: textOf(view.bound), window: view.window }))
  const counts = new Map<string, Group[]>()
  for (const { key, ...group } of await sumTallies(db, windows, now)) counts.set(key, [...(counts.get(key) ?? []), group])
  return counts
}
