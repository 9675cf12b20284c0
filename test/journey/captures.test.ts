// Real boards, hundreds of them: what is stored is what was captured, and a second refresh writes no posting.

import { expect } from 'chai'
import { capturesFolder, indexRows } from './captures.ts'
import { openTown, type Town } from './town.ts'

describe('a refresh of all captured boards', function () {
  this.timeout(300_000)
  const folder = capturesFolder()
  let town: Town

  before(async function () {
    if (folder === undefined) return this.skip()
    town = await openTown({ captures: folder })
  })
  after(() => town?.close())

  it('stores every posting of every board, and explains each difference by a rule', async () => {
    const summary = await town.refresh()
    const boards = town.sandbox.market.boards()
    const expected = ['greenhouse', 'ashby', 'lever'].flatMap((kind) => indexRows(folder ?? '', kind))
    expect(boards.length).to.equal(expected.length)
    expect(summary.runs.length).to.equal(boards.length)
    const unexplained = summary.runs.filter((run) => {
      const captured = town.sandbox.market.expectedCount(run.source, run.board)
      return captured === undefined || run.new + run.unlisted + run.duplicates !== captured
    })
    expect(unexplained.map((run) => `${run.source}/${run.board}`)).to.deep.equal([])
    expect(summary.runs.reduce((sum, run) => sum + run.rejected, 0)).to.equal(0)
    const stored = (await town.works.database.db('postings').count('* as n').first()) as { n: number }
    expect(Number(stored.n)).to.equal(summary.runs.reduce((sum, run) => sum + run.new, 0))
  })

  it('finds every board unchanged the second time and writes no row of postings', async () => {
    const before = await written()
    const summary = await town.refresh()
    const empty = new Set(['empty_verified', 'empty_suspect'])
    expect(summary.runs.filter((run) => run.outcome !== 'unchanged' && !empty.has(run.outcome))).to.deep.equal([])
    expect(await written()).to.deep.equal(before)
  })

  /** The row counters of PostgreSQL itself. */
  async function written(): Promise<unknown> {
    await town.works.database.db.raw('select pg_stat_force_next_flush()')
    const { rows } = await town.works.database.db.raw<{ rows: unknown[] }>(
      `select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables
        where relname in ('postings', 'posting_versions') order by relname`,
    )
    return rows
  }
})
