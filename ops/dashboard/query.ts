// A query of a panel, to Prometheus or to PostgreSQL, and the target that Grafana reads it from.

import type { Dataquery as Target } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import { defaultDataquery, PromQueryFormat, QueryEditorMode, type Dataquery } from '@grafana/grafana-foundation-sdk/prometheus'

export interface Query {
  readonly from: 'prometheus' | 'postgres'
  readonly text: string
  /** What a series is called, with labels as `{{source}}`; SQL names its columns. */
  readonly legend: string
  /** Every point of the range, or the last alone, as series or as rows of a table. */
  readonly as: 'range' | 'instant' | 'table'
}

/** A target for PostgreSQL, as Grafana's data source reads it; the SDK has none. */
export interface SqlTarget extends Target {
  refId: string
  datasource: DataSourceRef
  format: 'time_series' | 'table'
  editorMode: 'code'
  rawQuery: true
  rawSql: string
}

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${prometheus_datasource}' }
export const POSTGRES: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: '${postgres_datasource}' }

export const range = (text: string, legend: string): Query => ({ from: 'prometheus', text, legend, as: 'range' })
export const instant = (text: string, legend: string): Query => ({ from: 'prometheus', text, legend, as: 'instant' })
export const rows = (text: string): Query => ({ from: 'prometheus', text, legend: '', as: 'table' })
/** Answers a column `time`, perhaps a text column that names the series, and numbers. */
export const sqlSeries = (text: string): Query => ({ from: 'postgres', text, legend: '', as: 'range' })
export const sqlRows = (text: string): Query => ({ from: 'postgres', text, legend: '', as: 'table' })

export const sourceOf = ({ from }: Query): DataSourceRef => (from === 'prometheus' ? PROMETHEUS : POSTGRES)

/** The queries of a panel are A, B, C … in their order. */
export function targetOf(query: Query, position: number): Target {
  const refId = String.fromCodePoint(65 + position)
  return query.from === 'prometheus' ? promTarget(query, refId) : sqlTarget(query, refId)
}

function promTarget({ text, legend, as }: Query, refId: string): Dataquery {
  return {
    ...defaultDataquery(),
    refId,
    datasource: PROMETHEUS,
    editorMode: QueryEditorMode.Code,
    expr: text,
    legendFormat: legend,
    format: as === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries,
    range: as === 'range',
    instant: as !== 'range',
    // Histograms alone carry exemplars: the way from a slow point to its trace.
    exemplar: as === 'range' && text.includes('_bucket'),
  }
}

function sqlTarget({ text, as }: Query, refId: string): SqlTarget {
  return {
    refId,
    datasource: POSTGRES,
    format: as === 'table' ? 'table' : 'time_series',
    editorMode: 'code',
    rawQuery: true,
    rawSql: text,
    // The SDK's mark on whatever is a target; JSON leaves functions out.
    _implementsDataqueryVariant: () => undefined,
  }
}
