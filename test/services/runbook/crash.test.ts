// Engines that end between any two transactions of a run: another one takes over, and nothing is done twice.

import { expect } from 'chai'
import type { Point } from '../../../services/runbook/course.ts'
import { listAudit, verifyAudit } from '../../../services/store/audit.ts'
import { Crash, crashAt, openStand, pageText, type Stand } from './stand.ts'

const PAGE = pageText('TwoSteps', ['`source.look`'], ['`source.hold source=$source`', '`source.ring source=$source`', 'Call.'])
const LEASE = 60

/** What a run that was killed must come to. */
interface Expected {
  outcome: string
  /** done/undone of hold, then of ring. */
  effects: string[]
}

/** Each way through a run, killed at each passage of each point: what is left, and what must follow. */
const MENDED: Expected = { outcome: 'mended', effects: ['1/0', '1/0'] }
const UNMENDED: Expected = { outcome: 'unmended', effects: ['1/1', '1/1'] }
const HALF: Expected = { outcome: 'interrupted', effects: ['1/0', '1/0'] }

const WAYS: [verdict: 'mended' | 'firing', point: Point, nth: number, expected: Expected][] = [
  ['mended', 'claimed', 1, MENDED],
  ['mended', 'begun', 1, MENDED],
  ['mended', 'looked', 1, MENDED],
  ['mended', 'diagnosed', 1, MENDED],
  // In the middle of a change that a transaction holds: nothing has happened, and it is done now.
  ['mended', 'guarded', 1, MENDED],
  ['mended', 'acted', 1, MENDED],
  ['mended', 'recorded', 1, MENDED],
  // In the middle of one that none holds: whether it happened is not known, and it is not done again.
  ['mended', 'guarded', 2, { outcome: 'interrupted', effects: ['1/0'] }],
  ['mended', 'acted', 2, HALF],
  ['mended', 'recorded', 2, MENDED],
  ['mended', 'executed', 1, MENDED],
  ['mended', 'checked', 1, MENDED],
  ['mended', 'checked', 2, MENDED],
  ['mended', 'ended', 1, MENDED],
  // The last is taken back first: the bell, which no transaction holds, then the hold.
  ['firing', 'checked', 3, UNMENDED],
  ['firing', 'undo.guarded', 1, { outcome: 'unmended', effects: ['1/1', '1/0'] }],
  ['firing', 'undo.acted', 1, UNMENDED],
  ['firing', 'undo.recorded', 1, UNMENDED],
  ['firing', 'undo.guarded', 2, UNMENDED],
  ['firing', 'undo.acted', 2, UNMENDED],
  ['firing', 'undo.recorded', 2, UNMENDED],
  ['firing', 'ended', 1, UNMENDED],
]

