// The door to Slack: what each way of answering, and of not answering, is taken to mean.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { SlackMessage } from '../../../services/notify/digest.ts'
import { openSlack, type Answer } from '../../../services/notify/slack.ts'
import { openSlackServer, SECRET, type SlackServer } from '../../slack.ts'

const message: SlackMessage = {
  text: 'Hello',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Hello', verbatim: true } }],
  unfurl_links: false,
  unfurl_media: false,
}

describe('the door to Slack', () => {
  let slack: SlackServer
  before(async () => {
    slack = await openSlackServer()
  })
  after(async () => {
    await slack.close()
  })
  const post = (url = slack.url, timeoutMs = 2000): Promise<Answer> => openSlack(url, { timeoutMs }).post(message)

  it('sends the message as it is and takes `ok` as accepted', async () => {
    expect(await post()).to.deep.equal({ kind: 'accepted', status: 200, words: '200 ok' })
    expect(slack.accepted.at(-1)?.message).to.deep.equal(message)
  })

  it('uses a connection for one message only, so that a closing one never leaves it in doubt', async () => {
    await post()
    expect(slack.requests.at(-1)?.headers.connection).to.equal('close')
  })

  it('does not believe a 200 that is not Slack`s', async () => {
    slack.next({ status: 200, body: '<html>Please log in to the guest network</html>' })
    expect((await post()).kind).to.equal('unknown')
    slack.next({ status: 200, body: '' })
    expect((await post()).kind).to.equal('unknown')
  })

  it('reads Retry-After in seconds and as a date, and no more than an hour of it', async () => {
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '7' } })
    expect(await post()).to.include({ kind: 'refused', again: true, status: 429, retryAfter: 7 })
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': new Date(Date.now() + 20_000).toUTCString() } })
    const dated = await post()
    expect(dated.kind === 'refused' && dated.retryAfter).to.be.within(18, 20)
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': '86400' } })
    expect(await post()).to.include({ retryAfter: 3600 })
    slack.next({ status: 429, body: 'rate_limited', headers: { 'retry-after': 'soon' } })
    expect(await post()).to.include({ retryAfter: null })
  })

  const statuses: [number, string, string, boolean?][] = [
    [400, 'invalid_payload', 'refused', false],
    [403, 'action_prohibited', 'refused', false],
    [404, 'no_service', 'refused', false],
    [410, 'channel_is_archived', 'refused', false],
    [302, '', 'refused', false],
    [408, '', 'refused', true],
    [500, 'rollup_error', 'refused', true],
    [503, '', 'refused', true],
    [503, '<html>maintenance</html>', 'refused', true],
    [500, '', 'unknown'],
    [502, '<html>Bad Gateway</html>', 'unknown'],
    [504, '<html>Gateway Time-out</html>', 'unknown'],
    [204, '', 'unknown'],
  ]
  for (const [status, body, kind, again] of statuses)
    it(`takes ${status} ${JSON.stringify(body)} as ${kind}${again === undefined ? '' : again ? ', to be tried again' : ' for good'}`, async () => {
      slack.next({ status, body, headers: status === 302 ? { location: slack.url } : {} })
      const before = slack.requests.length
      const answer = await post()
      expect(answer.kind).to.equal(kind)
      expect(answer.kind === 'refused' ? answer.again : undefined).to.equal(again)
      expect(answer.status).to.equal(status)
      expect(slack.requests.length - before, 'requests sent').to.equal(1)
    })

  it('repeats Slack`s own words, and nothing of a page', async () => {
    slack.next({ status: 404, body: 'no_service' }, { status: 404, body: '<html>nothing here</html>' })
    expect((await post()).words).to.equal('404 no_service')
    expect((await post()).words).to.equal('404')
  })

  it('is in doubt after a timeout and after a reset, once the message went out', async () => {
    slack.next({ hang: 'lost' })
    expect(await post(slack.url, 150)).to.deep.equal({ kind: 'unknown', status: null, words: 'no answer in time' })
    slack.next({ reset: 'accepted' })
    const answer = await post()
    expect(answer.kind).to.equal('unknown')
  })

  it('is in doubt when the answer breaks off', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '2' })
      response.write('o')
      setImmediate(() => response.destroy())
    })
    expect((await post(url.address)).kind).to.equal('unknown')
    await url.close()
  })

  it('knows that nothing was accepted where there was no connection', async () => {
    const refused = await post(await closedAddress())
    expect(refused).to.deep.equal({ kind: 'refused', again: true, status: null, retryAfter: null, words: 'ECONNREFUSED' })
    const nowhere = await post(`http://nowhere.invalid${SECRET}`)
    expect(nowhere).to.include({ kind: 'refused', again: true })
    expect(nowhere.words).to.match(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  it('knows it too where the connection stood and the handshake never ended', async () => {
    const sockets: { destroy(): void }[] = []
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const answer = await post(`https://127.0.0.1:${port}${SECRET}`, 200)
    expect(answer).to.include({ kind: 'refused', again: true, words: 'no answer in time' })
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('never says the address of the webhook', async () => {
    const secret = SECRET.split('/').at(-1) ?? ''
    slack.next({ hang: 'lost' }, { reset: 'lost' }, { status: 500 }, { status: 404, body: 'no_service' })
    for (const url of [slack.url, slack.url, slack.url, slack.url, `http://nowhere.invalid${SECRET}`, `nonsense${SECRET}`])
      expect(JSON.stringify(await post(url, 150))).to.not.contain(secret)
  })

  it('tells two requests on their way at once apart', async () => {
    slack.next({ hang: 'lost' })
    const [hung, gone] = await Promise.all([post(slack.url, 400), post(await closedAddress())])
    expect(hung.kind).to.equal('unknown')
    expect(gone.kind).to.equal('refused')
  })
})

/** The webhook's path on a port where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = await serve(() => {})
  await server.close()
  return server.address
}

async function serve(listener: RequestListener): Promise<{ address: string; close(): Promise<void> }> {
  const server = createHttpServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
