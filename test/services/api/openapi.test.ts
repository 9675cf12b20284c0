// The description of the API against the API itself.

import { expect } from 'chai'
import { registryOf } from '../../../ops/runbook/action.ts'
import { createApi, routesOf } from '../../../services/api/app.ts'
import { defineRoute } from '../../../services/api/route.ts'
import { describeApi } from '../../../services/api/openapi.ts'
import { z } from 'zod'
import { openWorld, type World } from '../../world.ts'
import { pagesOf } from '../runbook/stand.ts'
import { BARE } from './desk.ts'
import { serveApi, type Served } from './client.ts'

interface Operation {
  operationId: string
  summary: string
  security?: object[]
  parameters: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<string, { content?: Record<string, unknown> }>
}
type Paths = Record<string, Record<string, Operation>>

describe('/openapi.json', () => {
  let world: World
  let api: Served
  let paths: Paths
  before(async () => {
    world = await openWorld()
    api = await serveApi(world, { refresh: async () => 0, runbooks: { pages: pagesOf({ Idle: BARE }), registry: registryOf([]) } })
    const { json } = await api.ask('/openapi.json')
    expect(json).to.include({ openapi: '3.1.1' })
    paths = json['paths'] as Paths
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  const documented = () =>
    Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`))

  it('tells of every route that is mounted, and of no other', () => {
    interface Layer {
      route?: { path: string; methods: Record<string, boolean> }
    }
    const { stack } = createApi(api.parts).router as unknown as { stack: Layer[] }
    const mounted = stack.flatMap(({ route }) =>
      route
        ? Object.keys(route.methods)
            .filter((method) => method !== '_all')
            .map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
        : [],
    )
    expect(mounted).to.have.length.greaterThan(15)
    expect(documented().toSorted()).to.deep.equal(mounted.toSorted())
  })
  it('reaches each of them: none is hidden behind another', async () => {
    for (const { method, path } of routesOf(api.parts)) {
      const { status, json } = await api.ask(path.replaceAll(/\{\w+\}/g, '~'), { method: method.toUpperCase() })
      expect(`${status} ${String(json['detail'])}`, `${method} ${path}`).not.to.match(/^(405|404 There is nothing)/)
    }
  })
  it('does not have what is not handed in', async () => {
    const bare = await serveApi(world)
    try {
      expect((await bare.ask('/api/v1/runs', { method: 'POST', body: {} })).status).to.equal(405)
      expect((await bare.ask('/api/v1/runbooks')).status).to.equal(404)
    } finally {
      await bare.close()
    }
  })
  it('has all filters of the contract for postings', () => {
    const names = paths['/api/v1/postings']?.['get']?.parameters.map(({ name }) => name)
    expect(names).to.include.members(
      'q company title location country mode level skill salary_min currency source posted_within status as_of sort limit cursor count'.split(
        ' ',
      ),
    )
  })
  it('writes the same schema that checks: what it requires, allows and defaults to', () => {
    const limit = paths['/api/v1/runs']?.['get']?.parameters.find(({ name }) => name === 'limit')
    expect(limit).to.deep.equal({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    })
    const uid = paths['/api/v1/postings/{uid}']?.['get']?.parameters[0]
    expect(uid).to.deep.include({ name: 'uid', in: 'path', required: true })
    expect(paths['/api/v1/searches']?.['post']?.requestBody?.content['application/json']?.schema['required']).to.deep.equal([
      'name',
      'query',
    ])
  })
  it('says who may ask, and that every error is problem details', () => {
    expect(paths['/healthz']?.['get']).not.to.have.property('security')
    expect(paths['/api/v1/searches']?.['post']?.security).to.deep.equal([{ token: [] }])
    for (const operations of Object.values(paths))
      for (const operation of Object.values(operations)) {
        expect(operation.responses['default']?.content).to.have.property('application/problem+json')
        expect(operation.summary).to.match(/^[A-Z]/)
      }
  })
  it('has operation ids that are its own each', () => {
    const ids = Object.values(paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId))
    expect(new Set(ids).size).to.equal(ids.length)
  })
  it('is made of the table alone', () => {
    const route = defineRoute({
      method: 'get',
      path: '/a/{b}',
      name: 'getA',
      summary: 'A',
      scope: 'read',
      params: z.strictObject({ b: z.string() }),
      query: z.strictObject({ c: z.coerce.number().optional().describe('A number') }),
      answers: { 200: { description: 'Yes', schema: z.strictObject({ d: z.int() }) }, 204: { description: 'No' } },
      handle: async () => ({}),
    })
    const described = (describeApi([route], '1.0.0')['paths'] as Paths)['/a/{b}']?.['get']
    expect(described?.parameters).to.deep.equal([
      { name: 'b', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'c', in: 'query', required: false, description: 'A number', schema: { type: 'number' } },
    ])
    expect(described?.responses['204']).to.deep.equal({ description: 'No' })
    expect(described?.responses['200']?.content).to.have.property('application/json')
  })
})
