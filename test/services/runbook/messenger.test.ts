// The messenger against a Slack that keeps its limits, refuses, hangs and is left in the middle, and against mail in its stead.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { MessengerOptions } from '../../../services/runbook/messenger.ts'
import { queueOpsUpdate } from '../../../services/store/ops-messages.ts'
import { ROOT } from '../../../services/config.ts'
import { openSlackServer, type Behaviour } from '../../slack.ts'
import { openOpsStand, type OpsStand } from './ops-stand.ts'
import { ALERT, USUAL } from './stand.ts'

const NO: Behaviour = { status: 503 }

/** What is held once everything that nobody needs is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('services/runbook/messenger', () => {
  let stand: OpsStand
  beforeEach(async () => {
    stand = await openOpsStand({ [ALERT]: USUAL })
  })
  afterEach(() => stand.close())

  const deliver = (options: Partial<MessengerOptions> = {}) => stand.messenger(options).deliverDue()
  const withMail = () => ({ mail: stand.mail.mail })
  const headers = () => stand.seen().map(([header]) => header)
  const states = async () => (await stand.rows()).map(({ kind, state, delivered_by: by }) => `${kind} ${state}${by ? ` ${by}` : ''}`)
  const over = () => stand.tell({ status: 'resolved', starts_at: stand.clock.now })
  /** Until it is so, by the real clock. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let n = 0; n < 400; n++) {
      if (await isSo()) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('it did not come to that')
  }
  /** A process of its own that is killed while it waits for Slack's answer. */
  async function killedWhileSending(): Promise<void> {
    const before = stand.slack.requests.length
    const child = spawn(
      process.execPath,
      [join(ROOT, 'test', 'services', 'runbook', 'ops-sender.ts'), 'send', stand.world.database.url, stand.slack.url],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    await until(() => stand.slack.requests.length > before)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  it('is woken by the commit, and looks by itself when nobody wakes it', async () => {
    stand.messenger({ pollSeconds: 60 }).start()
    await stand.tell()
    await until(() => stand.seen().length === 1)
    const poll = stand.messenger({ pollSeconds: 0.05 })
    poll.start()
    await stand.db('ops_messages').update({ state: 'pending' })
    await until(() => stand.seen().length === 2)
  })

  it('keeps one message a second over several processes, and folds what comes meanwhile', async () => {
    await stand.slack.close()
    Object.assign(stand.slack, await openSlackServer({ gapMs: 980 }))
    const ahead = stand.clock.now.getTime() - Date.now()
    const real = { intervalSeconds: 1, pollSeconds: 0.05, now: () => new Date(Date.now() + ahead) }
    for (let n = 0; n < 3; n++) stand.messenger(real).start()
    for (let round = 0; round < 10; round++)
      for (let n = 0; n < 4; n++) await stand.tell({ fingerprint: `f${n}`, ...(round % 2 ? { status: 'resolved' } : {}) })
    await until(async () => (await stand.rows()).every(({ state }) => state === 'delivered'))
    expect(stand.slack.requests.length, 'none refused').to.equal(stand.slack.accepted.length)
    expect(stand.slack.accepted.length).to.be.within(4, 6)
    expect(await stand.rows()).to.have.length(40)
  })

  it('takes 1,000 updates of 100 incidents in 100 messages, and holds no more than one of them', async function () {
    this.timeout(60_000)
    await stand.world.database.inTransaction(async (trx) => {
      await trx.raw(`
        insert into incidents (id, fingerprint, alertname, severity, priority, labels, summary, state, last_fired_at)
        select gen_random_uuid(), 'f' || n, 'SourceBlocked', 'ticket', 'P1', '{}', 'incident ' || n, 'opened', clock_timestamp()
          from generate_series(1, 100) n`)
      const payload = { kind: 'opened', at: stand.clock.now, flaps: 0, openedAt: stand.clock.now, filler: 'x'.repeat(20_000) }
      await trx.raw(
        `insert into ops_messages (lane, thread, incident_id, kind, payload, due_at, created_at)
         select 'ops', i.id, i.id, 'opened', jsonb_set(?::jsonb, '{run}', jsonb_build_object('id', n, 'looks', '[]'::jsonb, 'steps', '[]'::jsonb,
                  'people', '[]'::jsonb, 'causes', '[]'::jsonb, 'words', null, 'alert', 'x', 'actor', 'x', 'trigger', 'alert')), ?, ?
           from incidents i, generate_series(1, 10) n`,
        [JSON.stringify(payload), stand.clock.now, stand.clock.now],
      )
    })
    const before = heldBytes()
    expect(await deliver()).to.equal(100)
    const after = heldBytes()
    expect(stand.slack.requests).to.have.length(100)
    expect(new Set(await states())).to.deep.equal(new Set(['opened delivered slack']))
    // All of them together hold 20 MB.
    expect(after - before).to.be.below(8 * 1024 * 1024)
  })

  it('tells pages before the rest, and the rest before what comes five minutes later', async () => {
    const ticket = { severity: 'ticket', alertname: 'Unheard' }
    await stand.tell({ fingerprint: 'a1', labels: ticket })
    stand.clock.pass(60)
    await stand.tell({ fingerprint: 'a2' })
    stand.clock.pass(300)
    await stand.tell({ fingerprint: 'a3' })
    await deliver()
    expect(headers()).to.deep.equal([
      '# INC-2 SourceBlocked: it fires',
      '# INC-1 Unheard: there is no runbook for it, a person must act',
      '# INC-3 SourceBlocked: it fires',
    ])
  })

  it('tells a page at once and the ticket that waits before it', async () => {
    await stand.tell({ fingerprint: 'a1', labels: { severity: 'ticket' } })
    stand.clock.pass(1)
    await stand.tell({ fingerprint: 'a2' })
    await deliver()
    expect(headers()).to.deep.equal(['# INC-2 SourceBlocked: it fires', '# INC-1 SourceBlocked: it fires'])
  })

  it('says in the log, once, that nobody is told where there is neither Slack nor mail, and gives up what is a day old', async () => {
    await stand.tell()
    const off = stand.messenger({ slackWebhookUrl: undefined })
    off.start()
    expect(await off.deliverDue()).to.equal(0)
    expect(stand.lines.filter(({ event }) => event === 'ops.off')).to.have.length(1)
    expect(await states()).to.deep.equal(['opened pending'])
    stand.clock.pass(86_401)
    await stand.tell({ fingerprint: 'f2' })
    expect(await deliver(), 'yesterday`s is no news').to.equal(1)
    expect(await states()).to.deep.equal(['opened failed', 'opened delivered slack'])
    expect(stand.lines).to.deep.include({ level: 'error', event: 'ops.given_up', updates: 1 })
  })

  describe('when Slack refuses', () => {
    it('tries later and later still, with what has come meanwhile', async () => {
      await stand.tell()
      stand.slack.next(NO, NO)
      expect(await deliver()).to.equal(0)
      stand.clock.pass(0.9)
      expect(await deliver(), 'not before a second').to.equal(0)
      expect(stand.slack.requests).to.have.length(1)
      stand.clock.pass(0.2)
      await deliver()
      expect((await stand.rows())[0]).to.include({ attempts: 2, state: 'pending', error: '503' })
      await over()
      expect(await deliver(), 'news does not wait for the backoff').to.equal(1)
      expect(headers()).to.deep.equal(['# INC-1 SourceBlocked: over after 1 s'])
      expect(stand.seen()[0]?.join('\n')).not.to.contain('Told again')
      expect([await stand.counted('slack', 'retried'), await stand.counted('slack', 'delivered')]).to.deep.equal([2, 1])
    })

    it('is quiet for as long as Retry-After says', async () => {
      await stand.tell()
      stand.slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } })
      await deliver()
      await stand.tell({ fingerprint: 'f2' })
      const closing = stand.messenger({ pollSeconds: 0.01, intervalSeconds: 1 })
      const waiting = closing.deliverDue()
      await new Promise((resolve) => setTimeout(resolve, 60))
      await closing.close()
      expect(await waiting).to.equal(0)
      expect(stand.slack.requests).to.have.length(1)
      stand.clock.pass(31)
      expect(await deliver()).to.equal(2)
    })

    it('goes on trying a webhook that is gone, and gives it up after a day', async () => {
      await stand.tell()
      for (let n = 0; n < 3; n++) {
        stand.slack.next({ status: 404, body: 'no_service' })
        await deliver()
        stand.clock.pass(600)
      }
      expect(stand.lines.filter(({ event, level }) => event === 'ops.failed' && level === 'error')).to.have.length(3)
      expect(await states()).to.deep.equal(['opened pending'])
      expect(await deliver(), 'it is mended').to.equal(1)
    })

    it('waits five minutes for it, and then writes to whoever has the shift', async () => {
      await stand.tell()
      const recipient = (of: string) => (of === 'first' ? 'first@example.org' : 'second@example.org')
      const one = stand.messenger({ ...withMail(), recipient })
      const began = stand.clock.now.getTime()
      for (let turn = 0; turn < 400 && stand.mail.accepted.length === 0; turn++) {
        stand.slack.next(NO)
        await one.deliverDue()
        if (stand.mail.accepted.length === 0) stand.clock.pass(1)
      }
      expect((stand.clock.now.getTime() - began) / 1000).to.be.within(300, 301)
      expect(await states()).to.deep.equal(['opened delivered email'])
      expect(stand.mail.accepted[0]).to.deep.include({ to: ['first@example.org'] })
      expect(stand.mail.accepted[0]?.raw).to.match(/^Subject: INC-1 SourceBlocked: it fires\r$/m)
    })

    it('asks it first even then, and is content when it is back', async () => {
      await stand.tell()
      const one = stand.messenger(withMail())
      stand.slack.next(NO, NO)
      await one.deliverDue()
      stand.clock.pass(301)
      await one.deliverDue()
      expect([stand.slack.requests.length, stand.mail.accepted.length]).to.deep.equal([2, 1])
      await over()
      expect(await one.deliverDue()).to.equal(1)
      expect([stand.seen().length, stand.mail.accepted.length]).to.deep.equal([1, 1])
    })
  })

  it('goes by mail where there is no Slack', async () => {
    await stand.tell()
    expect(await deliver({ slackWebhookUrl: undefined, ...withMail() })).to.equal(1)
    expect(stand.mail.accepted[0]?.to).to.deep.equal(['ann@example.org'])
    expect(await stand.counted('email', 'delivered')).to.equal(1)
  })

  describe('when Slack gives no answer', () => {
    const hang = { timeoutSeconds: 0.1 }

    it('tells it again in words that say so, a minute later and not before', async () => {
      await stand.tell()
      stand.slack.next({ hang: 'accepted' })
      expect(await deliver(hang)).to.equal(0)
      stand.clock.pass(59)
      expect(await deliver(hang)).to.equal(0)
      expect(stand.slack.requests).to.have.length(1)
      stand.clock.pass(2)
      expect(await deliver(hang)).to.equal(1)
      expect(stand.seen()[1]?.[3]).to.equal('(Told again: a message of 12:00 UTC got no answer, it may have arrived or not.)')
      expect(await stand.counted('slack', 'uncertain')).to.equal(1)
      stand.clock.pass(3600)
      expect(await deliver(hang), 'and that is that').to.equal(0)
    })

    it('tells it with the next news of the incident, if that comes first', async () => {
      await stand.tell()
      stand.slack.next({ hang: 'lost' })
      await deliver(hang)
      stand.clock.pass(10)
      await stand.tell({ fingerprint: 'f2' })
      await over()
      expect(await deliver(hang)).to.equal(2)
      const again = stand.seen().filter((lines) => lines.some((line) => line.startsWith('(Told again')))
      expect(again.map(([header]) => header)).to.deep.equal(['# INC-1 SourceBlocked: over after 10 s'])
    })

    it('writes what Slack may have swallowed, and everything after five minutes of silence', async () => {
      const one = stand.messenger({ ...hang, ...withMail() })
      stand.slack.next({ hang: 'lost' })
      await stand.tell()
      await one.deliverDue()
      stand.clock.pass(61)
      expect(await one.deliverDue()).to.equal(1)
      expect(stand.slack.requests, 'Slack is not asked about it again').to.have.length(1)
      expect(stand.mail.accepted[0]?.raw).to.contain('Told again: a message of 12:00 UTC')
      stand.slack.next({ hang: 'lost' })
      stand.clock.pass(240)
      await stand.tell({ fingerprint: 'f2' })
      await one.deliverDue()
      await stand.tell({ fingerprint: 'f3' })
      expect(await one.deliverDue(), 'mail stands in').to.equal(1)
      expect(stand.slack.requests).to.have.length(2)
      stand.clock.pass(61)
      await stand.tell({ fingerprint: 'f4' })
      await one.deliverDue()
      expect(stand.seen().at(-1)?.[0], 'it is asked now and then').to.equal('# INC-4 SourceBlocked: it fires')
    })
  })

  describe('when it is killed while it waits for Slack`s answer', () => {
    it('has told nobody twice without a word: another process tells again, and says so', async function () {
      this.timeout(30_000)
      stand.slack.next({ hang: 'accepted' })
      const queue = () =>
        queueOpsUpdate(stand.db, {
          lane: 'ops',
          incidentId: null,
          runId: 'a0000000-0000-4000-8000-000000000001',
          kind: 'done',
          payload: { kind: 'done', at: new Date(), flaps: 0, run: RUN },
        })
      await queue()
      await killedWhileSending()
      const later = (seconds: number) => deliver({ now: () => new Date(Date.now() + seconds * 1000) })
      expect(await later(5), 'it may still be at it').to.equal(0)
      await queue()
      expect(await later(6), 'nor is anything else of it told before').to.equal(0)
      expect(await later(40)).to.equal(1)
      expect(stand.seen()[1]?.filter((line) => line.startsWith('(Told again'))).to.have.length(1)
      expect(await states()).to.deep.equal(['done delivered slack', 'done delivered slack'])
      expect(stand.lines).to.deep.include.members([
        { level: 'warn', event: 'ops.uncertain', message: stand.lines[0]?.['message'], answer: 'claim expired' },
      ])
    })
  })

  it('takes an answer that comes after its claim has ended', async () => {
    await stand.tell()
    stand.slack.next({ hang: 'accepted' })
    const slow = deliver({ timeoutSeconds: 0.4 })
    await until(() => stand.slack.requests.length === 1)
    stand.clock.pass(600)
    // Another process finds the claim expired, and has nothing to send with.
    await deliver({ mail: undefined, slackWebhookUrl: 'http://127.0.0.1:9/services/T/B/x' })
    await slow
    const [row] = await stand.rows()
    expect(row).to.include({ state: 'pending' })
    expect(row?.lost_at).to.be.instanceOf(Date)
  })

  it('keeps the trace of the run that it tells of, and its own fault from breaking anything', async () => {
    await stand.tell()
    await stand.db('ops_messages').update({ payload: JSON.stringify({ kind: 'done', at: 'x', run: { id: 'r' } }) })
    expect(await deliver()).to.equal(0)
    expect((await stand.rows())[0]).to.include({ state: 'pending' })
    expect(stand.lines.find(({ event }) => event === 'ops.retried')?.['answer']).to.match(/^not sent: TypeError/)
  })
})

const RUN = {
  id: 'a0000000-0000-4000-8000-000000000001',
  alert: 'SourceBlocked',
  trigger: 'hand',
  actor: 'cli',
  about: '',
  outcome: 'healthy',
  verdict: 'healthy',
  causes: [],
  words: 'All is well.',
  looks: [],
  steps: [],
  people: [],
  approval: null,
}
