// A specification → its group of Prometheus rules: bad and total are recorded, and divided last.

import { decimal, minus, print, printPercent, type Decimal } from './decimal.ts'
import { printDuration } from './duration.ts'
import { severityOf, type Priority } from './fields.ts'
import { badQuery, boundOf, countsTime, sliceQuery, totalQuery } from './query.ts'
import type { Slo, Tier } from './spec.ts'

/** How often rules are evaluated, in seconds. */
export const INTERVAL = 30

export interface RecordRule {
  record: string
  expr: string
  labels: Record<string, string>
}

export interface AlertRule {
  alert: string
  expr: string
  for?: string
  keep_firing_for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

export interface RuleGroup {
  name: string
  interval: string
  rules: (RecordRule | AlertRule)[]
}

/** Rules of a group are evaluated in order, so each reads what those above it have just written. */
export function ruleGroup(slo: Slo): RuleGroup {
  const name = slo.slo
  const slices = countsTime(slo.sli) ? [record(name, 'slo:slice:bad', sliceQuery(slo.sli))] : []
  const rules = [...slices, ...totals(slo), ...ratios(slo), ...budget(slo), ...slo.tiers.map((tier) => alertRule(slo, tier))]
  return { name: `slo-${name}`, interval: `${INTERVAL}s`, rules }
}

/** Every pair of window and bound that something looks at, each once. */
function views(slo: Slo): { window: number; bound: Decimal | undefined }[] {
  const all = [
    { window: slo.period, bound: boundOf(slo) },
    ...slo.tiers.flatMap((tier) => [tier.long, tier.short].map((window) => ({ window, bound: boundOf(slo, tier) }))),
  ]
  const key = ({ window, bound }: (typeof all)[number]) => `${window} ${bound ? print(bound) : ''}`
  return [...new Map(all.map((view) => [key(view), view])).values()].toSorted((a, b) => a.window - b.window)
}

function totals(slo: Slo): RecordRule[] {
  const windows = [...new Set(views(slo).map(({ window }) => window))]
  return windows.map((window) => record(slo.slo, `slo:total:events${printDuration(window)}`, totalQuery(slo, window)))
}

function ratios(slo: Slo): RecordRule[] {
  return views(slo).flatMap(({ window, bound }) => {
    const [bad, total] = [series(slo, 'bad:events', window, bound), series(slo, 'total:events', window)]
    // Where time is counted there is no total of 0: a slice exists or it does not.
    const quiet = countsTime(slo.sli) ? total : `(${total} > 0)\nor 0 * ${total}`
    return [
      record(slo.slo, `slo:bad:events${printDuration(window)}`, badQuery(slo, window, bound, total), bound),
      record(slo.slo, `slo:error:ratio${printDuration(window)}`, `${bad} ${bound ? '/ ignoring (bound)' : '/'} ${quiet}`, bound),
    ]
  })
}

function budget(slo: Slo): RecordRule[] {
  const left = `1 - ${series(slo, 'error:ratio', slo.period, boundOf(slo))} / ${print(minus(decimal('1'), slo.objective))}`
  return [
    record(slo.slo, 'slo:objective:ratio', `vector(${print(slo.objective)})`),
    record(slo.slo, 'slo:error_budget:remaining_ratio', left, boundOf(slo)),
  ]
}

function alertRule(slo: Slo, tier: Tier): AlertRule {
  const bound = boundOf(slo, tier)
  const above = (window: number) => `${series(slo, 'error:ratio', window, bound)} > ${print(tier.errorAbove)}`
  const enough = countsTime(slo.sli) ? [] : [`${series(slo, 'bad:events', tier.long, bound)} >= ${tier.minBad}`]
  return {
    alert: tier.alert,
    expr: [above(tier.long), above(tier.short), ...enough].join('\nand '),
    keep_firing_for: printDuration(tier.keepFiring),
    labels: { ...alertLabels(tier.priority, slo.owner), slo: slo.slo },
    annotations: annotations(tier.alert, tier, slo.dashboard, slo.sli.by, facts(slo, tier)),
  }
}

function facts(slo: Slo, tier: Tier): string {
  const what = countsTime(slo.sli) ? 'of the time' : tier.slowerThan ? `slower than ${print(tier.slowerThan)} s` : 'bad'
  const windows = `over ${printDuration(tier.long)} and over ${printDuration(tier.short)}`
  return `Fires above ${printPercent(tier.errorAbove)} ${what} ${windows}; the objective is ${printPercent(slo.objective)} over ${printDuration(slo.period)}.`
}

export function alertLabels(priority: Priority, owner: string): Record<string, string> {
  return { severity: severityOf(priority), priority, owner }
}

/** Links begin with the external labels `rolewatch` and `grafana` of the Prometheus; without these they are paths. */
export function annotations(
  alert: string,
  text: { summary: string; description: string },
  dashboard: string,
  by: readonly string[],
  more = '',
): Record<string, string> {
  const view = by.includes('source') ? '?var-source={{ $labels.source }}' : ''
  return {
    summary: text.summary,
    description: more ? `${text.description} ${more}` : text.description,
    runbook_url: `{{ $externalLabels.rolewatch }}/runbooks/${alert}.md`,
    dashboard_url: `{{ $externalLabels.grafana }}/d/rolewatch-${dashboard}${view}`,
  }
}

/** A recorded series as later rules select it. */
export function series(slo: Slo, what: string, window: number, bound?: Decimal): string {
  return `slo:${what}${printDuration(window)}{slo="${slo.slo}"${bound ? `,bound="${print(bound)}"` : ''}}`
}

function record(slo: string, name: string, expr: string, bound?: Decimal): RecordRule {
  return { record: name, expr, labels: { slo, ...(bound ? { bound: print(bound) } : {}) } }
}
