// Bringing the schema up, and marking days.

import { expect } from 'chai'
import { migrateCommand, snapshotCommand } from '../../../services/cli/database.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { createDatabase } from '../../world.ts'
import { seedBoard, seedPostings } from '../api/seed.ts'
import { openPool } from '../../../services/store/pool.ts'
import { quietLog } from '../../../ops/log.ts'
import { caught, refused } from './desk.ts'

describe('rolewatch migrate and snapshot', () => {
  let ground: Ground
  before(async () => {
    ground = await openGround({ boards: 3 })
  })
  after(() => ground.close())

  it('bring an empty database to the newest schema, as often as they are told to', async () => {
    const fresh = await createDatabase()
    const config = { ...ground.config, databaseUrl: fresh.url }
    for (let time = 0; time < 2; time++)
      expect((await caught(() => migrateCommand(config))).out).to.equal('The database is at the newest schema.')
    const pool = openPool(fresh.url, 1, quietLog)
    expect(await pool('postings').select('uid')).to.deep.equal([])
    await pool.destroy()
    await fresh.drop()
  })

  it('mark a day, which the trend views then have rows for', async () => {
    const database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    const acme = await seedBoard(database.db, 'greenhouse', 'acme')
    await seedPostings(database.db, acme, '2026-03-01T10:00:00Z', [{ external_id: 'a' }, { external_id: 'b' }])
    const mark = async (date?: string) => (await caught(() => snapshotCommand(ground.config, date === undefined ? {} : { date }))).out
    expect(await mark('2026-02-28')).to.equal('Snapshot 2026-02-28 (UTC): 0 postings were open at the end of it.')
    expect(await mark('2026-03-01')).to.equal('Snapshot 2026-03-01 (UTC): 2 postings were open at the end of it.')
    expect(await mark()).to.contain(`Snapshot ${new Date().toISOString().slice(0, 10)} (UTC): 2 postings`)
    expect(await database.db('posting_snapshots').where({ snapshot_date: '2026-03-01' }).pluck('external_id')).to.have.members(['a', 'b'])
    await database.close()
  })

  it('refuse a day that is none, or still to come', async () => {
    for (const date of ['2026-02-31', 'yesterday'])
      expect(await refused('Misuse', () => snapshotCommand(ground.config, { date }))).to.contain(`"${date}" is not a date`)
    expect(await refused('Misuse', () => snapshotCommand(ground.config, { date: '2999-01-01' }))).to.match(/still to come/)
  })
})
