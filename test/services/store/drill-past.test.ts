// The past of a staging ground: what lies back there counts no more, and sources are as they were.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { ageIncidents, ageVisits, forgetPages, mendSources, quickenBoards, unwellBoards } from '../../../services/store/drill-past.ts'
import { firstVisit, isAnyGoing, isGoing, readDrillRecord } from '../../../services/store/drill-record.ts'
import { openIncident, resolveIncident } from '../../../services/store/incidents.ts'
import { countAutomaticRuns, enqueueRun } from '../../../services/store/runbook-runs.ts'
import type { Db } from '../../../services/store/database.ts'
import { openWorld, type World } from '../../world.ts'

/** A board of a source, like this. @returns its id */
async function onBoard(db: Db, source: string, more: Record<string, unknown>): Promise<number> {
  const [company] = await db('companies').insert({ slug: source, name: source }).returning<{ id: number }[]>('id')
  const row = { source, ident: source, company_id: company?.id ?? 0, cadence_seconds: 3600, ...more }
  const [board] = await db('boards').insert(row).returning<{ id: number }[]>('id')
  return board?.id ?? 0
}

describe('the past of a staging ground', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  async function fire(alertname: string, labels: Record<string, string> = {}): Promise<string> {
    const at = new Date()
    const fingerprint = randomUUID().replaceAll('-', '')
    const draft = {
      fingerprint,
      alertname,
      labels: { alertname, ...labels },
      summary: alertname,
      severity: 'page',
      priority: 'P0',
      firedAt: at,
      at,
    }
    await world.database.inTransaction(async (trx) => {
      const { incident } = await openIncident(trx, draft)
      await enqueueRun(trx, {
        incidentId: incident.id,
        alert: alertname,
        labels: draft.labels,
        mode: 'auto',
        dryRun: false,
        trigger: 'alert',
        actor: 'alertmanager',
      })
    })
    return fingerprint
  }

  it('knows what goes on, by alert and labels', async () => {
    const { db } = world
    expect(await isAnyGoing(db)).to.equal(false)
    const fingerprint = await fire('SourceStale', { source: 'lever' })
    expect([await isGoing(db, 'SourceStale', {}), await isGoing(db, 'SourceStale', { source: 'ashby' })]).to.deep.equal([true, false])
    expect([await isGoing(db, 'Other', {}), await isAnyGoing(db)]).to.deep.equal([false, true])
    await world.database.inTransaction((trx) => resolveIncident(trx, fingerprint, new Date()))
    expect(await isGoing(db, 'SourceStale', {}), 'a run that is not done goes on').to.equal(true)
    await db('runbook_runs').update({ state: 'done', outcome: 'healthy' })
    expect([await isGoing(db, 'SourceStale', {}), await isAnyGoing(db)]).to.deep.equal([false, false])
  })

  it('reads the record of an alert since a moment, and nothing older or of other labels', async () => {
    const before = new Date(Date.now() - 60_000)
    await fire('SourceStale', { source: 'lever' })
    const record = await readDrillRecord(world.db, 'SourceStale', { source: 'lever' }, before)
    expect([record?.incident.alertname, record?.run?.state, record?.steps]).to.deep.equal(['SourceStale', 'queued', []])
    expect(await readDrillRecord(world.db, 'SourceStale', { source: 'ashby' }, before)).to.equal(undefined)
    expect(await readDrillRecord(world.db, 'SourceStale', {}, new Date(Date.now() + 60_000))).to.equal(undefined)
  })

  it('takes an alert`s ended runs out of its share, and its incident out of those that flap; what goes on stays', async () => {
    const { db } = world
    const fingerprint = await fire('SourceStale')
    const [incident] = await db('incidents').select<{ id: string }[]>('id')
    const dayAgo = new Date(Date.now() - 86_400_000)
    await ageIncidents(db, 'SourceStale')
    expect(await countAutomaticRuns(db, incident?.id ?? '', dayAgo)).to.equal(1)
    await db('runbook_runs').update({ state: 'done', outcome: 'healthy' })
    await world.database.inTransaction((trx) => resolveIncident(trx, fingerprint, new Date()))
    await ageIncidents(db, 'Other')
    expect(await countAutomaticRuns(db, incident?.id ?? '', dayAgo)).to.equal(1)
    await ageIncidents(db, 'SourceStale')
    expect(await countAutomaticRuns(db, incident?.id ?? '', dayAgo)).to.equal(0)
    const at = new Date()
    const again = { fingerprint, alertname: 'SourceStale', labels: {}, summary: '', severity: 'page', priority: 'P0', firedAt: at, at }
    const opened = await world.database.inTransaction((trx) => openIncident(trx, again))
    expect([opened.isNew, opened.rejoined]).to.deep.equal([true, false])
  })

  it('mends the sources that are named and no others', async () => {
    const { db } = world
    const paused = { paused_until: new Date(Date.now() + 60_000), pause_reason: 'x', last_outcome: 'blocked', last_run_at: new Date() }
    const [lever, ashby] = [await onBoard(db, 'lever', paused), await onBoard(db, 'ashby', paused)]
    await db('hosts').insert({ host: 'jobs.lever.co', source: 'lever', breaker: 'open', opened_at: new Date(), openings: 3 })
    const since = new Date(Date.now() - 1000)
    expect(await unwellBoards(db, ['lever'], since)).to.equal(1)
    await mendSources(db, ['lever'])
    const rows = await db('boards').orderBy('id').select<{ id: number; paused_until: Date | null }[]>('id', 'paused_until')
    expect(rows.map((row) => [row.id, row.paused_until === null])).to.deep.equal([
      [lever, true],
      [ashby, false],
    ])
    expect(await db('hosts').first<object>('breaker', 'openings', 'opened_at')).to.deep.equal({
      breaker: 'closed',
      openings: 0,
      opened_at: null,
    })
    await db('boards').where({ id: lever }).update({ last_outcome: 'unchanged' })
    expect([await unwellBoards(db, ['lever'], since), await unwellBoards(db, ['lever'], new Date(Date.now() + 1000))]).to.deep.equal([0, 1])
  })

  it('has boards visited every few seconds, and read anew', async () => {
    const { db } = world
    const id = await onBoard(db, 'lever', { pages: JSON.stringify([{ url: 'x' }]) })
    await quickenBoards(db, 10)
    await forgetPages(db, { sources: ['ashby'] })
    const read = () => db('boards').first<{ cadence_seconds: number; pages: unknown }>('cadence_seconds', 'pages')
    expect(await read()).to.deep.equal({ cadence_seconds: 10, pages: [{ url: 'x' }] })
    await forgetPages(db, { ids: [id] })
    expect((await read()).pages).to.equal(null)
  })

  it('finds the first visit that ended badly, until visits are aged', async () => {
    const { db } = world
    const board_id = await onBoard(db, 'lever', {})
    const began = new Date(Date.now() - 5000)
    const run = { board_id, source: 'lever', trigger: 'schedule', complete: false, started_at: began }
    await db('runs').insert([
      { ...run, id: randomUUID(), outcome: 'ok', seconds: 1 },
      { ...run, id: randomUUID(), outcome: 'blocked', seconds: 2 },
      { ...run, id: randomUUID(), outcome: 'blocked', seconds: 3 },
    ])
    expect((await firstVisit(db, ['blocked'], began))?.getTime()).to.equal(began.getTime() + 2000)
    expect(await firstVisit(db, ['drift'], began)).to.equal(undefined)
    await ageVisits(db, ['ashby'])
    expect(await firstVisit(db, ['blocked'], began)).to.not.equal(undefined)
    await ageVisits(db, ['lever'])
    expect(await firstVisit(db, ['blocked'], began)).to.equal(undefined)
  })
})
