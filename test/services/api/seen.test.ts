// Answers that have not been given yet are there at 0, so that the first failure of a route is a rise.

import { expect } from 'chai'
import { expectRequests } from '../../../services/api/seen.ts'
import { openWorld, type World } from '../../world.ts'
import { routesOf } from '../../../services/api/app.ts'
import { serveApi, type Served } from './client.ts'

describe('requests that are expected', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world, { refresh: () => Promise.reject(new Error('a fault of ours')) })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  /** `METHOD route status` → how many. */
  const counted = async (): Promise<Map<string, number>> => {
    const samples = await world.metrics.samples(['rolewatch_http_request_seconds_count'])
    return new Map(
      [...(samples.get('rolewatch_http_request_seconds_count') ?? [])].map(({ labels, value }) => [
        `${labels['method']} ${labels['route']} ${labels['status']}`,
        value,
      ]),
    )
  }

  it('are there at 0: what each route promises, and the failure that none does', async () => {
    const found = await counted()
    for (const { method, path, answers } of routesOf(api.parts))
      for (const status of [...Object.keys(answers), '500'])
        expect(found.get(`${method.toUpperCase()} ${path} ${status}`), path).to.equal(0)
    expect(found.get('GET /api/v1/health 503')).to.equal(0)
    expect(found.get('GET unmatched 404')).to.equal(0)
    expect(found.get('GET console 200')).to.equal(0)
    expect(new Set(found.values())).to.deep.equal(new Set([0]))
    expect(found.size, 'a bounded number of series').to.be.below(150)
  })

  it('rise from there with the first failure', async () => {
    expect((await api.ask('/api/v1/runs', { method: 'POST', body: {} })).status).to.equal(500)
    expect((await counted()).get('POST /api/v1/runs 500')).to.equal(1)
  })

  it('keep what was counted when an API is made anew in the same process', async () => {
    await api.ask('/healthz')
    const before = await counted()
    expectRequests(world.watch, routesOf(api.parts))
    expect(await counted()).to.deep.equal(before)
    expectRequests(world.watch, [{ method: 'get', path: '/new', answers: { 204: { description: 'No' } } }])
    expect([...(await counted()).keys()].filter((key) => !before.has(key))).to.deep.equal(['GET /new 204', 'GET /new 500'])
  })
})
