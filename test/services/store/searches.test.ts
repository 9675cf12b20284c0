// Saved searches as they are kept.

import { expect } from 'chai'
import {
  createSearch,
  deleteSearch,
  enabledSearches,
  getSearch,
  listSearches,
  updateSearch,
  type SearchDraft,
} from '../../../services/store/searches.ts'
import { openWorld, type World } from '../../world.ts'

const draft: SearchDraft = { name: 'Berlin', query: { q: 'backend', skill: ['go'] }, notify: { channel: 'slack', cadence: 'instant' } }
const MISSING = '00000000-0000-4000-8000-000000000000'

describe('searches', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(async () => {
    await world.close()
  })
  beforeEach(async () => {
    await world.db('searches').delete()
  })

  it('are kept as they were given, and watch from the beginning', async () => {
    const made = await createSearch(world.db, draft)
    expect(made).to.include({ name: 'Berlin', enabled: true })
    expect(made.query).to.deep.equal(draft.query)
    expect(made.notify).to.deep.equal(draft.notify)
    expect(made.created_at).to.be.instanceOf(Date)
    expect(await getSearch(world.db, made.id)).to.deep.equal(made)
  })

  it('change in what is given and stay as they were in the rest', async () => {
    const made = await createSearch(world.db, draft)
    const changed = await updateSearch(world.db, made.id, { enabled: false, query: { country: 'DE' } })
    expect(changed).to.deep.equal({ ...made, enabled: false, query: { country: 'DE' } })
    expect(await updateSearch(world.db, made.id, {})).to.deep.equal(changed)
  })

  it('are unknown where nothing has that id, or nothing could', async () => {
    for (const id of [MISSING, 'nonsense', '']) {
      expect(await getSearch(world.db, id)).to.equal(undefined)
      expect(await updateSearch(world.db, id, { name: 'x' })).to.equal(undefined)
      expect(await deleteSearch(world.db, id)).to.equal(false)
    }
  })

  it('are gone when deleted', async () => {
    const made = await createSearch(world.db, draft)
    expect(await deleteSearch(world.db, made.id)).to.equal(true)
    expect(await getSearch(world.db, made.id)).to.equal(undefined)
  })

  it('are listed newest first, page by page, none twice', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await createSearch(world.db, { ...draft, name, enabled: name !== 'd' })
    expect((await listSearches(world.db)).map((one) => one.name)).to.deep.equal(['e', 'd', 'c', 'b', 'a'])
    expect((await listSearches(world.db, { enabled: true })).map((one) => one.name)).to.deep.equal(['e', 'c', 'b', 'a'])
    const names: string[] = []
    for (let after: string | undefined; ;) {
      const page = await listSearches(world.db, { limit: 2, after })
      names.push(...page.map((one) => one.name))
      after = page.at(-1)?.id
      if (page.length < 2) break
    }
    expect(names).to.deep.equal(['e', 'd', 'c', 'b', 'a'])
  })

  it('give no page after one that is not there', async () => {
    await createSearch(world.db, draft)
    expect(await listSearches(world.db, { after: MISSING })).to.deep.equal([])
  })

  it('cannot be deleted under a transaction that compares with them, and can be changed', async () => {
    const made = await createSearch(world.db, draft)
    let deleted: Promise<boolean> | undefined
    await world.database.inTransaction(async (trx) => {
      expect(await enabledSearches(trx)).to.have.length(1)
      await updateSearch(world.db, made.id, { name: 'renamed meanwhile' })
      deleted = deleteSearch(world.db, made.id)
      await untilSomebodyWaits(world)
      expect(await getSearch(world.db, made.id), 'while it is compared with').to.not.equal(undefined)
    })
    expect(await deleted).to.equal(true)
  })
})

/** Until a statement in this database waits for a lock. */
async function untilSomebodyWaits({ db }: World): Promise<void> {
  const waiting = () => db('pg_stat_activity').where({ wait_event_type: 'Lock' }).whereRaw('datname = current_database()').first()
  while ((await waiting()) === undefined);
}
