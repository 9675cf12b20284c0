// Notifications that did not arrive, as the command line shows them and sends them again.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { channelCommand, listCommand, resendCommand } from '../../../services/cli/outbox.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { quietLog } from '../../../ops/log.ts'
import type { Database } from '../../../services/store/database.ts'
import type { Undelivered } from '../../../services/store/outbox.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { openDesk, type Desk } from '../notify/seed.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch outbox', () => {
  let ground: Ground
  let database: Database
  let desk: Desk
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    const metrics = createMetrics({ sources: [], queues: [], version: '0' })
    desk = await openDesk({ database, db: database.db, metrics, watch: createWatch(metrics, quietLog), sources: [], close: async () => {} })
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  beforeEach(() => desk.clear())

  it('lists what did not arrive, by search and state, and sends it again', async () => {
    const { out: all } = await caught(() => listCommand(ground.config, { format: 'table' }))
    expect(all).to.equal('Everything is delivered.')
    const search = await desk.search('golang')
    await desk.tell(search, 3)
    await database.db('outbox').limit(1).update({ state: 'failed', error: 'invalid_blocks' })
    const first = (await desk.rows(search))[0]
    await database.db('outbox').update({ state: 'failed', error: 'invalid_blocks' })
    await database.db('outbox').where({ id: first?.id }).update({ state: 'delivered', error: null })

    const rows = await answered<Undelivered[]>(() => listCommand(ground.config, { format: 'json' }))
    expect(rows).to.have.length(1)
    expect(rows[0]).to.include({ search_id: search.id, name: 'golang', state: 'failed', notifications: 2, error: 'invalid_blocks' })
    const { out: table } = await caught(() => listCommand(ground.config, { format: 'table' }))
    expect(table).to.match(new RegExp(`^${search.id} +golang +failed +2 +\\d{4}-.* invalid_blocks$`, 'm'))

    const resend = () => resendCommand(ground.config, {}, [search.id])
    expect((await caught(resend)).out).to.equal('2 notifications wait to be sent again.')
    expect(await desk.states(search)).to.deep.equal(['delivered', 'pending'])
    expect((await caught(resend)).out).to.equal('There is nothing to send again.')
    expect(await database.db('audit').select('action', 'after')).to.deep.equal([{ action: 'outbox.resend', after: { count: 2 } }])
  })

  it('refuses a search that there is not', async () => {
    expect(await refused('Refusal', () => resendCommand(ground.config, {}, [randomUUID()]))).to.match(/^There is no search /)
    expect(await refused('Refusal', () => resendCommand(ground.config, {}, ['golang']))).to.match(/^"golang" is not the id of a search/)
  })

  describe('channel', () => {
    const mail = { smtpUrl: 'smtp://127.0.0.1:9', to: 'ann@example.org', from: 'watch@roles.example' }
    const switchTo = async (...args: string[]) => (await caught(() => channelCommand({ ...ground.config, mail }, {}, args))).out
    const substitute = async () => (await database.db('channels').where({ name: 'slack' }).first('substitute')) as unknown

    it('switches to e-mail and back, and says who did', async () => {
      const search = await desk.search('golang')
      await desk.tell(search, 1)
      await database.db('outbox').update({ due_at: new Date(Date.now() + 600_000) })
      expect(await switchTo('email')).to.equal(
        'Notifications go by e-mail, and Slack is not tried, until "rolewatch outbox channel slack".',
      )
      expect(await substitute()).to.deep.equal({ substitute: 'email' })
      expect((await desk.rows(search))[0]?.due_at.getTime(), 'it waits no longer').to.be.at.most(Date.now())
      expect(await switchTo('email')).to.match(/^Notifications already go by e-mail/)
      expect(await switchTo('slack')).to.equal('Notifications go to Slack.')
      expect(await substitute()).to.deep.equal({ substitute: null })
      expect(
        await database.db('audit').select('actor', 'action', 'target', 'before', 'after').where({ action: 'outbox.channel' }).orderBy('id'),
      ).to.deep.equal([
        { actor: 'cli', action: 'outbox.channel', target: 'channel/slack', before: { channel: 'slack' }, after: { channel: 'email' } },
        { actor: 'cli', action: 'outbox.channel', target: 'channel/slack', before: { channel: 'email' }, after: { channel: 'slack' } },
      ])
    })

    it('refuses what cannot work, and what means nothing', async () => {
      const config = { ...ground.config, mail: undefined, slackWebhookUrl: undefined }
      expect(await refused('Refusal', () => channelCommand(config, {}, ['email']))).to.match(/^There is no mail server: set SMTP_URL/)
      expect(await refused('Refusal', () => channelCommand(config, {}, ['slack']))).to.match(/^There is no Slack: set SLACK_WEBHOOK_URL/)
      expect(await refused('Misuse', () => channelCommand(config, {}, ['pigeon']))).to.equal(
        'No such channel: pigeon. There are email and slack.',
      )
    })
  })
})
