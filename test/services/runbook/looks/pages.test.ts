// A look at pages: what is set aside beside what could be read, by real visits to a town.

import { expect } from 'chai'
import { findBoards } from '../../../../services/store/boards.ts'
import { releasePage } from '../../../../services/store/pages.ts'
import { openTown, type Town } from '../../../journey/town.ts'
import { askWith, partsOf, type Asking } from '../bench.ts'

describe('a look at pages', function () {
  this.timeout(60_000)
  let town: Town
  let ask: Asking
  before(async () => {
    town = await openTown({ boards: 6, postingsPerBoard: 12 })
    ask = askWith(await partsOf(town.works))
    await town.refresh()
  })
  after(() => town.close())
  afterEach(async () => {
    town.sandbox.market.clearFaults()
    await town.works.database.db('quarantine').delete()
  })

  const look = () => ask.look('page.diff', { source: 'greenhouse' })
  const board = async () => {
    const boards = await findBoards(town.works.database.db, { sources: ['greenhouse'] })
    const largest = boards.toSorted((a, b) => b.open_count - a.open_count)[0]
    if (!largest) throw new Error('no board of greenhouse')
    return largest
  }
  /** One visit that reads everything, under a fault. */
  const visit = async (fault: object) => {
    const { ident } = await board()
    await town.works.database.db('boards').update({ pages: null })
    town.sandbox.market.fault({ board: ident, ...fault })
    await town.refresh({ sources: ['greenhouse'] })
    return `greenhouse/${ident}`
  }

  it('is healthy while nothing is set aside', async () => {
    expect(await look()).to.deep.include({ verdict: 'healthy', causes: [] })
  })

  it('tells the very path that a source renamed, and the new one', async () => {
    const name = await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
    const finding = await look()
    expect(finding).to.deep.include({ verdict: 'broken', causes: ['drift'], values: { board: name } })
    expect(finding.words).to.contain('1 path vanished (jobs[].title)').and.contain('1 path appeared (jobs[].headline)')
    expect(finding.facts).to.deep.equal({ vanished: ['jobs[].title'], appeared: ['jobs[].headline'], changed: [] })
  })

  it('is degraded where only some entries could not be read, and says that the form is the same', async () => {
    await visit({ kind: 'dropped_field', field: 'title', share: 0.1 })
    const finding = await look()
    expect(finding).to.include({ verdict: 'degraded' })
    expect(finding.words).to.match(/Its form is the same: a value is at fault, or some of many entries\.$/)
  })

  it('says that a page is no JSON any more', async () => {
    await visit({ kind: 'html' })
    const finding = await look()
    expect(finding).to.include({ verdict: 'broken' })
    expect(finding.words).to.match(/It is not JSON any more\.$/)
  })

  it('is over once the board was read completely again, or the page was let out', async () => {
    const name = await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
    const { id } = await town.works.database.db('quarantine').first<{ id: number }>('id')
    await releasePage(town.works.database.db, id)
    expect((await look()).verdict).to.equal('healthy')
    await town.works.database.db('quarantine').update({ released_at: null })
    expect((await look()).verdict).to.equal('broken')
    town.sandbox.market.clearFaults()
    await town.refresh({ boards: [name] })
    expect((await look()).verdict).to.equal('healthy')
  })

  it('has nothing to compare with when nothing was kept, or nothing was ever well', async () => {
    await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
    await town.works.database.db('quarantine').update({ hash: null })
    expect((await look()).words).to.match(/There is no page to compare it with\.$/)
  })

  it('says nothing when the archive has lost the page', async () => {
    await visit({ kind: 'renamed_field', field: 'title', name: 'headline' })
    const hash = 'f'.repeat(64)
    await town.works.database.db('raw_pages').insert({ hash, bytes: 1, stored_bytes: 1 }).onConflict('hash').ignore()
    await town.works.database.db('quarantine').update({ hash })
    const error: unknown = await look().catch((thrown: unknown) => thrown)
    expect(String(error)).to.match(/the archive has no body/)
  })
})
