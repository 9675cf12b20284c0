// Runs of runbooks from the alert to the end: each way that one can go, and what is kept and told of it.

import { expect } from 'chai'
import { decideApproval, approvalOf } from '../../../services/store/approvals.ts'
import { listAudit, verifyAudit } from '../../../services/store/audit.ts'
import { getIncident } from '../../../services/store/incidents.ts'
import { putSwitch } from '../../../services/store/switches.ts'
import { runByHand } from '../../../services/runbook/hand.ts'
import { ALERT, openStand, pageText, type Stand } from './stand.ts'

describe('services/runbook/engine', () => {
  let stand: Stand
  beforeEach(async () => {
    stand = await openStand({
      [ALERT]: pageText(
        ALERT,
        ['`source.look source=$source` how it is.', 'Read the status page.'],
        ['`source.hold source=$source when=blocked`', '`source.ring source=$source when=throttled`', 'Call the host.'],
      ),
      Careful: pageText('Careful', ['`source.look`'], ['`source.hold source=$source`', '`source.drop source=$source`', 'Call.']),
      TwoSteps: pageText('TwoSteps', ['`source.look`'], ['`source.hold source=$source`', '`source.ring source=$source`', 'Call.']),
    })
  })
  afterEach(() => stand.close())

  const kinds = () => stand.said.map(({ kind }) => kind)
  const count = (outcome: string, runbook = ALERT) => stand.world.metrics.value(stand.world.metrics.runbookRuns, { runbook, outcome })

  it('mends by itself what it may, seen twice by the same indicator, and leaves a whole record', async () => {
    await stand.setMode(ALERT, 'auto')
    await stand.tell({})
    const engine = stand.engine()
    await engine.runDue()
    expect(await stand.run()).to.deep.include({ state: 'verifying', verdict: 'broken', causes: ['blocked'], good_looks: 1 })
    expect(await stand.effects()).to.deep.equal([{ key: 'source.hold greenhouse', done: 1, undone: 0 }])
    expect(await stand.db('target_locks').pluck('target')).to.deep.equal(['source/greenhouse'])
    stand.clock.pass(10)
    await engine.runDue()
    const run = await stand.run()
    expect(run).to.deep.include({ state: 'done', outcome: 'mended', claimed_by: null, takeovers: 0 })
    expect(run.words).to.equal('It helped: the alert is gone.')
    expect((await stand.steps()).map(({ state, words }) => [state, words])).to.deep.equal([
      ['done', 'source.hold acted on greenhouse.'],
      ['skipped', 'It is meant for throttled; found was broken, blocked.'],
      ['person', 'Call the host.'],
    ])
    expect(await stand.db('target_locks')).to.deep.equal([])
    expect(await getIncident(stand.db, 'INC-1')).to.deep.include({ state: 'mitigated', mitigated_at: stand.clock.now })
    expect(kinds()).to.deep.equal(['opened', 'found', 'done'])
    expect(await count('mended')).to.equal(1)
    expect(await stand.world.metrics.value(stand.world.metrics.timeToMitigateSeconds, {})).to.be.above(0)

    const audit = (await listAudit(stand.db, { limit: 20 })).toReversed()
    expect(audit.map(({ action, target }) => `${action} ${target}`)).to.deep.equal([
      'runbook.diagnose incident/INC-1',
      'source.hold source/greenhouse',
      'runbook.end incident/INC-1',
    ])
    const page = stand.pages.get(ALERT)
    expect(audit[1]?.detail).to.deep.include({
      alert: ALERT,
      runbook: page?.hash,
      actor: 'alertmanager',
      approver: null,
      inputs: { source: 'greenhouse' },
      verdict: 'done',
    })
    expect(audit[1]?.detail.output).to.match(/^[0-9a-f]{64}$/)
    expect((await verifyAudit(stand.db)).broken).to.equal(null)
    expect(await stand.db('runbook_pages').first()).to.deep.equal({ hash: page?.hash, alertname: ALERT, text: page?.text })
  })

  it('only says what it would do unless it was told that it may, and who would refuse it', async () => {
    await putSwitch(stand.db, 'automation', { isOff: true, reason: 'moving house', by: 'ada' })
    await stand.tell({})
    await stand.engine().runDue()
    const run = await stand.run()
    expect(run).to.deep.include({ mode: 'suggest', outcome: 'suggested' })
    expect(run.words).to.equal(
      'The verdict is broken. What would be done: 1. source.hold will act on greenhouse. Now it would be refused: automation is off: ada said "moving house".',
    )
    expect(await stand.effects()).to.deep.equal([])
    expect((await stand.steps())[0]).to.deep.include({ state: 'planned', started_at: null })
    expect(kinds()).to.deep.equal(['opened', 'done'])
  })

  it('does nothing when everything is well, and nothing when nothing is settled', async () => {
    await stand.setMode(ALERT, 'auto')
    stand.knobs.finding = { verdict: 'healthy', causes: [], words: 'All is well.' }
    await stand.tell({})
    await stand.engine().runDue()
    expect((await stand.run()).outcome).to.equal('healthy')
    stand.knobs.finding = { verdict: 'inconclusive', causes: [], words: 'Who knows.' }
    stand.clock.pass(1)
    await stand.tell({ fingerprint: 'f2' })
    await stand.engine().runDue()
    expect((await stand.run()).outcome).to.equal('inconclusive')
    expect(await stand.effects()).to.deep.equal([])
  })

  const silences: [string, (stand: Stand) => void, RegExp][] = [
    ['throws', ({ knobs }) => (knobs.lookFails = new Error('connection refused')), /source\.look could not look: connection refused/],
    ['does not answer in its time', ({ knobs }) => (knobs.lookHangs = true), /source\.look could not look: no answer in 0\.2 s/],
  ]
  for (const [what, make, words] of silences)
    it(`takes a look that ${what} for no evidence at all`, async () => {
      make(stand)
      await stand.setMode(ALERT, 'auto')
      await stand.tell({})
      await stand.engine().runDue()
      const run = await stand.run()
      expect(run).to.deep.include({ outcome: 'inconclusive', verdict: 'inconclusive', causes: [] })
      const [look] = await stand.db('runbook_steps').where({ run_id: run.id, part: 'diagnosis', number: 1 })
      expect(look.words).to.match(words)
      expect(await stand.effects()).to.deep.equal([])
    })

  it('never takes being asked to slow down for breakage', async () => {
    await stand.setMode(ALERT, 'auto')
    stand.knobs.finding = { verdict: 'broken', causes: ['throttled'], words: 'It says 429.' }
    await stand.tell({})
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ verdict: 'degraded', causes: ['throttled'], state: 'verifying' })
    expect(await stand.effects()).to.deep.equal([{ key: 'source.ring greenhouse', done: 1, undone: 0 }])
  })

  it('takes back what did not help, the last first, and escalates', async () => {
    await stand.setMode('TwoSteps', 'auto')
    stand.knobs.verdict = { kind: 'firing', words: 'it still gives 3' }
    await stand.tell({ name: 'TwoSteps' })
    const engine = stand.engine({ verifySeconds: 60 })
    for (let turn = 0; turn < 7; turn++) {
      await engine.runDue()
      stand.clock.pass(10)
    }
    const run = await stand.run()
    expect(run).to.deep.include({ state: 'done', outcome: 'unmended' })
    expect(run.words).to.equal('It did not help in 60 seconds: it still gives 3. What was done is taken back.')
    expect((await stand.effects()).map(({ done, undone }) => [done, undone])).to.deep.equal([
      [1, 1],
      [1, 1],
    ])
    const actions = (await listAudit(stand.db, { limit: 20 })).map(({ action }) => action).toReversed()
    expect(actions.slice(1)).to.deep.equal(['source.hold', 'source.ring', 'source.ring.undo', 'source.hold.undo', 'runbook.end'])
    expect((await stand.steps()).map(({ state }) => state)).to.deep.equal(['undone', 'undone', 'person'])
    expect(kinds()).to.deep.equal(['opened', 'found', 'escalated'])
    expect((await getIncident(stand.db, '1'))?.state).to.equal('opened')
    expect(await count('unmended', 'TwoSteps')).to.equal(1)
  })

  it('starts counting looks again when the alert comes back between two of them', async () => {
    await stand.setMode(ALERT, 'auto')
    await stand.tell({})
    const engine = stand.engine()
    await engine.runDue()
    stand.knobs.verdict = { kind: 'firing', words: 'again' }
    stand.clock.pass(10)
    await engine.runDue()
    stand.knobs.verdict = { kind: 'mended', words: 'gone' }
    stand.clock.pass(10)
    await engine.runDue()
    expect(await stand.run()).to.deep.include({ state: 'verifying', good_looks: 1 })
    stand.clock.pass(10)
    await engine.runDue()
    expect((await stand.run()).outcome).to.equal('mended')
  })

  it('never tries again what failed while it was done, keeps nothing of it, and takes back what came before', async () => {
    await stand.setMode('TwoSteps', 'auto')
    stand.knobs.actFails = new Error('disk full')
    await stand.tell({ name: 'TwoSteps' })
    const engine = stand.engine()
    await engine.runDue()
    const run = await stand.run()
    expect(run).to.deep.include({ state: 'done', outcome: 'failed' })
    expect(run.words).to.equal('source.hold failed: disk full. Nothing of it was kept.')
    expect(await stand.effects()).to.deep.equal([])
    expect((await stand.steps()).map(({ state }) => state)).to.deep.equal(['failed', 'skipped', 'person'])
    expect(kinds().at(-1)).to.equal('escalated')
    stand.clock.pass(3600)
    expect(await engine.runDue()).to.equal(0)

    stand.knobs.actFails = undefined
    await stand.tell({ name: 'TwoSteps', fingerprint: 'f2', labels: { source: 'lever' } })
    const ring = stand.registry.get('source.ring') as { act: unknown }
    const act = ring.act
    ring.act = () => Promise.reject(new Error('no such bell'))
    await engine.runDue()
    ring.act = act
    const second = await stand.run()
    expect(second).to.deep.include({ state: 'done', outcome: 'failed' })
    expect(second.words).to.equal('source.ring failed: no such bell. How far it came is not known. What was done is taken back.')
    expect(await stand.effects()).to.deep.equal([{ key: 'source.hold lever', done: 1, undone: 1 }])
  })

  it('says what could not be taken back', async () => {
    await stand.setMode(ALERT, 'auto')
    stand.knobs.verdict = { kind: 'unknown', words: 'Prometheus is away' }
    stand.knobs.undoFails = new Error('locked')
    await stand.tell({})
    const engine = stand.engine({ verifySeconds: 5 })
    await engine.runDue()
    stand.clock.pass(10)
    await engine.runDue()
    const run = await stand.run()
    expect(run.outcome).to.equal('unmended')
    expect(run.words).to.contain('Not taken back: 1. Taking it back failed: locked.')
    expect(await stand.effects()).to.deep.equal([{ key: 'source.hold greenhouse', done: 1, undone: 0 }])
  })

  it('takes nothing back while automation is off', async () => {
    await stand.setMode(ALERT, 'auto')
    stand.knobs.verdict = { kind: 'firing', words: 'still' }
    await stand.tell({})
    const engine = stand.engine({ verifySeconds: 5 })
    await engine.runDue()
    await putSwitch(stand.db, 'automation', { isOff: true, reason: 'stop', by: 'ada' })
    stand.clock.pass(10)
    await engine.runDue()
    expect((await stand.run()).words).to.contain('Not taken back: 1. Automation is off (ada: stop).')
    expect((await stand.effects())[0]).to.deep.include({ undone: 0 })
  })

  describe('with approval', () => {
    beforeEach(() => stand.setMode(ALERT, 'approval'))

    it('asks once for the whole plan, does exactly that after a yes, and names who said it', async () => {
      await stand.tell({})
      const engine = stand.engine()
      await engine.runDue()
      const run = await stand.run()
      expect(run).to.deep.include({ state: 'waiting', claimed_by: null })
      expect(await engine.runDue()).to.equal(0)
      const approval = await approvalOf(stand.db, run.id)
      expect(approval?.plan).to.deep.equal([
        {
          number: 1,
          action: 'source.hold',
          given: { source: 'greenhouse' },
          target: 'source/greenhouse',
          words: 'source.hold will act on greenhouse.',
          reversible: true,
        },
      ])
      expect(approval?.expires_at).to.deep.equal(new Date(stand.clock.now.getTime() + 3_600_000))
      expect(kinds()).to.deep.equal(['opened', 'asked'])
      expect(await decideApproval(stand.db, approval?.id ?? '', { by: 'grace', verdict: 'approved', now: stand.clock.now })).to.equal(
        'decided',
      )
      await engine.runDue()
      expect((await stand.effects())[0]).to.deep.include({ done: 1 })
      const line = (await listAudit(stand.db, { limit: 1, action: 'source.hold' }))[0]
      expect(line?.detail.approver).to.equal('grace')
    })

    it('does nothing after a no', async () => {
      await stand.tell({})
      const engine = stand.engine()
      await engine.runDue()
      const { id } = await stand.run()
      await decideApproval(stand.db, id, { by: 'grace', verdict: 'rejected', now: stand.clock.now })
      await engine.runDue()
      expect(await stand.run()).to.deep.include({ outcome: 'rejected', words: 'grace said no.' })
      expect(await stand.effects()).to.deep.equal([])
    })

    it('finds by itself that nobody answered in time, and hears no answer after that', async () => {
      await stand.tell({})
      const engine = stand.engine({ approvalSeconds: 600 })
      await engine.runDue()
      stand.clock.pass(599)
      expect(await engine.runDue()).to.equal(0)
      stand.clock.pass(2)
      const { id } = await stand.run()
      const late = { by: 'grace', verdict: 'approved' as const, now: stand.clock.now }
      expect(await decideApproval(stand.db, id, late)).to.equal('expired')
      await engine.runDue()
      expect(await stand.run()).to.deep.include({ outcome: 'expired', words: 'Nobody answered in time.' })
      expect(await decideApproval(stand.db, id, late)).to.equal('expired')
      expect(await stand.effects()).to.deep.equal([])
    })

    it('starts one run when two say yes at once', async () => {
      await stand.tell({})
      const engines = [stand.engine(), stand.engine()]
      await engines[0]?.runDue()
      const { id } = await stand.run()
      const say = (by: string) => decideApproval(stand.db, id, { by, verdict: 'approved', now: stand.clock.now })
      expect((await Promise.all([say('ada'), say('grace'), say('mary')])).toSorted()).to.deep.equal(['already', 'already', 'decided'])
      await Promise.all(engines.map((engine) => engine.runDue()))
      expect((await stand.effects()).map(({ done }) => done)).to.deep.equal([1])
      expect(await stand.db('audit').where({ action: 'approval.approved' })).to.have.length(1)
    })

    it('needs no answer any more when the alert has ended', async () => {
      await stand.tell({})
      const engine = stand.engine()
      await engine.runDue()
      await stand.tell({ status: 'resolved' })
      await engine.runDue()
      expect(await stand.run()).to.deep.include({ outcome: 'healthy' })
      expect((await approvalOf(stand.db, (await stand.run()).id))?.state).to.equal('expired')
      expect(await stand.effects()).to.deep.equal([])
    })

    it('refuses to act where something else would be touched than was approved', async () => {
      await stand.tell({})
      const engine = stand.engine()
      await engine.runDue()
      await decideApproval(stand.db, (await stand.run()).id, { by: 'grace', verdict: 'approved', now: stand.clock.now })
      stand.knobs.plan = { target: 'source/lever' }
      await engine.runDue()
      const run = await stand.run()
      expect(run.outcome).to.equal('refused')
      expect(run.words).to.equal('Nothing was changed: it would act on source/lever now and no longer on source/greenhouse.')
    })

    it('answers to no id that it does not know', async () => {
      for (const id of ['nonsense', '5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'])
        expect(await decideApproval(stand.db, id, { by: 'x', verdict: 'approved' })).to.equal('unknown')
    })
  })

  it('does what can be taken back first, and asks for the rest only when that did not help', async () => {
    await stand.setMode('Careful', 'auto')
    stand.knobs.verdict = { kind: 'firing', words: 'still' }
    await stand.tell({ name: 'Careful' })
    const engine = stand.engine({ verifySeconds: 5 })
    await engine.runDue()
    expect((await stand.effects()).map(({ key }) => key)).to.deep.equal(['source.hold greenhouse'])
    stand.clock.pass(10)
    await engine.runDue()
    const run = await stand.run()
    expect(run.state).to.equal('waiting')
    expect((await approvalOf(stand.db, run.id))?.plan.map(({ action }) => action)).to.deep.equal(['source.drop'])
    await decideApproval(stand.db, run.id, { by: 'grace', verdict: 'approved', now: stand.clock.now })
    await engine.runDue()
    expect((await stand.effects()).map(({ key, done }) => [key, done])).to.deep.equal([
      ['source.drop greenhouse', 1],
      ['source.hold greenhouse', 1],
    ])
    stand.knobs.verdict = { kind: 'mended', words: 'gone' }
    for (let turn = 0; turn < 2; turn++) {
      stand.clock.pass(10)
      await engine.runDue()
    }
    expect((await stand.run()).outcome).to.equal('mended')
  })

  it('takes back what it did by itself when the rest is rejected, and never asks for what is not needed', async () => {
    await stand.setMode('Careful', 'auto')
    await stand.tell({ name: 'Careful' })
    const engine = stand.engine({ verifySeconds: 5 })
    await engine.runDue()
    stand.clock.pass(10)
    await engine.runDue()
    expect((await stand.run()).outcome).to.equal('mended')
    expect((await stand.steps())[1]).to.deep.include({ state: 'skipped' })

    stand.knobs.verdict = { kind: 'firing', words: 'still' }
    await stand.tell({ name: 'Careful', fingerprint: 'f2', labels: { source: 'lever' } })
    await engine.runDue()
    stand.clock.pass(10)
    await engine.runDue()
    await decideApproval(stand.db, (await stand.run()).id, { by: 'grace', verdict: 'rejected', now: stand.clock.now })
    await engine.runDue()
    expect(await stand.run()).to.deep.include({ outcome: 'rejected', words: 'grace said no. What was done is taken back.' })
    expect((await stand.effects()).find(({ key }) => key === 'source.hold lever')).to.deep.include({ done: 1, undone: 1 })
  })

  it('counts as nothing to do what is as it should be already', async () => {
    await stand.setMode(ALERT, 'auto')
    stand.knobs.plan = { idle: 'It is held already.' }
    await stand.tell({})
    await stand.engine().runDue()
    expect((await stand.run()).outcome).to.equal('suggested')
    expect((await stand.steps())[0]).to.deep.include({ state: 'skipped', words: 'It is held already.' })
  })

  it('runs dry by hand: looks, says exactly what would happen, changes nothing, beside a run that goes on', async () => {
    await stand.setMode(ALERT, 'approval')
    await stand.tell({})
    const engine = stand.engine()
    await engine.runDue()
    const id = await runByHand(stand.db, { alert: ALERT, labels: { source: 'greenhouse' }, dryRun: true, actor: 'ada' })
    await stand.db('runbook_runs').where({ id }).update({ due_at: stand.clock.now })
    await engine.runDue()
    const run = (await stand.runs()).find((one) => one.id === id)
    expect(run).to.deep.include({ state: 'done', outcome: 'dry_run', trigger: 'hand', actor: 'ada' })
    expect(run?.words).to.contain('What would be done: 1. source.hold will act on greenhouse.')
    expect(await stand.effects()).to.deep.equal([])
    const other = await runByHand(stand.db, { alert: ALERT, labels: {}, dryRun: false, actor: 'ada' }).catch((error: Error) => error)
    expect(other).to.be.instanceOf(Error)
    expect((other as Error).message).to.match(/^INC-1 has a run of SourceBlocked that is not over/)
  })

  it('says so when there is no such runbook', async () => {
    const id = await runByHand(stand.db, { alert: 'Nothing', labels: {}, dryRun: false, actor: 'ada' })
    await stand.db('runbook_runs').where({ id }).update({ due_at: stand.clock.now })
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ outcome: 'refused', words: 'There is no runbook called Nothing.' })
  })

  it('lets one engine have a run, however many want it', async () => {
    await stand.setMode(ALERT, 'auto')
    for (let n = 0; n < 6; n++) await stand.tell({ fingerprint: `f${n}`, labels: { source: 'abcdef'[n] ?? '' } })
    const engines = [stand.engine({ lanes: 3 }), stand.engine({ lanes: 3 })]
    const taken = await Promise.all(engines.map((engine) => engine.runDue()))
    expect(taken[0] ?? 0).to.be.above(0)
    expect(taken.reduce((sum, one) => sum + one)).to.equal(6)
    expect((await stand.effects()).map(({ done }) => done)).to.deep.equal([1, 1, 1, 1, 1, 1])
  })

  it('wakes at once when an alert comes in, works the moment it starts, and lets go of what it has when it closes', async () => {
    await stand.setMode(ALERT, 'auto')
    const engine = stand.engine({ now: () => new Date(), lanes: 2 })
    engine.start()
    stand.clock.now = new Date()
    const began = performance.now()
    await stand.tell({})
    while ((await stand.effects()).length === 0 && performance.now() - began < 4000) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(performance.now() - began).to.be.below(3000)
    await engine.close()
    expect(await stand.run()).to.deep.include({ state: 'verifying', claimed_by: null })
    stand.clock.pass(1)
    await stand.tell({ fingerprint: 'f2' })
    expect((await stand.run()).state).to.equal('queued')
  })
})
