// Runbooks from the command line: what there is, what each may do, running one dry, answering what a run asks.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { ackCommand, listCommand as listIncidents, showCommand as showIncident } from '../../../services/cli/incident.ts'
import { decideCommand, historyCommand, listCommand, modeCommand, showCommand } from '../../../services/cli/runbook.ts'
import { runCommand } from '../../../services/cli/runbook-run.ts'
import type { Database } from '../../../services/store/database.ts'
import { askApproval } from '../../../services/store/approvals.ts'
import { openIncident, type Incident } from '../../../services/store/incidents.ts'
import { enqueueRun, type StoredRun } from '../../../services/store/runbook-runs.ts'
import { writeSteps } from '../../../services/store/runbook-steps.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught, refused } from './desk.ts'

const ALERT = 'BreakerOpen'
const TABLE = { format: 'table' as const }

describe('rolewatch runbook', function () {
  this.timeout(60_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  const said = async (work: () => Promise<unknown>) => (await caught(work)).out

  /** An incident whose run waits for an answer. */
  async function addQuestion(fingerprint: string): Promise<{ incident: Incident; runId: string; approvalId: string }> {
    return database.inTransaction(async (trx) => {
      const at = new Date()
      const { incident } = await openIncident(trx, {
        fingerprint,
        alertname: ALERT,
        labels: { alertname: ALERT, source: 'greenhouse', odd: 'a\u001B[2Jb' },
        summary: 'The breaker is open',
        severity: 'ticket',
        priority: 'P1',
        firedAt: at,
        at,
      })
      const draft = {
        incidentId: incident.id,
        alert: ALERT,
        labels: {},
        mode: 'approval',
        dryRun: false,
        trigger: 'alert',
        actor: 'x',
      } as const
      const runId = (await enqueueRun(trx, draft, at)) ?? ''
      await trx('runbook_runs')
        .where({ id: runId })
        .update({ state: 'waiting', verdict: 'broken', causes: ['upstream'], due_at: '2099-01-01' })
      await writeSteps(trx, runId, [
        { part: 'diagnosis', number: 1, action: 'host.state', given: {}, state: 'done', verdict: 'broken', words: 'It is open.' },
        {
          part: 'steps',
          number: 1,
          action: 'breaker.probe',
          given: {},
          state: 'planned',
          target: 'source/greenhouse',
          words: 'It will be tried.',
        },
        { part: 'steps', number: 2, action: null, given: {}, state: 'person', words: 'Ask the host.' },
      ])
      const { id } = await askApproval(trx, { runId, plan: [], at, expiresAt: new Date(at.getTime() + 3_600_000) })
      return { incident, runId, approvalId: id }
    })
  }

  it('lists every page with its mode, its lines and its last run', async () => {
    const rows = await answered<{ alert: string; mode: string; last_outcome: unknown; waits_for: unknown }[]>(() =>
      listCommand(ground.config, { format: 'json' }),
    )
    expect(rows.map(({ alert }) => `${alert}.md`)).to.deep.equal(readdirSync(join(ROOT, 'runbooks')).toSorted())
    expect(rows.find(({ alert }) => alert === ALERT)).to.deep.include({ mode: 'suggest', last_outcome: null, waits_for: null })
  })

  it('shows the page as it is, and what it may do', async () => {
    const out = await said(() => showCommand(ground.config, {}, [ALERT]))
    expect(out)
      .to.match(/^# BreakerOpen\n/)
      .and.to.match(/\nIts mode is suggest\.$/)
    for (const name of ['Nothing', '../README', ''])
      expect(await refused('Misuse', () => showCommand(ground.config, {}, [name]))).to.match(/^There is no runbook/)
  })

  it('sets what a page may do, with a line in the audit', async () => {
    expect(await said(() => modeCommand(ground.config, {}, [ALERT, 'auto']))).to.equal(
      'BreakerOpen: from its next run on it does by itself what can be taken back, and asks for the rest.',
    )
    expect(await said(() => showCommand(ground.config, {}, [ALERT]))).to.match(/Its mode is auto, set by cli /)
    expect(await database.db('audit').where({ action: 'runbook.mode' }).select('target', 'before', 'after')).to.deep.equal([
      { target: `runbook/${ALERT}`, before: 'suggest', after: 'auto' },
    ])
    expect(await refused('Misuse', () => modeCommand(ground.config, {}, [ALERT, 'wild']))).to.equal(
      'There is no mode wild. There are suggest, auto, approval.',
    )
    await modeCommandQuiet('suggest')
  })
  const modeCommandQuiet = (mode: string) => caught(() => modeCommand(ground.config, {}, [ALERT, mode]))

  it('runs a page dry by itself and says what would happen, without changing anything', async () => {
    const { value, out } = await caught(() =>
      runCommand(ground.config, { label: ['source=greenhouse'], dryRun: true, format: 'json' }, [ALERT]),
    )
    expect(value).to.equal(0)
    const run = JSON.parse(out) as StoredRun & { steps: { state: string }[] }
    expect(run).to.deep.include({ alertname: ALERT, state: 'done', outcome: 'dry_run', dry_run: true, actor: 'cli', trigger: 'hand' })
    expect(run.words).to.match(/^The verdict is \w+\. (Nothing would be changed|What would be done)/)
    expect(run.steps.every(({ state }) => ['done', 'planned', 'skipped', 'person'].includes(state))).to.equal(true)
    expect(await database.db('boards').whereNotNull('paused_until')).to.deep.equal([])
    expect(
      await database
        .db('audit')
        .where({ target: `run/${run.id}` })
        .pluck('action'),
    ).to.have.members(['runbook.dry_run', 'runbook.diagnose', 'runbook.end'])
    expect(await refused('Misuse', () => runCommand(ground.config, { label: ['nonsense'], ...TABLE }, [ALERT]))).to.match(/is no label/)
    expect(await refused('Misuse', () => runCommand(ground.config, { mode: 'wild', ...TABLE }, [ALERT]))).to.match(/There is no mode wild/)
  })

  it('answers what a run asks, once', async () => {
    const { runId, approvalId, incident } = await addQuestion('f1')
    const list = await answered<{ alert: string; waits_for: string }[]>(() => listCommand(ground.config, { format: 'json' }))
    expect(list.find(({ alert }) => alert === ALERT)?.waits_for).to.equal(approvalId)
    const approve = decideCommand('approved')
    expect(await refused('Refusal', () => runCommand(ground.config, TABLE, [ALERT]))).to.match(
      new RegExp(`^INC-${incident.number} has a run of ${ALERT} that is not over`),
    )
    expect(await said(() => approve(ground.config, {}, [approvalId]))).to.equal('Approved: the run goes on.')
    expect(await refused('Refusal', () => decideCommand('rejected')(ground.config, {}, [runId]))).to.equal('Somebody has answered before.')
    expect(await refused('Refusal', () => approve(ground.config, {}, ['nonsense']))).to.match(/^There is no such question/)
    const other = await addQuestion('f2')
    expect(await said(() => decideCommand('rejected')(ground.config, {}, [other.runId]))).to.equal('Rejected: nothing more is done.')
    const late = await addQuestion('f3')
    await database
      .db('approvals')
      .where({ id: late.approvalId })
      .update({ expires_at: new Date(0) })
    expect(await refused('Refusal', () => approve(ground.config, {}, [late.approvalId]))).to.equal(
      'It was asked too long ago: the run is over.',
    )
  })

  it('tells what ran, of one page or all, by how it ended', async () => {
    const history = (more: object) =>
      answered<{ outcome: string | null }[]>(() => historyCommand(ground.config, { format: 'json', limit: 20, ...more }))
    expect((await history({ alert: ALERT })).length).to.equal(4)
    expect(await history({ alert: 'SourceStale' })).to.deep.equal([])
    expect((await history({ outcome: 'dry_run' })).map(({ outcome }) => outcome)).to.deep.equal(['dry_run'])
    expect(await said(() => historyCommand(ground.config, { ...TABLE, limit: 1 }))).to.match(/BreakerOpen +approval +x +broken +waiting/)
  })

  describe('rolewatch incident', () => {
    it('lists what is open, and all on demand', async () => {
      await database.db('incidents').where({ number: 1 }).update({ state: 'resolved', resolved_at: new Date() })
      const numbers = async (more: object) =>
        (await answered<Incident[]>(() => listIncidents(ground.config, { format: 'json', limit: 9, ...more }))).map(({ number }) => number)
      expect(await numbers({})).to.deep.equal([3, 2])
      expect(await numbers({ all: true })).to.deep.equal([3, 2, 1])
      expect(await numbers({ state: 'resolved' })).to.deep.equal([1])
      expect(await said(() => listIncidents(ground.config, { ...TABLE, limit: 9 }))).to.match(/INC-3 +opened +P1 +ticket +BreakerOpen/)
    })

    it('shows one with its run, its steps, and how to approve, and obeys no label', async () => {
      const { incident, approvalId } = await addQuestion('f4')
      const out = await said(() => showIncident(ground.config, TABLE, [`INC-${incident.number}`]))
      expect(out).to.contain(`INC-${incident.number} BreakerOpen (P1, ticket): opened`)
      expect(out).to.contain('Diagnosis 1 host.state [broken] It is open.')
      expect(out).to.contain('Step 1 breaker.probe [planned] It will be tried.')
      expect(out).to.contain('Step 2 a person [person] Ask the host.')
      expect(out).to.contain(`rolewatch runbook approve ${approvalId}`)
      expect(out).not.to.contain('\u001B')
      expect(await refused('Refusal', () => showIncident(ground.config, TABLE, ['INC-99']))).to.match(/^There is no incident INC-99/)
    })

    it('is taken by the first who says so', async () => {
      expect(await said(() => ackCommand(ground.config, {}, ['INC-2']))).to.equal('INC-2 is yours.')
      expect(await said(() => ackCommand(ground.config, {}, ['2']))).to.equal('cli has INC-2 already.')
      expect(await refused('Refusal', () => ackCommand(ground.config, {}, ['INC-99']))).to.match(/^There is no incident/)
    })
  })
})
