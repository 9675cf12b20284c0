// Alerts as the command line lists them.

import { expect } from 'chai'
import { alertsCommand } from '../../../services/cli/alerts.ts'
import { receiveAlerts, type AlertRow, type ToldAlert } from '../../../services/store/alerts.ts'
import type { Database } from '../../../services/store/database.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught } from './desk.ts'

describe('rolewatch alerts', () => {
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

  const shown = async (options: { all?: boolean; limit?: number }) =>
    (await caught(() => alertsCommand(ground.config, { limit: 20, ...options, format: 'table' }))).out

  it('says that there is nothing', async () => {
    expect(await shown({})).to.match(/^Nothing fires/)
    expect(await shown({ all: true })).to.match(/^Alertmanager has told of no alert yet/)
  })

  it('shows a line for each that fires, and with --all for each that is over too', async () => {
    const now = new Date()
    const alert = (more: Partial<ToldAlert>): ToldAlert => ({
      fingerprint: 'a1',
      status: 'firing',
      starts_at: new Date(now.getTime() - 60_000),
      ends_at: null,
      labels: { alertname: 'OutboxStuck', severity: 'page', priority: 'P0', owner: 'notify', channel: 'slack' },
      annotations: { summary: 'Notifications wait\u001b[2J' },
      ...more,
    })
    const over = alert({
      fingerprint: 'b2',
      status: 'resolved',
      ends_at: new Date('2026-03-01T10:00:00Z'),
      starts_at: new Date('2026-03-01'),
    })
    await database.inTransaction((trx) => receiveAlerts(trx, [alert({}), over], now))

    const firing = await shown({})
    expect(firing.split('\n')).to.have.length(3)
    expect(firing).to.match(/Z +OutboxStuck +page +firing +channel=slack +Notifications wait \[2J$/m)
    expect(firing).not.to.contain('\u001b')
    const all = await shown({ all: true })
    expect(all.split('\n')).to.have.length(4)
    expect(all).to.match(/^2026-03-01 00:00:00Z +OutboxStuck +page +resolved +2026-03-01 10:00:00Z +channel=slack/m)
    expect((await shown({ all: true, limit: 1 })).split('\n')).to.have.length(3)
    const rows = await answered<AlertRow[]>(() => alertsCommand(ground.config, { all: true, limit: 20, format: 'json' }))
    expect(rows.map(({ fingerprint, status }) => [fingerprint, status])).to.deep.equal([
      ['a1', 'firing'],
      ['b2', 'resolved'],
    ])
  })
})
