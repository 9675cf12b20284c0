// /api/v1/incidents: the list, one with everything that was done about it, and who has it.

import { expect } from 'chai'
import { ALERT } from '../runbook/stand.ts'
import { HOSTILE, openDesk, type Desk } from './desk.ts'

interface Run {
  id: string
  outcome: string | null
  dry_run: boolean
  steps: { part: string; number: number; state: string; action: string | null; words: string; target: string | null }[]
  approval: { state: string; plan: { action: string; words: string }[] } | null
}

describe('/api/v1/incidents', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
  })
  afterEach(() => desk.close())

  const get = async (path: string) => (await desk.as('read', path)).json
  const names = async (query = '') => (await get(`/api/v1/incidents${query}`)).items.map(({ name }) => name)
  const resolve = (fingerprint: string) => desk.tell({ fingerprint, status: 'resolved' })

  it('is empty before anything went wrong', async () => {
    expect(await get('/api/v1/incidents')).to.deep.equal({ items: [], next_cursor: null })
  })

  it('lists incidents newest first, by state and alert, page by page', async () => {
    for (const fingerprint of ['a', 'b', 'c']) await desk.tell({ fingerprint })
    await desk.tell({ fingerprint: 'd', name: 'Idle' })
    await resolve('b')
    expect(await names()).to.deep.equal(['INC-4', 'INC-3', 'INC-2', 'INC-1'])
    expect(await names('?state=open')).to.deep.equal(['INC-4', 'INC-3', 'INC-1'])
    expect(await names('?state=resolved')).to.deep.equal(['INC-2'])
    expect(await names(`?alertname=${ALERT}&state=opened`)).to.deep.equal(['INC-3', 'INC-1'])
    const first = await get('/api/v1/incidents?limit=3')
    expect(first.items).to.have.length(3)
    const rest = await get(`/api/v1/incidents?limit=3&cursor=${first.next_cursor}`)
    expect(rest.items.map(({ name }) => name)).to.deep.equal(['INC-1'])
    expect(rest.next_cursor).to.equal(null)
    expect((await desk.as('read', `/api/v1/incidents?state=open&cursor=${first.next_cursor}`)).status).to.equal(400)
    expect((await desk.as('read', '/api/v1/incidents?state=shut')).json.errors?.[0]).to.deep.include({ field: 'state' })
  })

  it('says what an incident is about and what its last run came to', async () => {
    await desk.tell({ fingerprint: 'a' })
    const [before] = (await get('/api/v1/incidents')).items
    expect(before).to.deep.include({
      name: 'INC-1',
      number: 1,
      alertname: ALERT,
      severity: 'page',
      priority: 'P1',
      state: 'opened',
      summary: 'Greenhouse refuses us',
      opened_at: desk.clock.now.toISOString(),
      acknowledged_by: null,
      flaps: 0,
    })
    expect(before?.['last_run']).to.deep.include({ state: 'queued', outcome: null })
    await desk.work()
    await desk.as('write', `/api/v1/runbooks/${ALERT}/runs`, { method: 'POST', body: { labels: {}, dry_run: true } })
    expect((await get('/api/v1/incidents')).items[0]?.['last_run']).to.deep.include({ state: 'done', outcome: 'suggested', dry_run: false })
  })

  it('tells one incident with its runs, their steps and what they ask, by its number, its name or its id', async () => {
    await desk.setMode(ALERT, 'approval')
    await desk.tell({})
    await desk.work()
    const told = await get('/api/v1/incidents/1')
    for (const name of ['INC-1', 'inc-1', '0001', String(told['id']), String(told['id']).toUpperCase()])
      expect((await get(`/api/v1/incidents/${name}`))['id'], name).to.equal(told['id'])
    const [run] = told['runs'] as Run[]
    expect(run).to.deep.include({
      alertname: ALERT,
      incident: 'INC-1',
      state: 'waiting',
      outcome: null,
      verdict: 'broken',
      causes: ['blocked'],
    })
    expect(run?.steps.map(({ part, number, state, action }) => [part, number, state, action])).to.deep.equal([
      ['diagnosis', 1, 'done', 'source.look'],
      ['diagnosis', 2, 'person', null],
      ['steps', 1, 'planned', 'source.hold'],
      ['steps', 2, 'planned', 'source.drop'],
      ['steps', 3, 'person', null],
    ])
    expect(run?.steps[2]).to.deep.include({ target: 'source/greenhouse', words: 'source.hold will act on greenhouse.' })
    expect(run?.approval?.state).to.equal('open')
    expect(run?.approval?.plan.map(({ action }) => action)).to.deep.equal(['source.hold', 'source.drop'])
  })

  it('tells of a question whose time is over that it is over, before its run has come by to say so', async () => {
    await desk.setMode(ALERT, 'approval')
    await desk.tell({})
    await desk.work()
    desk.clock.pass(3601)
    const [run] = (await get('/api/v1/incidents/1'))['runs'] as Run[]
    expect(run?.approval?.state).to.equal('expired')
  })

  it('is acknowledged once: whoever was first stays, and the audit has that line alone', async () => {
    await desk.tell({})
    const path = '/api/v1/incidents/INC-1/ack'
    const first = await desk.as('write', path, { method: 'POST' })
    expect(first.status).to.equal(200)
    expect(first.json).to.deep.include({ state: 'acknowledged', acknowledged_by: 'token:write' })
    expect((await desk.as('admin', path, { method: 'POST' })).json).to.deep.include({ acknowledged_by: 'token:write' })
    const lines = await desk.db('audit').where({ action: 'incident.acknowledge' }).select('actor', 'target')
    expect(lines).to.deep.equal([{ actor: 'token:write', target: 'incident/INC-1' }])
  })

  it('is told by the audit: what people did, what the machine did, and nothing of other incidents', async () => {
    await desk.setMode(ALERT, 'approval')
    await desk.tell({})
    await desk.work()
    // Only where no trace has begun, as in this suite alone.
    await desk.db('runbook_runs').whereNull('trace_id').update({ trace_id: '0af7651916cd43dd8448eb211c80319c' })
    await desk.tell({ fingerprint: 'f2', labels: { source: 'lever' } })
    await desk.as('write', '/api/v1/incidents/1/ack', { method: 'POST' })
    const id = String((await desk.db('approvals').first('id'))?.id)
    await desk.as('admin', `/api/v1/approvals/${id}`, { method: 'POST', body: { verdict: 'approved' } })
    await desk.work()
    const told = (await desk.as('admin', '/api/v1/audit?incident=INC-1')).json.items
    expect(told.map(({ action, target }) => `${String(action)} ${String(target).replace(/^run\/.*/, 'run')}`).toReversed()).to.deep.equal([
      'runbook.diagnose incident/INC-1',
      'approval.ask incident/INC-1',
      'incident.acknowledge incident/INC-1',
      'approval.approved run',
      'source.hold source/greenhouse',
      'source.drop source/greenhouse',
    ])
    const first = (await desk.as('admin', '/api/v1/audit?incident=1&limit=4')).json
    const rest = (await desk.as('admin', `/api/v1/audit?incident=1&limit=4&cursor=${first.next_cursor}`)).json
    expect([...first.items, ...rest.items]).to.deep.equal(told)
    const other = (await desk.as('admin', '/api/v1/audit?incident=inc-2')).json.items
    expect(other.every(({ target }) => target === 'incident/INC-2')).to.equal(true)
    expect((await desk.as('admin', '/api/v1/audit?incident=77')).json.items).to.deep.equal([])
    expect((await desk.as('admin', '/api/v1/audit?incident=x')).status).to.equal(400)
    expect((await desk.as('write', '/api/v1/audit?incident=1')).status).to.equal(403)
  })

  it('gives each scope its own', async () => {
    await desk.tell({})
    expect(await desk.statuses('/api/v1/incidents')).to.deep.equal([200, 200, 200])
    expect(await desk.statuses('/api/v1/incidents/1')).to.deep.equal([200, 200, 200])
    expect(await desk.statuses('/api/v1/incidents/1/ack', { method: 'POST' })).to.deep.equal([403, 200, 200])
    expect((await desk.api.ask('/api/v1/incidents')).status).to.equal(401)
  })

  it('has no incident that there is not, and is not led astray by hostile names', async () => {
    await desk.tell({})
    for (const id of ['2', 'INC-2', '0', '00000000-0000-4000-8000-000000000000', '999999999999999']) {
      expect((await desk.as('read', `/api/v1/incidents/${id}`)).status, id).to.equal(404)
      expect((await desk.as('write', `/api/v1/incidents/${id}/ack`, { method: 'POST' })).status, id).to.equal(404)
    }
    for (const id of HOSTILE) {
      expect((await desk.as('read', `/api/v1/incidents/${id}`)).status, id).to.be.oneOf([400, 404])
      expect((await desk.as('write', `/api/v1/incidents/${id}/ack`, { method: 'POST' })).status, id).to.be.oneOf([400, 404])
    }
    expect(await desk.db('incidents').whereNotNull('acknowledged_at').pluck('number')).to.deep.equal([])
  })
})
