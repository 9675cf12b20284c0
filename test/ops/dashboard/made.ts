// The dashboards of the house as they are made from its specifications, once for all suites, and ways to look into them.

import { dashboardFiles } from '../../../ops/dashboard/dashboards.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { houseSpecs } from '../slo/specs.ts'
import type { HouseDashboard } from './shape.ts'

export type Shown = Exclude<HouseDashboard['panels'][number], { type: 'row' }>
export type Target = Shown['targets'][number]

export interface Made {
  /** Name → dashboard. */
  dashboards: Record<string, HouseDashboard>
  files: ReadonlyMap<string, string>
  slos: Slo[]
}

let made: Promise<Made> | undefined

export async function houseDashboards(): Promise<Made> {
  made ??= make()
  return made
}

async function make(): Promise<Made> {
  const { specs, world } = await houseSpecs()
  const slos = specs.slos.map(({ spec }) => spec)
  const files = dashboardFiles(slos, specs.symptoms, world.catalogue)
  const dashboards = Object.fromEntries(
    [...files].map(([path, text]) => [path.slice('dashboards/'.length, -'.json'.length), readBack(text)]),
  )
  return { dashboards, files, slos }
}

export const readBack = (text: string): HouseDashboard => JSON.parse(text) as HouseDashboard

/** Panels without the rows. */
export const panelsOf = (dashboard: HouseDashboard): Shown[] => dashboard.panels.filter((panel): panel is Shown => panel.type !== 'row')

/** Every query in PromQL, annotations included, and where it stands. */
export function promqlOf(dashboard: HouseDashboard): { where: string; expr: string }[] {
  const targets = panelsOf(dashboard).flatMap((panel) =>
    panel.targets.flatMap((target) => ('expr' in target ? [{ where: `${dashboard.uid}: ${panel.title}`, expr: target.expr }] : [])),
  )
  return [...targets, ...dashboard.annotations.list.map(({ name, expr }) => ({ where: `${dashboard.uid}: annotation ${name}`, expr }))]
}

/** Every query in SQL, those of variables included. */
export function sqlOf(dashboard: HouseDashboard): { where: string; sql: string }[] {
  const targets = panelsOf(dashboard).flatMap((panel) =>
    panel.targets.flatMap((target) => ('rawSql' in target ? [{ where: panel.title, sql: target.rawSql }] : [])),
  )
  const variables = dashboard.templating.list.filter(({ datasource }) => datasource?.uid === '${postgres_datasource}')
  return [...targets, ...variables.map(({ name, query }) => ({ where: `variable ${name}`, sql: query }))]
}
