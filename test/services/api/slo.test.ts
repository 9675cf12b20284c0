// Service level objectives through HTTP: all of them, one of them, and an answer while Prometheus is away.

import { expect } from 'chai'
import { readConfig } from '../../../services/config.ts'
import { writeTallies } from '../../../services/store/tallies.ts'
import { createToken } from '../../../services/store/tokens.ts'
import { freePort } from '../../programs.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

const NOW = new Date('2026-03-10T12:34:56Z')

describe('/api/v1/slo', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world, { now: () => NOW })
    const row = { bound: '', labels: {}, bad: 0, total: 0 }
    await writeTallies(world.db, {
      at: new Date('2026-03-10T12:30:00Z'),
      seconds: 60,
      events: [
        { ...row, slo: 'scrape-success', bad: 30, total: 100 },
        { ...row, slo: 'extraction', labels: { source: 'lever' }, total: 50 },
        { ...row, slo: 'extraction', labels: { source: 'ashby' }, bad: 1, total: 50 },
      ],
      slices: [],
    })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('has all of them, with what is left of their budgets', async () => {
    const { status, json } = await api.ask('/api/v1/slo')
    expect(status).to.equal(200)
    expect(json.next_cursor).to.equal(null)
    expect(json.items).to.have.length.above(12)
    const scrape = json.items.find(({ slo }) => slo === 'scrape-success')
    expect(scrape).to.deep.include({
      state: 'page',
      sli: 0.7,
      source: 'database',
      note: null,
      exhausted_in_seconds: 0,
      as_of: NOW.toISOString(),
    })
    expect(scrape?.['budget_remaining']).to.be.closeTo(-5, 1e-9)
    expect(json.items.find(({ slo }) => slo === 'resume-analysis')).to.deep.include({ state: 'no_data', sli: null, budget_remaining: null })
  })

  it('has one of them, per source', async () => {
    const { json } = await api.ask('/api/v1/slo/extraction')
    expect(json).to.deep.include({ slo: 'extraction', objective: 0.99, period_seconds: 86_400, bad: 1, total: 100 })
    const by = json['by'] as { labels: object; sli: number; state: string }[]
    expect(by.map(({ labels, sli, state }) => [labels, sli, state])).to.deep.equal([
      [{ source: 'ashby' }, 0.98, 'warning'],
      [{ source: 'lever' }, 1, 'ok'],
    ])
    for (const path of json['runbooks'] as string[]) expect((await api.ask(path)).status, path).to.equal(200)
  })

  it('does not know what there is not', async () => {
    const { status, json } = await api.ask('/api/v1/slo/world-peace')
    expect(status).to.equal(404)
    expect(json['detail']).to.equal('There is no SLO called world-peace; /api/v1/slo lists them.')
  })

  it('answers from the database while Prometheus is away, and says so', async () => {
    const config = readConfig({ PROMETHEUS_URL: `http://me:secret@127.0.0.1:${await freePort()}` })
    const fallen = await serveApi(world, { config, now: () => NOW })
    try {
      const { status, json, text } = await fallen.ask('/api/v1/slo/scrape-success')
      expect(status).to.equal(200)
      expect(json).to.deep.include({ source: 'database', total: 100 })
      expect(json['note']).to.match(/^Prometheus gave no answer: .* Counted from the database\.$/)
      expect(text).not.to.contain('secret')
    } finally {
      await fallen.close()
    }
  })

  it('wants the scope read once there is a token', async () => {
    const { token } = await createToken(world.db, 'metrics', ['metrics'])
    const closed = await serveApi(world)
    try {
      expect((await closed.ask('/api/v1/slo')).status).to.equal(401)
      expect((await closed.ask('/api/v1/slo', { headers: { authorization: `Bearer ${token}` } })).status).to.equal(403)
    } finally {
      await closed.close()
      await world.db('tokens').delete()
    }
  })
})
