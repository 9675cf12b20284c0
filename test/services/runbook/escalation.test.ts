// Escalation: a page that nobody has goes to the second on call, once, however many processes look.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { openEscalation, type EscalationOptions } from '../../../services/runbook/escalation.ts'
import { acknowledgeIncident, getIncident, mitigateIncident } from '../../../services/store/incidents.ts'
import { listOpenApprovals } from '../../../services/store/approvals.ts'
import { openOpsStand, type OpsStand } from './ops-stand.ts'
import { ALERT, USUAL } from './stand.ts'

describe('services/runbook/escalation', () => {
  let stand: OpsStand
  beforeEach(async () => {
    stand = await openOpsStand({ [ALERT]: USUAL })
  })
  afterEach(() => stand.close())

  async function look(more: Partial<EscalationOptions> = {}): Promise<number> {
    const options = { watch: stand.world.watch, database: stand.world.database, afterMinutes: 15, hasSecond: true, secrets: [] }
    const escalation = openEscalation({ ...options, now: () => stand.clock.now, ...more })
    const count = await escalation.once()
    await escalation.close()
    return count
  }
  const minutes = (count: number) => stand.clock.pass(count * 60)
  const escalations = async () => (await stand.rows()).filter(({ kind }) => kind === 'escalated').map(({ lane }) => lane)

  it('calls the second on call after fifteen minutes, once, with all that is known, and says so where on-call reads', async () => {
    await stand.setMode(ALERT, 'approval')
    await stand.tell()
    await stand.engine().runDue()
    const messenger = stand.messenger({ mail: stand.mail.mail, recipient: (of) => `${of}@example.org` })
    await messenger.deliverDue()
    minutes(14.9)
    expect(await look()).to.equal(0)
    minutes(0.2)
    expect(await look()).to.equal(1)
    expect(await getIncident(stand.db, '1')).to.deep.include({ state: 'opened', escalated_at: stand.clock.now })
    await messenger.deliverDue()
    expect(stand.seen().at(-1)).to.include.members([
      '# INC-1 SourceBlocked: nobody has acknowledged it for 15 min',
      'Nobody has acknowledged this page for 15 minutes: the second on call is written to.',
      'Say that you have it: `rolewatch incident ack INC-1`',
    ])
    const [letter, ...more] = stand.mail.accepted
    expect(more).to.deep.equal([])
    expect(letter?.to).to.deep.equal(['second@example.org'])
    const text = (letter?.raw ?? '').replaceAll(/=\r\n/g, '').replaceAll('=3D', '=')
    const [approval] = await listOpenApprovals(stand.db, stand.clock.now)
    for (const words of ['source.look', 'rolewatch runbook approve', approval?.id ?? '?', 'Ask the host what is the matter.'])
      expect(text).to.contain(words)
    minutes(600)
    expect(await look(), 'once').to.equal(0)
    const audit = await stand.db('audit').where({ actor: 'escalation' }).select('action', 'target')
    expect(audit).to.deep.equal([{ action: 'incident.escalate', target: 'incident/INC-1' }])
  })

  it('leaves alone what somebody has, what is mended, what is over and what is no page', async () => {
    for (const fingerprint of ['f1', 'f2', 'f3', 'f4'])
      await stand.tell({ fingerprint, ...(fingerprint === 'f4' ? { labels: { severity: 'ticket' } } : {}) })
    await acknowledgeIncident(stand.db, '1', 'ann')
    await stand.world.database.inTransaction(async (trx) => mitigateIncident(trx, (await getIncident(trx, '2'))?.id ?? '', stand.clock.now))
    await stand.tell({ fingerprint: 'f3', status: 'resolved' })
    minutes(60)
    expect(await look()).to.equal(0)
  })

  it('counts from the last beginning, but puts off what comes and goes for an hour at the most', async () => {
    await stand.tell()
    for (let n = 0; n < 6; n++) {
      minutes(5)
      await stand.tell({ status: 'resolved' })
      minutes(5)
      await stand.tell()
      expect(await look(), `after ${(n + 1) * 10} minutes`).to.equal(n < 5 ? 0 : 1)
    }
  })

  it('never does where it is switched off, and without a second channel says so', async () => {
    await stand.tell()
    minutes(60)
    expect(await look({ afterMinutes: 0 })).to.equal(0)
    expect(await look({ hasSecond: false })).to.equal(1)
    expect(await escalations()).to.deep.equal(['ops'])
    await stand.messenger().deliverDue()
    expect(stand.seen()[0]?.join('\n')).to.contain('60 minutes: there is no second channel to call anybody by (SMTP_URL is not set)')
  })

  it('goes to DIGEST_TO where nobody has the next shift', async () => {
    await stand.tell()
    minutes(16)
    await look()
    await stand.messenger({ mail: stand.mail.mail, recipient: () => undefined }).deliverDue()
    expect(stand.mail.accepted.map(({ to }) => to)).to.deep.equal([['ann@example.org']])
  })

  it('escalates once when several processes look at the same moment', async function () {
    this.timeout(30_000)
    await stand.tell()
    // The processes go by PostgreSQL's clock.
    await stand.db('incidents').update({ opened_at: new Date(Date.now() - 3_600_000), last_fired_at: new Date(Date.now() - 3_600_000) })
    const program = join(ROOT, 'test', 'services', 'runbook', 'ops-sender.ts')
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [program, 'escalate', stand.world.database.url], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const lines = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]())
    for (const line of lines) expect((await line.next()).value).to.equal('ready')
    for (const child of children) child.stdin.write('go\n')
    const counts = await Promise.all(lines.map(async (line) => Number((await line.next()).value)))
    for (const child of children) if (child.exitCode === null) await once(child, 'exit')
    expect(counts.toSorted((a, b) => a - b)).to.deep.equal([0, 0, 1])
    expect(await escalations()).to.deep.equal(['ops', 'ops_mail'])
  })
})
