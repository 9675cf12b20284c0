// Deeds on the database: upkeep that locks nobody out, and nothing for tables that are not there.

import { expect } from 'chai'
import pg from 'pg'
import { reindexTable } from '../../../../services/store/upkeep.ts'
import { seedBoard, closeSeeded, seedPostings } from '../../api/seed.ts'
import { openBench, type Bench } from '../bench.ts'

describe('deeds on the database', function () {
  this.timeout(40_000)
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())

  const invalid = async () =>
    (
      await bench.db.raw<{ rows: { name: string }[] }>(
        `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid where not i.indisvalid`,
      )
    ).rows.map(({ name }) => name)

  it('database.vacuum takes back the room of gone rows', async () => {
    await bench.db.raw(
      'create table litter with (autovacuum_enabled = false) as select n from generate_series(1, 20000) n; delete from litter where n > 1',
    )
    const pages = async () => Number((await bench.db.raw<{ rows: { n: number }[] }>(`select pg_relation_size('litter') as n`)).rows[0]?.n)
    const before = await pages()
    expect(await bench.plan('database.vacuum', { table: 'litter' })).to.deep.equal({
      target: 'table/litter',
      words: `The table litter (${Math.round(before / 1e6)} MB) will be vacuumed and analysed.`,
    })
    expect((await bench.act('database.vacuum', { table: 'litter' })).words).to.match(
      /^The table litter was vacuumed and analysed in \d+ s\.$/,
    )
    expect(await pages()).to.be.below(before)
    expect((await bench.plan('database.vacuum')).target).to.equal('table/postings')
  })

  it('database.reindex builds new indexes while others write, and clears away what a broken attempt left', async () => {
    const filenode = async () =>
      (await bench.db.raw<{ rows: { n: string }[] }>(`select relfilenode::text as n from pg_class where relname = 'searches_pkey'`)).rows[0]
        ?.n
    const before = await filenode()
    expect((await bench.plan('database.reindex', { table: 'searches' })).words).to.match(
      /^The table searches \(0 MB\) will get new indexes\.$/,
    )
    expect((await bench.act('database.reindex', { table: 'searches' })).words).to.match(
      /^The indexes of searches were built anew in \d+ s\.$/,
    )
    expect(await filenode()).not.to.equal(before)

    const holder = new pg.Client({ connectionString: bench.database.url })
    await holder.connect()
    try {
      // Somebody holds the table for longer than is waited: the attempt breaks off.
      await bench.db.raw('create table held (a integer primary key)')
      await holder.query('begin; insert into held values (1)')
      const error: unknown = await reindexTable(bench.database, 'held').catch((thrown: unknown) => thrown)
      expect(String(error)).to.match(/lock timeout/)
      expect(await invalid()).to.deep.equal(['held_pkey_ccnew'])
      await holder.query('commit')
    } finally {
      await holder.end()
    }
    await bench.act('database.reindex', { table: 'held' })
    expect(await invalid()).to.deep.equal([])
  })

  it('have nothing to do for a table that is not there, and take no statement for a name', async () => {
    for (const name of ['database.vacuum', 'database.reindex']) {
      expect((await bench.plan(name, { table: 'nowhere' })).idle, name).to.equal('There is no table nowhere.')
      for (const table of ['postings; drop table boards', 'pg_catalog.pg_class', 'POSTINGS', '"postings"', ''])
        expect(bench.refusal(name, { table }), table).to.equal('table: must be the name of a table')
    }
  })

  it('postings.archive says what will go, and does just that', async () => {
    const board = await seedBoard(bench.db, 'greenhouse', 'acme')
    const uids = await seedPostings(bench.db, board, '2026-01-01T00:00:00Z', [
      { external_id: 'a' },
      { external_id: 'b' },
      { external_id: 'c' },
    ])
    await closeSeeded(bench.db, board, '2026-02-01T00:00:00Z', uids.slice(0, 1))
    await closeSeeded(bench.db, board, '2026-05-01T00:00:00Z', uids.slice(1, 2))
    bench.clock.at = new Date('2026-06-01T00:00:00Z')
    const folder = `${bench.parts.config.data}/archive`
    expect(await bench.plan('postings.archive')).to.deep.equal({
      target: 'table/postings',
      words: `1 posting closed more than 90 days ago will go to files under ${folder} with their history, and out of the database.`,
    })
    expect((await bench.act('postings.archive')).words).to.equal(`1 posting put away in 1 file under ${folder}.`)
    expect(await bench.db('postings').orderBy('external_id').pluck('uid')).to.deep.equal(uids.slice(1))
    expect((await bench.plan('postings.archive')).idle).to.equal('No posting was closed that long ago.')
    expect((await bench.act('postings.archive')).words).to.equal(`0 postings put away in 0 files under ${folder}.`)
    expect((await bench.plan('postings.archive', { days: '30' })).words).to.match(/^1 posting closed more than 30 days ago/)
    expect(bench.refusal('postings.archive', { days: '29' })).to.equal('days: must be 30 to 3650')
    bench.clock.at = undefined
  })
})
