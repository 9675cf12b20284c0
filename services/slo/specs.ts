// The SLOs that this product keeps, read from alerts/slo as the generator of their rules reads them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogueOf } from '../../ops/slo/catalogue.ts'
import { printFault, type Fault } from '../../ops/slo/fault.ts'
import { refuseSli } from '../../ops/slo/refuse-sli.ts'
import { readSlo, type Slo } from '../../ops/slo/spec.ts'
import type { Metrics } from '../../ops/metrics.ts'
import { ConfigError, ROOT } from '../config.ts'

const FOLDER = 'alerts/slo'

/**
 * Reads them, in the order of their names. What they count must be a metric of ours; their alerts are of no concern here.
 * @throws ConfigError with all faults at once
 */
export async function readSlos(metrics: Pick<Metrics, 'declarations'>, root: string = ROOT): Promise<Slo[]> {
  const catalogue = catalogueOf(await metrics.declarations())
  const faults: Fault[] = []
  const slos: Slo[] = []
  // Not by way of the generator: that would load all that rules, tests and dashboards are made with.
  const names = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.slo.yaml'))
  for (const file of names.toSorted().map((name) => `${FOLDER}/${name}`)) {
    const read = readSlo(file, readFileSync(join(root, file), 'utf8'))
    faults.push(...read.faults)
    if (!read.spec) continue
    faults.push(...refuseSli(read.spec, catalogue).map((refusal) => ({ file, ...refusal })))
    slos.push(read.spec)
  }
  if (faults.length > 0) throw new ConfigError(faults.map(printFault))
  return slos
}
