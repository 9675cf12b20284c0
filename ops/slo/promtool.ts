// Unit tests of the rules, as promtool runs them: every alert on every scenario, with its labels and its words.

import type { Catalogue } from './catalogue.ts'
import { print } from './decimal.ts'
import { printDuration } from './duration.ts'
import { calm, groupsOf, paint, strangers, type InputSeries, type Labels } from './paint.ts'
import { boundOf } from './query.ts'
import { ruleGroup, type AlertRule, type RuleGroup } from './rules.ts'
import { scenariosOf, stepOf, type Scenario } from './scenario.ts'
import type { Slo, Tier } from './spec.ts'
import { symptomGroup, type Symptom } from './symptom.ts'

export interface AlertTest {
  eval_time: string
  alertname: string
  exp_alerts: { exp_labels: Labels; exp_annotations: Labels }[]
}

export interface QueryTest {
  expr: string
  eval_time: string
  exp_samples: { labels?: string; value: number }[]
}

export interface UnitTest {
  name: string
  interval: string
  input_series: InputSeries[]
  alert_rule_test?: AlertTest[]
  promql_expr_test?: QueryTest[]
}

export interface TestFile {
  rule_files: string[]
  evaluation_interval: string
  tests: UnitTest[]
}

/** The tests of one alert; a file of its own, since the step of a file is that of its windows. */
export function alertTests(slo: Slo, tier: Tier, catalogue: Catalogue): TestFile {
  return {
    rule_files: [`../rules/${slo.slo}.rules.yml`],
    evaluation_interval: printDuration(stepOf(slo, tier)),
    tests: scenariosOf(slo, tier).map((scenario) => unitTest(slo, tier, scenario, catalogue)),
  }
}

function unitTest(slo: Slo, tier: Tier, scenario: Scenario, catalogue: Catalogue): UnitTest {
  const step = stepOf(slo, tier)
  const [here = {}, beside] = groupsOf(slo, catalogue)
  const bound = boundOf(slo, tier)
  const input = [
    ...paint(slo, catalogue, here, scenario, step, bound),
    ...(beside ? paint(slo, catalogue, beside, { events: calm(scenario.events) }, step, bound) : []),
    ...strangers(slo, catalogue, scenario.events),
  ]
  const alert = alertNamed(ruleGroup(slo), tier.alert)
  const expected = { ...here, ...(bound ? { bound: print(bound) } : {}) }
  return {
    name: `${tier.alert}: ${scenario.name}`,
    interval: printDuration(step),
    input_series: input,
    alert_rule_test: tellingSteps(scenario).map((t) => alertTest(alert, printDuration(t * step), scenario.verdicts[t] ? [expected] : [])),
    ...(scenario.unknown ? { promql_expr_test: [sliceTest(slo, here, printDuration(scenario.from * step))] } : {}),
  }
}

/** The first and the last step of each time of firing or silence, and the ends of stretches, as far as they are certain. */
function tellingSteps({ verdicts, from, marks }: Scenario): number[] {
  const certain = verdicts.flatMap((verdict, t) => (t >= from && verdict !== undefined ? [t] : []))
  return certain.filter((t, index) => {
    const [before, next] = [certain[index - 1], certain[index + 1]]
    if (marks.includes(t)) return true
    return before === undefined || next === undefined || verdicts[before] !== verdicts[t] || verdicts[next] !== verdicts[t]
  })
}

export function alertTest(alert: AlertRule, at: string, firing: readonly Labels[]): AlertTest {
  return {
    eval_time: at,
    alertname: alert.alert,
    exp_alerts: firing.map((labels) => ({
      exp_labels: { ...alert.labels, ...labels },
      exp_annotations: render(alert.annotations, labels),
    })),
  }
}

/** What the templates of annotations become; links without external labels are paths. */
function render(annotations: Labels, labels: Labels): Labels {
  const fill = (text: string) =>
    text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '').replace(/\{\{ \$externalLabels\.\w+ \}\}/g, '')
  return Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key, fill(text)]))
}

export function alertNamed(group: RuleGroup, name: string): AlertRule {
  const found = group.rules.find((rule): rule is AlertRule => 'alert' in rule && rule.alert === name)
  if (!found) throw new Error(`${name} is no alert of ${group.name}`)
  return found
}

/** A slice is 1 or 0, and nothing in between or beyond. */
function sliceTest(slo: Slo, group: Labels, at: string): QueryTest {
  const name = `slo:slice:bad{${Object.entries({ slo: slo.slo, ...group })
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`
  return { expr: name, eval_time: at, exp_samples: [{ labels: `slo:slice:bad${sampleLabels(slo, group)}`, value: 1 }] }
}

/** A sample without a name, as promtool writes its labels. */
export function sampleLabels(slo: Slo, group: Labels, bound?: string): string {
  const all = { ...(bound === undefined ? {} : { bound }), slo: slo.slo, ...group }
  return `{${Object.entries(all)
    .map(([key, value]) => `${key}="${value}"`)
    .join(', ')}}`
}

/** The cases of the symptoms. */
export function symptomTests(all: readonly Symptom[]): TestFile {
  const group = symptomGroup(all)
  return {
    rule_files: ['../rules/symptoms.rules.yml'],
    evaluation_interval: '1m',
    tests: all.flatMap((one) =>
      Object.entries(one.cases).map(([name, { given, silent, fires, as }]) => ({
        name: `${one.alert}: ${name}`,
        interval: '1m',
        input_series: Object.entries(given).map(([key, values]) => ({ series: key, values })),
        alert_rule_test: [
          ...silent.map((at) => alertTest(alertNamed(group, one.alert), printDuration(at), [])),
          ...fires.map((at) => alertTest(alertNamed(group, one.alert), printDuration(at), as)),
        ],
      })),
    ),
  }
}
