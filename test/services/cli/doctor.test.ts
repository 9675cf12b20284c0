// The doctor's findings on a machine that is well and on one that is not.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { doctorCommand } from '../../../services/cli/doctor.ts'
import { readConfig, type Config } from '../../../services/config.ts'
import { openGround, type Ground } from '../../journey/town.ts'
import { caught } from './desk.ts'

interface Finding {
  part: string
  ok: boolean
  detail: string
}

describe('rolewatch doctor', () => {
  let ground: Ground
  before(async () => {
    ground = await openGround({ boards: 3 })
  })
  after(() => ground.close())

  const examined = async (config: Config) => {
    const { value, out } = await caught(() => doctorCommand(config, { format: 'json' }))
    return { code: value, findings: JSON.parse(out) as Finding[] }
  }
  const sick = ({ findings }: { findings: Finding[] }) => findings.filter((finding) => !finding.ok)

  it('finds every part well, and says what it found', async () => {
    const { code, findings } = await examined(ground.config)
    expect(code).to.equal(0)
    expect(findings.map(({ part }) => part)).to.deep.equal(['node', 'data folder', 'database', 'boards', 'Slack', 'on-call', 'web'])
    const details = Object.fromEntries(findings.map(({ part, detail }) => [part, detail]))
    expect(details['node']).to.contain(process.versions.node)
    expect(details['data folder']).to.match(/\/data, [\d.]+ GiB free$/)
    expect(details['database']).to.match(/^PostgreSQL from DATABASE_URL answers in [\d.]+ ms, schema up to date, 0 tokens$/)
    expect(details['boards']).to.match(/^3 in /)
    expect(details['Slack']).to.equal('SLACK_WEBHOOK_URL is set')
    expect(details['on-call']).to.equal('SLACK_OPS_WEBHOOK_URL is not set: nobody is told of incidents; there is no oncall.yaml')
    expect(details['web']).to.equal(`every request goes to ${ground.sandbox.upstream}`)
    const { out } = await caught(() => doctorCommand(ground.config, { format: 'table' }))
    expect(out.match(/ ok /g)).to.have.length(7)
  })

  it('ends with 1 and names what is not well, with no password in it', async () => {
    const away = await examined(readConfig({ ...ground.env, DATABASE_URL: 'postgres://me:open-sesame@localhost:9/none' }))
    expect(away.code).to.equal(1)
    expect(sick(away).map(({ part }) => part)).to.deep.equal(['database'])
    expect(sick(away)[0]?.detail).to.match(/^The database does not answer \(.*ECONNREFUSED/)
    expect(JSON.stringify(away)).not.to.contain('open-sesame')

    const file = join(ground.config.data, 'in-the-way')
    await writeFile(file, '')
    const blocked = await examined(readConfig({ ...ground.env, ROLEWATCH_DATA: join(file, 'data'), ROLEWATCH_CONFIG: '/nonexistent' }))
    expect(blocked.code).to.equal(1)
    expect(sick(blocked).map(({ part }) => part)).to.deep.equal(['data folder', 'database', 'boards'])
    expect(sick(blocked)[0]?.detail).to.match(/in-the-way.* cannot be used/)
    expect(sick(blocked)[2]?.detail).to.contain('/nonexistent')
  })

  it('reads the rota, and says how on-call is told', async () => {
    const folder = ground.env['ROLEWATCH_CONFIG'] ?? ''
    const config = readConfig({ ...ground.env, SLACK_OPS_WEBHOOK_URL: ground.sandbox.opsWebhookUrl })
    const onCall = async (text: string) => {
      await writeFile(join(folder, 'oncall.yaml'), text)
      return (await examined(config)).findings.find(({ part }) => part === 'on-call')
    }
    expect(await onCall('start: 2026-01-05T09:00Z\npeople:\n  - {name: Ann, mail: ann@example.org}\n')).to.deep.equal({
      part: 'on-call',
      ok: true,
      detail: `SLACK_OPS_WEBHOOK_URL is set; 1 in ${folder}/oncall.yaml`,
    })
    expect(await onCall('start: soon\npeople: []\n')).to.deep.include({ ok: false })
  })
})
