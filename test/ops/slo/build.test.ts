// The build: fresh files stay as they are, one edit changes everything that hangs on it, and --check tells of both.

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { ROOT } from '../../../services/config.ts'
import { build, compareFiles } from '../../../ops/slo/build.ts'
import { generate, HEAD } from '../../../ops/slo/generate.ts'
import { houseSpecs } from './specs.ts'

describe('ops/slo/build', () => {
  let root: string
  let said: string[]
  const run = (check: boolean) => build(root, check, (line) => said.push(line))
  const edit = (path: string, from: string, to: string) => {
    const text = readFileSync(join(root, path), 'utf8')
    expect(text).to.contain(from)
    writeFileSync(join(root, path), text.replace(from, to))
  }

  beforeEach(() => {
    said = []
    root = mkdtempSync(join(tmpdir(), 'rolewatch-slo-'))
    for (const folder of ['alerts', 'dashboards', 'runbooks']) cpSync(join(ROOT, folder), join(root, folder), { recursive: true })
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  it('has nothing to write in the house: what is made from the specifications is fresh', async () => {
    const { specs, world } = await houseSpecs()
    expect(compareFiles(ROOT, generate(specs, world.catalogue))).to.deep.equal({ stale: [], leftover: [] })
  })

  it('says that all is well, and writes nothing', async () => {
    expect(await run(true)).to.equal(0)
    expect(said).to.deep.equal([])
    expect(await run(false)).to.equal(0)
    expect(said[0]).to.match(/^\d+ files, 0 written, 0 removed$/)
  })

  it('changes rules, tests, export and dashboards together when one threshold is edited', async () => {
    edit('alerts/slo/scrape-success.slo.yaml', 'errorAbove: 10%', 'errorAbove: 12%')
    expect(await run(true)).to.equal(1)
    expect(said.map((line) => line.split(' ')[0])).to.have.members([
      'alerts/rules/scrape-success.rules.yml',
      'alerts/tests/ScrapeFailuresHigh.test.yml',
      'alerts/openslo/scrape-success.yaml',
      'dashboards/overview.json',
      'dashboards/scrapers.json',
    ])
    expect(await run(false)).to.equal(0)
    expect(readFileSync(join(root, 'alerts/rules/scrape-success.rules.yml'), 'utf8')).to.contain('> 0.12\n')
    said = []
    expect(await run(true)).to.equal(0)
  })

  it('removes what it made for an alert that is gone, and nothing that it did not make', async () => {
    writeFileSync(join(root, 'alerts/rules/gone.rules.yml'), `${HEAD}groups: []\n`)
    writeFileSync(join(root, 'alerts/rules/own.rules.yml'), 'groups: []\n')
    writeFileSync(join(root, 'dashboards/gone.json'), '{"title":"Gone","tags":["rolewatch","generated"]}\n')
    writeFileSync(join(root, 'dashboards/own.json'), '{"title":"Own","tags":["rolewatch"]}\n')
    expect(await run(true)).to.equal(1)
    expect(said).to.deep.equal([
      'alerts/rules/gone.rules.yml is left over: run npm run slo:build',
      'dashboards/gone.json is left over: run npm run slo:build',
    ])
    await run(false)
    expect(existsSync(join(root, 'dashboards/gone.json'))).to.equal(false)
    expect(existsSync(join(root, 'dashboards/own.json'))).to.equal(true)
    expect(existsSync(join(root, 'dashboards/console/index.html'))).to.equal(true)
    expect(() => readFileSync(join(root, 'alerts/rules/gone.rules.yml'))).to.throw('ENOENT')
    expect(readFileSync(join(root, 'alerts/rules/own.rules.yml'), 'utf8')).to.equal('groups: []\n')
  })

  it('names all faults of all files at once, and writes nothing', async () => {
    edit('alerts/slo/scrape-success.slo.yaml', 'errorAbove: 10%', 'errorAbove: 100%')
    edit('alerts/slo/freshness.slo.yaml', 'period: 7d', 'period: 8d')
    edit('alerts/slo/detection.slo.yaml', 'cadence: 24h', 'cadence: daily')
    edit('alerts/symptoms.yaml', 'rolewatch_dead_letters', 'rolewatch_lost_letters')
    expect(await run(false)).to.equal(2)
    const text = said.join('\n')
    expect(text).to.contain('alerts/slo/scrape-success.slo.yaml: tiers.1.errorAbove: 100% can never be passed')
    expect(text).to.contain('alerts/slo/freshness.slo.yaml: period: A period of 8d is not supported')
    expect(text).to.contain('alerts/slo/detection.slo.yaml: cadence: "daily" is not a duration')
    expect(text).to.contain('expr: rolewatch_lost_letters is not declared in ops/metrics.ts.')
    expect(text).not.to.contain('No alert is called')
  })

  it('exports every SLO in the form of OpenSLO v1', async () => {
    const { specs } = await houseSpecs()
    for (const { spec } of specs.slos) {
      const made = parse(readFileSync(join(ROOT, `alerts/openslo/${spec.slo}.yaml`), 'utf8')) as Record<string, never>
      expect(made).to.include({ apiVersion: 'openslo/v1', kind: 'SLO' })
      expect(made).to.have.nested.property('metadata.name', spec.slo)
      expect(made).to.have.nested.property('spec.budgetingMethod', 'Occurrences')
      expect(made).to.have.nested.property('spec.timeWindow[0].isRolling', true)
      expect(made).to.have.nested.property('spec.objectives[0].target').within(0.9, 0.999)
      expect(made).to.have.nested.property('spec.indicator.spec.ratioMetric.bad.metricSource.spec.query').a('string')
    }
  })
})
