// Many mutants on one course of events: each is a second set of names beside the true rules, so that promtool plays the course once.

import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { piecesOf, readPromql, type Selector } from '../../../ops/slo/promql.ts'
import type { AlertTest, QueryTest, TestFile, UnitTest } from '../../../ops/slo/promtool.ts'
import type { AlertRule, RecordRule, RuleGroup } from '../../../ops/slo/rules.ts'
import { nameOf, type Mutant } from './mutants.ts'
import { promtool } from './specs.ts'

type Rule = AlertRule | RecordRule

/** Tests of one evaluation interval, and the rule that they look at. */
export interface Trial {
  readonly target: string
  readonly group: RuleGroup
  readonly file: TestFile
}

/** Records of two bounds share their name. */
const keyOf = (rule: Rule): string => ('alert' in rule ? rule.alert : `${rule.record} ${rule.labels['bound'] ?? ''}`)
const keyOfSelector = ({ metric, matchers }: Selector): string =>
  `${metric} ${matchers.find(({ label }) => label === 'bound')?.value ?? ''}`
const reads = (rule: Rule): string[] => readPromql(rule.expr).selectors.map(keyOfSelector)

/** The rules that one rule hangs on, itself included. */
export function pruned(group: RuleGroup, target: string): Rule[] {
  const wanted = new Set<string>()
  const rules = group.rules.toReversed().filter((rule) => {
    if (nameOf(rule) !== target && !wanted.has(keyOf(rule))) return false
    for (const key of [keyOf(rule), ...reads(rule)]) wanted.add(key)
    return true
  })
  return rules.toReversed()
}

/** Names of mutant 7: `m7:bad:events1h` and `ScrapeOutageM7`. */
const renamed = (name: string, id: number): string => (name.startsWith('slo:') ? name.replace('slo:', `m${id}:`) : `${name}M${id}`)

/** The wrong rule and all that hang on it, under names of their own; what they read besides is shared with the true rules. */
function variant(mutant: Mutant, trial: Trial, id: number): { rules: Rule[]; changed: Set<string> } {
  const wanted = new Set(pruned(trial.group, trial.target).map(keyOf))
  const changed = new Set<string>()
  const rules: Rule[] = []
  for (const [index, rule] of mutant.group.rules.entries()) {
    const wrong = rule !== trial.group.rules[index]
    if (!wanted.has(keyOf(rule)) || (!wrong && !reads(rule).some((key) => changed.has(key)))) continue
    const expr = rename(rule.expr, changed, id)
    rules.push('alert' in rule ? { ...rule, expr, alert: renamed(rule.alert, id) } : { ...rule, expr, record: renamed(rule.record, id) })
    changed.add(keyOf(rule))
  }
  return { rules, changed }
}

function rename(expr: string, changed: ReadonlySet<string>, id: number): string {
  let text = expr
  for (const piece of piecesOf(expr).toReversed()) {
    const [selector] = piece.name === 'VectorSelector' ? readPromql(piece.text).selectors : []
    if (selector && changed.has(keyOfSelector(selector))) text = text.slice(0, piece.from) + renamed(piece.text, id) + text.slice(piece.to)
  }
  return text
}

function testsFor(test: UnitTest, changed: ReadonlySet<string>, id: number): { alerts: AlertTest[]; queries: QueryTest[] } {
  const alerts = (test.alert_rule_test ?? []).filter(({ alertname }) => changed.has(alertname))
  const queries = (test.promql_expr_test ?? []).filter(({ expr }) =>
    readPromql(expr).selectors.some((one) => changed.has(keyOfSelector(one))),
  )
  return {
    alerts: alerts.map((one) => ({ ...one, alertname: renamed(one.alertname, id) })),
    queries: queries.map((one) => ({
      ...one,
      expr: rename(one.expr, changed, id),
      exp_samples: one.exp_samples.map((sample) => ({ ...sample, labels: sample.labels?.replace(/^slo:/, `m${id}:`) ?? '' })),
    })),
  }
}

/** Plays a trial on many mutants at once. @returns those that it does not notice */
export async function play<T extends Mutant>(trial: Trial, mutants: readonly T[], folder: string): Promise<T[]> {
  const alive = new Map(mutants.map((mutant, id) => [id, mutant]))
  const path = join(folder, `${trial.target.replaceAll(':', '-')}-${Math.random().toString(36).slice(2)}`)
  for (;;) {
    if (alive.size === 0) return []
    const variants = [...alive].map(([id, mutant]) => ({ id, ...variant(mutant, trial, id) }))
    const rules = [...pruned(trial.group, trial.target), ...variants.flatMap((one) => one.rules)]
    const tests = trial.file.tests.map((test) => {
      const each = variants.map(({ id, changed }) => testsFor(test, changed, id))
      return { ...test, alert_rule_test: each.flatMap(({ alerts }) => alerts), promql_expr_test: each.flatMap(({ queries }) => queries) }
    })
    // JSON is YAML.
    writeFileSync(`${path}.rules.yml`, JSON.stringify({ groups: [{ ...trial.group, rules }] }))
    writeFileSync(`${path}.test.yml`, JSON.stringify({ ...trial.file, rule_files: [`${path}.rules.yml`], tests }))
    const { code, stdout, stderr } = await promtool('test', 'rules', `${path}.test.yml`)
    if (code === 0) return [...alive.values()]
    const output = stdout + stderr
    // A rule that cannot be evaluated ends its test for all: it is dead, and the others are tried again.
    const broken = [...output.matchAll(/rule: (?:m(\d+):\S+|\w+M(\d+)), time:/g)]
    const noticed = [...output.matchAll(/alertname: \w+M(\d+),|expr: "[^\n]*?\bm(\d+):/g)]
    const dead = new Set([...broken, ...noticed].map(([, one, other]) => Number(one ?? other)))
    for (const id of dead) alive.delete(id)
    if (dead.size === 0) throw new Error(`${trial.target}: promtool says what is not understood: ${output.slice(0, 2000)}`)
    if (broken.length === 0) return [...alive.values()]
  }
}
