// What Grafana is provisioned with and the containers that stand around Rolewatch: they fit the dashboards, and each other.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VariableType } from '@grafana/grafana-foundation-sdk/dashboard'
import { expect } from 'chai'
import { parse } from 'yaml'
import { ROOT } from '../../../services/config.ts'
import { observe } from '../../../ops/metrics.ts'
import { parseDuration } from '../../../ops/slo/duration.ts'
import { openWorld, type World } from '../../world.ts'
import { houseDashboards, type Made } from './made.ts'

interface Service {
  image: string
  network_mode: string
  profiles?: string[]
  command?: string[]
  environment?: Record<string, string>
  secrets?: string[]
  volumes: string[]
  healthcheck: { test: string[]; interval: string; retries: number }
}

interface Compose {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
  configs: Record<string, { content: string }>
  volumes: Record<string, null>
}

interface DataSource {
  uid: string
  type: string
  url: string
  user?: string
  isDefault?: boolean
  editable: boolean
  secureJsonData?: { password: string }
  jsonData: { timeInterval?: string; exemplarTraceIdDestinations?: { name: string; url: string }[] }
}

interface Provider {
  allowUiUpdates: boolean
  options: { path: string }
}

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const read = (path: string): unknown => parse(text(path), { merge: true })

describe('dashboards/provisioning and ops/compose.yaml', () => {
  const compose = read('ops/compose.yaml') as Compose
  const sources = (read('dashboards/provisioning/datasources/rolewatch.yaml') as { datasources: DataSource[] }).datasources
  const [provider] = (read('dashboards/provisioning/dashboards/rolewatch.yaml') as { providers: Provider[] }).providers
  const service = (name: string): Service => compose.services[name] ?? expect.fail(`there is no service ${name}`)
  let made: Made
  let world: World

  before(async () => {
    made = await houseDashboards()
    world = await openWorld()
  })
  after(async () => {
    await world.close()
  })

  it('have a data source of every type that a dashboard asks', () => {
    const types = new Set(Object.values(made.dashboards).flatMap(({ panels }) => panels.flatMap((panel) => panel.datasource?.type ?? [])))
    const asked = Object.values(made.dashboards).flatMap(({ templating }) =>
      templating.list.filter(({ type }) => type === VariableType.Datasource).map(({ query }) => query),
    )
    expect([...types]).to.have.members(['prometheus', 'grafana-postgresql-datasource'])
    expect(new Set(asked)).to.deep.equal(types)
    expect(sources.map(({ type }) => type)).to.have.members([...types])
    expect(sources.filter(({ isDefault }) => isDefault)).to.have.length(1)
    expect(sources.some(({ editable }) => editable)).to.equal(false)
  })

  it('lead from an exemplar to its trace by the label that the metrics carry', async () => {
    const [trace] = sources.find(({ type }) => type === 'prometheus')?.jsonData.exemplarTraceIdDestinations ?? []
    observe(world.metrics.databaseSeconds, { probe: 'ping' }, 0.01, 'c0ffee')
    expect((await world.metrics.expose('application/openmetrics-text')).body).to.contain(`# {${trace?.name}="c0ffee"} 0.01`)
    expect(trace?.url).to.match(/^\$ROLEWATCH_TRACES_URL\/.*\$\$\{__value\.raw\}$/)
  })

  it('scrape as often as the dashboards believe', () => {
    const { global } = read('alerts/prometheus.yml') as { global: { scrape_interval: string } }
    expect(sources.find(({ type }) => type === 'prometheus')?.jsonData.timeInterval).to.equal(global.scrape_interval)
  })

  it('fill every variable of the provisioning, and hold no secret', () => {
    const wanted = [...text('dashboards/provisioning/datasources/rolewatch.yaml').matchAll(/(?<!\$)\$([A-Z][A-Z_]+)/g)].map(
      ([, name]) => name,
    )
    expect(wanted.length).to.be.at.least(4)
    expect(Object.keys(service('grafana').environment ?? {})).to.include.members(wanted)
    for (const { environment = {} } of Object.values(compose.services))
      for (const [name, value] of Object.entries(environment))
        if (/password|token|secret/i.test(name)) expect(value).to.match(/^\/run\/secrets\/\w+$/)
    const files = sources.flatMap(({ secureJsonData }) => secureJsonData?.password ?? [])
    expect(files).to.deep.equal(['$__file{/run/secrets/postgres_reader_password}'])
  })

  it('pin every image to one version, look after its health, and answer on the loopback address alone', () => {
    expect(Object.keys(compose.services)).to.have.members(['postgres', 'prometheus', 'alertmanager', 'grafana', 'rolewatch'])
    for (const [name, { image, healthcheck, network_mode, command = [], environment = {} }] of Object.entries(compose.services)) {
      expect(image, name).to.match(/^[\w/]+:v?\d+\.\d+(\.\d+)?(-[\w-]+)?$/)
      expect(healthcheck.test[0], name).to.equal('CMD')
      expect(healthcheck.interval, name).to.match(/^\d+s$/)
      expect(network_mode).to.equal('host')
      const listens = [...command, ...Object.values(environment)].filter((one) => /127\.0\.0\.1/.test(one))
      expect(listens, name).not.to.deep.equal([])
      expect([...command, ...Object.values(environment)].join(' '), name).not.to.match(/0\.0\.0\.0|=\*/)
    }
    expect(service('rolewatch').profiles).to.deep.equal(['product'])
  })

  it('mount what is there, and every secret that the configurations read', () => {
    const named = new Set(Object.keys(compose.volumes))
    for (const [name, { volumes }] of Object.entries(compose.services))
      for (const volume of volumes) {
        const [from = ''] = volume.split(':')
        if (!from.startsWith('.')) expect([...named], name).to.include(from)
        else expect(existsSync(join(ROOT, 'ops', from)), volume).to.equal(true)
      }
    const reads = { prometheus: 'alerts/prometheus.yml', alertmanager: 'alerts/alertmanager.yml' }
    for (const [name, path] of Object.entries(reads)) {
      const wanted = [...text(path).matchAll(/^[^#\n]*\/run\/secrets\/(\w+)/gm)].map(([, secret]) => secret)
      expect([...new Set(wanted)], path).to.have.members(service(name).secrets ?? [])
    }
    const used = new Set(Object.values(compose.services).flatMap(({ secrets = [] }) => secrets))
    expect([...used]).to.have.members(Object.keys(compose.secrets))
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).to.equal(`\${ROLEWATCH_SECRETS:-../data/secrets}/${name}`)
  })

  it('give Grafana the dashboards where it looks for them, and the first of them as its home', () => {
    const grafana = service('grafana')
    expect(grafana.volumes).to.include.members([
      `../dashboards:${provider?.options.path}:ro`,
      '../dashboards/provisioning:/etc/grafana/provisioning:ro',
    ])
    expect(grafana.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']).to.equal(`${provider?.options.path}/overview.json`)
    expect(provider?.allowUiUpdates).to.equal(false)
  })

  it('keep samples longer than the longest objective looks back, and exemplars', () => {
    const flags = service('prometheus').command ?? []
    const kept = /retention\.time=(\w+)/.exec(flags.join(' '))?.[1] ?? ''
    expect(parseDuration(kept)).to.be.greaterThan(Math.max(...made.slos.map(({ period }) => period)))
    expect(flags).to.include('--enable-feature=exemplar-storage')
    expect(flags).to.include('--config.file=/etc/prometheus/prometheus.yml')
  })

  it('let Grafana read the tables of the product, and write nothing', async () => {
    const content = compose.configs['postgres_reader']?.content ?? ''
    const sql = /<<'SQL'\n([\s\S]*?)\nSQL/.exec(content)?.[1] ?? ''
    expect(sources.find(({ type }) => type !== 'prometheus')?.user).to.equal('rolewatch_reader')
    // A role belongs to the whole server, which other tests share: it is taken back with everything else.
    const name = `reader_${process.pid}`
    const trx = await world.db.transaction()
    try {
      await trx.raw(sql.replaceAll('rolewatch_reader', name).replace(":'password'", "'secret'"))
      await trx.raw('create table made_later (x int)')
      await trx.raw('set local role ??', [name])
      expect((await trx.raw<{ rows: unknown[] }>('select * from made_later')).rows).to.deep.equal([])
      const refused = await trx.raw('insert into made_later values (1)').then(
        () => 'written',
        (error: Error) => error.message,
      )
      expect(refused).to.contain('permission denied for table made_later')
    } finally {
      await trx.rollback()
    }
  })
})
