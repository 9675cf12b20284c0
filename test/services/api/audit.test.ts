// GET /api/v1/audit: what was changed, page by page, for those with the right to see it.

import { expect } from 'chai'
import { appendAudit } from '../../../services/store/audit.ts'
import { createToken } from '../../../services/store/tokens.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

describe('GET /api/v1/audit', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world)
    for (let n = 1; n <= 5; n++)
      await appendAudit(world.db, {
        actor: n % 2 ? 'cli' : 'runbook/SourceStale',
        action: 'source.pause',
        target: `source/s${n % 2}`,
        after: { n },
        detail: { verdict: 'done' },
      })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('lists lines newest first, page by page, by target, action and actor', async () => {
    const first = (await api.ask('/api/v1/audit?limit=2')).json
    expect(first.items.map((item) => item['id'])).to.deep.equal([5, 4])
    expect(first.items[0]).to.deep.include({
      actor: 'cli',
      action: 'source.pause',
      target: 'source/s1',
      after: { n: 5 },
      detail: { verdict: 'done' },
    })
    const second = (await api.ask(`/api/v1/audit?limit=2&cursor=${first.next_cursor}`)).json
    expect(second.items.map((item) => item['id'])).to.deep.equal([3, 2])
    const ids = async (query: string) => (await api.ask(`/api/v1/audit?${query}`)).json.items.map((item) => item['id'])
    expect(await ids('target=source/s0')).to.deep.equal([4, 2])
    expect(await ids('actor=cli')).to.deep.equal([5, 3, 1])
    expect(await ids('action=other')).to.deep.equal([])
    expect((await api.ask(`/api/v1/audit?actor=cli&cursor=${first.next_cursor}`)).status).to.equal(400)
  })

  it('is for tokens with the scope admin alone', async () => {
    const status = async (scope: 'read' | 'write' | 'admin') => {
      const { token } = await createToken(world.db, scope, [scope])
      return (await api.ask('/api/v1/audit', { headers: { authorization: `Bearer ${token}` } })).status
    }
    expect([await status('admin'), await status('read'), await status('write')]).to.deep.equal([200, 403, 403])
  })
})
