// Incidents: opened once, joined by what comes back, acknowledged by the first who does, found by number or id.

import { expect } from 'chai'
import {
  acknowledgeIncident,
  findGoing,
  FLAPPING_SECONDS,
  getIncident,
  holdIncident,
  listIncidents,
  mitigateIncident,
  openIncident,
  resolveIncident,
  type IncidentDraft,
} from '../../../services/store/incidents.ts'
import { listAudit } from '../../../services/store/audit.ts'
import type { Trx } from '../../../services/store/database.ts'
import { enqueueRun } from '../../../services/store/runbook-runs.ts'
import { openWorld, type World } from '../../world.ts'

const START = new Date('2030-01-01T12:00:00Z')
const later = (seconds: number) => new Date(START.getTime() + seconds * 1000)

describe('services/store/incidents', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const inTrx = <T>(work: (trx: Trx) => Promise<T>) => world.database.inTransaction(work)
  const open = (draft: Partial<IncidentDraft> = {}) =>
    inTrx((trx) =>
      openIncident(trx, {
        fingerprint: 'f1',
        alertname: 'SourceStale',
        labels: { source: 'lever', alertname: 'SourceStale' },
        summary: 'Lever is old',
        severity: 'page',
        priority: 'P1',
        firedAt: draft.at ?? START,
        at: START,
        ...draft,
      }),
    )
  const resolve = (at: Date, firedAt?: Date) => inTrx((trx) => resolveIncident(trx, 'f1', at, firedAt))

  it('counts incidents from 1 without gaps that people would ask about', async () => {
    const first = await open()
    const second = await open({ fingerprint: 'f2' })
    expect([first.incident.number, second.incident.number]).to.deep.equal([1, 2])
    expect(first).to.deep.include({ isNew: true, rejoined: false })
  })

  it('keeps what goes on as it is when it is told again, and counts what fires anew', async () => {
    await open()
    expect(await open({ at: later(60), firedAt: START })).to.deep.include({ isNew: false, rejoined: false })
    const anew = await open({ at: later(120) })
    expect(anew).to.deep.include({ isNew: false, rejoined: true })
    expect(anew.incident).to.deep.include({ flaps: 1, last_fired_at: later(120), opened_at: START })
  })

  it('takes back an end that was soon followed by a beginning, up to the second', async () => {
    await open()
    await resolve(later(10))
    expect(await open({ at: later(10 + FLAPPING_SECONDS - 1) })).to.deep.include({ rejoined: true })
    await resolve(later(5000), later(5000))
    expect(await open({ at: later(5000 + FLAPPING_SECONDS) })).to.deep.include({ isNew: true })
    expect((await listIncidents(world.db, { limit: 9 })).map(({ number, state }) => `${number} ${state}`)).to.deep.equal([
      '2 opened',
      '1 resolved',
    ])
  })

  it('remembers who has it when the alert comes back, and starts over what was mended', async () => {
    const { incident } = await open()
    await acknowledgeIncident(world.db, 'INC-1', 'ada')
    await inTrx((trx) => mitigateIncident(trx, incident.id, later(20)))
    expect(await getIncident(world.db, '1')).to.deep.include({ state: 'mitigated', mitigated_at: later(20) })
    await resolve(later(30))
    const { incident: back } = await open({ at: later(40) })
    expect(back).to.deep.include({ state: 'acknowledged', acknowledged_by: 'ada', mitigated_at: null, resolved_at: null })
  })

  it('leaves an incident that is over as it is when a run says that it helped', async () => {
    const { incident } = await open()
    await resolve(later(10))
    expect(await inTrx((trx) => mitigateIncident(trx, incident.id, later(20)))).to.deep.include({
      state: 'resolved',
      mitigated_at: later(20),
    })
    expect(await inTrx((trx) => mitigateIncident(trx, incident.id, later(30)))).to.equal(undefined)
  })

  it('ends no incident twice, none that there is not, and none for an earlier time that the alert fired', async () => {
    await open({ at: later(100) })
    expect(await resolve(later(110), later(50))).to.equal(undefined)
    expect(await resolve(later(110), later(100))).to.deep.include({ state: 'resolved', resolved_at: later(110) })
    expect(await resolve(later(120))).to.equal(undefined)
    expect(await inTrx((trx) => resolveIncident(trx, 'f9', START))).to.equal(undefined)
  })

  it('lets runs that wait look again when the alert has ended', async () => {
    const { incident } = await open()
    const id = await enqueueRun(
      world.db,
      { incidentId: incident.id, alert: 'SourceStale', labels: {}, mode: 'auto', dryRun: false, trigger: 'alert', actor: 'x' },
      START,
    )
    await world.db('runbook_runs').update({ due_at: later(9999) })
    await resolve(later(10))
    expect(await world.db('runbook_runs').where({ id }).pluck('due_at')).to.deep.equal([later(10)])
  })

  it('is acknowledged by whoever is first, with a line in the audit', async () => {
    const { incident } = await open()
    expect(await acknowledgeIncident(world.db, incident.id, 'ada')).to.deep.include({ state: 'acknowledged', acknowledged_by: 'ada' })
    expect(await acknowledgeIncident(world.db, 'inc-1', 'grace')).to.deep.include({ acknowledged_by: 'ada' })
    expect(await acknowledgeIncident(world.db, 'INC-7', 'ada')).to.equal(undefined)
    expect((await listAudit(world.db, { limit: 9 })).map(({ actor, action, target }) => [actor, action, target])).to.deep.equal([
      ['ada', 'incident.acknowledge', 'incident/INC-1'],
    ])
    const both = await open({ fingerprint: 'f2' })
    const who = await Promise.all(['ada', 'grace', 'mary'].map((by) => acknowledgeIncident(world.db, both.incident.id, by)))
    expect(new Set(who.map((one) => one?.acknowledged_by)).size).to.equal(1)
    expect(await listAudit(world.db, { limit: 9 })).to.have.length(2)
  })

  it('is found by number, by name and by id, and by nothing else', async () => {
    const { incident } = await open()
    for (const name of ['1', 'INC-1', 'inc-1', incident.id]) expect((await getIncident(world.db, name))?.id, name).to.equal(incident.id)
    for (const name of ['0', 'INC-', 'INC-2', '1; drop table incidents', '', '99999999999999999999'])
      expect(await getIncident(world.db, name), name).to.equal(undefined)
  })

  it('is listed newest first, page by page, by state or as long as it goes on', async () => {
    for (const fingerprint of ['f1', 'f2', 'f3', 'f4']) await open({ fingerprint })
    await resolve(later(5))
    await acknowledgeIncident(world.db, '3', 'ada')
    const numbers = async (filter: Parameters<typeof listIncidents>[1]) =>
      (await listIncidents(world.db, filter)).map(({ number }) => number)
    expect(await numbers({ limit: 2 })).to.deep.equal([4, 3])
    expect(await numbers({ limit: 2, before: 3 })).to.deep.equal([2, 1])
    expect(await numbers({ limit: 9, state: 'open' })).to.deep.equal([4, 3, 2])
    expect(await numbers({ limit: 9, state: 'acknowledged' })).to.deep.equal([3])
  })

  it('is found for a run by hand by its alert and the labels given', async () => {
    await open()
    expect((await findGoing(world.db, 'SourceStale', {}))?.number).to.equal(1)
    expect((await findGoing(world.db, 'SourceStale', { source: 'lever' }))?.number).to.equal(1)
    expect(await findGoing(world.db, 'SourceStale', { source: 'ashby' })).to.equal(undefined)
    expect(await findGoing(world.db, 'Other', {})).to.equal(undefined)
    await resolve(later(1))
    expect(await findGoing(world.db, 'SourceStale', {})).to.equal(undefined)
  })

  it('notes once that it has had its share of runs, and once that it may have more', async () => {
    const { incident } = await open()
    const hold = (isHeld: boolean) => inTrx((trx) => holdIncident(trx, incident.id, isHeld, later(1)))
    expect([await hold(false), await hold(true), await hold(true), await hold(false)]).to.deep.equal([false, true, false, true])
  })
})
