// Everything that is wrong with all specifications together, each in one sentence with its file and place.

import type { Catalogue } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { refuseSli } from './refuse-sli.ts'
import { refuseSymptom } from './refuse-symptom.ts'
import { refuseTiers } from './refuse-tier.ts'
import type { Placed, Slo } from './spec.ts'
import type { Symptom } from './symptom.ts'

export interface World {
  readonly catalogue: Catalogue
  /** The names of the pages in runbooks/, without `.md`. */
  readonly pages: ReadonlySet<string>
}

export function refuse(slos: readonly Placed<Slo>[], symptoms: Placed<readonly Symptom[]>, world: World): Fault[] {
  const faults = slos.flatMap(({ file, spec }) =>
    [...refuseSli(spec, world.catalogue), ...refuseTiers(spec)].map((refusal) => ({ file, ...refusal })),
  )
  const ofSymptoms = symptoms.spec.flatMap((one, index) =>
    refuseSymptom(one, world.catalogue).map(({ path, message }) => ({ file: symptoms.file, path: `${index}.${path}`, message })),
  )
  return [...faults, ...ofSymptoms, ...refuseNames(slos), ...refuseAlerts(slos, symptoms, world.pages)]
}

function refuseNames(slos: readonly Placed<Slo>[]): Fault[] {
  return slos.flatMap(({ file, spec }, index) => {
    const twin = slos.slice(0, index).find((one) => one.spec.slo === spec.slo)
    if (twin) return [{ file, path: 'slo', message: `${spec.slo} is the name of the SLO in ${twin.file} already.` }]
    if (file.endsWith(`/${spec.slo}.slo.yaml`)) return []
    return [{ file, path: 'slo', message: `The file of ${spec.slo} must be called ${spec.slo}.slo.yaml.` }]
  })
}

function refuseAlerts(slos: readonly Placed<Slo>[], symptoms: Placed<readonly Symptom[]>, pages: ReadonlySet<string>): Fault[] {
  const alerts = [
    ...slos.flatMap(({ file, spec }) => spec.tiers.map(({ alert }, index) => ({ file, path: `tiers.${index}.alert`, alert }))),
    ...symptoms.spec.map(({ alert }, index) => ({ file: symptoms.file, path: `${index}.alert`, alert })),
  ]
  const faults: Fault[] = []
  for (const [index, { file, path, alert }] of alerts.entries()) {
    const twin = alerts.slice(0, index).find((one) => one.alert === alert)
    if (twin) faults.push({ file, path, message: `${alert} is the name of the alert at ${twin.path} of ${twin.file} already.` })
    if (!pages.has(alert)) faults.push({ file, path, message: `${alert} has no page runbooks/${alert}.md.` })
  }
  const known = new Set(alerts.map(({ alert }) => alert))
  const idle = [...pages].filter((page) => !known.has(page))
  return [...faults, ...idle.map((page) => ({ file: `runbooks/${page}.md`, path: '', message: `No alert is called ${page}.` }))]
}
