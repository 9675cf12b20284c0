// The database: opening, types, migrations up and down, by many at once and after a kill.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { ROOT } from '../../../services/config.ts'
import { migrate, openDatabase, rollbackAll, type Database } from '../../../services/store/database.ts'
import { parseInt8 } from '../../../services/store/pool.ts'
import { createDatabase, openWorld, type EmptyDatabase, type World } from '../../world.ts'

describe('services/store/database', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  describe('types', () => {
    it('gives counts as numbers, times as Dates, days and decimals as text', async () => {
      const result = await world.db.raw(
        `select count(*) as n, 9007199254740991::int8 as big, '2026-03-01T10:00:00Z'::timestamptz as at, '2026-03-01'::date as day, 1.50::numeric as money`,
      )
      expect(result.rows).to.deep.equal([
        { n: 1, big: Number.MAX_SAFE_INTEGER, at: new Date('2026-03-01T10:00:00Z'), day: '2026-03-01', money: '1.50' },
      ])
    })

    it('refuses a number that would lose its last digits', async () => {
      expect(() => parseInt8('9007199254740993')).to.throw(RangeError, '9007199254740993')
      const error = await world.db.raw('select 9007199254740993::int8 as n').catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(Error)
      expect(await world.database.ping()).to.be.greaterThan(0)
    })

    it('keeps its application name and its time limits on every connection', async () => {
      const names = ['application_name', 'statement_timeout', 'idle_in_transaction_session_timeout']
      const values = await Promise.all(
        names.map((name) => world.db.select<{ v: string }[]>(world.db.raw('current_setting(?) as v', [name])).then(([row]) => row?.v)),
      )
      expect(values).to.deep.equal(['rolewatch', '1min', '2min'])
    })
  })

  describe('inTransaction', () => {
    it('keeps what a finished work wrote and nothing of a failed one', async () => {
      const { database, db } = world
      const write = (slug: string, fail: boolean) =>
        database.inTransaction(async (trx) => {
          await trx('companies').insert({ slug, name: slug })
          if (fail) throw new Error('no')
          return slug
        })
      expect(await write('kept', false)).to.equal('kept')
      expect(await write('lost', true).catch((error: Error) => error.message)).to.equal('no')
      expect(await db('companies').whereIn('slug', ['kept', 'lost']).pluck('slug')).to.deep.equal(['kept'])
    })
  })

  describe('openDatabase', () => {
    it('says so at once when nobody answers at the address', async () => {
      const error = await openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', data: '', log: quietLog }).catch(
        (thrown: unknown) => thrown,
      )
      expect((error as Error).message).to.contain('ECONNREFUSED')
    })

    it('may be closed twice', async () => {
      const fresh = await createDatabase()
      const database = await openDatabase({ url: fresh.url, data: '', log: quietLog })
      await Promise.all([database.close(), database.close()])
      await fresh.drop()
    })
  })

  describe('migrate', () => {
    let fresh: EmptyDatabase
    let opened: Database[] = []
    const open = async (poolMax = 2) => {
      const database = await openDatabase({ url: fresh.url, data: '', log: quietLog, poolMax })
      opened.push(database)
      return database
    }
    beforeEach(async () => {
      fresh = await createDatabase()
      opened = []
    })
    afterEach(async () => {
      await Promise.all(opened.map((database) => database.close()))
      await fresh.drop()
    })

    const relations = async ({ db }: Database): Promise<string[]> =>
      (
        await db('pg_class').whereRaw(`relnamespace = 'public'::regnamespace and relkind in ('r', 'v')`).orderBy('relname').pluck('relname')
      ).filter((name: string) => !name.startsWith('migrations'))

    it('applies every migration once, in order, and all of them can be taken back', async () => {
      const database = await open()
      const names = await migrate(database)
      expect(names.slice(0, 2)).to.deep.equal(['0001_boards', '0002_postings'])
      expect(names).to.deep.equal(names.toSorted())
      expect(await relations(database)).to.include.members([
        'boards',
        'companies',
        'postings',
        'posting_snapshots',
        'runs',
        'outbox',
        'tokens',
      ])
      expect(await migrate(database)).to.deep.equal([])
      await rollbackAll(database)
      expect(await relations(database)).to.deep.equal([])
      expect(await migrate(database)).to.deep.equal(names)
    })

    it('works with a pool of a single connection', async () => {
      expect(await migrate(await open(1))).to.have.length.above(3)
    })

    it('may be called by eight at once on an empty database: one applies, all succeed', async () => {
      const all = await Promise.all(Array.from({ length: 8 }, () => open()))
      const applied = await Promise.all(all.map((database) => migrate(database)))
      const busy = applied.filter((names) => names.length > 0)
      expect(busy).to.have.length(1)
      expect(busy[0]).to.include('0001_boards')
    })

    it('goes on where a process was killed in the middle', async () => {
      const database = await open()
      const program = `
        import { openDatabase, migrate } from ${JSON.stringify(join(ROOT, 'services/store/database.ts'))}
        import { quietLog } from ${JSON.stringify(join(ROOT, 'ops/log.ts'))}
        const database = await openDatabase({ url: process.argv[1], data: '', log: quietLog })
        database.db.on('query', ({ sql }) => { if (sql.includes('create table postings')) process.kill(process.pid, 'SIGKILL') })
        await migrate(database)`
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, fresh.url], { stdio: 'ignore' })
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect(signal).to.equal('SIGKILL')
      expect(await database.db('migrations').pluck('name')).to.deep.equal(['0001_boards'])
      const names = await migrate(database)
      expect(names[0]).to.equal('0002_postings')
      expect(await relations(database)).to.include.members(['postings', 'tokens'])
    })

    it("frees knex's own lock when a dead process left it taken", async () => {
      const database = await open()
      await migrate(database)
      await rollbackAll(database)
      await database.db('migrations_lock').update({ is_locked: 1 })
      expect(await migrate(database)).to.include('0001_boards')
      expect(await database.db('migrations_lock').pluck('is_locked')).to.deep.equal([0])
    })

    it('leaves a schema alone that a newer version has taken further', async () => {
      const database = await open()
      await migrate(database)
      await database.db('migrations').insert({ name: '9999_of_tomorrow', batch: 2, migration_time: new Date() })
      expect(await migrate(database)).to.deep.equal([])
    })
  })
})
