// /api/v1/approvals: exactly what would be done, and one answer to it, in time and by those who may.

import { expect } from 'chai'
import { ALERT } from '../runbook/stand.ts'
import { HOSTILE, openDesk, type Desk } from './desk.ts'

describe('/api/v1/approvals', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
    await desk.setMode(ALERT, 'approval')
    await desk.tell({})
    await desk.work()
  })
  afterEach(() => desk.close())

  const id = async () => String((await desk.db('approvals').first('id'))?.id)
  const path = async () => `/api/v1/approvals/${await id()}`
  const decide = async (verdict: string, scope: 'read' | 'write' | 'admin' = 'admin') =>
    desk.as(scope, await path(), { method: 'POST', body: { verdict } })
  const lines = () => desk.db('audit').where('action', 'like', 'approval.%').whereNot({ action: 'approval.ask' }).select('actor', 'action')

  it('shows the plan to the word, and lists what is open', async () => {
    const { json } = await desk.as('read', await path())
    expect(json).to.deep.include({
      alertname: ALERT,
      incident: 'INC-1',
      state: 'open',
      expires_at: new Date(desk.clock.now.getTime() + 3_600_000).toISOString(),
      decided_by: null,
    })
    expect(json['plan']).to.deep.equal([
      {
        number: 1,
        action: 'source.hold',
        given: { source: 'greenhouse' },
        target: 'source/greenhouse',
        words: 'source.hold will act on greenhouse.',
        reversible: true,
      },
      {
        number: 2,
        action: 'source.drop',
        given: { source: 'greenhouse' },
        target: 'source/greenhouse',
        words: 'source.drop will act on greenhouse.',
        reversible: false,
      },
    ])
    const list = (await desk.as('read', '/api/v1/approvals')).json
    expect(list.items).to.deep.equal([json])
    expect((await desk.as('read', `/api/v1/approvals/${String(json['run_id'])}`)).json).to.deep.equal(json)
  })

  it('lets the run go on when it is approved, and names who did', async () => {
    const { status, json } = await decide('approved')
    expect(status).to.equal(200)
    expect(json).to.deep.include({ state: 'approved', decided_by: 'token:admin', decided_at: desk.clock.now.toISOString() })
    expect(await lines()).to.deep.equal([{ actor: 'token:admin', action: 'approval.approved' }])
    await desk.work()
    expect(await desk.effects()).to.deep.equal([
      { key: 'source.drop greenhouse', done: 1, undone: 0 },
      { key: 'source.hold greenhouse', done: 1, undone: 0 },
    ])
    expect((await desk.as('read', '/api/v1/approvals')).json.items).to.deep.equal([])
  })

  it('ends the run when it is rejected', async () => {
    expect((await decide('rejected')).json).to.deep.include({ state: 'rejected' })
    await desk.work()
    expect((await desk.run()).outcome).to.equal('rejected')
    expect(await desk.effects()).to.deep.equal([])
  })

  it('takes one of two answers that come at once, and refuses the other with 409 and the name of whoever was first', async () => {
    const where = await path()
    const both = await Promise.all(
      (['approved', 'rejected'] as const).map((verdict) => desk.as('admin', where, { method: 'POST', body: { verdict } })),
    )
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([200, 409])
    const taken = both.find(({ status }) => status === 200)?.json['state']
    const refused = both.find(({ status }) => status === 409)?.json
    expect(refused).to.deep.include({ type: 'urn:rolewatch:problem:conflict', detail: `It is ${String(taken)} already, by token:admin.` })
    expect(await lines()).to.deep.equal([{ actor: 'token:admin', action: `approval.${String(taken)}` }])
    expect((await decide('approved')).status).to.equal(409)
    expect(await desk.db('runbook_runs').pluck('alertname')).to.deep.equal([ALERT])
  })

  it('refuses with 410 what comes too late, before and after the run has noticed', async () => {
    desk.clock.pass(3600)
    expect((await desk.as('read', await path())).json['state']).to.equal('expired')
    expect((await decide('approved')).status).to.equal(410)
    await desk.work()
    const late = await decide('approved')
    expect([late.status, late.json['type']]).to.deep.equal([410, 'urn:rolewatch:problem:gone'])
    expect((await desk.run()).outcome).to.equal('expired')
    expect(await desk.effects()).to.deep.equal([])
    expect(await lines()).to.deep.equal([])
  })

  it('is read by whoever may read, and answered by those with the scope admin alone', async () => {
    expect(await desk.statuses(await path())).to.deep.equal([200, 200, 200])
    expect([(await decide('approved', 'read')).status, (await decide('approved', 'write')).status]).to.deep.equal([403, 403])
    expect((await desk.api.ask(await path(), { method: 'POST', body: { verdict: 'approved' } })).status).to.equal(401)
    expect(
      (await desk.as('admin', await path(), { method: 'POST', body: { verdict: 'approved' }, headers: { origin: 'https://evil.example' } }))
        .status,
    ).to.equal(403)
    expect((await desk.as('read', await path())).json['state']).to.equal('open')
  })

  it('takes no other verdict, and knows no question by a hostile name', async () => {
    for (const verdict of ['open', 'expired', 'yes', null, ['approved']])
      expect((await desk.as('admin', await path(), { method: 'POST', body: { verdict } })).status).to.equal(400)
    expect((await desk.as('admin', await path(), { method: 'POST', body: { verdict: 'approved', by: 'me' } })).status).to.equal(400)
    for (const name of [...HOSTILE, '00000000-0000-4000-8000-000000000000']) {
      expect((await desk.as('read', `/api/v1/approvals/${name}`)).status, name).to.be.oneOf([400, 404])
      const answer = await desk.as('admin', `/api/v1/approvals/${name}`, { method: 'POST', body: { verdict: 'approved' } })
      expect(answer.status, name).to.be.oneOf([400, 404])
    }
    expect((await desk.as('read', await path())).json['state']).to.equal('open')
  })
})
