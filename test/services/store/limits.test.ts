// What the guards rest on: counts, locks, windows, the switch and the state of the sources, read from the database alone.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { freeLocks, readFacts, readSources, takeLock, type Intent } from '../../../services/store/limits.ts'
import { listAudit } from '../../../services/store/audit.ts'
import { addWindow, listWindows, removeWindow, windowNow } from '../../../services/store/windows.ts'
import { putSwitch, readSwitch } from '../../../services/store/switches.ts'
import { openWorld, type World } from '../../world.ts'

const NOW = new Date('2030-01-01T12:00:00Z')
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

describe('services/store/limits', () => {
  let world: World
  let runId: string
  beforeEach(async () => {
    world = await openWorld()
    runId = await addRun()
  })
  afterEach(() => world.close())

  async function addRun(alertname = 'SourceStale'): Promise<string> {
    const id = randomUUID()
    await world.db('runbook_runs').insert({ id, alertname, mode: 'auto', trigger: 'alert', actor: 'x', labels: '{}' })
    return id
  }
  const addStep = (step: Record<string, unknown>) =>
    world
      .db('runbook_steps')
      .insert({ part: 'steps', action: 'source.pause', target: 'source/lever', state: 'done', started_at: at(-60), ...step })
  const intent = (given: Partial<Intent> = {}): Intent => ({
    runId,
    incidentId: null,
    number: 1,
    action: 'source.pause',
    target: 'source/lever',
    stops: [],
    sources: [],
    isApproved: false,
    ...given,
  })
  const facts = (given: Partial<Intent> = {}) => readFacts(world.db, intent(given), NOW)

  it('finds nothing where nothing is', async () => {
    expect(await facts()).to.deep.equal({
      now: NOW,
      switchedOff: undefined,
      isOver: false,
      maintenance: undefined,
      isApproved: false,
      target: 'source/lever',
      lockedBy: undefined,
      lastOnTarget: undefined,
      inHour: 0,
      inDay: 0,
      stops: [],
      sources: [],
    })
  })

  it('counts what was begun, whatever became of it: by the hour, by the day, and by target', async () => {
    const other = await addRun()
    let number = 0
    for (const [started_at, state] of [
      [at(-60), 'done'],
      [at(-3599), 'failed'],
      [at(-3600), 'interrupted'],
      [at(-86_399), 'undone'],
      [at(-86_400), 'done'],
    ] as const)
      await addStep({ run_id: other, number: ++number, started_at, state, target: number === 1 ? 'source/ashby' : 'source/lever' })
    await addStep({ run_id: other, number: ++number, state: 'planned', started_at: null })
    await addStep({ run_id: other, number: ++number, action: 'source.slow' })
    expect(await facts()).to.deep.include({ inHour: 2, inDay: 4, lastOnTarget: at(-3599) })
    expect(await facts({ target: 'source/ashby' })).to.deep.include({ lastOnTarget: at(-60) })
  })

  it('does not count a step against itself', async () => {
    await addStep({ run_id: runId, number: 1, state: 'started' })
    expect(await facts()).to.deep.include({ inHour: 0, lastOnTarget: undefined })
    expect(await facts({ number: 2 })).to.deep.include({ inHour: 1, lastOnTarget: at(-60) })
  })

  it('lets one run have a target, again and again, until it gives it back', async () => {
    const other = await addRun('ScrapeOutage')
    const take = (run: string, target = 'source/lever') => world.database.inTransaction((trx) => takeLock(trx, target, run, NOW))
    expect(await Promise.all([take(runId), take(runId)])).to.deep.equal([true, true])
    expect(await take(other)).to.equal(false)
    expect(await take(other, 'source/ashby')).to.equal(true)
    expect((await facts()).lockedBy).to.equal(undefined)
    expect((await facts({ runId: other })).lockedBy).to.deep.equal({ alert: 'SourceStale', since: NOW })
    await world.database.inTransaction((trx) => freeLocks(trx, runId))
    expect(await take(other)).to.equal(true)
  })

  it('knows that the alert is over', async () => {
    const [row] = await world
      .db('incidents')
      .insert({
        id: randomUUID(),
        fingerprint: 'f',
        alertname: 'A',
        severity: 'page',
        priority: 'P1',
        labels: '{}',
        summary: '',
        state: 'opened',
        last_fired_at: NOW,
      })
      .returning<{ id: string }[]>('id')
    expect((await facts({ incidentId: row?.id ?? null })).isOver).to.equal(false)
    await world.db('incidents').update({ state: 'resolved' })
    expect((await facts({ incidentId: row?.id ?? null })).isOver).to.equal(true)
  })

  describe('sources', () => {
    async function addBoards(source: string, boards: { outcome?: string; paused?: number; enabled?: boolean }[]): Promise<void> {
      const [company] = await world.db('companies').insert({ slug: source, name: source }).returning<{ id: number }[]>('id')
      for (const [n, { outcome, paused, enabled = true }] of boards.entries())
        await world.db('boards').insert({
          source,
          ident: `b${n}`,
          company_id: company?.id,
          last_outcome: outcome ?? null,
          paused_until: paused === undefined ? null : at(paused),
          enabled,
        })
    }

    it('are healthy when half of what is visited was read well, and stopped when a runbook holds all of them back', async () => {
      await addBoards('ashby', [{ outcome: 'ok' }, { outcome: 'blocked' }])
      await addBoards('greenhouse', [{ outcome: 'ok' }, { outcome: 'drift' }, { outcome: 'blocked' }])
      await addBoards('lever', [{ outcome: 'ok', paused: 60 }])
      await addBoards('workable', [
        { outcome: 'unchanged', paused: -1 },
        { outcome: 'blocked', enabled: false },
      ])
      await addBoards('never', [{}])
      await addBoards('canary', [{ outcome: 'ok' }])
      const sources = () => readSources(world.db, NOW)
      expect((await sources()).map(({ name, healthy, stopped }) => `${name} ${healthy} ${stopped}`)).to.deep.equal([
        'ashby true false',
        'greenhouse false false',
        'lever false false',
        'never false false',
        'workable true false',
      ])
      // Paused by hand until a runbook's own step says that it did it.
      await addStep({ run_id: runId, number: 1, facts: JSON.stringify({ stops: ['lever', 'ashby'], reversible: true }) })
      expect((await sources()).filter(({ stopped }) => stopped).map(({ name }) => name)).to.deep.equal(['lever'])
      await world.db('runbook_steps').update({ state: 'undone' })
      expect((await sources()).some(({ stopped }) => stopped)).to.equal(false)
      expect((await facts({ stops: ['lever'] })).sources).to.have.length(5)
    })
  })

  describe('maintenance', () => {
    const add = (from: number, to: number, source: string | null = null) =>
      addWindow(world.db, { startsAt: at(from), endsAt: at(to), source, reason: `${from} to ${to}`, by: 'ada' })

    it('holds for its time and its source, or for everything', async () => {
      await add(-60, 60, 'lever')
      await add(10, 600)
      expect((await windowNow(world.db, ['lever'], NOW))?.reason).to.equal('-60 to 60')
      expect(await windowNow(world.db, ['ashby'], NOW)).to.equal(undefined)
      expect(await windowNow(world.db, [], NOW)).to.equal(undefined)
      expect((await windowNow(world.db, ['lever', 'ashby'], at(10)))?.reason).to.equal('10 to 600')
      expect(await windowNow(world.db, ['lever'], at(600))).to.equal(undefined)
      expect((await facts({ sources: ['lever'] })).maintenance).to.deep.equal({ reason: '-60 to 60', until: at(60) })
      expect((await facts({ sources: ['ashby'] })).maintenance).to.equal(undefined)
    })

    it('is listed until it is over, taken back by its id, and has its lines in the audit', async () => {
      const past = await add(-60, -1)
      const next = await add(60, 120)
      expect((await listWindows(world.db, NOW)).map(({ id }) => id)).to.deep.equal([next.id])
      expect(await removeWindow(world.db, next.id, 'ada')).to.equal(true)
      expect(await removeWindow(world.db, next.id, 'ada')).to.equal(false)
      expect(await removeWindow(world.db, 'nonsense', 'ada')).to.equal(false)
      expect((await listAudit(world.db, { limit: 9 })).map(({ action, target }) => `${action} ${target}`)).to.deep.equal([
        `maintenance.remove maintenance/${next.id}`,
        `maintenance.add maintenance/${next.id}`,
        `maintenance.add maintenance/${past.id}`,
      ])
    })
  })

  it('has a switch that is on until somebody says off, and tells who and why', async () => {
    const put = (isOff: boolean, reason: string) => putSwitch(world.db, 'automation', { isOff, reason, by: 'ada' })
    expect(await readSwitch(world.db, 'automation')).to.equal(undefined)
    expect(await put(false, 'is on already')).to.equal(false)
    expect(await put(true, 'moving')).to.equal(true)
    expect(await put(true, 'again')).to.equal(false)
    expect((await facts()).switchedOff).to.deep.equal({ by: 'ada', reason: 'moving' })
    expect(await put(false, 'moved')).to.equal(true)
    expect((await facts()).switchedOff).to.equal(undefined)
    expect((await listAudit(world.db, { limit: 9 })).map(({ action }) => action)).to.deep.equal(['automation.on', 'automation.off'])
  })
})
