// Notifications that did not arrive, as the command line shows them and sends them again.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { listCommand, resendCommand } from '../../../services/cli/outbox.ts'
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
})
