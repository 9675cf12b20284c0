// A dashboard as far as pictures need it: the parts of Grafana's schema that are drawn.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../../services/config.ts'

export interface Option {
  id: string
  value?: unknown
}

export interface Threshold {
  color: string
  /** Null: from the beginning. */
  value: number | null
}

export interface Mapping {
  type: 'value' | 'range' | 'special' | 'regex'
  options: Record<string, unknown>
}

export interface FieldConfig {
  unit?: string
  decimals?: number
  min?: number
  max?: number
  displayName?: string
  noValue?: string
  thresholds?: { mode: 'absolute' | 'percentage'; steps: Threshold[] }
  mappings?: Mapping[]
  color?: { mode: string; fixedColor?: string }
  custom?: Record<string, unknown>
  links?: { title: string; url: string }[]
}

export interface Target {
  refId: string
  datasource?: { type?: string; uid?: string }
  expr?: string
  rawSql?: string
  legendFormat?: string
  format?: string
  instant?: boolean
  range?: boolean
  exemplar?: boolean
  hide?: boolean
}

export interface Transformation {
  id: string
  options: Record<string, unknown>
  disabled?: boolean
}

export interface Panel {
  id?: number
  type: string
  title?: string
  description?: string
  gridPos?: { x: number; y: number; w: number; h: number }
  /** The shortest time between two points, as `5m`. */
  interval?: string
  datasource?: { type?: string; uid?: string }
  targets?: Target[]
  fieldConfig?: { defaults: FieldConfig; overrides: { matcher: { id: string; options?: unknown }; properties: Option[] }[] }
  options?: Record<string, unknown>
  transformations?: Transformation[]
  links?: { title?: string; url?: string }[]
  /** Of a row that is folded. */
  panels?: Panel[]
  collapsed?: boolean
}

export interface Annotation {
  name: string
  enable?: boolean
  hide?: boolean
  iconColor?: string
  datasource?: { type?: string; uid?: string }
  expr?: string
  step?: string
  titleFormat?: string
  textFormat?: string
  target?: Record<string, unknown>
}

export interface Dashboard {
  uid: string
  title: string
  description?: string
  tags?: string[]
  panels: Panel[]
  time?: { from: string; to: string }
  templating?: {
    list: { name: string; type: string; label?: string; query?: unknown; current?: { value?: unknown; text?: unknown }; hide?: number }[]
  }
  annotations?: { list: Annotation[] }
  links?: { title: string; url?: string }[]
}

/** Every panel, those in folded rows too. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  return dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])])
}

/** All that the project has, by the names of their files. */
export async function readDashboards(): Promise<{ name: string; dashboard: Dashboard }[]> {
  const folder = join(ROOT, 'dashboards')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted()
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace(/\.json$/, ''),
      dashboard: JSON.parse(await readFile(join(folder, file), 'utf8')) as Dashboard,
    })),
  )
}
