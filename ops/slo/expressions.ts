// What alerts fire on: the expression of each rule, read from the rules as Prometheus reads them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readPromql } from './promql.ts'
import type { Slo } from './spec.ts'

export interface AlertRule {
  expression: string
  /** Those that the rule itself puts on; templates are left out. */
  labels: Readonly<Record<string, string>>
}

interface RuleFile {
  groups?: { rules?: { alert?: string; expr?: unknown; labels?: Record<string, string> }[] }[]
}

/** All alerting rules of a folder of rule files, by the name of the alert; one name may have several. */
export function readExpressions(folder: string): ReadonlyMap<string, readonly AlertRule[]> {
  const found = new Map<string, AlertRule[]>()
  for (const name of readdirSync(folder).filter((file) => /\.ya?ml$/.test(file))) {
    const file = parse(readFileSync(join(folder, name), 'utf8')) as RuleFile | null
    for (const rule of file?.groups?.flatMap(({ rules }) => rules ?? []) ?? []) {
      if (rule.alert === undefined) continue
      const labels = Object.fromEntries(Object.entries(rule.labels ?? {}).filter(([, value]) => !value.includes('{{')))
      found.set(rule.alert, [...(found.get(rule.alert) ?? []), { expression: String(rule.expr), labels }])
    }
  }
  return found
}

/** Which labels an alert may carry beyond those that all carry: its rules' own, those they group by, those of its objective's slices, and of a target. */
export function labelsOf(rules: readonly AlertRule[], slos: readonly Slo[]): string[] {
  const own = rules.flatMap(({ labels }) => Object.keys(labels))
  const grouped = rules.flatMap(({ expression }) => readPromql(expression).groupings)
  const sliced = rules.flatMap(({ labels }) => slos.find(({ slo }) => slo === labels['slo'])?.sli.by ?? [])
  return [...new Set([...own, ...grouped, ...sliced, 'job', 'instance'])]
}
