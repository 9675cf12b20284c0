// What is told of runs: the last of each incident and of each runbook, their numbers, their steps and questions, in few statements.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { askApproval } from '../../../services/store/approvals.ts'
import { openIncident } from '../../../services/store/incidents.ts'
import { lastRunsByAlert, lastRunsOf, numbersOf, tellRuns } from '../../../services/store/runbook-history.ts'
import { enqueueRun, listRunbookRuns, type RunDraft } from '../../../services/store/runbook-runs.ts'
import { writeSteps } from '../../../services/store/runbook-steps.ts'
import { openWorld, type World } from '../../world.ts'

const START = new Date('2030-01-01T12:00:00Z')
const later = (seconds: number) => new Date(START.getTime() + seconds * 1000)

describe('services/store/runbook-history', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const open = async (fingerprint: string) => {
    const draft = { fingerprint, alertname: 'A', labels: {}, summary: '', severity: 'page', priority: 'P1', firedAt: START, at: START }
    return (await world.database.inTransaction((trx) => openIncident(trx, draft))).incident
  }
  const run = async (seconds: number, draft: Partial<RunDraft> = {}) => {
    const whole = {
      incidentId: null,
      alert: 'A',
      labels: {},
      mode: 'suggest',
      dryRun: false,
      trigger: 'hand',
      actor: 'test',
      ...draft,
    } as const
    const id = (await enqueueRun(world.db, whole, later(seconds))) ?? ''
    await world.db('runbook_runs').where({ id }).update({ state: 'done', outcome: 'healthy' })
    return id
  }

  it('knows the newest run of each incident, dry runs left out', async () => {
    const [one, two, three] = [await open('a'), await open('b'), await open('c')]
    await run(0, { incidentId: one.id })
    const newest = await run(2, { incidentId: one.id })
    await run(3, { incidentId: one.id, dryRun: true })
    await run(4, { incidentId: two.id, dryRun: true })
    const last = await lastRunsOf(world.db, [one.id, two.id, three.id, randomUUID()])
    expect([...last].map(([id, { id: runId }]) => [id, runId])).to.deep.equal([[one.id, newest]])
    expect(await lastRunsOf(world.db, [])).to.deep.equal(new Map())
  })

  it('knows the newest run of each runbook, dry runs included', async () => {
    await run(0)
    const dry = await run(1, { dryRun: true })
    const other = await run(0, { alert: 'B' })
    await run(0, { alert: 'C' })
    const last = await lastRunsByAlert(world.db, ['A', 'B', 'D'])
    expect([...last].map(([alert, { id }]) => [alert, id])).to.deep.equal([
      ['A', dry],
      ['B', other],
    ])
  })

  it('knows the numbers of incidents, each asked for once', async () => {
    const [one, two] = [await open('a'), await open('b')]
    expect(await numbersOf(world.db, [two.id, null, one.id, two.id])).to.deep.equal(
      new Map([
        [one.id, 1],
        [two.id, 2],
      ]),
    )
    expect(await numbersOf(world.db, [null])).to.deep.equal(new Map())
  })

  it('gives each run its own steps, in the order of the page, and its question', async () => {
    const [one, two] = [await run(0), await run(1)]
    await world.database.inTransaction(async (trx) => {
      const step = { action: null, given: {}, state: 'person' as const }
      await writeSteps(trx, one, [
        { ...step, part: 'steps', number: 2 },
        { ...step, part: 'steps', number: 1 },
        { ...step, part: 'diagnosis', number: 1 },
      ])
      await writeSteps(trx, two, [{ ...step, part: 'steps', number: 1 }])
      await askApproval(trx, { runId: two, plan: [], at: START, expiresAt: later(60) })
    })
    const told = await tellRuns(world.db, await listRunbookRuns(world.db, { limit: 9 }))
    expect(
      told.map(({ id, steps, approval }) => [id, steps.map(({ part, number }) => `${part} ${number}`), approval?.state]),
    ).to.deep.equal([
      [two, ['steps 1'], 'open'],
      [one, ['diagnosis 1', 'steps 1', 'steps 2'], undefined],
    ])
    expect(await tellRuns(world.db, [])).to.deep.equal([])
  })
})
