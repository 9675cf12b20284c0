// Boards in a real database: the configuration brought in, claiming, pausing, summaries.

import { expect } from 'chai'
import fc from 'fast-check'
import {
  claimDue,
  findBoards,
  getBoard,
  pauseBoards,
  resumeBoards,
  sourceSummaries,
  syncBoards,
  type Board,
  type BoardEntry,
} from '../../../services/store/boards.ts'
import { companyHistory } from '../../../services/store/companies.ts'
import { openWorld, type World } from '../../world.ts'

const NOW = new Date('2030-05-01T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

function entry(slug: string, more: Partial<BoardEntry> = {}): BoardEntry {
  return {
    slug,
    display_name: slug.toUpperCase(),
    ats_type: 'greenhouse',
    ats_id: slug,
    careers_url: null,
    enabled: true,
    cadence_seconds: 3600,
    country: null,
    region: null,
    ...more,
  }
}

describe('services/store/boards', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db.raw('truncate boards, companies, company_versions, hosts restart identity cascade'))

  const sync = (...entries: BoardEntry[]) => world.database.inTransaction((trx) => syncBoards(trx, entries))
  const only = async (ident: string): Promise<Board> => {
    const [board, ...others] = await findBoards(world.db, { idents: [ident] })
    if (!board || others.length > 0) throw new Error(`${others.length + (board ? 1 : 0)} boards are called ${ident}`)
    return board
  }
  /** Transaction that last wrote each row: as long as it stays, nothing was written. */
  const writers = async (): Promise<unknown[]> => {
    const { rows } = await world.db.raw<{ rows: unknown[] }>(
      `select 'b' as t, id, xmin::text, ctid::text from boards union all select 'c', id, xmin::text, ctid::text from companies order by 1, 2`,
    )
    return rows
  }

  describe('syncBoards', () => {
    it('adds boards with their companies, due at once', async () => {
      expect(
        await sync(
          entry('acme', { country: 'GB', careers_url: 'https://acme.example/jobs' }),
          entry('beta', { ats_type: 'lever', region: 'eu' }),
        ),
      ).to.deep.equal({
        added: 2,
        changed: 0,
        retired: 0,
      })
      const acme = await only('acme')
      expect(acme).to.include({
        source: 'greenhouse',
        ident: 'acme',
        company_slug: 'acme',
        company_name: 'ACME',
        company_country: 'GB',
        region: null,
        enabled: true,
        configured: true,
        cadence_seconds: 3600,
        open_count: 0,
        failures: 0,
        pages: null,
        reader: null,
        last_outcome: null,
        paused_until: null,
      })
      expect(acme.recent_counts).to.deep.equal([])
      expect(acme.next_at.getTime()).to.be.at.most(Date.now())
      expect((await only('beta')).region).to.equal('eu')
    })

    it('writes no row when it is called again with the same entries', async () => {
      const entries = [
        entry('acme', { country: 'GB' }),
        entry('beta', { ats_type: 'lever', region: 'eu' }),
        entry('gamma', { enabled: false }),
      ]
      await sync(...entries)
      const before = await writers()
      expect(await sync(...entries)).to.deep.equal({ added: 0, changed: 0, retired: 0 })
      expect(await writers()).to.deep.equal(before)
    })

    it('touches only the row that differs', async () => {
      await sync(entry('acme'), entry('beta'))
      const beta = await only('beta')
      const before = (await writers()) as { t: string; id: number }[]
      expect(await sync(entry('acme'), entry('beta', { cadence_seconds: 900 }))).to.deep.equal({ added: 0, changed: 1, retired: 0 })
      const after = (await writers()) as { t: string; id: number }[]
      const same = (row: { t: string; id: number }) => !(row.t === 'b' && row.id === beta.id)
      expect(after.filter(same)).to.deep.equal(before.filter(same))
      expect(after).to.not.deep.equal(before)
    })

    it('keeps a board that left the configuration, with its memory, and takes it up again when it comes back', async () => {
      await sync(entry('acme'), entry('beta'))
      await world
        .db('boards')
        .where({ ident: 'beta' })
        .update({ open_count: 7, next_at: later(0), failures: 2 })
      expect(await sync(entry('acme'))).to.deep.equal({ added: 0, changed: 0, retired: 1 })
      expect(await only('beta')).to.include({ configured: false, open_count: 7 })
      expect(await sync(entry('acme'))).to.deep.equal({ added: 0, changed: 0, retired: 0 })
      expect(await sync(entry('acme'), entry('beta'))).to.deep.equal({ added: 0, changed: 1, retired: 0 })
      const beta = await only('beta')
      expect(beta).to.include({ configured: true, open_count: 7 })
      expect(beta.next_at.getTime()).to.be.at.most(Date.now())
    })

    it('brings the next visit forward when the cadence is shortened, and never puts it off', async () => {
      await sync(entry('acme', { cadence_seconds: 86_400 }))
      await world.db('boards').update({ next_at: new Date(Date.now() + 80_000_000) })
      await sync(entry('acme', { cadence_seconds: 900 }))
      const soon = (await only('acme')).next_at.getTime()
      expect(soon - Date.now()).to.be.within(800_000, 900_000)
      await sync(entry('acme', { cadence_seconds: 86_400 }))
      expect((await only('acme')).next_at.getTime()).to.equal(soon)
    })

    it('remembers a region that a visit found until the configuration names one', async () => {
      await sync(entry('acme', { ats_type: 'lever' }))
      await world.db('boards').update({ region: 'eu' })
      expect(await sync(entry('acme', { ats_type: 'lever' }))).to.deep.include({ changed: 0 })
      expect(await sync(entry('acme', { ats_type: 'lever', cadence_seconds: 900 }))).to.deep.include({ changed: 1 })
      expect((await only('acme')).region).to.equal('eu')
      await world.db('boards').update({ region: 'us' })
      expect(await sync(entry('acme', { ats_type: 'lever', region: 'eu' }))).to.deep.include({ changed: 1 })
      expect((await only('acme')).region).to.equal('eu')
    })

    it('lets a company have several boards and a board move to another company', async () => {
      await sync(entry('acme'), entry('acme', { ats_type: 'lever', ats_id: 'acme-labs' }))
      expect(await world.db('companies').pluck('slug')).to.deep.equal(['acme'])
      await sync(entry('acme'), entry('newco', { ats_type: 'lever', ats_id: 'acme-labs' }))
      expect((await only('acme-labs')).company_slug).to.equal('newco')
    })

    it('retires everything when nothing is configured', async () => {
      await sync(entry('acme'), entry('beta'))
      expect(await sync()).to.deep.equal({ added: 0, changed: 0, retired: 2 })
    })

    it('may be called by several at once on an empty table', async () => {
      const entries = Array.from({ length: 40 }, (_, n) => entry(`co${n}`))
      // Six connections that stand already, so that nobody comes late.
      await Promise.all(Array.from({ length: 6 }, () => world.db.raw('select pg_sleep(0.1)')))
      const results = await Promise.all(Array.from({ length: 6 }, () => sync(...entries)))
      expect(results.map((result) => result.added).toSorted((a, b) => a - b)).to.deep.equal([0, 0, 0, 0, 0, 40])
      expect(await findBoards(world.db)).to.have.length(40)
    })

    it('ends with exactly what is configured, whatever was there before', async () => {
      const some = fc.uniqueArray(
        fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), enabled: fc.boolean(), cadence: fc.constantFrom(60, 900, 3600) }),
        { selector: (item) => item.name },
      )
      await fc.assert(
        fc.asyncProperty(some, some, async (first, second) => {
          const entries = (list: typeof first) =>
            list.map(({ name, enabled, cadence }) => entry(name, { enabled, cadence_seconds: cadence }))
          await sync(...entries(first))
          await sync(...entries(second))
          const boards = await findBoards(world.db)
          const now = boards
            .filter((board) => board.configured)
            .map(({ ident, enabled, cadence_seconds }) => ({ name: ident, enabled, cadence: cadence_seconds }))
          expect(now).to.deep.equal(second.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
          const wanted = new Set<string>(second.map((item) => item.name))
          expect(boards.filter((board) => !board.configured && wanted.has(board.ident))).to.deep.equal([])
          const again = await sync(...entries(second))
          expect(again).to.deep.equal({ added: 0, changed: 0, retired: 0 })
        }),
        { numRuns: 25 },
      )
    })
  })

  describe('companies', () => {
    it('keep what they were, without a gap between the versions', async () => {
      await sync(entry('acme', { country: 'GB' }))
      await sync(entry('acme', { country: 'GB', display_name: 'Acme Ltd' }))
      await sync(entry('acme', { country: 'US', display_name: 'Acme Inc', website: 'https://acme.example' }))
      const history = await companyHistory(world.db, 'acme')
      expect(history.map(({ name, country, website }) => [name, country, website])).to.deep.equal([
        ['Acme Inc', 'US', 'https://acme.example'],
        ['Acme Ltd', 'GB', null],
        ['ACME', 'GB', null],
      ])
      expect(history[0]?.valid_to).to.equal(null)
      expect(history[1]?.valid_to).to.deep.equal(history[0]?.valid_from)
      expect(history[2]?.valid_to).to.deep.equal(history[1]?.valid_from)
      expect(await companyHistory(world.db, 'nobody')).to.deep.equal([])
    })

    it('take website, careers page and country from the first of their boards that has one', async () => {
      await sync(
        entry('acme', { careers_url: null, country: null }),
        entry('acme', { ats_type: 'lever', careers_url: 'https://acme.example/jobs', country: 'FR', website: 'https://acme.example' }),
      )
      expect(await world.db('companies').first('careers_url', 'country', 'website')).to.deep.equal({
        careers_url: 'https://acme.example/jobs',
        country: 'FR',
        website: 'https://acme.example',
      })
    })
  })

  describe('findBoards', () => {
    beforeEach(() =>
      sync(entry('acme'), entry('acme', { ats_type: 'ashby' }), entry('beta'), entry('gamma', { ats_type: 'lever', ats_id: 'Gamma Labs' })),
    )
    const found = async (filter: Parameters<typeof findBoards>[1]) =>
      (await findBoards(world.db, filter)).map((board) => `${board.source}/${board.ident}`)

    it('gives all in the order of source and ident', async () => {
      expect(await found({})).to.deep.equal(['ashby/acme', 'greenhouse/acme', 'greenhouse/beta', 'lever/Gamma Labs'])
    })

    it('takes sources, names, names with their source, and a limit', async () => {
      expect(await found({ sources: ['ashby', 'lever'] })).to.deep.equal(['ashby/acme', 'lever/Gamma Labs'])
      expect(await found({ idents: ['acme'] })).to.deep.equal(['ashby/acme', 'greenhouse/acme'])
      expect(await found({ idents: ['greenhouse/acme', 'Gamma Labs'] })).to.deep.equal(['greenhouse/acme', 'lever/Gamma Labs'])
      expect(await found({ sources: ['ashby'], idents: ['acme'] })).to.deep.equal(['ashby/acme'])
      expect(await found({ idents: [] })).to.deep.equal([])
      expect(await found({ limit: 1 })).to.deep.equal(['ashby/acme'])
    })

    it('takes a name for what it is, not for SQL', async () => {
      expect(await found({ idents: [`acme' or true --`] })).to.deep.equal([])
    })

    it('gives only the due when asked, the longest overdue first', async () => {
      await world.db('boards').update({ next_at: later(60) })
      await world
        .db('boards')
        .where({ ident: 'beta' })
        .update({ next_at: later(-10) })
      await world
        .db('boards')
        .where({ ident: 'acme', source: 'greenhouse' })
        .update({ next_at: later(-20) })
      const due = await findBoards(world.db, { dueOnly: true }, NOW)
      expect(due.map((board) => board.ident)).to.deep.equal(['acme', 'beta'])
    })

    it('gives one board by its number, with what the last visit remembered', async () => {
      const { id } = await only('beta')
      const pages = [{ url: 'https://boards.example/beta', etag: '"1"', last_modified: null, hash: 'ab' }]
      await world
        .db('boards')
        .where({ id })
        .update({ pages: JSON.stringify(pages), recent_counts: [3, 4] })
      const board = await getBoard(world.db, id)
      expect(board?.pages).to.deep.equal(pages)
      expect(board?.recent_counts).to.deep.equal([3, 4])
      expect(board?.id).to.be.a('number')
      expect(await getBoard(world.db, 999_999)).to.equal(undefined)
    })
  })

  describe('claimDue', () => {
    const names = (claimed: { ident: string }[]) => claimed.map((board) => board.ident)

    it('takes the longest overdue first and puts each off by its cadence, give or take a tenth', async () => {
      await sync(...Array.from({ length: 30 }, (_, n) => entry(`co${n}`, { cadence_seconds: 1000 })))
      await world.db.raw(`update boards set next_at = ?::timestamptz - make_interval(secs => substr(ident, 3)::integer)`, [NOW])
      const claimed = await claimDue(world.db, 20, NOW)
      expect(names(claimed)).to.deep.equal(Array.from({ length: 20 }, (_, n) => `co${29 - n}`))
      const waits = (await findBoards(world.db))
        .filter((board) => names(claimed).includes(board.ident))
        .map((board) => (board.next_at.getTime() - NOW.getTime()) / 1000)
      expect(Math.min(...waits)).to.be.at.least(900)
      expect(Math.max(...waits)).to.be.at.most(1100)
      expect(new Set(waits).size).to.be.above(10)
      expect(names(await claimDue(world.db, 20, NOW))).to.have.length(10)
      expect(await claimDue(world.db, 20, NOW)).to.deep.equal([])
    })

    it('leaves out what is disabled, no longer configured, paused or not yet due', async () => {
      await sync(entry('due'), entry('disabled', { enabled: false }), entry('gone'), entry('paused'), entry('woken'), entry('future'))
      await sync(entry('due'), entry('disabled', { enabled: false }), entry('paused'), entry('woken'), entry('future'))
      await pauseBoards(world.db, { board: 'paused' }, later(1), 'test')
      await pauseBoards(world.db, { board: 'woken' }, later(0), 'test')
      await world.db('boards').update({ next_at: later(0) })
      await world
        .db('boards')
        .where({ ident: 'future' })
        .update({ next_at: later(1) })
      expect(names(await claimDue(world.db, 10, NOW)).toSorted()).to.deep.equal(['due', 'woken'])
    })

    it('never gives the same board to two claimers, even while neither has committed', async () => {
      await sync(...Array.from({ length: 60 }, (_, n) => entry(`co${n}`)))
      let arrived = 0
      let open = () => {}
      const allClaimed = new Promise<void>((resolve) => {
        open = resolve
      })
      const claims = await Promise.all(
        Array.from({ length: 4 }, () =>
          world.database.inTransaction(async (trx) => {
            const claimed = await claimDue(trx, 20, new Date())
            if (++arrived === 4) open()
            await allClaimed
            return claimed
          }),
        ),
      )
      const ids = claims.flat().map((board) => board.id)
      expect(ids).to.have.length(60)
      expect(new Set(ids).size).to.equal(60)
    })

    it('gives back what was claimed in a transaction that failed', async () => {
      await sync(entry('acme'))
      await world.database
        .inTransaction(async (trx) => {
          expect(await claimDue(trx, 5)).to.have.length(1)
          throw new Error('the queue is away')
        })
        .catch(() => {})
      expect(await claimDue(world.db, 5)).to.have.length(1)
    })
  })

  describe('pauseBoards and resumeBoards', () => {
    beforeEach(() => sync(entry('acme'), entry('acme', { ats_type: 'lever' }), entry('beta')))

    it('hold back a source, a board of any source, or one board', async () => {
      expect(await pauseBoards(world.db, { source: 'greenhouse' }, later(60), 'too many 429')).to.equal(2)
      expect(await only('greenhouse/acme')).to.deep.include({ paused_until: later(60), pause_reason: 'too many 429' })
      expect(await resumeBoards(world.db, { source: 'greenhouse' })).to.equal(2)
      expect(await pauseBoards(world.db, { board: 'acme' }, later(60), 'x')).to.equal(2)
      expect(await resumeBoards(world.db, { board: 'lever/acme' })).to.equal(1)
      expect(await only('lever/acme')).to.deep.include({ paused_until: null, pause_reason: null })
      expect(await pauseBoards(world.db, { source: 'lever', board: 'acme' }, later(60), 'x')).to.equal(1)
      expect(await pauseBoards(world.db, { board: 'nobody' }, later(60), 'x')).to.equal(0)
    })

    it('hold boards in the order of their ids, so that nobody waits for them in a circle', async () => {
      const ids = await world.db('boards').where({ source: 'greenhouse', configured: true }).orderBy('id').pluck<number[]>('id')
      const [low, ...others] = ids
      await world.db('boards').where({ id: low }).update({ cadence_seconds: 7200 })
      const pausing = await world.database.inTransaction(async (trx) => {
        await trx('boards').where({ id: low }).forUpdate().first('id')
        const going = pauseBoards(world.db, { source: 'greenhouse' }, later(60), 'x')
        for (let waiting = 0; waiting === 0;) {
          const busy = world.db('pg_stat_activity').whereRaw(`datname = current_database() and wait_event_type = 'Lock'`)
          waiting = (await busy.count<{ n: number }[]>('* as n'))[0]?.n ?? 0
        }
        expect(await trx('boards').whereIn('id', others).forUpdate().noWait().pluck('id')).to.have.length(others.length)
        return { going }
      })
      expect(await pausing.going)
        .to.equal(ids.length)
        .and.to.be.above(1)
    })

    it('survive a new look at the configuration', async () => {
      await pauseBoards(world.db, { board: 'beta' }, later(60), 'by hand')
      await sync(entry('beta', { cadence_seconds: 900 }))
      expect(await only('beta')).to.deep.include({ paused_until: later(60), pause_reason: 'by hand' })
    })

    it('refuse to be called for nothing in particular', async () => {
      expect(await pauseBoards(world.db, {}, NOW, 'x').catch((error: Error) => error.message)).to.equal('name a source or a board')
      expect(await resumeBoards(world.db, {}).catch((error: Error) => error.message)).to.equal('name a source or a board')
    })
  })

  describe('sourceSummaries', () => {
    it('add up boards, postings, outcomes and hosts by source', async () => {
      await sync(
        entry('acme', { cadence_seconds: 900 }),
        entry('beta', { cadence_seconds: 600, enabled: false }),
        entry('gamma'),
        entry('delta', { ats_type: 'lever' }),
      )
      await pauseBoards(world.db, { board: 'gamma' }, later(60), 'x')
      await world
        .db('boards')
        .where({ ident: 'acme' })
        .update({ open_count: 5, last_outcome: 'ok', last_complete_at: later(-60) })
      await world
        .db('boards')
        .where({ ident: 'gamma' })
        .update({ open_count: 2, last_outcome: 'ok', last_complete_at: later(-30) })
      await world.db('boards').where({ ident: 'beta' }).update({ last_outcome: 'gone' })
      await world.db('hosts').insert({ host: 'boards-api.example', source: 'greenhouse', breaker: 'open', last_error: '500' })
      const [greenhouse, lever, ...others] = await sourceSummaries(world.db, NOW)
      expect(others).to.deep.equal([])
      expect(greenhouse).to.deep.equal({
        source: 'greenhouse',
        boards: 3,
        enabled: 2,
        paused: 1,
        open_postings: 7,
        last_success: later(-30),
        expected_interval_seconds: 900,
        outcomes: { ok: 2, gone: 1 },
        hosts: [{ host: 'boards-api.example', breaker: 'open', open_until: null, paused_until: null, last_error: '500' }],
      })
      expect(lever).to.deep.include({ source: 'lever', boards: 1, open_postings: 0, last_success: null, outcomes: {}, hosts: [] })
    })

    it('keep a source that left the configuration as long as it has open postings', async () => {
      await sync(entry('acme'), entry('delta', { ats_type: 'lever' }))
      await world.db('boards').where({ ident: 'delta' }).update({ open_count: 3 })
      await sync()
      const summaries = await sourceSummaries(world.db)
      expect(summaries.map(({ source, boards, open_postings }) => [source, boards, open_postings])).to.deep.equal([['lever', 0, 3]])
    })
  })
})
