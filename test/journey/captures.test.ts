// Real boards, hundreds of them: what is stored is what was captured, and a second refresh writes no posting.

import { expect } from 'chai'
import { capturesFolder, indexRows } from './captures.ts'
import { countRows, openTown, type Town } from './town.ts'

describe('a refresh of all captured boards', function () {
  this.timeout(300_000)
  const folder = capturesFolder()
  let town: Town

  before(async function () {
    if (folder === undefined) this.skip()
    else town = await openTown({ captures: folder })
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
    const stored = await countRows(town.works.database.db('postings'))
    expect(stored).to.equal(summary.runs.reduce((sum, run) => sum + run.new, 0))
  })

  it('finds every board unchanged the second time and writes no row of postings', async () => {
    const before = await written()
    const summary = await town.refresh()
    const empty = new Set(['empty_verified', 'empty_suspect'])
    expect(summary.runs.filter((run) => run.outcome !== 'unchanged' && !empty.has(run.outcome))).to.deep.equal([])
    expect(await written()).to.deep.equal(before)
  })

  /** Where every row lies and which transaction wrote it: the same twice only if no row was written between. */
  async function written(): Promise<unknown> {
    const { rows } = await town.works.database.db.raw<{ rows: unknown[] }>(
      `select count(*)::int as postings, md5(string_agg(uid || ctid::text || xmin::text, ',' order by uid)) as rows,
              (select count(*)::int from posting_versions) as versions from postings`,
    )
    return rows
  }
})
