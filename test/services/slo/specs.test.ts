// The specifications at run time: those of the house, and the words for what is wrong with others.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createMetrics } from '../../../ops/metrics.ts'
import { ConfigError, ROOT } from '../../../services/config.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import { houseSpecs } from '../../ops/slo/specs.ts'

describe('services/slo/specs', () => {
  const metrics = createMetrics({ sources: ['ashby', 'greenhouse', 'lever'], queues: ['visit'], version: '0' })
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-specs-'))
    await cp(join(ROOT, 'alerts'), join(folder, 'alerts'), { recursive: true })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const edit = async (name: string, change: (text: string) => string) => {
    const file = join(folder, 'alerts', 'slo', `${name}.slo.yaml`)
    await writeFile(file, change(await readFile(file, 'utf8')))
  }
  const faults = () =>
    readSlos(metrics, folder).then(
      () => [],
      (error: unknown) => {
        expect(error).to.be.instanceOf(ConfigError)
        return (error as ConfigError).faults
      },
    )

  it('are those that the rules are made of', async () => {
    const { specs } = await houseSpecs()
    expect(await readSlos(metrics)).to.deep.equal(specs.slos.map(({ spec }) => spec))
  })

  it('are refused with every fault at once: in their form, and in what they count', async () => {
    await edit('scrape-success', (text) => text.replace('objective: 95%', 'objective: much'))
    await edit('alert-delivery', (text) => text.replace('within: 30s', 'within: 31s'))
    await edit('freshness', (text) => text.replace('metric: source_last_success_timestamp_seconds', 'metric: source_last_seen'))
    expect(await faults()).to.deep.equal([
      'alerts/slo/alert-delivery.slo.yaml: sli.within: No bucket of rolewatch_alert_delivery_seconds ends at 31 s: they end at 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 600.',
      'alerts/slo/freshness.slo.yaml: sli.metric: rolewatch_source_last_seen is not declared in ops/metrics.ts.',
      'alerts/slo/scrape-success.slo.yaml: objective: "much" is not a percentage, as 99.9%.',
    ])
  })

  it('do not mind what is wrong with an alert that is no SLO’s', async () => {
    await writeFile(join(folder, 'alerts', 'symptoms.yaml'), '- nonsense')
    expect(await faults()).to.deep.equal([])
  })
})
