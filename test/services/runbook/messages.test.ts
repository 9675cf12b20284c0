// What the people on call read of an incident, word for word, from the first firing to the end.

import { expect } from 'chai'
import { runByHand } from '../../../services/runbook/hand.ts'
import { openSay } from '../../../services/runbook/messages.ts'
import { acknowledgeIncident } from '../../../services/store/incidents.ts'
import { getRunbookRun } from '../../../services/store/runbook-runs.ts'
import { listSteps } from '../../../services/store/runbook-steps.ts'
import { decideApproval, listOpenApprovals } from '../../../services/store/approvals.ts'
import { openOpsStand, type OpsStand } from './ops-stand.ts'
import { ALERT, pageText, USUAL } from './stand.ts'

/** A change that can be taken back, one that cannot, and a person. */
const MIXED = pageText(
  ALERT,
  ['`source.look source=$source` how it is.', 'Open the page of the source in a browser.'],
  ['`source.hold source=$source when=blocked` so that it is left in peace.', '`source.drop source=$source` for good.', 'Ask the host.'],
)
const STARTED = new Date('2030-01-01T12:00:00Z')
const FIRED = ['*Greenhouse refuses us*', 'page, P1 · since 12:00 UTC · source greenhouse']
const ACK = 'Say that you have it: `rolewatch incident ack INC-1`'
const FOUND = ['*Found: broken (blocked)*', '1. source.look – broken: The host refuses us.']
const HELD = ['*Done*', '1. source.hold on source/greenhouse – done: source.hold acted on greenhouse.']
const RUNBOOK = '<https://roles.example/#/runbook/SourceBlocked|Runbook>'
const dashboard = (to: string) =>
  `<https://grafana.example/d/rolewatch-scrapers?var-source=greenhouse&amp;from=1893497400000&amp;to=${to}|Dashboard>`
const links = (to = 'now') => `(${RUNBOOK} · ${dashboard(to)} · <https://roles.example/#/incidents/1|INC-1>)`