describe('services/runbook, killed', () => {
  let stand: Stand
  beforeEach(async () => {
    stand = await openStand({ TwoSteps: PAGE })
    await stand.setMode('TwoSteps', 'auto')
    await stand.tell({ name: 'TwoSteps' })
  })
  afterEach(() => stand.close())

  for (const [verdict, point, nth, expected] of WAYS)
    it(`comes to ${expected.outcome} after a kill at ${point}, passage ${nth}, while the alert is ${verdict}`, async () => {
      stand.knobs.verdict = { kind: verdict, words: 'seen' }
      let engine = stand.engine({ verifySeconds: 15, leaseSeconds: LEASE, probe: crashAt(point, nth) })
      let kills = 0
      for (let turn = 0; turn < 12; turn++) {
        const error = await engine.runDue().then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error && !(error instanceof Crash)) throw error
        if (error) {
          kills++
          const left = await stand.run()
          engine = stand.engine({ verifySeconds: 15, leaseSeconds: LEASE })
          // Until its lease is over, what the dead engine had is nobody else's; its locks and what it began are kept.
          expect(await engine.runDue()).to.equal(0)
          expect((await stand.run()).state).to.equal(left.state)
          const begun = (await stand.steps()).filter(({ started_at }) => started_at !== null)
          if (left.state !== 'done') expect(await stand.db('target_locks')).to.have.length(begun.length > 0 ? 1 : 0)
          stand.clock.pass(LEASE + 1)
        } else stand.clock.pass(10)
      }
      expect(kills, 'the point was passed').to.equal(1)
      const run = await stand.run()
      expect(run).to.deep.include({ state: 'done', outcome: expected.outcome, claimed_by: null })
      expect((await stand.effects()).map(({ done, undone }) => `${done}/${undone}`)).to.deep.equal(expected.effects)
      expect(await stand.db('target_locks')).to.deep.equal([])
      expect(stand.said.filter(({ kind }) => kind === 'done' || kind === 'escalated')).to.have.length(1)

      const audit = await listAudit(stand.db, { limit: 50 })
      const lines = audit.map(({ action }) => action)
      for (const action of new Set(lines))
        expect(
          lines.filter((one) => one === action),
          action,
        ).to.have.length(1)
      expect((await verifyAudit(stand.db)).broken).to.equal(null)
    })

  it('says what is not known when it was killed while it took something back', async () => {
    stand.knobs.verdict = { kind: 'firing', words: 'still there' }
    const engine = stand.engine({ verifySeconds: 5, probe: crashAt('undo.guarded') })
    await engine.runDue()
    stand.clock.pass(10)
    expect(await engine.runDue().catch((error: Error) => error.message)).to.equal('killed at undo.guarded')
    stand.clock.pass(61)
    await stand.engine().runDue()
    expect((await stand.run()).words).to.contain('Not taken back: 2. A process ended in the middle of it: nobody knows how far it came.')
  })

  it('does what is left of a change only while the guards still allow it', async () => {
    await stand
      .engine({ probe: crashAt('guarded') })
      .runDue()
      .catch(() => {})
    await stand.db('switches').insert({ name: 'automation', is_off: true, reason: 'stop', set_by: 'ada' })
    stand.clock.pass(61)
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ outcome: 'refused' })
    expect(await stand.effects()).to.deep.equal([])
  })

  it('counts a change that was begun against the limits, whatever became of it', async () => {
    await stand
      .engine({ probe: crashAt('guarded', 2) })
      .runDue()
      .catch(() => {})
    stand.clock.pass(61)
    await stand.engine().runDue()
    expect((await stand.run()).outcome).to.equal('interrupted')
    await stand.tell({ name: 'TwoSteps', fingerprint: 'f2' })
    await stand.engine().runDue()
    const run = await stand.run()
    expect(run.outcome).to.equal('refused')
    expect(run.words).to.match(/source\.hold acted on source\/greenhouse at 2030-01-01 12:00Z, and may again at 2030-01-01 12:10Z/)
  })

  it('gives a run that ends every process that takes it to no more than five of them', async () => {
    const dead = () => stand.engine({ probe: crashAt('claimed') }).runDue()
    for (let kills = 0; kills < 5; kills++) {
      expect(await dead().catch((error: unknown) => error)).to.be.instanceOf(Crash)
      stand.clock.pass(61)
    }
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({
      state: 'done',
      outcome: 'interrupted',
      words: '5 processes ended while they had this run, the last of them in queued. It is not tried again.',
    })
    expect(await stand.effects()).to.deep.equal([])
  })

  it('loses to whoever has its run now, although that one has not come further yet', async () => {
    const read = stand.registry.get('source.look') as unknown as { look: () => Promise<unknown> }
    const look = read.look.bind(read)
    read.look = async () => {
      await stand.db('runbook_runs').update({ claimed_by: 'another', claimed_until: new Date(stand.clock.now.getTime() + 60_000) })
      return look()
    }
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ state: 'diagnosing', verdict: null, claimed_by: 'another' })
    expect(await stand.steps()).to.deep.equal([])
  })

  it('does not begin a step of a run that somebody else has now', async () => {
    const hold = stand.registry.get('source.hold') as unknown as { plan: () => Promise<unknown> }
    let plans = 0
    hold.plan = async () => {
      // The second time it is planned is right before it would be done.
      if (++plans === 2) await stand.db('runbook_runs').update({ claimed_by: 'another' })
      return { target: 'source/greenhouse', words: 'It will be held.' }
    }
    await stand.engine().runDue()
    expect((await stand.steps())[0]).to.deep.include({ state: 'planned', started_at: null })
    expect(await stand.effects()).to.deep.equal([])
  })

  it('loses to whoever took its run over: an engine that wakes late writes nothing', async () => {
    const read = stand.registry.get('source.look') as { look: unknown; timeoutSeconds: number }
    const { look } = read
    read.timeoutSeconds = 5
    read.look = async () => {
      read.look = look
      // Its machine sleeps: meanwhile the lease ends, and another engine does all that is to be done.
      stand.clock.pass(61)
      expect(await stand.engine().runDue()).to.equal(1)
      return { verdict: 'healthy', causes: [], words: 'Seen long ago.' }
    }
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ state: 'verifying', verdict: 'broken' })
    expect((await stand.effects()).map(({ done }) => done)).to.deep.equal([1, 1])
    expect(await listAudit(stand.db, { limit: 9, action: 'runbook.diagnose' })).to.have.length(1)
  })
})
