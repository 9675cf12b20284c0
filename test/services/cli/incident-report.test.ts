// incident report: a draft printed or written, never over one that people may have worked on.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { reportCommand } from '../../../services/cli/incident-report.ts'
import { readConfig, type Config } from '../../../services/config.ts'
import { openIncident } from '../../../services/store/incidents.ts'
import { openWorld, type World } from '../../world.ts'
import { caught, refused, rolewatch } from './desk.ts'

describe('rolewatch incident report', () => {
  let world: World
  let config: Config
  const folder = mkdtempSync(join(tmpdir(), 'rolewatch-report-'))
  before(async () => {
    world = await openWorld()
    config = readConfig({
      DATABASE_URL: world.database.url,
      ROLEWATCH_DATA: folder,
      SLACK_WEBHOOK_URL: 'https://hooks.example/a-secret-path-of-slack',
    })
    const at = new Date()
    await world.database.inTransaction((trx) =>
      openIncident(trx, {
        fingerprint: 'f1',
        alertname: 'BreakerOpen',
        labels: { alertname: 'BreakerOpen', source: 'greenhouse' },
        summary: 'It is open, says /a-secret-path-of-slack',
        severity: 'page',
        priority: 'P0',
        firedAt: at,
        at,
      }),
    )
  })
  after(async () => {
    await world.close()
    rmSync(folder, { recursive: true })
  })

  it('prints the draft, by either name, without a secret', async () => {
    const print = async (name: string) => (await caught(() => reportCommand(config, {}, [name]))).out
    const out = await print('INC-1')
    expect(out).to.match(/^# Post-Mortem: INC-1 BreakerOpen\n/)
    expect(out)
      .to.contain('It is open, says [redacted]')
      .and.to.match(/\n- \*Where were we lucky\?\*$/)
    expect((await print('1')).split('\n')[0]).to.equal(out.split('\n')[0])
  })

  it('writes it to a file, and never over one', async () => {
    const file = join(folder, 'postmortem.md')
    const { out } = await caught(() => reportCommand(config, { out: file }, ['1']))
    expect(out).to.equal(`The draft is in ${file}: what is in italics is for people to answer.`)
    expect(readFileSync(file, 'utf8')).to.match(/^# Post-Mortem: INC-1 BreakerOpen\n[^]*lucky\?\*\n$/)
    expect(await refused('Refusal', () => reportCommand(config, { out: file }, ['1']))).to.contain('is there already')
    const nowhere = join(folder, 'none', 'x.md')
    expect(await refused('Refusal', () => reportCommand(config, { out: nowhere }, ['1']))).to.contain(nowhere)
  })

  it('says what there is when it is asked for one that there is not', async () => {
    for (const name of ['INC-99', 'x', ''])
      expect(await refused('Refusal', () => reportCommand(config, {}, [name]))).to.equal(
        `There is no incident ${name}: "rolewatch incident list --all" shows them.`,
      )
  })

  it('is a command of the program', async () => {
    const { code, out } = await rolewatch(['incident', 'report', '1'], { DATABASE_URL: world.database.url, ROLEWATCH_DATA: folder })
    expect(code).to.equal(0)
    expect(out).to.contain('## Root Cause')
  })
})
