// What every dashboard is made from.

import type { Catalogue } from '../slo/catalogue.ts'
import type { Slo } from '../slo/spec.ts'
import type { Symptom } from '../slo/symptom.ts'
import { concernsOf, type Concern } from './concerns.ts'

export interface Given {
  readonly slos: readonly Slo[]
  readonly symptoms: readonly Symptom[]
  readonly concerns: readonly Concern[]
  /** The values that a label of a metric takes. @throws when the catalogue does not know them */
  readonly valuesOf: (metric: string, label: string) => readonly string[]
}

export function giveDashboards(slos: readonly Slo[], symptoms: readonly Symptom[], catalogue: Catalogue): Given {
  const valuesOf = (metric: string, label: string) => {
    const values = catalogue.get(metric)?.declaration.values[label]
    if (!values) throw new Error(`The values of ${label} of ${metric} are not declared`)
    return values
  }
  return { slos, symptoms, concerns: concernsOf(slos, symptoms), valuesOf }
}
