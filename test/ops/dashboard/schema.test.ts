// Dashboards against a schema made of the SDK's own types: right ones pass, each wrong field, type and place is named.

import { join } from 'node:path'
import * as units from '@grafana/grafana-foundation-sdk/units'
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv'
import { expect } from 'chai'
import { createGenerator } from 'ts-json-schema-generator'
import { ROOT } from '../../../services/config.ts'
import { houseDashboards, panelsOf, readBack, type Made } from './made.ts'
import type { HouseDashboard } from './shape.ts'

describe('ops/dashboard: the schema', function () {
  this.timeout(60_000)
  let validate: ValidateFunction
  let made: Made

  before(async () => {
    const path = join(ROOT, 'test/ops/dashboard/shape.ts')
    const generator = createGenerator({
      path,
      tsconfig: join(ROOT, 'tsconfig.json'),
      type: 'HouseDashboard',
      skipTypeCheck: true,
      expose: 'none' as const,
    })
    const known = new Set<unknown>(Object.values(units))
    const ajv = new Ajv({ allErrors: true, strict: false }).addFormat('grafana-unit', (unit) => known.has(unit))
    validate = ajv.compile(generator.createSchema('HouseDashboard') as AnySchemaObject)
    made = await houseDashboards()
  })

  const faults = (dashboard: unknown): string[] => {
    validate(dashboard)
    return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
  }
  /** A dashboard with one thing wrong → what the schema says of it. */
  const broken = (damage: (dashboard: HouseDashboard & Record<string, unknown>) => void): string => {
    const copy = structuredClone(made.dashboards['scrapers']) as HouseDashboard & Record<string, unknown>
    damage(copy)
    return faults(copy).join('\n')
  }
  const first = (dashboard: HouseDashboard, type: string) => {
    const found = panelsOf(dashboard).find((panel) => panel.type === type)
    if (!found) throw new Error(`there is no ${type}`)
    return found as typeof found & Record<string, unknown>
  }

  it('is fulfilled by every dashboard as its file says it', () => {
    expect(Object.keys(made.dashboards)).to.have.members(['overview', 'scrapers', 'alert-pipeline', 'performance', 'business'])
    for (const [path, text] of made.files) expect(faults(readBack(text)).slice(0, 3), path).to.deep.equal([])
  })

  it('finds a field that is misspelt', () => {
    expect(broken((one) => Object.assign(one, { refreshh: '1m' }))).to.contain('refreshh')
    expect(broken((one) => Object.assign(first(one, 'timeseries'), { titel: 'x' }))).to.contain('titel')
    expect(broken((one) => Object.assign(first(one, 'stat').options, { graphmode: 'none' }))).to.contain('graphmode')
    expect(broken((one) => Object.assign(first(one, 'timeseries').targets[0] ?? {}, { exemplars: true }))).to.contain('exemplars')
    expect(broken((one) => Object.assign(one.templating.list[0] ?? {}, { multiple: true }))).to.contain('multiple')
  })

  it('finds a field that is missing', () => {
    expect(broken((one) => Reflect.deleteProperty(first(one, 'timeseries'), 'description'))).to.contain('"missingProperty":"description"')
    expect(broken((one) => Reflect.deleteProperty(first(one, 'stat').fieldConfig.defaults, 'unit'))).to.contain('"missingProperty":"unit"')
    expect(broken((one) => Reflect.deleteProperty(one, 'uid'))).to.contain('"missingProperty":"uid"')
  })

  it('finds a unit of the wrong type, and one that Grafana does not know', () => {
    const unit = (value: unknown) => broken((one) => Object.assign(first(one, 'timeseries').fieldConfig.defaults, { unit: value }))
    expect(unit(5)).to.match(/fieldConfig\/defaults\/unit must be/)
    expect(unit('seconds')).to.match(/fieldConfig\/defaults\/unit must match format "grafana-unit"/)
    expect(unit('s')).to.equal('')
  })

  it('finds a place that is no number', () => {
    expect(broken((one) => Object.assign(first(one, 'timeseries').gridPos, { w: 'twelve' }))).to.match(/gridPos\/w must be number/)
    expect(broken((one) => Reflect.deleteProperty(first(one, 'timeseries').gridPos, 'h'))).to.contain('"missingProperty":"h"')
  })

  it('finds options of another kind of panel, and a data source that is no variable', () => {
    expect(broken((one) => Object.assign(first(one, 'stat'), { options: first(one, 'timeseries').options }))).not.to.equal('')
    expect(broken((one) => Object.assign(first(one, 'stat').datasource, { uid: 'PBFA97CFB590B2093' }))).to.contain('datasource/uid')
    expect(broken((one) => Object.assign(first(one, 'stat'), { type: 'graph' }))).not.to.equal('')
    expect(broken((one) => Object.assign(one, { editable: true }))).to.contain('/editable')
  })
})
