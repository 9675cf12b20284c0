// The audit: lines are added with their change and read newest first.

import { expect } from 'chai'
import { appendAudit, listAudit } from '../../../services/store/audit.ts'
import { openWorld, type World } from '../../world.ts'

describe('services/store/audit', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db.raw('truncate audit restart identity'))

  it('keeps who did what to which, before and after', async () => {
    await appendAudit(world.db, {
      actor: 'cli',
      action: 'source.pause',
      target: 'source/lever',
      before: { paused: false },
      after: { until: '2030-01-01' },
      trace_id: 'ab'.repeat(16),
    })
    const [row, ...others] = await listAudit(world.db, { limit: 10 })
    expect(others).to.deep.equal([])
    expect(row).to.deep.include({
      id: 1,
      actor: 'cli',
      action: 'source.pause',
      target: 'source/lever',
      before: { paused: false },
      after: { until: '2030-01-01' },
      trace_id: 'ab'.repeat(16),
    })
    expect(row?.at).to.be.instanceOf(Date)
  })

  it('keeps plain texts, lists and numbers as they are, and nothing as null', async () => {
    for (const after of ['text', [1, 2], 0, false, undefined, null])
      await appendAudit(world.db, { actor: 'a', action: 'b', target: 'c', after })
    const rows = await listAudit(world.db, { limit: 10 })
    expect(rows.map((row) => row.after).toReversed()).to.deep.equal(['text', [1, 2], 0, false, null, null])
    expect(rows.every((row) => row.before === null && row.trace_id === null)).to.equal(true)
  })

  it('gives the newest first, page by page, of everything or of one target', async () => {
    for (const target of ['x', 'y', 'x', 'x']) await appendAudit(world.db, { actor: 'a', action: 'b', target })
    const ids = async (filter: Parameters<typeof listAudit>[1]) => (await listAudit(world.db, filter)).map((row) => row.id)
    expect(await ids({ limit: 2 })).to.deep.equal([4, 3])
    expect(await ids({ limit: 2, before: 3 })).to.deep.equal([2, 1])
    expect(await ids({ limit: 9, target: 'x' })).to.deep.equal([4, 3, 1])
    expect(await ids({ limit: 9, target: 'z' })).to.deep.equal([])
  })

  it('says nothing of a change that was rolled back', async () => {
    await world.database
      .inTransaction(async (trx) => {
        await appendAudit(trx, { actor: 'a', action: 'b', target: 'c' })
        throw new Error('no')
      })
      .catch(() => {})
    expect(await listAudit(world.db, { limit: 10 })).to.deep.equal([])
  })
})
