// The kinds of panels that our dashboards are made of.

import { PanelBuilder as BarChart } from '@grafana/grafana-foundation-sdk/barchart'
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder as Gauge } from '@grafana/grafana-foundation-sdk/gauge'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { byPlace, byThresholds, draft, type Draft, type Face } from './face.ts'

/** Colours of series by the end of their name; others by their place among the series. */
export type Colours = Readonly<Record<string, string>>

interface Drawn {
  /** Where the axis reaches at least; unless said, to the first step. */
  readonly reach?: number
  readonly colours?: Colours
  /** The legend stands beside the lines: many names would leave a low panel no room below them. */
  readonly beside?: boolean
  /** Series that are limits: names that match are drawn dashed. */
  readonly limits?: string
}

const last = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false)
const legend = () =>
  new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true).calcs([])
const tooltip = () => ({ build: () => ({ mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }) })

/** Lines over time; steps, where there are any, are drawn across as dashed lines. */
export function lines(face: Face & Drawn): Draft {
  const reach = face.reach ?? (face.steps?.[0] && 1.1 * face.steps[0][0])
  const panel = plot({ ...face, ...(reach === undefined ? {} : { reach }) })
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
  if (face.steps) panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  return draft(panel, face)
}

/** What happened in each stretch of time, one kind on top of the other. */
export function bars(face: Face & Drawn): Draft {
  const stacking = new StackingConfigBuilder().mode(StackingMode.Normal).group('A')
  return draft(plot(face).drawStyle(GraphDrawStyle.Bars).lineWidth(0).fillOpacity(80).stacking(stacking), { min: 0, decimals: 0, ...face })
}

function plot({ reach, colours = {}, limits, beside = false }: Drawn): TimeSeries {
  const names = beside ? legend().placement(LegendPlacement.Right) : legend()
  const panel = new TimeSeries().legend(names).tooltip(tooltip()).colorScheme(byPlace())
  if (reach !== undefined) panel.axisSoftMin(0).axisSoftMax(reach)
  for (const [name, fixedColor] of Object.entries(colours))
    panel.overrideByRegexp(`/(^| )${name}$/`, [{ id: 'color', value: { mode: 'fixed', fixedColor } }])
  if (limits !== undefined) panel.overrideByRegexp(`/${limits}/`, [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } }])
  return panel
}

/** One number, or a few, that say how it is now. */
export function stat(face: Face & { readonly show?: 'value' | 'name' | 'both'; readonly filled?: boolean }): Draft {
  const mode = { value: BigValueTextMode.Value, name: BigValueTextMode.Name, both: BigValueTextMode.ValueAndName }[face.show ?? 'value']
  const panel = new Stat()
    .reduceOptions(last())
    .textMode(mode)
    .graphMode(BigValueGraphMode.None)
    .colorMode(face.filled ? BigValueColorMode.Background : BigValueColorMode.Value)
    .colorScheme(byThresholds())
  return draft(panel, face)
}

/** One number between two ends. */
export function gauge(face: Face & { readonly min: number; readonly max: number }): Draft {
  return draft(new Gauge().reduceOptions(last()).showThresholdMarkers(true).colorScheme(byThresholds()), face)
}

/** One number for each of several, side by side. */
export function meters(face: Face): Draft {
  const panel = new BarGauge()
    .reduceOptions(last())
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .legend(legend().showLegend(false))
    .colorScheme(byThresholds())
  return draft(panel, face)
}

/** What state each of several was in, over time. */
export function states(face: Face): Draft {
  const panel = new StateTimeline()
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .legend(legend())
    .tooltip(tooltip())
    .colorScheme(byThresholds())
  return draft(panel, face)
}

/** Rows of a table as bars: the first column names them. */
export function ranking(face: Face & { readonly name: string }): Draft {
  const panel = new BarChart()
    .xField(face.name)
    .orientation(VizOrientation.Horizontal)
    .showValue(VisibilityMode.Always)
    .stacking(StackingMode.None)
    .xTickLabelMaxLength(24)
    .legend(legend())
    .tooltip(tooltip())
    .colorScheme(byPlace())
  return draft(panel, { min: 0, ...face })
}
