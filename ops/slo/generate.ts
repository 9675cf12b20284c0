// All specifications → all files that are made from them, as text by path.

import { stringify } from 'yaml'
import { dashboardFiles, isDashboard } from '../dashboard/dashboards.ts'
import { budgetTests } from './budget-tests.ts'
import type { Catalogue } from './catalogue.ts'
import { SpecError, type Fault } from './fault.ts'
import { openSlo } from './openslo.ts'
import { alertTests, symptomTests } from './promtool.ts'
import { refuse, type World } from './refuse.ts'
import { ruleGroup } from './rules.ts'
import { readSlo, type Placed, type Slo } from './spec.ts'
import { readSymptoms, symptomGroup, type Symptom } from './symptom.ts'

/** Path below the project → text. */
export type Files = ReadonlyMap<string, string>

export const SYMPTOMS = 'alerts/symptoms.yaml'
export const HEAD = '# Generated from alerts/slo and alerts/symptoms.yaml by `npm run slo:build`: edit those.\n'

export interface Specs {
  readonly slos: readonly Placed<Slo>[]
  readonly symptoms: readonly Symptom[]
}

/** Reads and judges the specifications. @throws SpecError with all faults at once */
export function readSpecs(texts: Files, world: World): Specs {
  const faults: Fault[] = []
  const slos: Placed<Slo>[] = []
  for (const [file, text] of texts) {
    if (file === SYMPTOMS) continue
    const read = readSlo(file, text)
    faults.push(...read.faults)
    if (read.spec) slos.push({ file, spec: read.spec })
  }
  const symptoms = readSymptoms(SYMPTOMS, texts.get(SYMPTOMS) ?? '')
  faults.push(...symptoms.faults)
  // A file that cannot be read takes its alerts with it: their pages would all seem to be idle.
  const found = refuse(slos, { file: SYMPTOMS, spec: symptoms.spec ?? [] }, world)
  faults.push(...found.filter(({ file }) => faults.length === 0 || !file.startsWith('runbooks/')))
  if (faults.length > 0) throw new SpecError(faults)
  return { slos, symptoms: symptoms.spec ?? [] }
}

export function generate({ slos, symptoms }: Specs, catalogue: Catalogue): Files {
  const files = new Map<string, string>()
  const write = (path: string, content: object) =>
    files.set(path, HEAD + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }))
  for (const { spec } of slos) {
    write(`alerts/rules/${spec.slo}.rules.yml`, { groups: [ruleGroup(spec)] })
    for (const tier of spec.tiers) write(`alerts/tests/${tier.alert}.test.yml`, alertTests(spec, tier, catalogue))
    write(`alerts/tests/${spec.slo}.budget.test.yml`, budgetTests(spec, catalogue))
    write(`alerts/openslo/${spec.slo}.yaml`, openSlo(spec))
  }
  write('alerts/rules/symptoms.rules.yml', { groups: [symptomGroup(symptoms)] })
  write('alerts/tests/symptoms.test.yml', symptomTests(symptoms))
  const own = slos.map(({ spec }) => spec)
  for (const [path, text] of dashboardFiles(own, symptoms, catalogue)) files.set(path, text)
  return files
}

/** Whether a file was made here: by its head, or, since JSON has none, by the tag of a dashboard. */
export const isGenerated = (path: string, text: string): boolean => (path.endsWith('.json') ? isDashboard(text) : text.startsWith(HEAD))
