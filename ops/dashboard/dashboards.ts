// All dashboards, as the texts of their files.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Catalogue } from '../slo/catalogue.ts'
import type { Slo } from '../slo/spec.ts'
import type { Symptom } from '../slo/symptom.ts'
import { alertPipeline } from './alert-pipeline.ts'
import { business } from './business.ts'
import { giveDashboards, type Given } from './given.ts'
import { overview } from './overview.ts'
import { performance } from './performance.ts'
import { scrapers } from './scrapers.ts'
import { MARK } from './shell.ts'

const DASHBOARDS: Readonly<Record<string, (given: Given) => Dashboard>> = {
  overview,
  scrapers,
  'alert-pipeline': alertPipeline,
  performance,
  business,
}

/** Path below the project → JSON. The same specifications give the same bytes. */
export function dashboardFiles(slos: readonly Slo[], symptoms: readonly Symptom[], catalogue: Catalogue): Map<string, string> {
  const given = giveDashboards(slos, symptoms, catalogue)
  const files = Object.entries(DASHBOARDS).map(
    ([name, make]) => [`dashboards/${name}.json`, `${JSON.stringify(make(given), null, 2)}\n`] as const,
  )
  return new Map(files)
}

/** Whether a file of the folder was made here; those of people are left alone. */
export function isDashboard(text: string): boolean {
  try {
    const { tags } = JSON.parse(text) as { tags?: unknown }
    return Array.isArray(tags) && tags.includes(MARK)
  } catch {
    return false
  }
}
