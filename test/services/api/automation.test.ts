// /api/v1/automation and /api/v1/maintenance: what holds runbooks back, who may say so, and that it is written down.

import { expect } from 'chai'
import { ALERT } from '../runbook/stand.ts'
import { HOSTILE, openDesk, type Desk } from './desk.ts'

describe('what holds runbooks back', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
  })
  afterEach(() => desk.close())

  const post = (path: string, body: unknown, scope: 'read' | 'write' | 'admin' = 'admin') => desk.as(scope, path, { method: 'POST', body })
  const audit = () => desk.db('audit').orderBy('id').select('actor', 'action')

  describe('/api/v1/automation', () => {
    const PATH = '/api/v1/automation'
    it('is on until somebody says off, and says who did, when and why', async () => {
      expect((await desk.as('read', PATH)).json).to.deep.equal({ off: false, reason: null, set_by: null, set_at: null, maintenance: [] })
      const { status, json } = await post(PATH, { off: true, reason: ' boards move ' })
      expect(status).to.equal(200)
      expect(json).to.deep.include({ off: true, reason: 'boards move', set_by: 'token:admin' })
      expect((await desk.as('read', PATH)).json).to.deep.equal(json)
      expect((await post(PATH, { off: false })).json).to.deep.include({ off: false, reason: null, set_by: 'token:admin' })
      expect(await audit()).to.deep.equal([
        { actor: 'token:admin', action: 'automation.off' },
        { actor: 'token:admin', action: 'automation.on' },
      ])
    })
    it('that stands so already is no change, and no line of the audit', async () => {
      await post(PATH, { off: false })
      await post(PATH, { off: true, reason: 'first' })
      expect((await post(PATH, { off: true, reason: 'second' })).json).to.deep.include({ off: true, reason: 'first' })
      expect(await audit()).to.have.length(1)
    })
    it('keeps runbooks from changing anything', async () => {
      await desk.setMode(ALERT, 'auto')
      await post(PATH, { off: true, reason: 'boards move' })
      await desk.tell({})
      await desk.work()
      const run = await desk.run()
      expect(run.outcome).to.equal('refused')
      expect(run.words).to.contain('token:admin said "boards move"')
      expect(await desk.effects()).to.deep.equal([])
    })
    it('asks why it is to be off, and is for those with the scope admin alone', async () => {
      const { status, json } = await post(PATH, { off: true })
      expect([status, json.errors]).to.deep.equal([
        400,
        [{ field: 'reason', message: 'is missing: whoever is paged at night will want to read it' }],
      ])
      for (const body of [
        {},
        { off: 'true', reason: 'x' },
        { off: true, reason: '  ' },
        { off: true, reason: 'x'.repeat(201) },
        { off: true, reason: 'x', by: 'me' },
      ])
        expect((await post(PATH, body)).status, JSON.stringify(body).slice(0, 50)).to.equal(400)
      expect(await desk.statuses(PATH)).to.deep.equal([200, 200, 200])
      expect((await post(PATH, { off: true, reason: 'x' }, 'read')).status).to.equal(403)
      expect((await post(PATH, { off: true, reason: 'x' }, 'write')).status).to.equal(403)
      expect((await desk.as('read', PATH)).json['off']).to.equal(false)
    })
  })

  describe('/api/v1/maintenance', () => {
    const PATH = '/api/v1/maintenance'
    const at = (seconds: number) => new Date(desk.clock.now.getTime() + seconds * 1000).toISOString()
    it('holds from now, or from when it is told, for as long as it is told', async () => {
      const now = await post(PATH, { for: '2h', reason: 'boards move' })
      expect(now.status).to.equal(201)
      expect(now.json).to.deep.include({ starts_at: at(0), ends_at: at(7200), source: null, reason: 'boards move', set_by: 'token:admin' })
      const later = await post(PATH, { for: '30m', starts_at: at(3600), source: 'lever', reason: 'they move' })
      expect(later.json).to.deep.include({ starts_at: at(3600), ends_at: at(5400), source: 'lever' })
      expect((await desk.as('read', PATH)).json).to.deep.equal({ items: [now.json, later.json], next_cursor: null })
      expect((await desk.as('read', '/api/v1/automation')).json['maintenance']).to.deep.equal([now.json])
      desk.clock.pass(7200)
      expect((await desk.as('read', PATH)).json.items).to.deep.equal([])
      expect(await audit()).to.deep.equal([
        { actor: 'token:admin', action: 'maintenance.add' },
        { actor: 'token:admin', action: 'maintenance.add' },
      ])
    })
    it('keeps runbooks from acting by themselves, and ends before its time when it is taken back', async () => {
      await desk.setMode(ALERT, 'auto')
      const { json } = await post(PATH, { for: '2h', source: 'greenhouse', reason: 'boards move' })
      await desk.tell({})
      await desk.work()
      expect((await desk.run()).outcome).to.equal('refused')
      const path = `${PATH}/${String(json['id']).toUpperCase()}`
      expect(await desk.statuses(path, { method: 'DELETE' })).to.deep.equal([403, 403, 204])
      expect((await desk.as('admin', path, { method: 'DELETE' })).status).to.equal(404)
      desk.clock.pass(1)
      await desk.tell({ fingerprint: 'f2' })
      await desk.work()
      expect((await desk.effects()).map(({ key }) => key)).to.deep.equal(['source.hold greenhouse'])
      expect((await audit()).filter(({ action }) => action === 'maintenance.remove')).to.deep.equal([
        { actor: 'token:admin', action: 'maintenance.remove' },
      ])
    })
    it('is announced by those with the scope admin, with a reason, for a time that makes sense', async () => {
      expect(await desk.statuses(PATH, { method: 'POST', body: { for: '2h', reason: 'x' } })).to.deep.equal([403, 403, 201])
      const refused = [
        {},
        { for: '2h' },
        { for: '31d', reason: 'x' },
        { for: '0m', reason: 'x' },
        { for: 'forever', reason: 'x' },
        { for: '2h', reason: ' ' },
        { for: '2h', reason: 'x', source: 'nobody' },
        { for: '2h', reason: 'x', starts_at: 'tomorrow' },
        { for: '2h', reason: 'x', starts_at: at(-7200) },
        { for: '2h', reason: 'x', starts_at: '9999-12-31T23:59:59Z' },
      ]
      for (const body of refused) expect((await post(PATH, body)).status, JSON.stringify(body)).to.equal(400)
      for (const id of [...HOSTILE, '00000000-0000-4000-8000-000000000000'])
        expect((await desk.as('admin', `${PATH}/${id}`, { method: 'DELETE' })).status, id).to.be.oneOf([400, 404])
      expect((await desk.as('read', PATH)).json.items).to.have.length(1)
    })
  })
})
