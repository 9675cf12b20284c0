// Sources from the command line: listed, held back, let go, reset.

import { expect } from 'chai'
import { listCommand, pauseCommand, resetCommand, resumeCommand } from '../../../services/cli/source.ts'
import type { SourceSummary } from '../../../services/store/boards.ts'
import type { Database } from '../../../services/store/database.ts'
import { listHosts, openBreaker, pauseHost } from '../../../services/store/hosts.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { seedBoard, seedPostings, seedRun } from '../api/seed.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch source', () => {
  let ground: Ground
  let database: Database
  let mark = 0
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  beforeEach(async () => {
    await database.db.raw('truncate boards, hosts, runs cascade')
    const last = await database.db('audit').max('id as id').first<{ id: number | null }>()
    mark = last.id ?? 0
    const acme = await seedBoard(database.db, 'greenhouse', 'acme')
    await seedBoard(database.db, 'greenhouse', 'globex')
    await seedBoard(database.db, 'lever', 'acme')
    await seedPostings(database.db, acme, '2026-03-01T00:00:00Z', [{ external_id: 'a' }, { external_id: 'b' }])
    await database.db('boards').where({ id: acme.id }).update({ open_count: 2 })
    await seedRun(database.db, acme, { outcome: 'partial', started_at: '2026-03-01T00:00:00Z' })
  })
  const said = async (work: () => Promise<unknown>) => (await caught(work)).out
  const paused = async () =>
    (await database.db('boards').where('paused_until', '>', new Date()).orderBy(['source', 'ident']).select('source', 'ident')).map(
      (board: { source: string; ident: string }) => `${board.source}/${board.ident}`,
    )
  /** Those of this test. */
  const audited = () => database.db('audit').where('id', '>', mark).orderBy('id').pluck('action')

  it('lists sources with their boards by outcome, their postings and their hosts', async () => {
    await openBreaker(database.db, { host: 'boards-api.greenhouse.io', source: 'greenhouse', error: '500' })
    const [greenhouse, lever] = await answered<SourceSummary[]>(() => listCommand(ground.config, { format: 'json' }))
    expect(greenhouse).to.deep.include({
      source: 'greenhouse',
      boards: 2,
      enabled: 2,
      paused: 0,
      open_postings: 2,
      outcomes: { partial: 1 },
    })
    expect(greenhouse?.hosts).to.have.length(1).and.to.have.nested.property('[0].breaker', 'open')
    expect(lever).to.deep.include({ source: 'lever', boards: 1, open_postings: 0, outcomes: {}, hosts: [] })
    const table = await said(() => listCommand(ground.config, { format: 'table' }))
    expect(table).to.match(/^greenhouse +2 +0 +2 +1 partial +boards-api\.greenhouse\.io \(open\)$/m)
    await database.db.raw('truncate boards cascade')
    expect(await said(() => listCommand(ground.config, { format: 'table' }))).to.equal('No boards yet: add one line to companies.yaml.')
  })

  it('pauses a source or one board, with a reason and an end, and lets it go on', async () => {
    const out = await said(() => pauseCommand(ground.config, { for: '2h', reason: 'moving' }, ['greenhouse/acme']))
    expect(out).to.match(/^1 board is paused until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\.$/)
    expect(await paused()).to.deep.equal(['greenhouse/acme'])
    const row = await database.db('boards').where({ ident: 'acme', source: 'greenhouse' }).first()
    expect(row.pause_reason).to.equal('moving')
    expect(row.paused_until.getTime() - Date.now()).to.be.closeTo(7_200_000, 60_000)

    expect(await said(() => pauseCommand(ground.config, { for: '30m' }, ['greenhouse']))).to.match(/^2 boards are paused until/)
    expect(await said(() => resumeCommand(ground.config, {}, ['greenhouse/globex']))).to.equal('1 board is visited again.')
    expect(await paused()).to.deep.equal(['greenhouse/acme'])
    expect(await said(() => resumeCommand(ground.config, {}, ['greenhouse']))).to.equal('1 board is visited again.')
    expect(await audited()).to.deep.equal(['source.pause', 'source.pause', 'source.resume', 'source.resume'])
  })

  it('tells a board that is not paused from one that there is not', async () => {
    for (const name of ['greenhouse', 'lever/acme'])
      expect(await said(() => resumeCommand(ground.config, {}, [name]))).to.equal(`${name} was not paused.`)
    for (const command of [
      () => resumeCommand(ground.config, {}, ['lever/globex']),
      () => pauseCommand(ground.config, { for: '1h' }, ['lever/globex']),
      () => pauseCommand(ground.config, { for: '1h' }, ['ashby']),
    ])
      expect(await refused('Refusal', command)).to.match(/^No board fits "(lever\/globex|ashby)": .*companies\.yaml/)
    expect(await audited()).to.deep.equal([])
  })

  it('refuses what is no source and no time', async () => {
    for (const command of [pauseCommand, resumeCommand, resetCommand])
      expect(await refused('Misuse', () => command(ground.config, { for: '1h' }, ['myspace']))).to.match(/^No such source: myspace/)
    for (const time of ['5', '0m', '400d', '999999999d'])
      expect(await refused('Misuse', () => pauseCommand(ground.config, { for: time }, ['lever']))).to.contain(`"${time}" is not a time`)
    expect(await paused()).to.deep.equal([])
  })

  it('closes the breakers of a source and lifts the pauses of its hosts, and of no other', async () => {
    for (const [source, host] of [
      ['greenhouse', 'boards-api.greenhouse.io'],
      ['lever', 'api.lever.co'],
    ] as const) {
      await openBreaker(database.db, { host, source, error: '500' })
      await pauseHost(database.db, { host, source, seconds: 600 })
    }
    expect(await said(() => resetCommand(ground.config, {}, ['greenhouse']))).to.match(/^The breakers of greenhouse are closed/)
    expect((await listHosts(database.db)).map((row) => [row.source, row.breaker, row.paused_until === null])).to.deep.equal([
      ['lever', 'open', false],
      ['greenhouse', 'closed', true],
    ])
    expect(await audited()).to.deep.equal(['source.reset'])
  })
})
