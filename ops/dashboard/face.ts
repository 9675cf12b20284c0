// What all panels have in common: words, unit, colours, queries and a size.

import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DashboardLink,
  type Panel,
  type Threshold,
  type ThresholdsConfig,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { sourceOf, targetOf, type Query } from './query.ts'

/** From this value on, this colour. */
export type Step = readonly [value: number, colour: string]

export interface Face {
  readonly title: string
  readonly description: string
  /** One of Grafana's units. */
  readonly unit: string
  /** In columns, of 24, and in rows of 30 px. */
  readonly size: readonly [width: number, height: number]
  readonly queries: readonly Query[]
  /** Below the first step everything is as `calm` says; green unless said. */
  readonly steps?: readonly Step[]
  readonly calm?: string
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  /** What stands there when there is nothing. */
  readonly nothing?: string
  readonly values?: readonly ValueMapping[]
  /** The shortest time between two points, as `5m`. */
  readonly atLeast?: string
  /** Alerts whose runbooks belong here although they read other series. */
  readonly alerts?: readonly string[]
  /** The dashboard that tells more. */
  readonly more?: string
}

/** A panel that has no place yet. */
export interface Draft {
  readonly face: Face
  readonly panel: Panel
}

/** What every builder of a panel in the SDK can do. */
interface PanelBuilder extends Builder<Panel> {
  title(text: string): unknown
  description(text: string): unknown
  datasource(source: DataSourceRef): unknown
  unit(unit: string): unknown
  targets(targets: Builder<Dataquery>[]): unknown
  thresholds(thresholds: Builder<ThresholdsConfig>): unknown
  min(value: number): unknown
  max(value: number): unknown
  decimals(value: number): unknown
  noValue(text: string): unknown
  mappings(mappings: ValueMapping[]): unknown
  interval(least: string): unknown
}

/** Gives a builder its face, and builds. */
export function draft(builder: PanelBuilder, face: Face): Draft {
  const [first] = face.queries
  if (!first) throw new Error(`${face.title} asks nothing`)
  builder.title(face.title)
  builder.description(face.description)
  builder.unit(face.unit)
  builder.datasource(sourceOf(first))
  builder.targets(face.queries.map((query, position) => ({ build: () => targetOf(query, position) })))
  builder.thresholds(thresholds(face.steps ?? [], face.calm ?? 'green'))
  if (face.min !== undefined) builder.min(face.min)
  if (face.max !== undefined) builder.max(face.max)
  if (face.decimals !== undefined) builder.decimals(face.decimals)
  if (face.nothing !== undefined) builder.noValue(face.nothing)
  if (face.values !== undefined) builder.mappings([...face.values])
  if (face.atLeast !== undefined) builder.interval(face.atLeast)
  return { face, panel: builder.build() }
}

function thresholds(steps: readonly Step[], calm: string): ThresholdsConfigBuilder {
  const all: Threshold[] = [{ value: null, color: calm }, ...steps.map(([value, color]) => ({ value, color }))]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all)
}

export const byThresholds = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.Thresholds)
/** By the place among the series: colours by name are the same everywhere, and many of them are too dark to see. */
export const byPlace = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic)

/** A link that opens beside the dashboard. */
export function linkTo(title: string, url: string): DashboardLink {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true).build()
}
