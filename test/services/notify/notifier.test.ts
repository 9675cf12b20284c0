// The notifier against a Slack that keeps its limits, fails in every way it can, and is never told anything twice.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Log } from '../../../ops/log.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { collectOutbox, notifierHealth } from '../../../services/notify/health.ts'
import { openNotifier, type Notifier, type NotifierOptions } from '../../../services/notify/notifier.ts'
import { resend } from '../../../services/store/outbox.ts'
import type { Search } from '../../../services/store/searches.ts'
import { openSlackServer, type Received, type SlackServer } from '../../slack.ts'
import { openWorld, type World } from '../../world.ts'
import { openDesk, traceOf, type Desk } from './seed.ts'

interface Line {
  level: string
  event: string
  fields: Record<string, unknown>
}

describe('the notifier', () => {
  let world: World
  let desk: Desk
  let slack: SlackServer
  const open: Notifier[] = []
  /** Moved by hand. */
  let clock = new Date()
  let lines: Line[] = []

  beforeEach(async () => {
    world = await openWorld()
    desk = await openDesk(world)
    slack = await openSlackServer()
    clock = new Date(Date.now() + 60_000)
    lines = []
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    await slack.close()
    await world.close()
  })

  function notifier(options: Partial<NotifierOptions> = {}): Notifier {
    const write =
      (level: string) =>
      (event: string, fields: Record<string, unknown> = {}) =>
        void lines.push({ level, event, fields })
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const one = openNotifier({
      watch: createWatch(world.metrics, log),
      database: world.database,
      slackWebhookUrl: slack.url,
      publicUrl: 'https://roles.example',
      owner: `test ${open.length}`,
      listen: false,
      intervalSeconds: 0,
      ...options,
    })
    open.push(one)
    return one
  }
  const byHand = (options: Partial<NotifierOptions> = {}) => notifier({ now: () => clock, ...options })
  const pass = (seconds: number) => void (clock = new Date(clock.getTime() + seconds * 1000))
  const notifications = (outcome: string) => world.metrics.value(world.metrics.notifications, { channel: 'slack', outcome })
  const messages = (outcome: string) => world.metrics.value(world.metrics.messages, { channel: 'slack', outcome })
  const textOf = (received: Received | undefined) => JSON.stringify(received?.message.blocks)
  const titlesOf = (received: readonly Received[]) =>
    received.flatMap(({ message }) => message.blocks.flatMap((block) => (block.type === 'section' ? [block.text.text.split('\n')[0]] : [])))

  it('sends one digest for all that is due of a search', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 2)
    await desk.tell(search, 1)
    expect(await byHand().deliverDue()).to.equal(1)
    expect(slack.accepted).to.have.length(1)
    expect(slack.accepted[0]?.message.text).to.match(/^alpha: 3 new: /)
    expect(await desk.states()).to.deep.equal(['delivered'])
    expect([await messages('delivered'), await notifications('delivered')]).to.deep.equal([1, 3])
  })

  it('has nothing to do when all is told', async () => {
    await desk.tell(await desk.search('alpha'), 1)
    const one = byHand()
    expect([await one.deliverDue(), await one.deliverDue()]).to.deep.equal([1, 0])
    expect(slack.requests).to.have.length(1)
  })

  it('observes the time from commit to Slack`s answer, with the posting`s trace as exemplar', async () => {
    await desk.tell(await desk.search('alpha'), 1, traceOf(42))
    await world.db('outbox').update({ created_at: new Date(clock.getTime() - 1500) })
    await byHand().deliverDue()
    const { body } = await world.metrics.expose('application/openmetrics-text')
    expect(Number(/alert_delivery_seconds_sum\{channel="slack"\} (\S+)/.exec(body)?.[1])).to.be.closeTo(1.5, 0.1)
    expect(body).to.match(new RegExp(`alert_delivery_seconds_bucket.* # \\{trace_id="${traceOf(42).split('-')[1]}"\\} 1\\.[45]`))
  })

  it('is woken by the commit', async () => {
    const one = notifier({ listen: true, pollSeconds: 60 })
    one.start()
    const search = await desk.search('alpha')
    for (let turn = 1; turn <= 3; turn += 1) {
      await desk.tell(search, 1)
      await until(async () => (await notifications('delivered')) === turn)
    }
    expect(slack.accepted).to.have.length(3)
  })

  it('looks by itself when nobody wakes it', async () => {
    notifier({ pollSeconds: 0.05 }).start()
    await desk.tell(await desk.search('alpha'), 1)
    await until(() => slack.accepted.length === 1)
  })

  it('makes one message of a burst of ten thousand', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 10_000)
    expect(await byHand().deliverDue()).to.equal(1)
    expect(slack.accepted[0]?.message.blocks).to.have.length(22)
    expect(textOf(slack.accepted[0])).to.contain(`<https://roles.example/#/searches/${search.id}|9,980 more>`)
    expect(await notifications('delivered')).to.equal(10_000)
  })

  it('sends no more than one message a second', async () => {
    await slack.close()
    slack = await openSlackServer({ gapMs: 1000 })
    for (const name of ['alpha', 'beta', 'gamma']) await desk.tell(await desk.search(name), 1)
    expect(await notifier({ intervalSeconds: 1 }).deliverDue()).to.equal(3)
    expect(slack.requests, 'none refused').to.have.length(3)
  })

  it('serves many searches in the order of their age', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `search${String(index).padStart(2, '0')}`)
    const shuffled = names.toSorted((a, b) => a.charCodeAt(7) - b.charCodeAt(7))
    for (const name of shuffled) await desk.tell(await desk.search(name), 1)
    expect(await byHand({ intervalSeconds: 0 }).deliverDue()).to.equal(50)
    expect(slack.accepted.map(({ message }) => message.text.split(':')[0])).to.deep.equal(shuffled)
  })

  it('never tells anything twice when several processes deliver, and keeps the pace over all of them', async () => {
    const searches = await Promise.all(Array.from({ length: 12 }, (_, index) => desk.search(`search${index}`)))
    const many = [1, 2, 3].map(() => notifier({ listen: true, intervalSeconds: 0.02, pollSeconds: 0.05 }))
    for (const one of many) one.start()
    await Promise.all(searches.flatMap((search) => [desk.tell(search, 2), desk.tell(search, 3)]))
    await until(async () => (await notifications('delivered')) === 60)
    const titles = titlesOf(slack.accepted)
    expect(titles).to.have.length(60)
    expect(new Set(titles).size, 'each has an address of its own').to.equal(60)
    expect(await desk.states()).to.deep.equal(['delivered'])
    const took = (slack.accepted.at(-1)?.at.getTime() ?? 0) - (slack.accepted[0]?.at.getTime() ?? 0)
    expect(took, 'the messages of all together').to.be.at.least((slack.accepted.length - 1) * 20 * 0.8)
    const seconds = await world.metrics.alertDeliverySeconds.get()
    expect(seconds.values.find((one) => one.metricName?.endsWith('_count'))?.value).to.equal(60)
  })

  describe('when Slack refuses', () => {
    let search: Search
    beforeEach(async () => {
      search = await desk.search('alpha')
      await desk.tell(search, 2)
    })

    it('tries again later, and each time later still', async () => {
      slack.next({ status: 500, body: 'rollup_error' }, { status: 503 }, { status: 500, body: 'rollup_error' })
      const one = byHand()
      expect(await one.deliverDue()).to.equal(0)
      for (const seconds of [1, 2]) {
        pass(seconds - 0.1)
        expect(await one.deliverDue()).to.equal(0)
        const before = slack.requests.length
        pass(0.1)
        await one.deliverDue()
        expect(slack.requests.length - before, `after ${seconds} s`).to.equal(1)
      }
      pass(4)
      expect(await one.deliverDue()).to.equal(1)
      expect(slack.accepted).to.have.length(1)
      expect([await notifications('retried'), await notifications('delivered'), await messages('retried')]).to.deep.equal([6, 2, 3])
      expect(lines.filter((line) => line.event === 'notify.retried').map((line) => line.fields['answer'])).to.deep.equal([
        '500 rollup_error',
        '503',
        '500 rollup_error',
      ])
    })

    it('waits at most ten minutes', async () => {
      await world.db('outbox').update({ attempts: 40 })
      slack.next({ status: 503 })
      await byHand().deliverDue()
      expect((await desk.rows())[0]?.due_at).to.deep.equal(new Date(clock.getTime() + 600_000))
    })

    it('is quiet on the whole channel for as long as Retry-After says', async () => {
      slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } })
      const one = byHand({ intervalSeconds: 1, pollSeconds: 0.01 })
      await one.deliverDue()
      expect(await world.db('channels').first('next_at')).to.deep.equal({ next_at: new Date(clock.getTime() + 30_000) })
      expect((await desk.rows())[0]?.due_at).to.deep.equal(new Date(clock.getTime() + 30_000))
      await desk.tell(await desk.search('beta'), 1)
      const waiting = one.deliverDue()
      await until(() => {
        pass(1)
        return slack.accepted.length === 2
      })
      expect(await waiting).to.equal(2)
    })

    it('tries again where nobody was there', async () => {
      const gone = createServer().listen(0, '127.0.0.1')
      await once(gone, 'listening')
      const { port } = gone.address() as AddressInfo
      gone.close()
      await once(gone, 'close')
      await byHand({ slackWebhookUrl: `http://127.0.0.1:${port}/services/T/B/secret` }).deliverDue()
      expect((await desk.rows())[0]).to.include({ state: 'pending', error: 'ECONNREFUSED' })
      pass(1)
      expect(await byHand().deliverDue()).to.equal(1)
    })

    it('keeps what can never be accepted for a person, in Slack`s words', async () => {
      slack.next({ status: 404, body: 'no_service' })
      const one = byHand()
      await one.deliverDue()
      pass(100_000)
      await one.deliverDue()
      expect(slack.requests).to.have.length(1)
      expect((await desk.rows())[0]).to.include({ state: 'failed', error: '404 no_service' })
      expect([await notifications('failed'), await messages('failed')]).to.deep.equal([2, 1])
      expect(lines.filter((line) => line.level === 'error').map((line) => [line.event, line.fields['answer']])).to.deep.equal([
        ['notify.failed', '404 no_service'],
      ])
      expect(await notifierHealth(world.db, only(slack.url))).to.include({
        status: 'degraded',
        failed: 2,
        detail: '2 were refused and wait for a person',
      })

      expect(await resend(world.db, { searchId: search.id })).to.equal(2)
      expect(await one.deliverDue()).to.equal(1)
      expect(await desk.states()).to.deep.equal(['delivered'])
    })
  })

  describe('when Slack does not answer', () => {
    let search: Search
    beforeEach(async () => {
      search = await desk.search('alpha')
      await desk.tell(search, 2)
    })

    for (const fate of ['accepted', 'lost'] as const)
      it(`does not send again what was ${fate}, and says so in the next message`, async () => {
        slack.next({ reset: fate })
        const one = byHand()
        await one.deliverDue()
        expect(await desk.states()).to.deep.equal(['uncertain'])
        expect([await notifications('uncertain'), await messages('uncertain')]).to.deep.equal([2, 1])
        await desk.tell(search, 1)
        pass(10)
        await one.deliverDue()
        expect(slack.requests).to.have.length(2)
        expect(titlesOf(slack.accepted.slice(-1))).to.have.length(1)
        expect(textOf(slack.accepted.at(-1))).to.match(
          /An earlier message with 2 postings may not have reached you \([^)]+ UTC\): <https:\/\/roles.example\/#\/searches\/[-0-9a-f]+\|see them>/,
        )
        expect((await desk.rows()).map((row) => [row.state, row.error])).to.deep.equal([
          ['delivered', 'announced'],
          ['delivered', 'announced'],
          ['delivered', null],
        ])
        expect(await notifications('delivered')).to.equal(1)
      })

    it('says so alone when nothing else comes within a minute', async () => {
      slack.next({ hang: 'accepted' })
      const one = byHand({ timeoutSeconds: 0.1 })
      await one.deliverDue()
      pass(59)
      await one.deliverDue()
      expect(slack.requests).to.have.length(1)
      pass(1)
      expect(await one.deliverDue()).to.equal(1)
      expect(slack.accepted.at(-1)?.message.blocks.map((block) => block.type)).to.deep.equal(['context'])
      expect(await desk.states()).to.deep.equal(['delivered'])
      pass(100_000)
      expect(await one.deliverDue()).to.equal(0)
    })

    it('says what a killed process may have said, and sends none of it', async () => {
      await world.db('outbox').update({
        state: 'sending',
        message_id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
        claimed_by: 'killed',
        claimed_until: clock,
        due_at: new Date('2025-11-21T12:03:00Z'),
      })
      const one = byHand()
      pass(1)
      await one.deliverDue()
      expect(titlesOf(slack.accepted)).to.deep.equal([])
      expect(textOf(slack.accepted[0])).to.contain('with 2 postings may not have reached you (21 Nov 2025, 12:03 UTC)')
      expect([await notifications('uncertain'), await notifications('delivered')]).to.deep.equal([2, 0])
    })

    it('counts it as the oldest that people have not been told of', async () => {
      slack.next({ reset: 'lost' })
      await world.db('outbox').update({ created_at: new Date(clock.getTime() - 40_000) })
      await byHand().deliverDue()
      await collectOutbox(world.db, world.metrics, clock)
      expect(await world.metrics.value(world.metrics.outboxOldest, { channel: 'slack' })).to.equal(40)
      expect(await world.metrics.value(world.metrics.outboxPending, { channel: 'slack' })).to.equal(0)
      expect(await notifierHealth(world.db, only(slack.url), clock)).to.deep.equal({
        status: 'degraded',
        pending: 0,
        uncertain: 2,
        failed: 0,
        oldest_seconds: 40,
        detail: 'the oldest notification has waited 40 s; 2 may not have arrived',
      })
    })
  })

  it('writes down an answer that the database could not take at first', async () => {
    await world.db.raw(`
      create sequence tries;
      create function fail_once() returns trigger language plpgsql as $$
        begin if nextval('tries') < 2 then raise 'the disk is full'; end if; return null; end $$;
      create trigger fail_once after update on outbox for each row when (new.state = 'delivered') execute function fail_once();`)
    await desk.tell(await desk.search('alpha'), 1)
    expect(await byHand().deliverDue()).to.equal(1)
    expect(await desk.states()).to.deep.equal(['delivered'])
    expect(slack.requests).to.have.length(1)
  })

  it('keeps everything while there is no webhook, and says so', async () => {
    await desk.tell(await desk.search('alpha'), 3)
    const one = notifier({ slackWebhookUrl: undefined })
    one.start()
    expect(await one.deliverDue()).to.equal(0)
    await one.close()
    expect(await desk.states()).to.deep.equal(['pending'])
    expect(lines).to.deep.equal([{ level: 'warn', event: 'notify.off', fields: { reason: 'SLACK_WEBHOOK_URL is not set', pending: 3 } }])
    expect(await notifierHealth(world.db, only(undefined))).to.include({
      status: 'off',
      pending: 3,
      detail: 'SLACK_WEBHOOK_URL is not set: 3 notifications wait for it',
    })
    expect(await notifier().deliverDue(), 'once there is one').to.equal(1)
  })

  it('finishes the message in flight when it is closed, and begins no other', async () => {
    await desk.tell(await desk.search('alpha'), 1)
    await desk.tell(await desk.search('beta'), 1)
    slack.next({ hang: 'accepted' })
    const one = notifier({ timeoutSeconds: 0.3, intervalSeconds: 60 })
    one.start()
    await until(() => slack.requests.length === 1)
    await one.close()
    expect((await desk.rows()).map((row) => row.state)).to.deep.equal(['uncertain', 'pending'])
  })

  it('counts the rest without a link where people have no address', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 21)
    await byHand({ publicUrl: undefined }).deliverDue()
    expect(textOf(slack.accepted[0])).to.contain('… and 1 more')
  })

  it('never writes the webhook`s address anywhere', async () => {
    const search = await desk.search('alpha')
    slack.next({ reset: 'lost' }, { status: 404 }, { status: 500 })
    const one = byHand()
    for (let turn = 0; turn < 4; turn += 1) {
      await desk.tell(search, 1)
      await one.deliverDue()
      pass(5)
    }
    expect(JSON.stringify(lines, (_key, value: unknown) => (value instanceof Error ? [value.message, value.stack] : value))).to.not.contain(
      'secretsecret',
    )
    expect(JSON.stringify(await desk.rows())).to.not.contain('secretsecret')
  })
})

/** The settings of a house with Slack alone. */
const only = (slackWebhookUrl: string | undefined) => ({ slackWebhookUrl, mail: undefined })

/** Looks again and again until it holds; mocha's own time limit ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
