// All drills, in the order in which they are begun when all are run: what needs long first, what needs everything last.

import type { Drill } from './drill.ts'
import { guardDrills } from './guards.ts'
import { messageDrills } from './messages.ts'
import { programDrills } from './programs.ts'
import { syntheticDrills } from './synthetic.ts'
import { visitDrills } from './visits.ts'

export const drills: readonly Drill[] = [
  // The share of failing visits that it needs is narrow: nothing else may have failed before.
  ...visitDrills.slice(0, 1),
  ...guardDrills,
  ...visitDrills.slice(1),
  ...messageDrills,
  ...syntheticDrills,
  ...programDrills,
]
