// The trace of a posting goes on to Slack's answer, which is its last span, and the webhook's address is nowhere in it.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { readSpans, type ReceivedSpan } from '../../../ops/sandbox/otlp.ts'
import { openMailServer, PASSWORD } from '../../mail.ts'
import { openSlackServer, type SlackServer } from '../../slack.ts'
import { openWorld, type World } from '../../world.ts'
import { openDesk, traceOf, type Desk } from './seed.ts'

describe('the trace of a notification', () => {
  let world: World
  let desk: Desk
  let slack: SlackServer
  let spans: ReceivedSpan[] = []
  const receiver = createServer((request, response) => {
    receive(request).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
  })
  async function receive(request: IncomingMessage): Promise<void> {
    spans.push(...(readSpans(await json(request)) ?? []))
  }

  before(async () => {
    receiver.listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    world = await openWorld()
    desk = await openDesk(world)
    slack = await openSlackServer()
  })
  after(async () => {
    receiver.closeAllConnections()
    receiver.close()
    await slack.close()
    await world.close()
  })
  beforeEach(async () => {
    await desk.clear()
    spans = []
  })

  async function deliver(...smtpUrl: string[]): Promise<void> {
    const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
    await promisify(execFile)(process.execPath, [
      join(import.meta.dirname, 'traced.ts'),
      world.database.url,
      slack.url,
      endpoint,
      ...smtpUrl,
    ])
  }
  const idOf = (n: number) => traceOf(n).split('-')[1]
  const named = (name: string) => spans.find((span) => span.name === name)

  it('continues the first posting`s trace and ends with Slack`s answer', async () => {
    const search = await desk.search('alpha')
    for (const trace of [11, 12, 12, 13]) await desk.tell(search, 1, traceOf(trace))
    await deliver()
    const notify = named('notify')
    const answer = named('slack')
    expect(notify).to.include({ traceId: idOf(11), parentId: traceOf(11).split('-')[2], error: null })
    expect(notify?.attributes).to.include({ 'rolewatch.stage': 'notify', 'rolewatch.source': 'greenhouse' })
    expect(notify?.links).to.have.members([idOf(12), idOf(13)])
    expect(answer).to.include({ traceId: idOf(11), parentId: notify?.spanId })
    expect(answer?.attributes).to.include({ 'http.response.status_code': '200', 'rolewatch.answer': 'accepted', 'rolewatch.postings': '4' })
    const children = spans.filter((span) => span.traceId === idOf(11) && span.name !== 'notify')
    expect(children.map((span) => span.name).at(-1)).to.equal('slack')
    for (const span of children) expect(span.end <= (answer?.end ?? 0n), span.name).to.equal(true)
  })

  it('links to at most twenty other traces', async () => {
    const search = await desk.search('alpha')
    for (let trace = 1; trace <= 30; trace += 1) await desk.tell(search, 1, traceOf(trace))
    await deliver()
    expect(named('notify')?.links).to.have.length(20)
  })

  it('begins a trace where there is none, and records why Slack refused', async () => {
    await desk.tell(await desk.search('alpha'), 1)
    slack.next({ status: 404, body: 'no_service' })
    await deliver()
    expect(named('notify')).to.include({ parentId: null, error: 'Slack: 404 no_service' })
    expect(named('slack')?.attributes).to.include({ 'http.response.status_code': '404', 'rolewatch.answer': 'refused' })
  })

  it('ends with mail`s answer where Slack refused, and holds no address of anybody', async () => {
    await desk.tell(await desk.search('alpha'), 1, traceOf(11))
    slack.next({ status: 404, body: 'no_service' })
    const mail = await openMailServer({ auth: true })
    await deliver(mail.mail.smtpUrl)
    await mail.close()
    expect(mail.accepted).to.have.length(1)
    expect(named('notify')).to.include({ traceId: idOf(11), error: null })
    expect(named('slack')?.attributes).to.include({ 'rolewatch.answer': 'refused' })
    expect(named('email')).to.include({ traceId: idOf(11), parentId: named('notify')?.spanId })
    expect(named('email')?.attributes).to.include({ 'rolewatch.answer': 'accepted', 'rolewatch.smtp.status': '250' })
    const text = JSON.stringify(spans, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    for (const word of ['example.org', 'roles.example', PASSWORD.written, PASSWORD.meant]) expect(text, word).to.not.contain(word)
  })

  it('never holds the webhook`s address', async () => {
    const search = await desk.search('alpha')
    slack.next({ reset: 'lost' })
    await desk.tell(search, 1, traceOf(1))
    await deliver()
    expect(spans.length).to.be.greaterThan(1)
    const text = JSON.stringify(spans, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    expect(text).to.not.contain('secretsecret')
    expect(text).to.not.contain('/services/')
    expect(slack.requests.at(-1)?.headers['traceparent'], 'nor is Slack told of our traces').to.equal(undefined)
  })
})
