// Symptoms: alerts on one condition, without an objective, each with the cases that prove it.

import { z } from 'zod'
import type { Fault } from './fault.ts'
import { alertName, dashboard, duration, priority, sentence, slug } from './fields.ts'
import { alertLabels, annotations, INTERVAL, type AlertRule, type RuleGroup } from './rules.ts'
import { readYaml } from './spec.ts'

const labels = z.record(z.string(), z.string())

/** Series in promtool's notation, one value a minute, and when the alert fires or is silent. */
const symptomCase = z.strictObject({
  given: z.record(z.string(), z.string()),
  silent: z.array(duration).default([]),
  fires: z.array(duration).default([]),
  /** The labels of each alert that fires, without those that the rule adds. */
  as: z.array(labels).default([{}]),
})

const symptom = z.strictObject({
  alert: alertName,
  priority,
  owner: slug,
  dashboard,
  expr: sentence,
  for: duration.optional(),
  keepFiring: duration.optional(),
  summary: sentence,
  description: sentence,
  cases: z.record(z.string(), symptomCase),
})

const symptoms = z.array(symptom).min(1)

export type Symptom = z.output<typeof symptom>

export function readSymptoms(file: string, text: string): { spec: Symptom[] | undefined; faults: Fault[] } {
  return readYaml(file, text, symptoms)
}

export function symptomGroup(all: readonly Symptom[]): RuleGroup {
  return { name: 'symptoms', interval: `${INTERVAL}s`, rules: all.map(symptomRule) }
}

function symptomRule(one: Symptom): AlertRule {
  const by = /by \(([\w, ]+)\)/.exec(one.expr)?.[1]?.split(/, */) ?? []
  return {
    alert: one.alert,
    expr: one.expr,
    ...(one.for === undefined ? {} : { for: `${one.for}s` }),
    ...(one.keepFiring === undefined ? {} : { keep_firing_for: `${one.keepFiring}s` }),
    labels: alertLabels(one.priority, one.owner),
    annotations: annotations(one.alert, one, one.dashboard, by),
  }
}
