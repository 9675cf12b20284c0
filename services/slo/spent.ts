// Budget spent: what a stretch of time has cost each objective, from the tallies that the product keeps itself.

import { budgetOf } from '../../ops/slo/budget.ts'
import { toNumber } from '../../ops/slo/decimal.ts'
import { boundOf, countsTime } from '../../ops/slo/query.ts'
import type { Slo } from '../../ops/slo/spec.ts'
import { textOf } from '../../ops/slo/tally.ts'
import type { Db } from '../store/database.ts'
import { sumTallies } from '../store/tallies.ts'

export interface Spent {
  slo: string
  title: string
  periodSeconds: number
  /** What bad and total count. */
  unit: 'events' | 'seconds'
  bad: number
  total: number
  /** Of the budget of the period that ends with the stretch: 1 is all of it. */
  share: number
}

/** What each objective lost between two moments; those that lost nothing are left out. A stretch is as coarse as a minute, or as an hour where it is old. */
export async function budgetSpentIn(db: Db, slos: readonly Slo[], { from, to }: { from: Date; to: Date }): Promise<Spent[]> {
  const seconds = Math.max(60, Math.ceil((to.getTime() - from.getTime()) / 1000))
  const windows = slos.flatMap((slo) => {
    const of = { slo: slo.slo, bound: textOf(boundOf(slo)) }
    return [
      { ...of, key: `${slo.slo} stretch`, window: seconds },
      { ...of, key: `${slo.slo} period`, window: slo.period },
    ]
  })
  const sums = new Map<string, { bad: number; total: number }>()
  for (const { key, bad, total } of await sumTallies(db, windows, to)) {
    const sum = sums.get(key) ?? { bad: 0, total: 0 }
    sums.set(key, { bad: sum.bad + bad, total: sum.total + total })
  }
  return slos.flatMap((slo) => {
    const stretch = sums.get(`${slo.slo} stretch`)
    const allowed = (sums.get(`${slo.slo} period`)?.total ?? 0) * budgetOf(toNumber(slo.objective))
    if (!stretch || stretch.bad === 0 || allowed === 0) return []
    const { slo: name, title, period: periodSeconds } = slo
    const unit = countsTime(slo.sli) ? ('seconds' as const) : ('events' as const)
    return [{ slo: name, title, periodSeconds, unit, ...stretch, share: stretch.bad / allowed }]
  })
}
