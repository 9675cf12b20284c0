// The house's own prometheus.yml on this machine.

import { expect } from 'chai'
import { localPrometheus } from '../../../ops/slo/local.ts'
import { ROOT } from '../../../services/config.ts'

interface Settings {
  global: Record<string, unknown>
  rule_files: string[]
  alerting: { alertmanagers: object[]; alert_relabel_configs: object[] }
  scrape_configs: { job_name: string; authorization?: object; static_configs: { targets: string[] }[] }[]
}

describe('prometheus.yml on this machine', () => {
  const jobs = { rolewatch: ['127.0.0.1:1', '127.0.0.1:2'], prometheus: ['127.0.0.1:3'] }
  const settings = localPrometheus(ROOT, { jobs, alertmanagers: ['127.0.0.1:4'], product: 'http://127.0.0.1:1' }) as Settings

  it('has the jobs of the house with the targets that are given, and none where none are', () => {
    expect(settings.scrape_configs.map(({ job_name, static_configs }) => [job_name, static_configs[0]?.targets])).to.deep.equal([
      ['rolewatch', jobs.rolewatch],
      ['prometheus', jobs.prometheus],
      ['alertmanager', []],
    ])
  })

  it('asks for no token, which nobody has made here', () => {
    expect(settings.scrape_configs.filter(({ authorization }) => authorization)).to.deep.equal([])
  })

  it('leaves the links out of the labels, as in a deployment', () => {
    expect(settings.alerting.alert_relabel_configs).to.have.length(1)
    expect(settings.alerting.alertmanagers).to.deep.equal([{ static_configs: [{ targets: ['127.0.0.1:4'] }] }])
    expect(settings.global).to.deep.include({ scrape_interval: '1s', evaluation_interval: '1s' })
    expect(settings.global['external_labels']).to.deep.include({ rolewatch: 'http://127.0.0.1:1' })
  })
})
