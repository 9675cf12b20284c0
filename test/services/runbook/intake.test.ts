// Intake: alerts become incidents and runs, once each, however often and in whatever order they are told.

import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { onAlerts } from '../../../services/runbook/intake.ts'
import { receiveAlerts, type ToldAlert } from '../../../services/store/alerts.ts'
import { getIncident, listIncidents } from '../../../services/store/incidents.ts'
import { ALERT, openStand, type Stand } from './stand.ts'

describe('services/runbook/intake', () => {
  let stand: Stand
  beforeEach(async () => {
    stand = await openStand()
  })
  afterEach(() => stand.close())

  const kinds = () => stand.said.map(({ kind }) => kind)
  const incidents = () => listIncidents(stand.db, { limit: 1000 })
  const finish = () => stand.db('runbook_runs').update({ state: 'done', outcome: 'healthy' })

  it('opens an incident with what the alert says, and queues the run of its page', async () => {
    await stand.tell({})
    const [incident, ...more] = await incidents()
    expect(more).to.deep.equal([])
    expect(incident).to.deep.include({
      number: 1,
      fingerprint: 'f1',
      alertname: ALERT,
      severity: 'page',
      priority: 'P1',
      summary: 'Greenhouse refuses us',
      state: 'opened',
      flaps: 0,
    })
    expect(await stand.run()).to.deep.include({
      incident_id: incident?.id,
      state: 'queued',
      mode: 'suggest',
      trigger: 'alert',
      actor: 'alertmanager',
      labels: incident?.labels,
    })
    expect(kinds()).to.deep.equal(['opened'])
  })

  it('changes nothing when the same is told again', async () => {
    const starts_at = stand.clock.now
    for (let n = 0; n < 3; n++) {
      await stand.tell({ starts_at })
      stand.clock.pass(300)
    }
    expect(await incidents()).to.have.length(1)
    expect(await stand.runs()).to.have.length(1)
    expect(kinds()).to.deep.equal(['opened'])
  })

  it('lets an alert that comes back within half an hour join the incident it had, with a new run', async () => {
    await stand.tell({})
    await finish()
    stand.clock.pass(60)
    await stand.tell({ status: 'resolved' })
    expect((await getIncident(stand.db, '1'))?.state).to.equal('resolved')
    stand.clock.pass(1790)
    await stand.tell({})
    expect(await incidents()).to.have.length(1)
    expect(await getIncident(stand.db, '1')).to.deep.include({ state: 'opened', flaps: 1, resolved_at: null })
    expect(await stand.runs()).to.have.length(2)
    expect(kinds()).to.deep.equal(['opened', 'resolved', 'opened'])
    await finish()
    await stand.tell({ status: 'resolved' })
    stand.clock.pass(1801)
    await stand.tell({})
    expect((await incidents()).map(({ number, state }) => [number, state])).to.deep.equal([
      [2, 'opened'],
      [1, 'resolved'],
    ])
  })

  it('is not fooled by an end, or a beginning, that is told late', async () => {
    const before = stand.clock.now
    await stand.tell({})
    stand.clock.pass(600)
    await stand.tell({ status: 'resolved' })
    stand.clock.pass(60)
    await stand.tell({})
    await stand.tell({ status: 'resolved', starts_at: before })
    expect((await getIncident(stand.db, '1'))?.state).to.equal('opened')
    await stand.tell({ status: 'resolved' })
    await stand.tell({ starts_at: before })
    expect(await getIncident(stand.db, '1')).to.deep.include({ state: 'resolved', flaps: 1 })
    await stand.tell({ status: 'resolved', fingerprint: 'unheard' })
    expect(await incidents()).to.have.length(1)
  })

  it('has one run at a time for an incident, and three in six hours at the most, and says so once', async () => {
    for (let n = 0; n < 8; n++) {
      await stand.tell({})
      await stand.tell({})
      expect((await stand.runs()).filter(({ state }) => state !== 'done').length).to.be.at.most(1)
      await finish()
      await stand.tell({ status: 'resolved' })
      stand.clock.pass(600)
    }
    expect(await stand.runs()).to.have.length(3)
    expect(kinds().filter((kind) => kind === 'escalated')).to.have.length(1)
    expect((await getIncident(stand.db, '1'))?.held_at).to.be.instanceOf(Date)
    stand.clock.pass(-600)
    await stand.tell({})
    await stand.db('runbook_runs').update({ queued_at: stand.db.raw(`queued_at - interval '7 hours'`) })
    await stand.tell({ status: 'resolved' })
    stand.clock.pass(60)
    await stand.tell({})
    expect(await stand.runs()).to.have.length(4)
    expect((await getIncident(stand.db, '1'))?.held_at).to.equal(null)
  })

  it('opens none for the sign of life, for what is only informed of, and for an alert without a name', async () => {
    await stand.tell({ name: 'Watchdog' })
    await stand.tell({ labels: { priority: 'P3' } })
    await stand.tell({ name: '' })
    expect(await incidents()).to.deep.equal([])
    expect(stand.said).to.deep.equal([])
  })

  it('opens an incident without a run for an alert that has no page, and says so', async () => {
    await stand.tell({ name: 'Unheard' })
    expect((await incidents()).map(({ alertname }) => alertname)).to.deep.equal(['Unheard'])
    expect(await stand.runs()).to.deep.equal([])
    expect(kinds()).to.deep.equal(['opened', 'noted'])
  })

  it('takes words outside of the closed sets for a ticket of middling priority', async () => {
    await stand.tell({ labels: { severity: 'apocalypse', priority: 'P-1' } })
    expect((await incidents())[0]).to.deep.include({ severity: 'ticket', priority: 'P2' })
  })

  it('keeps labels that try to be something else as the words they are', async () => {
    await stand.setMode(ALERT, 'auto')
    const hostile = `greenhouse for=99d $(reboot) "; drop table boards; --`
    await stand.tell({ labels: { source: hostile, __proto__: 'x', constructor: 'y' } })
    await stand.engine().runDue()
    const run = await stand.run()
    expect(run.labels['source']).to.equal(hostile)
    expect(run.outcome).to.equal('suggested')
    expect((await stand.steps())[0]).to.deep.include({
      state: 'skipped',
      words: 'It cannot be done: source must be the name of a source.',
    })
    expect(await stand.effects()).to.deep.equal([])
  })

  it('keeps nothing of it when the request fails', async () => {
    await stand.world.database
      .inTransaction(async (trx) => {
        const alert = {
          fingerprint: 'f',
          status: 'firing' as const,
          labels: { alertname: ALERT },
          annotations: {},
          starts_at: stand.clock.now,
        }
        await onAlerts(trx, [alert], { pages: stand.pages, say: async () => {}, log: quietLog, now: stand.clock.now })
        throw new Error('no')
      })
      .catch(() => {})
    expect(await incidents()).to.deep.equal([])
    expect(await stand.runs()).to.deep.equal([])
  })

  it('makes one incident of the same alert when two requests tell of it at once', async () => {
    const starts_at = stand.clock.now
    await Promise.all(Array.from({ length: 6 }, () => stand.tell({ starts_at })))
    expect(await incidents()).to.have.length(1)
    expect(await stand.runs()).to.have.length(1)
  })

  describe('under a storm', function () {
    this.timeout(120_000)

    it('makes 100 incidents of 1,000 alerts in a minute that flap over 100 fingerprints, keeps every limit, and its memory', async () => {
      await stand.setMode(ALERT, 'auto')
      const hold = stand.registry.get('source.hold') as { perHour: number }
      hold.perHour = 5
      const engines = [stand.engine({ lanes: 2 }), stand.engine({ lanes: 2 })]
      const heaps: number[] = []
      for (let wave = 0; wave < 10; wave++) {
        const told: ToldAlert[] = Array.from({ length: 100 }, (_, n) => ({
          fingerprint: `${n}`.padStart(16, '0'),
          status: wave % 2 === 0 ? 'firing' : 'resolved',
          starts_at: new Date(stand.clock.now.getTime() - (wave % 2) * 6000),
          ends_at: wave % 2 === 0 ? null : stand.clock.now,
          labels: {
            alertname: ALERT,
            severity: 'page',
            priority: 'P1',
            source: `s${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}`,
          },
          annotations: {},
        }))
        // As the hook does, in four requests at once.
        await Promise.all(
          [0, 25, 50, 75].map((from) =>
            stand.world.database.inTransaction(async (trx) => {
              const changes = await receiveAlerts(trx, told.slice(from, from + 25), stand.clock.now)
              await onAlerts(trx, changes, { pages: stand.pages, say: async () => {}, log: quietLog, now: stand.clock.now })
            }),
          ),
        )
        await Promise.all(engines.map((engine) => engine.runDue()))
        globalThis.gc?.()
        heaps.push(process.memoryUsage().heapUsed / 2 ** 20)
        stand.clock.pass(6)
      }
      const all = await incidents()
      expect(all).to.have.length(100)
      expect(new Set(all.map(({ flaps }) => flaps))).to.deep.equal(new Set([4]))
      const runs = await stand.runs()
      expect(Math.max(...all.map(({ id }) => runs.filter(({ incident_id }) => incident_id === id).length))).to.be.at.most(3)
      const effects = await stand.effects()
      expect(effects.reduce((sum, { done }) => sum + done, 0)).to.equal(5)
      expect(Math.max(...heaps.slice(5)) - Math.max(...heaps.slice(0, 5)), heaps.map(Math.round).join(' ')).to.be.below(40)
      expect(await stand.db('target_locks')).to.have.length(runs.filter(({ state }) => state === 'verifying').length)
    })
  })
})
