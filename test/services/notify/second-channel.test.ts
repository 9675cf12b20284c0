// The second channel: mail where Slack has said no for too long, never where it might have said yes, and nothing lost or told twice.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Log } from '../../../ops/log.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { notifierHealth } from '../../../services/notify/health.ts'
import { openNotifier, type Notifier, type NotifierOptions } from '../../../services/notify/notifier.ts'
import { channelState, setSubstitute } from '../../../services/store/channels.ts'
import type { Search } from '../../../services/store/searches.ts'
import { openMailServer, type MailServer } from '../../mail.ts'
import { openSlackServer, type Behaviour, type SlackServer } from '../../slack.ts'
import { openWorld, type World } from '../../world.ts'
import { openDesk, traceOf, type Desk } from './seed.ts'

const NO: Behaviour = { status: 503 }

describe('the second channel', () => {
  let world: World
  let desk: Desk
  let slack: SlackServer
  let mail: MailServer
  let search: Search
  const open: Notifier[] = []
  let clock = new Date()
  let lines: { level: string; event: string; [field: string]: unknown }[] = []

  beforeEach(async () => {
    world = await openWorld()
    desk = await openDesk(world)
    slack = await openSlackServer()
    mail = await openMailServer()
    clock = new Date(Date.now() + 60_000)
    lines = []
    search = await desk.search('alpha')
    await desk.tell(search, 2, traceOf(42))
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    await slack.close()
    await mail.close()
    await world.close()
  })

  function notifier(options: Partial<NotifierOptions> = {}): Notifier {
    const write =
      (level: string) =>
      (event: string, fields: Record<string, unknown> = {}) =>
        void lines.push({ level, event, ...fields })
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const one = openNotifier({
      watch: createWatch(world.metrics, log),
      database: world.database,
      slackWebhookUrl: slack.url,
      mail: mail.mail,
      publicUrl: 'https://roles.example',
      owner: `test ${open.length}`,
      listen: false,
      intervalSeconds: 0,
      now: () => clock,
      ...options,
    })
    open.push(one)
    return one
  }
  const pass = (seconds: number) => void (clock = new Date(clock.getTime() + seconds * 1000))
  const counted = async (channel: string, outcome: string) => [
    await world.metrics.value(world.metrics.messages, { channel, outcome }),
    await world.metrics.value(world.metrics.notifications, { channel, outcome }),
  ]
  const told = async () =>
    (await world.db('outbox').select('state', 'delivered_by').orderBy('id')).map((row: object) => Object.values(row).join(' '))
  const settings = () => ({ slackWebhookUrl: slack.url, mail: mail.mail })
  const health = () => notifierHealth(world.db, settings(), clock)
  /** Slack has refused for so long. */
  async function failing(seconds: number): Promise<void> {
    slack.next(NO)
    await notifier().deliverDue()
    pass(seconds)
    await world.db('outbox').where({ state: 'pending' }).update({ due_at: clock })
  }

  it('is not used while Slack takes what it is given', async () => {
    await notifier().deliverDue()
    expect([slack.accepted.length, mail.connections()]).to.deep.equal([1, 0])
    expect(await told()).to.deep.equal(['delivered slack', 'delivered slack'])
    expect(await health()).to.include({ status: 'ok', detail: null })
  })

  it('waits five minutes of refusals, tries Slack to the end of them, and is then used at once', async () => {
    const one = notifier()
    const began = clock.getTime()
    for (let turn = 0; turn < 400 && mail.accepted.length === 0; turn += 1) {
      slack.next(NO)
      await one.deliverDue()
      if (mail.accepted.length === 0) pass(1)
    }
    expect((clock.getTime() - began) / 1000, 'its backoff would have gone past it').to.be.within(300, 301)
    expect(slack.requests.length).to.be.within(9, 11)
    expect(slack.accepted).to.deep.equal([])
    expect(mail.accepted).to.have.length(1)
    expect(await told()).to.deep.equal(['delivered email', 'delivered email'])
    expect(mail.accepted[0]?.raw).to.match(/^Subject: alpha: 2 new postings\r$/m)
  })

  it('counts each try by its channel, and the delivery by the one that took it', async () => {
    await failing(300)
    await world.db('outbox').update({ created_at: new Date(clock.getTime() - 302_000) })
    slack.next(NO)
    expect(await notifier().deliverDue(), 'it was accepted').to.equal(1)
    expect(await counted('slack', 'retried')).to.deep.equal([2, 4])
    expect(await counted('slack', 'delivered')).to.deep.equal([0, 0])
    expect(await counted('email', 'delivered')).to.deep.equal([1, 2])
    const { body } = await world.metrics.expose('application/openmetrics-text')
    expect(Number(/alert_delivery_seconds_sum\{channel="email"\} (\S+)/.exec(body)?.[1])).to.be.closeTo(604, 1)
    expect(body).to.match(
      new RegExp(`alert_delivery_seconds_bucket\\{[^}]*email[^}]*\\} 2 # \\{trace_id="${traceOf(42).split('-')[1]}"\\}`),
    )
    expect(
      lines.filter((line) => line.event.startsWith('notify')).map(({ event, channel, answer }) => [event, channel, answer]),
    ).to.deep.equal([
      ['notify.retried', 'slack', '503'],
      ['notify.refused', 'slack', '503'],
      ['notify.delivered', 'email', undefined],
    ])
  })

  it('tries Slack first with every message, and is left again when Slack accepts one', async () => {
    await failing(300)
    slack.next(NO)
    await notifier().deliverDue()
    expect(await health()).to.include({ status: 'degraded', detail: 'Slack has refused for 300 s: what it refuses goes by e-mail' })
    await desk.tell(search, 1)
    await notifier().deliverDue()
    expect([slack.accepted.length, mail.accepted.length]).to.deep.equal([1, 1])
    expect(await health()).to.include({ status: 'ok', detail: null })
    expect(await channelState(world.db, 'slack', clock)).to.deep.equal({ failingSeconds: null, quietSeconds: 0, substitute: null })
    await desk.tell(search, 1)
    slack.next(NO)
    await notifier().deliverDue()
    expect(mail.accepted, 'its patience begins anew').to.have.length(1)
  })

  it('is told of once it is used, and Slack`s refusals before', async () => {
    await failing(29)
    await world.db('outbox').delete()
    expect(await health()).to.include({ status: 'ok', detail: null })
    pass(171)
    expect(await health()).to.include({ status: 'ok', detail: 'Slack has refused for 200 s' })
    pass(3400)
    expect(await health()).to.include({ status: 'degraded', detail: 'Slack has refused for 3600 s: what it refuses goes by e-mail' })
  })

  it('is agreed on by all workers, and over restarts', async () => {
    await failing(299)
    slack.next(NO, NO)
    await notifier().deliverDue()
    expect(mail.accepted).to.deep.equal([])
    pass(1)
    await notifier({ owner: 'another' }).deliverDue()
    expect(mail.accepted).to.have.length(1)
  })

  it('never is used where Slack may have accepted', async () => {
    await failing(1000)
    for (const doubt of [
      { reset: 'accepted' },
      { reset: 'lost' },
      { hang: 'lost' },
      { status: 502, body: '<html>' },
    ] satisfies Behaviour[]) {
      slack.next(doubt)
      await notifier({ timeoutSeconds: 0.1 }).deliverDue()
      expect((await desk.states()).includes('uncertain'), JSON.stringify(doubt)).to.equal(true)
      await world.db('outbox').update({ state: 'pending', message_id: null, due_at: clock })
    }
    expect(mail.connections()).to.equal(0)
    expect((await channelState(world.db, 'slack', clock)).failingSeconds, 'and doubt is no sign of life').to.equal(1000)
  })

  it('is used at once where Slack will never accept', async () => {
    slack.next({ status: 404, body: 'no_service' })
    await notifier().deliverDue()
    expect(await told()).to.deep.equal(['delivered email', 'delivered email'])
    expect(await counted('slack', 'failed')).to.deep.equal([1, 2])
  })

  it('leaves Slack alone for as long as it asked, and holds nothing up for it', async () => {
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '3600' } })
    const one = notifier()
    await one.deliverDue()
    expect(await world.db('channels').first<object>('next_at')).to.deep.equal({ next_at: new Date(clock.getTime() + 300_000) })
    pass(300)
    await one.deliverDue()
    expect([slack.requests.length, mail.accepted.length]).to.deep.equal([1, 1])
    await desk.tell(search, 1)
    await one.deliverDue()
    expect([slack.requests.length, mail.accepted.length]).to.deep.equal([1, 2])
    pass(3300)
    await desk.tell(search, 1)
    await one.deliverDue()
    expect([slack.accepted.length, mail.accepted.length]).to.deep.equal([1, 2])
  })

  it('is not used before its time, though a process that had its turn already comes while Slack wants quiet', async () => {
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '100' } }, NO)
    await notifier().deliverDue()
    await world.db('channels').update({ next_at: clock })
    await desk.tell(search, 1)
    await notifier().deliverDue()
    expect([slack.requests.length, mail.connections()]).to.deep.equal([2, 0])
  })

  describe('when mail fails too', () => {
    beforeEach(() => failing(300))

    it('tries both again later, and each time later still', async () => {
      slack.next(NO, NO)
      mail.next({ at: 'rcpt', refuse: 451 }, { at: 'connect', reset: true })
      await notifier().deliverDue()
      const [row] = await desk.rows()
      expect(row).to.include({ state: 'pending', error: 'slack: 503; email: 451 at RCPT TO' })
      expect(row?.due_at).to.deep.equal(new Date(clock.getTime() + 2000))
      pass(2)
      await notifier().deliverDue()
      expect((await desk.rows())[0]?.due_at).to.deep.equal(new Date(clock.getTime() + 4000))
      pass(4)
      slack.next(NO)
      expect(await notifier().deliverDue()).to.equal(1)
      expect([await counted('email', 'retried'), await counted('email', 'delivered')]).to.deep.equal([
        [2, 4],
        [1, 2],
      ])
    })

    it('tries again where mail refuses for good and Slack does not', async () => {
      slack.next(NO)
      mail.next({ at: 'rcpt', refuse: 550 })
      await notifier().deliverDue()
      expect(await desk.states()).to.deep.equal(['pending'])
      expect(await notifier().deliverDue()).to.equal(0)
      pass(2)
      await notifier().deliverDue()
      expect(await told(), 'Slack took it').to.deep.equal(['delivered slack', 'delivered slack'])
    })

    it('keeps for a person what both refuse for good', async () => {
      slack.next({ status: 410, body: 'channel_is_archived' })
      mail.next({ at: 'data', refuse: 554 })
      await notifier().deliverDue()
      expect((await desk.rows())[0]).to.include({ state: 'failed', error: 'slack: 410 channel_is_archived; email: 554 at DATA' })
      expect(lines.at(-1)).to.include({ level: 'error', event: 'notify.failed', channel: 'email' })
      pass(100_000)
      expect(await notifier().deliverDue()).to.equal(0)
    })

    for (const accepted of [true, false])
      it(`does not send again what mail may have taken (${accepted ? 'it had' : 'it had not'}), and mentions it later`, async () => {
        slack.next(NO, NO)
        mail.next({ at: 'data', reset: true, accepted })
        await notifier().deliverDue()
        expect(await desk.states()).to.deep.equal(['uncertain'])
        expect(await counted('email', 'uncertain')).to.deep.equal([1, 2])
        await desk.tell(search, 1)
        pass(5)
        await notifier().deliverDue()
        const last = mail.accepted.at(-1)?.raw.replaceAll('=\r\n', '') ?? ''
        expect(last).to.contain('An earlier message with 2 postings may not have reached you')
        expect(last).to.match(/^Subject: alpha: 1 new posting\r$/m)
        expect(await told()).to.deep.equal(['delivered email', 'delivered email', 'delivered email'])
      })
  })

  it('leaves what a process killed between both channels in doubt, as any other', async () => {
    await failing(300)
    slack.next(NO)
    mail.next({ at: 'mail', hang: true })
    // The killed process lives by the real clock.
    await world.db('outbox').update({ due_at: new Date() })
    await world.db('channels').update({ next_at: new Date(), quiet_until: null, failing_since: new Date(Date.now() - 400_000) })
    const sender = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), world.database.url, slack.url, mail.mail.smtpUrl])
    await until(() => mail.connections() === 1)
    sender.kill('SIGKILL')
    await once(sender, 'exit')
    expect(slack.requests, 'it was refused by Slack').to.have.length(2)
    expect(await desk.states()).to.deep.equal(['sending'])

    // By this clock its claim has expired.
    expect(await notifier().deliverDue(), 'what may be lost is mentioned').to.equal(1)
    expect(await counted('slack', 'uncertain')).to.deep.equal([1, 2])
    expect((await desk.rows()).map(({ state, error }) => [state, error])).to.deep.equal([
      ['delivered', 'announced'],
      ['delivered', 'announced'],
    ])
    expect(mail.accepted).to.deep.equal([])
    expect(slack.accepted.at(-1)?.message.blocks.map(({ type }) => type)).to.deep.equal(['context'])
    expect(JSON.stringify(slack.accepted.at(-1)?.message)).to.contain('with 2 postings may not have reached you')
  })

  it('gives a claim time for both channels', async () => {
    slack.next({ hang: 'lost' })
    const sending = notifier({ timeoutSeconds: 0.3, mailTimeoutSeconds: 40 }).deliverDue()
    await until(() => slack.requests.length === 1)
    const [row] = await desk.rows()
    await sending
    expect(((row?.claimed_until?.getTime() ?? 0) - clock.getTime()) / 1000).to.be.closeTo(0.3 + 40 + 20, 0.01)
  })

  it('sends each thing once when several processes deliver while Slack refuses', async () => {
    const searches = await Promise.all(Array.from({ length: 8 }, (_, index) => desk.search(`search${index}`)))
    await Promise.all(searches.map((one) => desk.tell(one, 2)))
    slack.next(...Array.from({ length: 200 }, () => NO))
    await world
      .db('channels')
      .insert({ name: 'slack', failing_since: new Date(Date.now() - 400_000) })
      .onConflict('name')
      .merge()
    const many = [1, 2, 3].map(() => notifier({ listen: true, pollSeconds: 0.05, now: () => new Date() }))
    for (const one of many) one.start()
    await until(async () => (await desk.states()).join() === 'delivered')
    expect(slack.accepted).to.deep.equal([])
    expect(mail.accepted).to.have.length(9)
    expect(new Set(mail.accepted.map(({ raw }) => /^Subject: (\w+)/m.exec(raw)?.[1])).size).to.equal(9)
  })

  describe('alone', () => {
    it('carries everything where there is no webhook', async () => {
      await notifier({ slackWebhookUrl: undefined }).deliverDue()
      expect([slack.requests.length, mail.accepted.length]).to.deep.equal([0, 1])
      expect(await told()).to.deep.equal(['delivered email', 'delivered email'])
      expect(await notifierHealth(world.db, { slackWebhookUrl: undefined, mail: mail.mail }, clock)).to.include({
        status: 'ok',
        detail: 'SLACK_WEBHOOK_URL is not set: notifications go by e-mail',
      })
    })

    it('is woken by the commit and says nothing of being off', async () => {
      const one = notifier({ slackWebhookUrl: undefined, listen: true, pollSeconds: 60, now: () => new Date() })
      one.start()
      await until(() => mail.accepted.length === 1)
      await one.close()
      expect(lines.map(({ event }) => event)).to.not.include('notify.off')
    })

    it('tries again later when it refuses', async () => {
      mail.next({ at: 'mail', refuse: 451 })
      const one = notifier({ slackWebhookUrl: undefined })
      await one.deliverDue()
      expect((await desk.rows())[0]).to.include({ state: 'pending', error: '451 at MAIL FROM' })
      pass(1)
      expect(await one.deliverDue()).to.equal(1)
    })
  })

  describe('switched to by hand', () => {
    const switchTo = (channel: 'email' | null) => world.database.inTransaction((trx) => setSubstitute(trx, 'slack', channel))

    it('takes everything without trying Slack, until it is switched back', async () => {
      expect(await switchTo('email')).to.equal(null)
      await notifier().deliverDue()
      expect([slack.requests.length, mail.accepted.length]).to.deep.equal([0, 1])
      expect(await health()).to.include({
        status: 'degraded',
        detail: 'notifications go by e-mail until "rolewatch outbox channel slack" switches them back',
      })
      expect(await switchTo(null)).to.equal('email')
      await desk.tell(search, 1)
      await notifier().deliverDue()
      expect([slack.accepted.length, mail.accepted.length]).to.deep.equal([1, 1])
      expect(await health()).to.include({ status: 'ok', detail: null })
    })

    it('makes due at once what waits for its next try, whatever Slack asked for', async () => {
      await world.db('outbox').update({ attempts: 9 })
      slack.next({ status: 429, headers: { 'retry-after': '600' } })
      await notifier({ mail: undefined }).deliverDue()
      await switchTo('email')
      clock = new Date(Date.now() + 100)
      expect(await notifier().deliverDue()).to.equal(1)
      expect(mail.accepted).to.have.length(1)
    })

    it('keeps what Slack asked for when it is switched back', async () => {
      slack.next({ status: 429, headers: { 'retry-after': '600' } })
      await notifier({ mail: undefined }).deliverDue()
      await switchTo(null)
      const { next_at: next } = await world.db('channels').first<{ next_at: Date }>('next_at')
      expect(next).to.deep.equal(new Date(clock.getTime() + 600_000))
    })

    it('waits where a process has no mail', async () => {
      await switchTo('email')
      await notifier({ mail: undefined }).deliverDue()
      expect(slack.requests).to.have.length(0)
      expect((await desk.rows())[0]).to.include({ state: 'pending', error: 'mail is not configured here' })
      const { status, detail } = await notifierHealth(world.db, { slackWebhookUrl: slack.url, mail: undefined }, clock)
      expect(status).to.equal('degraded')
      expect(detail).to.match(/^everything was switched to e-mail, and SMTP_URL is not set: see "rolewatch outbox channel"/)
    })
  })

  it('does without mail as it always did', async () => {
    slack.next(...Array.from({ length: 10 }, () => NO))
    const one = notifier({ mail: undefined })
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256]) {
      await one.deliverDue()
      expect((await desk.rows())[0]?.due_at).to.deep.equal(new Date(clock.getTime() + seconds * 1000))
      pass(seconds)
    }
    expect(await health()).to.include({ status: 'degraded' })
    expect((await notifierHealth(world.db, { slackWebhookUrl: slack.url, mail: undefined }, clock)).detail).to.match(
      /^Slack has refused for 511 s;/,
    )
  })

  it('never writes an address of people or a password anywhere', async () => {
    await failing(300)
    const secret = 'smtp://jo:hush-hush@127.0.0.1:9'
    slack.next(NO, NO, NO)
    mail.next({ at: 'rcpt', refuse: 451, words: 'ann@example.org is away' })
    await notifier().deliverDue()
    pass(60)
    await notifier({ mail: { ...mail.mail, smtpUrl: secret } }).deliverDue()
    pass(60)
    await notifier().deliverDue()
    expect(await desk.states()).to.deep.equal(['delivered'])
    const written = JSON.stringify([lines, await world.db('outbox').select('*')])
    for (const word of ['example.org', 'ann@', 'hush', 'jo:']) expect(written, word).to.not.contain(word)
  })
})

/** Looks again and again until it holds; mocha's own time limit ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
