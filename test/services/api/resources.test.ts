// Companies, sources, runs and saved searches, through HTTP.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'
import { seedBoard, seedPostings, seedRun, type SeededBoard } from './seed.ts'

describe('the resources of the API', () => {
  let world: World
  let api: Served
  let acme: SeededBoard
  let beta: SeededBoard
  const asked: object[] = []
  before(async () => {
    world = await openWorld()
    acme = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
    beta = await seedBoard(world.db, 'lever', 'beta', 'Beta 100%')
    await seedBoard(world.db, 'ashby', 'acme', 'Acme')
    await world.db('boards').where({ id: acme.id }).update({ open_count: 3, last_complete_at: '2025-07-01T00:00:00Z' })
    await seedRun(world.db, acme, { outcome: 'ok', started_at: '2025-07-01T00:00:00Z' })
    api = await serveApi(world, {
      refresh: async (selection) => {
        asked.push(selection)
        return 2
      },
    })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  describe('/api/v1/companies', () => {
    it('lists them with what is open and on which boards', async () => {
      const { json } = await api.ask('/api/v1/companies')
      expect(json.items.map(({ slug, open_postings }) => [slug, open_postings])).to.deep.equal([
        ['acme', 3],
        ['beta-100-', 0],
      ])
      expect(json.items[0]?.['boards']).to.deep.equal([
        { source: 'ashby', board: 'acme', open_postings: 0, last_outcome: null },
        { source: 'greenhouse', board: 'acme', open_postings: 3, last_outcome: 'ok' },
      ])
    })
    it('goes on page by page, and narrows by the beginning of a name', async () => {
      const first = await api.ask('/api/v1/companies?limit=1')
      const second = await api.ask(`/api/v1/companies?limit=1&cursor=${first.json.next_cursor}`)
      expect(second.json.items[0]).to.include({ name: 'Beta 100%' })
      expect(second.json.next_cursor).to.equal(null)
      expect((await api.ask('/api/v1/companies?name=BET')).json.items).to.have.length(1)
      expect((await api.ask('/api/v1/companies?name=%25')).json.items).to.have.length(0)
      expect((await api.ask(`/api/v1/companies?name=a&cursor=${first.json.next_cursor}`)).status).to.equal(400)
    })
    it('has what one was called before', async () => {
      await world.db('company_versions').insert({
        company_id: acme.company_id,
        slug: 'acme',
        name: 'Acme Ltd',
        valid_from: '2024-01-01T00:00:00Z',
        valid_to: '2025-01-01T00:00:00Z',
      })
      const { json } = await api.ask('/api/v1/companies/acme')
      const history = json['history'] as { name: string; valid_to: string | null }[]
      expect(history.map(({ name, valid_to }) => [name, valid_to])).to.deep.equal([
        ['Acme', null],
        ['Acme Ltd', '2025-01-01T00:00:00.000Z'],
      ])
      expect((await api.ask('/api/v1/companies/nobody')).status).to.equal(404)
    })
  })

  it('/api/v1/sources has boards by outcome, and hosts', async () => {
    await world
      .db('hosts')
      .insert({ host: 'boards.example', source: 'greenhouse', breaker: 'open', open_until: '2025-07-01T00:00:00Z', last_error: 'timeout' })
    const { json } = await api.ask('/api/v1/sources')
    expect(json.next_cursor).to.equal(null)
    const greenhouse = json.items.find(({ source }) => source === 'greenhouse')
    expect(greenhouse).to.deep.include({ boards: 1, open_postings: 3, outcomes: { ok: 1 }, last_success: '2025-07-01T00:00:00.000Z' })
    expect(greenhouse?.['hosts']).to.have.nested.property('[0].breaker', 'open')
  })

  describe('/api/v1/runs', () => {
    const ids: string[] = []
    before(async () => {
      await world.db('runs').delete()
      for (const [index, outcome] of ['ok', 'timeout', 'ok', 'drift'].entries())
        ids.push(
          await seedRun(world.db, index === 3 ? beta : acme, {
            outcome,
            started_at: `2025-07-02T00:00:0${index}Z`,
            ...(outcome === 'drift' ? { error: 'no title' } : {}),
          }),
        )
    })
    it('lists them newest first, page by page', async () => {
      const first = await api.ask('/api/v1/runs?limit=3')
      const second = await api.ask(`/api/v1/runs?limit=3&cursor=${first.json.next_cursor}`)
      expect([...first.json.items, ...second.json.items].map(({ id }) => id)).to.deep.equal(ids.toReversed())
      expect(first.json.items[0]).to.include({
        source: 'lever',
        board: 'beta',
        outcome: 'drift',
        error: 'no title',
        seconds: 0.25,
        seen: 3,
        trace_id: '0af7651916cd43dd8448eb211c80319c',
      })
    })
    it('narrows by source, board and outcome', async () => {
      const found = async (query: string) => (await api.ask(`/api/v1/runs?${query}`)).json.items.length
      expect(await found('source=greenhouse')).to.equal(3)
      expect(await found('board=beta')).to.equal(1)
      expect(await found('outcome=ok')).to.equal(2)
      expect(await found('outcome=ok&board=beta')).to.equal(0)
      expect((await api.ask('/api/v1/runs?outcome=success')).json.errors?.[0]?.message).to.match(/^must be one of ok, unchanged, /)
    })
    it('has one by its id', async () => {
      expect((await api.ask(`/api/v1/runs/${ids[1]}`)).json).to.include({ outcome: 'timeout', complete: false })
      expect((await api.ask(`/api/v1/runs/${randomUUID()}`)).status).to.equal(404)
      expect((await api.ask('/api/v1/runs/7')).status).to.equal(400)
    })
    it('asks for visits, and keeps who asked', async () => {
      const { status, json } = await api.ask('/api/v1/runs', { method: 'POST', body: { boards: ['acme'] } })
      expect(status).to.equal(202)
      expect(json).to.deep.equal({ boards: 2 })
      expect(asked).to.deep.equal([{ boards: ['acme'] }])
      expect(await world.db('audit').where({ action: 'runs.ask' }).first('actor', 'after')).to.deep.equal({
        actor: 'local',
        after: { boards: ['acme'], count: 2 },
      })
    })
  })

  describe('/api/v1/searches', () => {
    const draft = { name: ' Remote Go ', query: { q: 'golang', mode: 'remote', skill: 'go, sql', country: 'de', salary_min: 90_000 } }
    const make = async (body: object = draft) => (await api.ask('/api/v1/searches', { method: 'POST', body })).json

    it('keeps a search as it was checked, tells where, and says so in the audit', async () => {
      const { status, headers, json } = await api.ask('/api/v1/searches', { method: 'POST', body: draft })
      expect(status).to.equal(201)
      expect(json).to.deep.include({
        name: 'Remote Go',
        query: { q: 'golang', mode: 'remote', skill: ['go', 'sql'], country: 'DE', salary_min: 90_000 },
        notify: { channel: 'slack', cadence: 'instant' },
        enabled: true,
      })
      expect(headers.location).to.equal(`/api/v1/searches/${String(json['id'])}`)
      expect((await api.ask(headers.location ?? '')).json).to.include({ name: 'Remote Go', matches_total: 0 })
      expect(
        await world
          .db('audit')
          .where({ target: `search/${String(json['id'])}` })
          .pluck('action'),
      ).to.deep.equal(['search.create'])
    })
    it('refuses a search that everything would match, and fields that only lists have', async () => {
      for (const query of [{}, { sort: 'newest' }, { as_of: '2025-01-01' }, { limit: 3 }, { cursor: 'x' }])
        expect((await api.ask('/api/v1/searches', { method: 'POST', body: { name: 'x', query } })).status, JSON.stringify(query)).to.equal(
          400,
        )
    })
    it('changes what is given and leaves the rest', async () => {
      const { id } = await make()
      const { status, json } = await api.ask(`/api/v1/searches/${String(id)}`, { method: 'PATCH', body: { enabled: false } })
      expect(status).to.equal(200)
      expect(json).to.deep.include({ name: 'Remote Go', enabled: false })
      expect((await api.ask(`/api/v1/searches/${String(id)}`, { method: 'PATCH', body: {} })).status).to.equal(400)
      expect((await api.ask(`/api/v1/searches/${randomUUID()}`, { method: 'PATCH', body: { name: 'x' } })).status).to.equal(404)
      const line = await world
        .db('audit')
        .where({ target: `search/${String(id)}`, action: 'search.update' })
        .first('before', 'after')
      expect([line.before.enabled, line.after.enabled]).to.deep.equal([true, false])
    })
    it('deletes it once', async () => {
      const { id } = await make()
      const { status, text } = await api.ask(`/api/v1/searches/${String(id)}`, { method: 'DELETE' })
      expect({ status, text }).to.deep.equal({ status: 204, text: '' })
      expect((await api.ask(`/api/v1/searches/${String(id)}`, { method: 'DELETE' })).status).to.equal(404)
      expect((await api.ask(`/api/v1/searches/${String(id)}`)).status).to.equal(404)
      expect(
        await world
          .db('audit')
          .where({ target: `search/${String(id)}` })
          .orderBy('id')
          .pluck('action'),
      ).to.deep.equal(['search.create', 'search.delete'])
    })
    it('lists them newest first, page by page', async () => {
      await world.db('searches').delete()
      for (const name of ['one', 'two', 'three']) await make({ name, query: { q: name } })
      const first = await api.ask('/api/v1/searches?limit=2')
      const second = await api.ask(`/api/v1/searches?limit=2&cursor=${first.json.next_cursor}`)
      expect([...first.json.items, ...second.json.items].map(({ name }) => name)).to.deep.equal(['three', 'two', 'one'])
      expect(second.json.next_cursor).to.equal(null)
    })
    it('has its newest matches with what became of telling', async () => {
      const { id } = await make({ name: 'all', query: { q: 'engineer' } })
      const uids = await seedPostings(world.db, beta, '2025-07-03T00:00:00Z', [{ external_id: '1' }, { external_id: '2' }])
      await world
        .db('matches')
        .insert(uids.map((uid, index) => ({ search_id: id, uid, run_id: randomUUID(), matched_at: `2025-07-03T00:00:0${index}Z` })))
      await world.db('outbox').insert({ channel: 'slack', search_id: id, uid: uids[1], state: 'delivered' })
      const { json } = await api.ask(`/api/v1/searches/${String(id)}`)
      expect(json['matches_total']).to.equal(2)
      const matches = json['matches'] as { notification: string | null; posting: { external_id: string } }[]
      expect(matches.map(({ notification, posting }) => [notification, posting.external_id])).to.deep.equal([
        ['delivered', '2'],
        [null, '1'],
      ])
    })
  })
})
