// What all dashboards have in common: variables, links between them, annotations, and how they are told from others.

import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  type Dashboard,
  type Panel,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { POSTGRES, PROMETHEUS } from './query.ts'

/** By this tag the build knows its own dashboards. */
export const MARK = 'generated'
const FAMILY = 'rolewatch'

export interface Shell {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Variables besides the data source of Prometheus and the address of the product. */
  readonly variables?: readonly ('source' | 'postgres' | 'boards' | 'currency')[]
  readonly from?: string
}

export function shell({ name, title, description, variables = [], from = 'now-24h' }: Shell, panels: (Panel | RowPanel)[]): Dashboard {
  const made = new DashboardBuilder(`Rolewatch: ${title}`)
    .uid(`rolewatch-${name}`)
    .description(description)
    .tags([FAMILY, MARK])
    .readonly()
    .refresh('30s')
    .time({ from, to: 'now' })
    .timezone('utc')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([prometheus(), ...variables.map((one) => VARIABLES[one]()), address()])
    .annotations([deploys(), alerts(), runbooks()])
    .links([family(), productLink('Console', '/'), productLink('Runbooks', '/runbooks/')])
    .build()
  return { ...made, panels }
}

const prometheus = () =>
  new DatasourceVariableBuilder('prometheus_datasource')
    .label('Data source')
    .type('prometheus')
    .description('The Prometheus that watches Rolewatch.')

const VARIABLES = {
  source: () => choices('source').datasource(PROMETHEUS).query('label_values(rolewatch_scrape_runs_total, source)').allValue('.+'),
  postgres: () =>
    new DatasourceVariableBuilder('postgres_datasource')
      .label('Database')
      .type('grafana-postgresql-datasource')
      .description('The PostgreSQL that Rolewatch keeps its postings in.'),
  boards: () => choices('source').datasource(POSTGRES).query("select distinct source from boards where source <> 'canary' order by 1"),
  currency: () =>
    new QueryVariableBuilder('currency')
      .label('Currency')
      .description('Pay is compared within one currency.')
      .datasource(POSTGRES)
      .query(
        'select pay_currency from postings where $__timeFilter(first_seen_at) and pay_currency is not null group by 1 order by count(*) desc',
      )
      .refresh(VariableRefresh.OnTimeRangeChanged),
} as const

const choices = (name: string) =>
  new QueryVariableBuilder(name)
    .label('Source')
    .description('The kinds of sites to look at.')
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })

const address = () =>
  new TextBoxVariableBuilder('rolewatch')
    .label('Rolewatch')
    .description('Where Rolewatch answers: links to runbooks begin with it.')
    .defaultValue('http://localhost:8080')
    .current({ selected: true, text: 'http://localhost:8080', value: 'http://localhost:8080' })

const family = () =>
  new DashboardLinkBuilder('Rolewatch').type(DashboardLinkType.Dashboards).tags([FAMILY]).asDropdown(false).includeVars(true).keepTime(true)

const productLink = (title: string, path: string) =>
  new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon('external link').url(`\${rolewatch:raw}${path}`).targetBlank(true)

const annotation = (name: string, colour: string, expr: string) =>
  new AnnotationQueryBuilder().name(name).datasource(PROMETHEUS).enable(true).iconColor(colour).expr(expr).step('60s')

/** A pair of versions that was not there five minutes ago. */
const deploys = () => {
  const running = 'count by (version, node) (rolewatch_build_info)'
  return annotation('Deploys', 'blue', `${running} unless ${running.replace('info)', 'info offset 5m)')}`)
    .titleFormat('Rolewatch {{version}} runs')
    .textFormat('Node {{node}}')
    .tagKeys('version')
}

const alerts = () =>
  annotation('Alerts', 'red', 'ALERTS{alertstate="firing",alertname!="Watchdog"}')
    .titleFormat('{{alertname}}')
    .textFormat('{{priority}} {{slo}} {{source}} {{channel}}')
    .tagKeys('severity,owner')

const runbooks = () =>
  annotation('Runbooks', 'purple', 'sum by (runbook, outcome) (increase(rolewatch_runbook_runs_total[$__rate_interval])) > 0')
    .titleFormat('Runbook {{runbook}}')
    .textFormat('{{outcome}}')
    .tagKeys('runbook')
