// The draft of a post-mortem, word for word, of an incident with all that one has; and of one of which nearly nothing is known.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { openEscalation } from '../../../services/runbook/escalation.ts'
import { postmortemOf } from '../../../services/runbook/postmortem.ts'
import { gatherStory } from '../../../services/runbook/story.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import { appendAudit } from '../../../services/store/audit.ts'
import { acknowledgeIncident, getIncident } from '../../../services/store/incidents.ts'
import { writeTallies } from '../../../services/store/tallies.ts'
import { seedBoard } from '../api/seed.ts'
import { openDesk } from '../notify/seed.ts'
import { openOpsStand, type OpsStand } from './ops-stand.ts'
import { ALERT, USUAL } from './stand.ts'

describe('services/runbook/postmortem', () => {
  let stand: OpsStand
  beforeEach(async () => {
    stand = await openOpsStand({ [ALERT]: USUAL })
  })
  afterEach(() => stand.close())

  const at = (time: string) => new Date(`2030-01-01T${time}Z`)
  const turnTo = (time: string) => void (stand.clock.now = at(time))
  const deliver = () => stand.messenger().deliverDue()
  async function draft(now = at('23:00:00')): Promise<string> {
    const incident = await getIncident(stand.db, '1')
    if (!incident) throw new Error('there is no incident')
    return postmortemOf(await gatherStory(stand.db, incident, await readSlos(stand.world.metrics), now))
  }
  /** A line of the audit, as if it had been written at that time. */
  async function changed(time: string, actor: string, action: string, target: string): Promise<void> {
    await appendAudit(stand.db, { actor, action, target })
    await stand.db.raw('alter table audit disable trigger user')
    await stand.db.raw('update audit set at = ? where id = (select max(id) from audit)', [at(time)])
    await stand.db.raw('alter table audit enable trigger user')
  }
  async function visits(source: string, outcomes: Record<string, number>, time: string): Promise<void> {
    const board = await seedBoard(stand.db, source, `board-${randomUUID()}`)
    const run = { board_id: board.id, source, trigger: 'schedule', complete: true, started_at: at(time), seconds: 1 }
    for (const [outcome, count] of Object.entries(outcomes))
      await stand.db('runs').insert(Array.from({ length: count }, () => ({ ...run, id: randomUUID(), outcome })))
  }
  async function notifications(): Promise<void> {
    const desk = await openDesk(stand.world)
    await desk.tell(await desk.search('alpha'), 5)
    const ids = (await desk.rows()).map(({ id }) => id)
    const put = (some: readonly number[], row: object) =>
      stand
        .db('outbox')
        .whereIn('id', [...some])
        .update({ created_at: at('12:10:00'), ...row })
    await put(ids.slice(0, 3), { state: 'delivered', delivered_at: at('12:10:04') })
    await put(ids.slice(3, 4), { state: 'delivered', delivered_at: at('12:12:00') })
    await put(ids.slice(4), { state: 'pending' })
  }
  async function tallies(): Promise<void> {
    const event = (bad: number, total: number) => ({ slo: 'scrape-success', bound: '', labels: { source: 'greenhouse' }, bad, total })
    await writeTallies(stand.db, { at: at('02:00:00'), seconds: 3600, events: [event(3, 760)], slices: [] })
    await writeTallies(stand.db, { at: at('12:05:00'), seconds: 60, events: [event(12, 40)], slices: [] })
  }

  it('tells all that was recorded of an incident, and asks for the rest', async () => {
    await changed('10:30:00', 'cli', 'source.resume', 'source/greenhouse')
    await changed('09:00:00', 'cli', 'source.reset', 'source/lever')
    await stand.db('workers').insert({ owner: 'a:1', role: 'worker', version: '0.2.0', host: 'a', pid: 1, started_at: at('11:50:00') })
    await visits('greenhouse', { ok: 39, timeout: 1 }, '11:30:00')
    await visits('greenhouse', { ok: 20, unchanged: 7, blocked: 8, timeout: 4, rejected: 1, skipped: 5 }, '12:05:00')
    await visits('lever', { blocked: 9 }, '12:05:00')
    await notifications()
    await tallies()
    await stand.setMode(ALERT, 'auto')

    await stand.tell({ starts_at: at('11:58:00') })
    await deliver()
    turnTo('12:00:02')
    await stand.engine({ probe: (point) => void (point === 'executed' && turnTo('12:00:03')) }).runDue()
    await deliver()
    for (const time of ['12:00:13', '12:00:23']) {
      turnTo(time)
      await stand.engine().runDue()
    }
    await deliver()
    turnTo('12:05:00')
    await stand.tell({ status: 'resolved', starts_at: at('11:58:00') })
    await deliver()
    turnTo('12:10:00')
    await stand.tell({ fingerprint: 'f2', name: 'Unheard', labels: { severity: 'ticket' } })
    await stand.tell()
    await stand.engine().runDue()
    await deliver()
    turnTo('12:25:01')
    const { watch, database } = stand.world
    await openEscalation({ watch, database, afterMinutes: 15, hasSecond: false, secrets: [], now: () => stand.clock.now }).once()
    await deliver()
    await acknowledgeIncident(stand.db, '1', 'ann')
    await stand
      .db('incidents')
      .where({ number: 1 })
      .update({ acknowledged_at: at('12:27:00') })
    await changed('12:29:00', 'token:ann', 'source.pause', 'source/greenhouse')
    turnTo('12:40:00')
    await stand.tell({ status: 'resolved', starts_at: at('12:10:00') })
    await deliver()
    // Looks take their time from the clock of the machine.
    for (const run of await stand.runs())
      await stand.db('runbook_steps').where({ run_id: run.id, part: 'diagnosis' }).update({ ended_at: run.started_at })
    await stand.db.raw(`update ops_messages set delivered_at = date_trunc('second', delivered_at + interval '0.9 s')`)
    const trace = { mended: null, refused: '0af7651916cd43dd8448eb211c80319c' }
    for (const [outcome, id] of Object.entries(trace)) await stand.db('runbook_runs').where({ outcome }).update({ trace_id: id })

    expect(await draft()).to.equal(FULL)
  })

  it('asks nearly everything of an incident that goes on and of which little is known', async () => {
    await stand.tell({ name: 'Unheard', annotations: { summary: '[Click](https://evil.example) <img src=x> *now*\n# Heading' } })
    const text = await draft(at('15:30:00'))
    expect(text).to.contain(
      '**Duration:** not over yet, so far 3.5 h  \n**Severity:** P1 (page)  \n**Impact:** No visit to greenhouse ended while it lasted',
    )
    expect(text).to.contain(
      '\\[Click\\](https://evil.example) \\<img src=x\\> \\*now\\* # Heading (owner=scraping, source=greenhouse). It was not acknowledged, not mitigated by its runbook, not over.',
    )
    expect(text).to.contain('- No notification fell due while it lasted\n- No objective is recorded as having spent budget\n')
    expect(text).to.contain('No runbook has looked at it, so nothing is recorded of the cause.')
    expect(text).to.contain('In the two hours before it, 0 changes by hand and 0 beginning processes are recorded.')
    expect(text).to.contain('Nothing that was done is recorded.\n\n*What ended it? Did it end by itself?*')
    expect(text).to.contain('*Why did no runbook run? Is there a page runbooks/Unheard.md?*')
    expect(await readHeadings(text)).to.deep.equal([
      'Summary',
      'Impact',
      'Timeline (UTC)',
      'Root Cause',
      'Resolution',
      'Action Items',
      'Lessons Learned',
    ])
  })
  const readHeadings = async (text: string) => [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)

  const endings: [string, Record<string, unknown>, RegExp][] = [
    [
      'proposed something',
      { outcome: 'suggested' },
      /May SourceBlocked do by itself what it proposed \(rolewatch runbook mode SourceBlocked auto\)\?/,
    ],
    ['could not tell', { outcome: 'inconclusive' }, /Which look is missing from runbooks\/SourceBlocked\.md/],
    ['did not help', { outcome: 'unmended' }, /Why did the steps of runbooks\/SourceBlocked\.md not help/],
    ['failed', { outcome: 'failed' }, /not come to its end, and is everything as it should be/],
    ['was interrupted', { outcome: 'interrupted' }, /not come to its end/],
    ['was not answered', { outcome: 'expired' }, /put to the right people/],
    [
      'was refused',
      { outcome: 'refused', words: 'There is maintenance.' },
      /Was it right to hold the runbook back\? There is maintenance\./,
    ],
  ]
  for (const [what, row, asks] of endings)
    it(`asks about a run that ${what}`, async () => {
      await stand.tell()
      await stand.engine().runDue()
      await stand.db('runbook_runs').update(row)
      const items = (await draft()).split('## Action Items')[1] ?? ''
      expect(items).to.match(asks)
      expect(items.match(/^- \[ \] /gm), 'and the general one').to.have.length(2)
    })

  it('names the days of a long incident', async () => {
    await stand.tell()
    stand.clock.pass(86_400)
    await stand.tell({ status: 'resolved', starts_at: at('12:00:00') })
    const text = await draft()
    expect(text).to.contain('\n2030-01-01:\n\n- 12:00:00 – ').and.contain('\n\n2030-01-02:\n\n- 12:00:00 – ')
    expect(text).to.contain('**Duration:** 24.0 h')
  })

  it('leaves dry runs out', async () => {
    await stand.tell()
    await stand.db('runbook_runs').update({ dry_run: true })
    expect(await draft()).to.contain('No runbook has looked at it')
  })
})