describe('services/runbook/messages', () => {
  let stand: OpsStand
  beforeEach(async () => {
    stand = await openOpsStand({ [ALERT]: MIXED, SourceHeld: USUAL.replace(ALERT, 'SourceHeld') })
  })
  afterEach(() => stand.close())

  const over = () => stand.tell({ status: 'resolved', starts_at: STARTED })
  /** What is told now. */
  async function told(): Promise<string[][]> {
    const before = stand.seen().length
    await stand.messenger().deliverDue()
    return stand.seen().slice(before)
  }

  it('tells of an incident that its runbook mends in four messages', async () => {
    await stand.setMode(ALERT, 'auto')
    await stand.tell()
    expect(await told()).to.deep.equal([['# INC-1 SourceBlocked: it fires', ...FIRED, ACK, links()]])
    stand.clock.pass(2)
    const engine = stand.engine({
      probe: (point) => void (point === 'diagnosed' && (stand.knobs.verdict = { kind: 'firing', words: 'x' })),
    })
    await engine.runDue()
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceBlocked: its runbook acts',
        ...FIRED,
        ...FOUND,
        '*What it does now*',
        '1. source.hold: source.hold will act on greenhouse.',
        '*What it would ask for*',
        '2. source.drop: source.drop will act on greenhouse.',
        links(),
      ],
    ])
    stand.knobs.verdict = { kind: 'mended', words: 'its expression gives nothing any more' }
    for (const seconds of [10, 10]) {
      stand.clock.pass(seconds)
      await stand.engine().runDue()
    }
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceBlocked: mended by its runbook',
        ...FIRED,
        ...FOUND,
        ...HELD,
        'It helped: its expression gives nothing any more.',
        links(),
      ],
    ])
    stand.clock.pass(278)
    await over()
    expect(await told()).to.deep.equal([
      ['# INC-1 SourceBlocked: over after 5 min', ...FIRED, 'The alert is over. It lasted 5 min.', links('1893500100000')],
    ])
    expect(await told(), 'nothing twice').to.deep.equal([])
  })

  it('folds what waits of one incident into one message that says the newest first', async () => {
    await stand.tell()
    stand.clock.pass(2)
    await stand.engine().runDue()
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceBlocked: a person must act',
        ...FIRED,
        ...FOUND,
        '*What it would do*',
        '1. source.hold: source.hold will act on greenhouse.',
        '2. source.drop: source.drop will act on greenhouse.',
        '*What a person must do*',
        '• Open the page of the source in a browser.',
        '• Ask the host.',
        ACK,
        links(),
      ],
    ])
  })

  it('leads to where somebody can say yes, and tells who has the incident by then', async () => {
    await stand.setMode(ALERT, 'approval')
    await stand.tell()
    await stand.engine().runDue()
    const [approval] = await listOpenApprovals(stand.db, stand.clock.now)
    const id = approval?.id ?? ''
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceBlocked: its runbook asks for a yes',
        ...FIRED,
        ...FOUND,
        '*What it asks to do*',
        '1. source.hold: source.hold will act on greenhouse.',
        '2. source.drop: source.drop will act on greenhouse.',
        `<https://roles.example/#/approvals/${id}|Approve or reject> until 13:00 UTC, here or with:`,
        `\`rolewatch runbook approve ${id}\``,
        ACK,
        links(),
      ],
    ])
    await acknowledgeIncident(stand.db, '1', 'ann')
    await stand.db('incidents').update({ acknowledged_at: stand.clock.now })
    expect(await decideApproval(stand.db, id, { by: 'ann', verdict: 'rejected', now: stand.clock.now })).to.equal('decided')
    await stand.engine().runDue()
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceBlocked: its runbook was told no, a person must act',
        '*Greenhouse refuses us*',
        'page, P1 · since 12:00 UTC · source greenhouse · acknowledged by ann at 12:00 UTC',
        ...FOUND,
        'ann said no.',
        '*What a person must do*',
        '• Open the page of the source in a browser.',
        '• Ask the host.',
        links(),
      ],
    ])
  })

  it('calls a person when what was done did not help, and says that it was taken back', async () => {
    await stand.setMode('SourceHeld', 'auto')
    await stand.tell({ name: 'SourceHeld' })
    stand.knobs.verdict = { kind: 'firing', words: 'its expression still gives 1' }
    await stand.engine().runDue()
    stand.clock.pass(901)
    await stand.engine().runDue()
    expect(await told()).to.deep.equal([
      [
        '# INC-1 SourceHeld: its runbook did not help, a person must act',
        ...FIRED,
        ...FOUND,
        '*Done*',
        '1. source.hold on source/greenhouse – undone: source.hold acted on greenhouse. source.hold is taken back.',
        'It did not help in 900 seconds: its expression still gives 1. What was done is taken back.',
        '*What a person must do*',
        '• Ask the host what is the matter.',
        ACK,
        links().replace('SourceBlocked', 'SourceHeld'),
      ],
    ])
  })

  it('says what is needed when an action fails, when nothing can be told, and when the switch is off', async () => {
    await stand.setMode(ALERT, 'auto')
    const cases: [string, () => unknown, string[]][] = [
      ['a1', () => (stand.knobs.actFails = new Error('disk full')), ['its runbook failed, a person must act', 'disk full']],
      ['a2', () => (stand.knobs.lookHangs = true), ['its runbook cannot tell what is wrong, a person must look', 'no answer in']],
      ['a3', () => (stand.knobs.finding = { verdict: 'healthy', causes: [], words: 'All is well.' }), ['its runbook found nothing wrong']],
      [
        'a4',
        () => stand.db('switches').insert({ name: 'automation', is_off: true, reason: 'a move', set_by: 'ann' }),
        ['its runbook was held back, a person must act', 'a move'],
      ],
    ]
    const atRest = { ...stand.knobs }
    for (const [fingerprint, turn, words] of cases) {
      Object.assign(stand.knobs, atRest)
      await turn()
      await stand.tell({ fingerprint, labels: { source: fingerprint.replace(/\d/, (n) => 'abcde'[Number(n)] ?? '') } })
      await stand.engine().runDue()
      const [message] = await told()
      for (const one of words) expect(message?.join('\n'), fingerprint).to.contain(one)
    }
  })

  it('tells of an alert without a page, and of one that comes back too often', async () => {
    await stand.tell({ name: 'Unheard', fingerprint: 'f2' })
    expect((await told())[0]).to.deep.equal([
      '# INC-1 Unheard: there is no runbook for it, a person must act',
      ...FIRED,
      ACK,
      'There is no page in runbooks/ for this alert: nothing is looked at by itself.',
      links().replace('SourceBlocked', 'Unheard'),
    ])
    for (let n = 0; n < 4; n++) {
      await stand.tell({ fingerprint: 'f3' })
      await stand.engine().runDue()
      stand.clock.pass(60)
      if (n < 3) await stand.tell({ fingerprint: 'f3', status: 'resolved' })
      stand.clock.pass(60)
    }
    const [message, ...more] = await told()
    expect(more, 'ten updates, one message').to.deep.equal([])
    expect(message?.[0]).to.equal('# INC-2 SourceBlocked: its runbook has run often enough, a person must act')
    expect(message?.[2]).to.equal('page, P1 · since 12:00 UTC · came back 3 times, last 12:06 UTC · source greenhouse')
    expect(
      message?.filter((line) => line.startsWith('*Found')),
      'the last two runs',
    ).to.have.length(2)
    expect(message).to.include('It had its share of automatic runs, and the alert keeps coming back: more of the same does not help.')
  })

  it('tells of a run by hand that belongs to no incident, and of a dry one not at all', async () => {
    const ask = { alert: ALERT, labels: { source: 'greenhouse' }, actor: 'cli' }
    await runByHand(stand.db, { ...ask, dryRun: true })
    await stand.engine({ now: () => new Date() }).runDue()
    expect(await told()).to.deep.equal([])
    await runByHand(stand.db, { ...ask, dryRun: false })
    await stand.engine({ now: () => new Date() }).runDue()
    const [message] = await told()
    expect(message?.slice(0, 4)).to.deep.equal([
      '# SourceBlocked, run by hand: a person must act',
      '*Asked for by cli*',
      'source=greenhouse',
      '*Found: broken (blocked)*',
    ])
    expect(message?.at(-1)).to.equal(`(${RUNBOOK})`)
  })

  it('queues in the transaction of what it tells: what is rolled back is not told', async () => {
    await stand.tell()
    const before = (await stand.rows()).length
    await stand.world.database
      .inTransaction(async (trx) => {
        await stand.say(trx, { incidentId: (await trx('incidents').first('id')).id as string, kind: 'resolved' })
        throw new Error('no')
      })
      .catch(() => {})
    expect(await stand.rows()).to.have.length(before)
  })

  it('takes secrets out of what it keeps, and keeps no more of it than a message holds', async () => {
    const say = openSay({ secrets: ['hunter2222'] })
    await stand.tell()
    await stand.engine().runDue()
    const run = await stand.run()
    const long = `hunter2222 ${'x'.repeat(5000)}`
    const steps = (await listSteps(stand.db, run.id)).map((step) => ({ ...step, words: long }))
    await say(stand.db, { incidentId: run.incident_id, kind: 'done', run: { ...run, words: long }, steps })
    const row = await stand.db('ops_messages').orderBy('id', 'desc').first('payload')
    const text = JSON.stringify(row)
    expect(text).not.to.contain('hunter2222')
    expect(text.length).to.be.below(4000)
    expect(await getRunbookRun(stand.db, run.id)).to.include({ state: 'done' })
  })
})
