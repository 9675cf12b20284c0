// What a dashboard of ours may consist of: the SDK's types, narrowed to the panels and targets that we use, for the schema that is made of them.

import type * as barchart from '@grafana/grafana-foundation-sdk/barchart'
import type * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import type * as common from '@grafana/grafana-foundation-sdk/common'
import type * as sdk from '@grafana/grafana-foundation-sdk/dashboard'
import type * as gauge from '@grafana/grafana-foundation-sdk/gauge'
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import type * as stat from '@grafana/grafana-foundation-sdk/stat'
import type * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import type * as table from '@grafana/grafana-foundation-sdk/table'
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import type { SqlTarget } from '../../../ops/dashboard/query.ts'

interface Source {
  type: 'prometheus' | 'grafana-postgresql-datasource'
  uid: '${prometheus_datasource}' | '${postgres_datasource}'
}

type PrometheusTarget = Omit<prometheus.Dataquery, '_implementsDataqueryVariant' | 'datasource'> & {
  datasource: Source
  refId: string
  legendFormat: string
  range: boolean
  instant: boolean
  exemplar: boolean
}
type PostgresTarget = Omit<SqlTarget, '_implementsDataqueryVariant' | 'datasource'> & { datasource: Source }

interface FieldConfig<Custom> extends Omit<sdk.FieldConfig, 'custom' | 'unit'> {
  /** @format grafana-unit */
  unit: string
  custom?: Custom
}

interface PanelOf<Type extends string, Options, Custom> extends Omit<
  sdk.Panel,
  'type' | 'id' | 'title' | 'description' | 'targets' | 'options' | 'fieldConfig' | 'gridPos' | 'datasource' | 'links'
> {
  type: Type
  id: number
  title: string
  description: string
  datasource: Source
  targets: (PrometheusTarget | PostgresTarget)[]
  gridPos: sdk.GridPos
  links: sdk.DashboardLink[]
  options: Options
  fieldConfig: Omit<sdk.FieldConfigSource, 'defaults'> & { defaults: FieldConfig<Custom> }
}

interface NoCustom {
  [key: string]: never
}

type AnyPanel =
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'stat', stat.Options, NoCustom>
  | PanelOf<'gauge', gauge.Options, NoCustom>
  | PanelOf<'bargauge', bargauge.Options, NoCustom>
  | PanelOf<'barchart', barchart.Options, barchart.FieldConfig>
  | PanelOf<'state-timeline', statetimeline.Options, statetimeline.FieldConfig>
  | PanelOf<'table', table.Options, common.TableFieldOptions>

type Variable = Omit<sdk.VariableModel, 'query' | 'datasource' | 'description' | 'label'> & {
  query: string
  description: string
  label: string
  datasource?: Source
}

type Annotation = Omit<sdk.AnnotationQuery, 'target' | 'datasource' | 'expr'> & { datasource: Source; expr: string }

export interface HouseDashboard extends Omit<
  sdk.Dashboard,
  'panels' | 'uid' | 'title' | 'description' | 'tags' | 'templating' | 'annotations' | 'links' | 'snapshot'
> {
  uid: string
  title: string
  description: string
  tags: string[]
  editable: false
  panels: (AnyPanel | (Omit<sdk.RowPanel, 'panels'> & { panels: never[]; gridPos: sdk.GridPos }))[]
  templating: { list: Variable[] }
  annotations: { list: Annotation[] }
  links: sdk.DashboardLink[]
}
