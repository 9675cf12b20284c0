// The guards where they work: in SQL, in the transaction that marks a step, over runs, engines and restarts.

import { expect } from 'chai'
import type { Write } from '../../../ops/runbook/action.ts'
import { decideApproval } from '../../../services/store/approvals.ts'
import { listAudit } from '../../../services/store/audit.ts'
import type { Db } from '../../../services/store/database.ts'
import { lockGuard } from '../../../services/store/limits.ts'
import { putSwitch } from '../../../services/store/switches.ts'
import { addWindow } from '../../../services/store/windows.ts'
import { seedBoard } from '../api/seed.ts'
import { ALERT, openStand, pageText, type Stand } from './stand.ts'

const PAGE = pageText(ALERT, ['`source.look`'], ['`source.hold source=$source`', 'Call.'])
const TWO = pageText('TwoSteps', ['`source.look`'], ['`source.hold source=$source`', '`source.ring source=$source`', 'Call.'])

describe('services/runbook, guarded', () => {
  let stand: Stand
  beforeEach(async () => {
    stand = await openStand({ [ALERT]: PAGE, TwoSteps: TWO })
    await stand.setMode(ALERT, 'auto')
    await stand.setMode('TwoSteps', 'auto')
  })
  afterEach(() => stand.close())

  let fingerprints = 0
  /** Fires on a source, lets a new engine do what it may, and gives the run. */
  const fire = async (source = 'greenhouse', name = ALERT) => {
    const before = new Set((await stand.runs()).map(({ id }) => id))
    await stand.tell({ name, fingerprint: `g${++fingerprints}`, labels: { source } })
    await stand.engine().runDue()
    const run = (await stand.runs()).find(({ id }) => !before.has(id))
    if (!run) throw new Error('no run began')
    return run
  }
  const finish = async () => {
    stand.clock.pass(10)
    await stand.engine().runDue()
  }
  const limit = (limits: Partial<Write<Db>>) => Object.assign(stand.registry.get('source.hold') ?? {}, limits)
  const refusedWith = async (words: RegExp, source?: string) => {
    const run = await fire(source)
    expect(run.outcome).to.equal('refused')
    expect(run.words).to.match(words)
  }

  it('by the kill switch: neither acts nor asks', async () => {
    await putSwitch(stand.db, 'automation', { isOff: true, reason: 'stop it', by: 'ada' })
    await refusedWith(/^Nothing was changed: automation is off: ada said "stop it"/)
    await stand.setMode(ALERT, 'approval')
    await refusedWith(/automation is off/)
    expect(await stand.db('approvals')).to.deep.equal([])
    expect(await stand.effects()).to.deep.equal([])
  })

  it('by the kill switch between two steps: what was done may still help, the rest is left', async () => {
    const engine = stand.engine({
      probe: (point) => {
        // Flipped by somebody else while the first step is done.
        if (point === 'recorded') Object.assign(flip, { done: true })
      },
    })
    const flip = { done: false }
    const hold = stand.registry.get('source.hold') as Write<Db>
    const act = hold.act.bind(hold)
    Object.assign(hold, {
      act: async (...given: Parameters<typeof act>) => {
        await stand.db('switches').insert({ name: 'automation', is_off: true, reason: 'now', set_by: 'ada' })
        return act(...given)
      },
    })
    await stand.tell({ name: 'TwoSteps' })
    await engine.runDue()
    expect(flip.done).to.equal(true)
    expect((await stand.steps()).map(({ state }) => state)).to.deep.equal(['done', 'refused', 'person'])
    expect((await stand.run()).state).to.equal('verifying')
    await finish()
    expect((await stand.run()).outcome).to.equal('mended')
  })

  it('by maintenance, of everything or of the source, except for what a person approved', async () => {
    const window = { startsAt: stand.clock.now, endsAt: new Date(stand.clock.now.getTime() + 3_600_000), reason: 'moving', by: 'ada' }
    await addWindow(stand.db, { ...window, source: 'greenhouse' })
    await refusedWith(/there is maintenance until 2030-01-01 13:00Z \("moving"\)/)
    expect((await fire('lever')).state).to.equal('verifying')
    await stand.setMode(ALERT, 'approval')
    const run = await fire('greenhouse')
    expect(run.state).to.equal('waiting')
    await decideApproval(stand.db, run.id, { by: 'ada', verdict: 'approved', now: stand.clock.now })
    await stand.engine().runDue()
    expect((await stand.effects()).map(({ key }) => key)).to.deep.equal(['source.hold greenhouse', 'source.hold lever'])
  })

  it('by the lock of a target, which one run has until it is over', async () => {
    limit({ cooldownSeconds: 0 })
    expect((await fire()).state).to.equal('verifying')
    await refusedWith(/the runbook SourceBlocked has been acting on source\/greenhouse since 2030-01-01 12:00Z/)
    await finish()
    expect((await fire()).state).to.equal('verifying')
    expect(await stand.effects()).to.deep.equal([{ key: 'source.hold greenhouse', done: 2, undone: 0 }])
  })

  it('by the cooldown of an action on a target', async () => {
    await fire()
    await finish()
    await refusedWith(/may again at 2030-01-01 12:10Z/)
    expect((await fire('lever')).state).to.equal('verifying')
    stand.clock.pass(590)
    expect((await fire()).state).to.equal('verifying')
  })

  it('by the hour and by the day, over all targets and engines', async () => {
    limit({ perHour: 2, perDay: 3 })
    expect((await fire('a')).state).to.equal('verifying')
    expect((await fire('b')).state).to.equal('verifying')
    await refusedWith(/source\.hold may run 2 times an hour, and has/, 'c')
    stand.clock.pass(3601)
    expect((await fire('c')).state).to.equal('verifying')
    await refusedWith(/source\.hold may run 3 times a day, and has/, 'd')
  })

  it('one decision at a time, over all processes', async () => {
    await stand.tell({})
    let running: Promise<number> | undefined
    await stand.world.database.inTransaction(async (trx) => {
      await lockGuard(trx)
      running = stand.engine().runDue()
      while ((await stand.run()).state !== 'executing') await new Promise((resolve) => setTimeout(resolve, 10))
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect((await stand.steps())[0]).to.deep.include({ state: 'planned' })
    })
    await running
    expect((await stand.steps())[0]).to.deep.include({ state: 'done' })
  })

  it('exactly, when many decide at once', async () => {
    limit({ perHour: 3 })
    for (const source of 'abcdefgh') await stand.tell({ fingerprint: `m${source}`, labels: { source } })
    const engines = Array.from({ length: 4 }, () => stand.engine({ lanes: 2 }))
    await Promise.all(engines.map((engine) => engine.runDue()))
    expect(await stand.effects()).to.have.length(3)
    expect((await stand.runs()).filter(({ outcome }) => outcome === 'refused')).to.have.length(5)
  })

  it('by the state of the sources: never the last healthy one, never more than half', async () => {
    for (const source of ['ashby', 'greenhouse', 'lever', 'workable']) await seedBoard(stand.db, source, 'acme')
    await stand.db('boards').update({ last_outcome: 'blocked' })
    await stand.db('boards').where({ source: 'lever' }).update({ last_outcome: 'ok' })
    const hold = stand.registry.get('source.hold') as Write<Db>
    Object.assign(hold, {
      plan: async ({ source }: Record<string, unknown>) => ({ target: `source/${String(source)}`, words: 'x', stops: [String(source)] }),
      act: async ({ source }: Record<string, unknown>, _occasion: unknown, trx: Db) => {
        await trx('boards').where({ source }).update({ paused_until: '2099-01-01' })
        return { words: 'held', undo: { source } }
      },
    })
    await refusedWith(/lever is the last healthy source/, 'lever')
    expect((await fire('ashby')).state).to.equal('verifying')
    expect((await fire('greenhouse')).state).to.equal('verifying')
    await refusedWith(/runbooks would hold back ashby and greenhouse and workable: 3 of 4 sources, more than half/, 'workable')
  })

  it('by the end of the alert between diagnosis and deed', async () => {
    await stand.tell({})
    const engine = stand.engine({
      probe: (point) => {
        if (point === 'diagnosed') throw new Error('stop here')
      },
    })
    await engine.runDue().catch(() => {})
    await stand.tell({ status: 'resolved' })
    stand.clock.pass(61)
    await stand.engine().runDue()
    expect(await stand.run()).to.deep.include({ outcome: 'healthy', words: 'The alert ended before anything was changed.' })
    expect(await stand.effects()).to.deep.equal([])
    const [end, step] = await listAudit(stand.db, { limit: 2 })
    expect([step?.action, step?.detail.verdict, end?.action]).to.deep.equal(['source.hold', 'refused: over', 'runbook.end'])
  })

  it('leaves what it has when it closes, for the next one to go on at once', async () => {
    await stand.tell({ name: 'TwoSteps' })
    let closed: Promise<void> | undefined
    const engine = stand.engine({
      probe: (point) => {
        if (point === 'recorded') closed ??= engine.close()
      },
    })
    await engine.runDue()
    await closed
    expect(await stand.run()).to.deep.include({ state: 'executing', claimed_by: null, takeovers: 0 })
    expect(await stand.effects()).to.have.length(1)
    await stand.engine().runDue()
    expect((await stand.effects()).map(({ done }) => done)).to.deep.equal([1, 1])
    expect(await stand.run()).to.deep.include({ state: 'verifying', takeovers: 0 })
  })

  it('calls its looks off when it closes, and keeps nothing of them', async () => {
    stand.knobs.lookHangs = true
    const read = stand.registry.get('source.look')
    Object.assign(read ?? {}, { timeoutSeconds: 60 })
    await stand.tell({})
    const engine = stand.engine()
    const running = engine.runDue()
    while ((await stand.run()).state !== 'diagnosing') await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await engine.close()
    await running
    expect(await stand.run()).to.deep.include({ state: 'diagnosing', claimed_by: null, verdict: null })
    expect(await stand.db('runbook_steps')).to.deep.equal([])
  })

  it('runs the page that it began with, although its file is another one meanwhile', async () => {
    await stand.setMode(ALERT, 'approval')
    const run = await fire()
    expect(run.state).to.equal('waiting')
    const other = stand.pages.get('TwoSteps')
    if (other) Object.assign(stand.pages, { get: () => ({ ...other, alert: ALERT }) })
    await decideApproval(stand.db, run.id, { by: 'ada', verdict: 'approved', now: stand.clock.now })
    await stand.engine().runDue()
    expect((await stand.effects()).map(({ key }) => key)).to.deep.equal(['source.hold greenhouse'])
    expect((await stand.run()).page_hash).to.equal(run.page_hash)
  })

  it('refuses a step whose action is there no more', async () => {
    await stand.setMode(ALERT, 'approval')
    const run = await fire()
    await decideApproval(stand.db, run.id, { by: 'ada', verdict: 'approved', now: stand.clock.now })
    const registry = new Map([...stand.registry].filter(([name]) => name !== 'source.hold'))
    await stand.engine({ registry }).runDue()
    expect(await stand.run()).to.deep.include({
      outcome: 'refused',
      words: 'Nothing was changed: there is no change called source.hold any more.',
    })
  })
})
