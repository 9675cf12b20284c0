// Running drills: at once whatever needs nothing in common, one after the other what does.

import { runDrill } from './course.ts'
import type { Drill, Need, Report } from './drill.ts'
import type { Ground } from './ground.ts'

/** What a machine of two cores bears. */
const AT_ONCE = 12

/** Runs them and tells of each as it ends. Of those that need the same, the earlier comes first. */
export async function runDrills(ground: Ground, drills: readonly Drill[], tell: (report: Report) => void): Promise<Report[]> {
  const taken = new Set<Need>()
  const waiting = [...drills]
  const reports = new Map<Drill, Report>()
  const going = new Set<Promise<void>>()

  function begin(drill: Drill): void {
    waiting.splice(waiting.indexOf(drill), 1)
    for (const need of drill.needs) taken.add(need)
    let isFree = false
    const free = (): void => {
      if (isFree) return
      isFree = true
      for (const need of drill.needs) taken.delete(need)
      beginAll()
    }
    const follow = async (): Promise<void> => {
      const report = await runDrill(ground, drill, free)
      reports.set(drill, report)
      tell(report)
    }
    const run = follow().finally(() => {
      going.delete(run)
      free()
      beginAll()
    })
    going.add(run)
  }

  function beginAll(): void {
    for (let next = nextOf(waiting, taken); next && going.size < AT_ONCE; next = nextOf(waiting, taken)) begin(next)
  }

  beginAll()
  while (going.size > 0) await Promise.race(going)
  return drills.flatMap((drill) => reports.get(drill) ?? [])
}

/** The first that needs nothing that is taken, or that an earlier one waits for. */
export function nextOf(waiting: readonly Drill[], taken: ReadonlySet<Need>): Drill | undefined {
  const spoken = new Set(taken)
  for (const drill of waiting) {
    if (drill.needs.every((need) => !spoken.has(need))) return drill
    for (const need of drill.needs) spoken.add(need)
  }
  return undefined
}
