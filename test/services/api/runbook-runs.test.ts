// /api/v1/runbook-runs: every run there was, page by page, and one with its steps.

import { expect } from 'chai'
import { enqueueRun } from '../../../services/store/runbook-runs.ts'
import { ALERT } from '../runbook/stand.ts'
import { HOSTILE, openDesk, type Desk } from './desk.ts'

describe('/api/v1/runbook-runs', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
  })
  afterEach(() => desk.close())

  const PATH = '/api/v1/runbook-runs'
  const get = async (path: string) => (await desk.as('read', path)).json

  it('lists runs newest first, by alert, incident and outcome', async () => {
    await desk.tell({ fingerprint: 'a' })
    desk.clock.pass(1)
    await desk.tell({ fingerprint: 'b' })
    desk.clock.pass(1)
    await desk.tell({ fingerprint: 'c', name: 'Idle' })
    await desk.work()
    const incidents = async (query: string) => (await get(`${PATH}?${query}`)).items.map(({ incident }) => incident)
    expect(await incidents('')).to.deep.equal(['INC-3', 'INC-2', 'INC-1'])
    expect(await incidents(`alert=${ALERT}`)).to.deep.equal(['INC-2', 'INC-1'])
    expect(await incidents('alert=Other')).to.deep.equal([])
    expect(await incidents('incident=INC-2')).to.deep.equal(['INC-2'])
    expect(await incidents('incident=77')).to.deep.equal([])
    expect(await incidents('outcome=suggested')).to.have.length(3)
    expect(await incidents('outcome=mended')).to.deep.equal([])
    expect((await get(`${PATH}?alert=Idle`)).items[0]).to.deep.include({
      alertname: 'Idle',
      mode: 'suggest',
      trigger: 'alert',
      actor: 'alertmanager',
      state: 'done',
      outcome: 'suggested',
      dry_run: false,
    })
  })

  it('goes through runs of one and the same millisecond without losing or repeating any', async () => {
    const ids: string[] = []
    for (let n = 0; n < 9; n++) {
      const id = await enqueueRun(desk.db, {
        incidentId: null,
        alert: ALERT,
        labels: {},
        mode: 'suggest',
        dryRun: true,
        trigger: 'hand',
        actor: 'test',
      })
      ids.push(id ?? '')
    }
    await desk.db.raw(
      `update runbook_runs set queued_at = timestamptz '2030-01-01 00:00:00.123+00' + (random() * 999)::int * interval '1 microsecond'`,
    )
    const seen: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await get(`${PATH}?limit=2&cursor=${cursor}`)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(seen).to.have.length(9)
    expect(seen).to.have.members(ids)
  })

  it('tells one run with its steps, and one that belongs to no incident', async () => {
    const { json } = await desk.as('write', `/api/v1/runbooks/${ALERT}/runs`, {
      method: 'POST',
      body: { labels: { source: 'lever' }, dry_run: true },
    })
    await desk.work()
    const run = await get(`${PATH}/${String(json['id'])}`)
    expect(run).to.deep.include({
      incident: null,
      dry_run: true,
      outcome: 'dry_run',
      actor: 'token:write',
      trigger: 'hand',
      approval: null,
    })
    const steps = run['steps'] as { part: string; given: object; words: string; state: string; digest: string | null }[]
    expect(steps.map(({ state }) => state)).to.deep.equal(['done', 'person', 'planned', 'planned', 'person'])
    expect(steps[0]).to.deep.include({ given: { source: 'lever' }, words: 'The host refuses us.' })
    expect(steps[0]?.digest).to.match(/^[0-9a-f]{64}$/)
    expect(await desk.effects()).to.deep.equal([])
  })

  it('is for whoever may read, and has nothing under hostile names', async () => {
    expect(await desk.statuses(PATH)).to.deep.equal([200, 200, 200])
    expect((await desk.api.ask(PATH)).status).to.equal(401)
    expect((await desk.as('read', `${PATH}/00000000-0000-4000-8000-000000000000`)).status).to.equal(404)
    for (const id of HOSTILE) {
      expect((await desk.as('read', `${PATH}/${id}`)).status, id).to.be.oneOf([400, 404])
      expect((await desk.as('read', `${PATH}?incident=${id}`)).status, id).to.equal(400)
    }
    for (const alert of ["A'%20or%201=1", 'a', '%00', 'A/../B', `A${'b'.repeat(300)}`])
      expect((await desk.as('read', `${PATH}?alert=${alert}`)).status, alert).to.equal(400)
    expect((await desk.as('read', `${PATH}?outcome=fine`)).status).to.equal(400)
    expect((await desk.as('read', `${PATH}?cursor=bm8`)).status).to.equal(400)
  })
})
