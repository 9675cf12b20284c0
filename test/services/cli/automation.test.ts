// Holding runbooks back and proving the audit, from the command line.

import { expect } from 'chai'
import { listCommand as listAudit, verifyCommand } from '../../../services/cli/audit.ts'
import { addWindowCommand, automationCommand, listWindowsCommand, removeWindowCommand } from '../../../services/cli/automation.ts'
import type { Database } from '../../../services/store/database.ts'
import type { MaintenanceWindow } from '../../../services/store/windows.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught, refused, rolewatch } from './desk.ts'

const TABLE = { format: 'table' as const }

describe('rolewatch automation, maintenance and audit', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  const said = async (work: () => Promise<unknown>) => (await caught(work)).out
  const automation = (state?: string, reason?: string) =>
    automationCommand(ground.config, { ...TABLE, ...(reason === undefined ? {} : { reason }) }, state === undefined ? [] : [state])

  it('turns everything off with a reason, says so, and turns it on again', async () => {
    expect(await said(() => automation())).to.equal('Automation is on.')
    expect(await refused('Misuse', () => automation('off'))).to.match(/^Say why/)
    expect(await refused('Misuse', () => automation('maybe'))).to.equal('"maybe" is neither on nor off.')
    expect(await said(() => automation('off', 'moving'))).to.match(/^Automation is off: runbooks look/)
    expect(await said(() => automation('off', 'moving'))).to.equal('Automation was off already.')
    expect(await said(() => automation())).to.match(/^Automation is off since .*Z: moving \(cli\)\.$/)
    expect(await said(() => automation('on'))).to.match(/^Automation is on/)
    expect(await database.db('audit').where({ target: 'switch/automation' }).orderBy('id').pluck('action')).to.deep.equal([
      'automation.off',
      'automation.on',
    ])
  })

  it('announces maintenance, of everything or one source, lists it and takes it back', async () => {
    const add = (more: object) => addWindowCommand(ground.config, { for: '2h', reason: 'works', ...more })
    expect(await said(() => add({ source: 'greenhouse', from: '2099-01-31T22:00' }))).to.match(
      /^greenhouse: nothing is changed by itself from 2099-01-31 22:00:00Z to 2099-02-01 00:00:00Z\. Its id is /,
    )
    expect(await said(() => add({}))).to.match(/^Everything: /)
    const [now, later] = await answered<MaintenanceWindow[]>(() => listWindowsCommand(ground.config, { format: 'json' }))
    expect([now?.source, later?.source]).to.deep.equal([null, 'greenhouse'])
    expect(await refused('Misuse', () => add({ source: 'myspace' }))).to.match(/^No such source/)
    for (const from of ['soon', '2099-02-31', '2099-13-01T00:00'])
      expect(await refused('Misuse', () => add({ from })), from).to.match(/is not a moment/)
    expect(await said(() => removeWindowCommand(ground.config, {}, [now?.id ?? '']))).to.equal('Removed: runbooks may act again.')
    expect(await refused('Refusal', () => removeWindowCommand(ground.config, {}, [now?.id ?? '']))).to.match(/^There is no maintenance/)
    expect(await answered<unknown[]>(() => listWindowsCommand(ground.config, { format: 'json' }))).to.have.length(1)
  })

  it('proves the audit whole, and ends with 1 when one byte of it is another', async () => {
    const verify = (more: object = {}) => caught(() => verifyCommand(ground.config, { ...TABLE, ...more }))
    const whole = await verify()
    expect(whole.value).to.equal(0)
    const [, count, anchor] = /^(\d+) lines are as they were written\. The end of the chain is (\d+:[0-9a-f]{64})$/.exec(whole.out) ?? []
    expect(Number(count)).to.be.at.least(3)
    expect((await verify({ anchor })).value).to.equal(0)
    expect((await verify({ anchor: anchor?.replace(/.$/, (end) => (end === '0' ? '1' : '0')) })).out).to.match(/it was written anew\.$/)
    expect(await refused('Misuse', () => verifyCommand(ground.config, { ...TABLE, anchor: 'x' }))).to.match(/is no end of a chain/)
    expect(await said(() => listAudit(ground.config, { ...TABLE, limit: 9 }))).to.match(/automation\.off +switch\/automation/)

    await database.inTransaction(async (trx) => {
      await trx.raw('set local session_replication_role = replica')
      await trx.raw(`update audit set actor = 'cLi' where id = 2`)
    })
    const { code, out } = await rolewatch(['audit', 'verify'], ground.env)
    expect(code).to.equal(1)
    expect(out.trim()).to.equal('Line 2 is where the audit is broken: it is not as it was written. What is before it, 1 of them, is whole.')
    expect((await verify({ anchor })).value).to.equal(1)
  })
})