const FULL = `# Post-Mortem: INC-1 SourceBlocked

**Date:** 2030-01-01  
**Duration:** 40 min  
**Severity:** P1 (page)  
**Impact:** 13 of 40 visits to greenhouse failed: 8 blocked, 4 timeout, 1 rejected (in the hour before: 1 of 40)  

> A draft of what was recorded. It is about what happened and not about who: lines in *italics* are questions that people answer.

## Summary

Greenhouse refuses us (owner=scraping, source=greenhouse). It was acknowledged after 27 min, not mitigated by its runbook, over after 40 min. The alert came back once.

At the same time: INC-2 Unheard.

*What did people see between 12:00 and 12:40, in two sentences?*

## Impact

- 13 of 40 visits to greenhouse failed: 8 blocked, 4 timeout, 1 rejected (in the hour before: 1 of 40)
- Of 5 notifications that fell due, 1 came later than 30 s, 1 still wait
- scrape-success: 30% of the budget of 24h spent (12 of 40 events bad)

## Timeline (UTC)

2030-01-01:

- 10:30:00 – Changed by cli: source.resume source/greenhouse
- 11:50:00 – A process began: role worker, version 0.2.0
- 11:58:00 – The alert began to fire
- 12:00:00 – Alertmanager told of it
- 12:00:00 – The incident was opened
- 12:00:00 – On-call was told by Slack: it fires
- 12:00:02 – The runbook began, in mode auto
- 12:00:02 – Diagnosed: broken (blocked)
- 12:00:02 – source.hold on source/greenhouse: done. source.hold acted on greenhouse.
- 12:00:03 – On-call was told by Slack: what was found
- 12:00:13 – The runbook ended: mended. It helped: the alert is gone.
- 12:00:23 – On-call was told by Slack: what was done
- 12:05:00 – The alert ended
- 12:05:00 – On-call was told by Slack: the end
- 12:10:00 – The alert began to fire
- 12:10:00 – Alertmanager told of it
- 12:10:00 – The runbook began, in mode auto (trace 0af7651916cd43dd8448eb211c80319c)
- 12:10:00 – Diagnosed: broken (blocked)
- 12:10:00 – source.hold on source/greenhouse: refused. source.hold will act on greenhouse. Refused: source.hold acted on source/greenhouse at 2030-01-01 12:00Z, and may again at 2030-01-01 12:10Z.
- 12:10:00 – The runbook ended: refused. Nothing was changed: source.hold acted on source/greenhouse at 2030-01-01 12:00Z, and may again at 2030-01-01 12:10Z.
- 12:10:00 – On-call was told by Slack: it fires, what was found, what was done
- 12:25:01 – Nobody had acknowledged it: it was escalated to the second channel
- 12:25:01 – On-call was told by Slack: that a person must act
- 12:27:00 – Acknowledged by ann
- 12:29:00 – Changed by token:ann: source.pause source/greenhouse
- 12:40:00 – The alert ended
- 12:40:00 – Resolved
- 12:40:00 – On-call was told by Slack: the end

## Root Cause

The runbook's verdict was broken, blocked:

- source.look: broken. The host refuses us.

In the two hours before it, 1 change by hand and 1 beginning process are recorded.

*Is that the cause, or what the cause looks like? Why could it happen, and why was it not seen before?*

## Resolution

- The runbook: source.hold acted on greenhouse. (done, the run ended mended)
- By hand: source.pause source/greenhouse (token:ann)

The alert was gone after what the runbook had done.

*It came back: why did that not last, and what ended it then?*

## Action Items

- [ ] *Why did nobody acknowledge it until it was escalated?* (Owner: ?, Due: ?)
- [ ] *Was it right to hold the runbook back? Nothing was changed: source.hold acted on source/greenhouse at 2030-01-01 12:00Z, and may again at 2030-01-01 12:10Z.* (Owner: ?, Due: ?)
- [ ] *Why did the alert come back?* (Owner: ?, Due: ?)
- [ ] *Who tells people what they have not been told (rolewatch outbox list)?* (Owner: ?, Due: ?)
- [ ] *What would keep it from happening again, or make it smaller?* (Owner: ?, Due: ?)

## Lessons Learned

- *What went well?*
- *What went badly?*
- *Where were we lucky?*
`
