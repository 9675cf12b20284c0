// The Slack of the sandbox, spoken to over HTTP.

import { IncomingWebhook } from '@slack/webhook'
import { expect } from 'chai'
import { failureOf, useSandbox } from './stand.ts'

describe('the Slack of the sandbox', () => {
  const stand = useSandbox({ boards: 2, postingsPerBoard: 1 })
  // The bucket is full again before each test.
  beforeEach(() => stand.pass(60))
  const send = (payload: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(stand.sandbox.slackWebhookUrl, { method: 'POST', headers, body: JSON.stringify(payload) })
  const answer = async (response: Response | Promise<Response>) => {
    const { status } = await response
    return [status, await (await response).text()]
  }

  it('takes a message and answers ok, as text', async () => {
    const response = await send({ text: 'hello' })
    expect(response.headers.get('content-type')).to.match(/^text\/plain/)
    expect(await answer(response)).to.deep.equal([200, 'ok'])
    const [message] = stand.sandbox.slack.messages()
    expect(message).to.deep.include({ payload: { text: 'hello' }, status: 200, posted: true, error: null })
    expect(message?.at).to.match(/^2026-03-10T12:/)
  })

  it("takes what Slack's own client sends", async () => {
    const result = await new IncomingWebhook(stand.sandbox.slackWebhookUrl).send({ text: 'from the client' })
    expect(result.text).to.equal('ok')
  })

  it('lets three through at once, then one a second, and says when to come back', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await send({ text: `m${i}` })).status)
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429])
    const refused = await send({ text: 'again' })
    expect(refused.headers.get('retry-after')).to.equal('1')
    expect(await answer(refused)).to.deep.equal([429, 'rate_limited'])
    stand.pass(1)
    expect((await send({ text: 'later' })).status).to.equal(200)
    expect((await send({ text: 'too soon' })).status).to.equal(429)
    expect(stand.sandbox.slack.messages().filter((message) => message.posted)).to.have.length(4)
  })

  it('refuses in the words of the real one', async () => {
    expect(await answer(send({}))).to.deep.equal([400, 'no_text'])
    expect(await answer(send({ blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }))).to.deep.equal([400, 'invalid_blocks'])
    expect(await answer(send({ text: 'x' }, { 'content-type': 'text/plain' }))).to.deep.equal([400, 'invalid_payload'])
    const torn = fetch(stand.sandbox.slackWebhookUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text' })
    expect(await answer(torn)).to.deep.equal([400, 'invalid_payload'])
    expect(stand.sandbox.slack.messages().map((message) => [message.posted, message.error])).to.deep.equal([
      [false, 'no_text'],
      [false, 'invalid_blocks'],
      [false, 'invalid_payload'],
      [false, 'invalid_payload'],
    ])
  })

  it('does not count refused messages against the limit', async () => {
    for (let i = 0; i < 5; i++) await send({})
    expect((await send({ text: 'x' })).status).to.equal(200)
  })

  it('knows one webhook alone', async () => {
    const own = new URL(stand.sandbox.slackWebhookUrl)
    const [, , , team, hook] = own.pathname.split('/')
    expect(own.pathname).to.match(/^\/slack\/services\/T\w+\/B\w+\/\w+$/)
    const post = (path: string) => answer(stand.post(path, { text: 'x' }))
    expect(await post(`/slack/services/${team}/${hook}/wrong`)).to.deep.equal([403, 'invalid_token'])
    expect(await post(`/slack/services/${team}/B0/x`)).to.deep.equal([404, 'no_service'])
    expect(await post(`/slack/services/T0/${hook}/x`)).to.deep.equal([404, 'no_service'])
    expect(await answer(fetch(own))).to.deep.equal([405, 'method_not_allowed'])
    expect(stand.sandbox.slack.messages()).to.deep.equal([])
  })

  it('fails the next so many', async () => {
    stand.sandbox.market.fault({ source: 'slack', kind: 'status', status: 503, retryAfter: 4, times: 2 })
    const first = await send({ text: 'a' })
    expect([first.status, first.headers.get('retry-after')]).to.deep.equal([503, '4'])
    expect([(await send({ text: 'b' })).status, (await send({ text: 'c' })).status]).to.deep.equal([503, 200])
    expect(stand.sandbox.slack.messages().map((message) => message.posted)).to.deep.equal([false, false, true])
  })

  it('posts a message and breaks off, so that the sender cannot know', async () => {
    stand.sandbox.market.fault({ source: 'slack', kind: 'reset', times: 1 })
    expect(await failureOf(send({ text: 'a' }))).to.match(/ECONNRESET|other side closed|UND_ERR_SOCKET/)
    expect(stand.sandbox.slack.messages()).to.have.length(1)
    expect(stand.sandbox.slack.messages()[0]).to.include({ status: 0, posted: true })
  })

  it('posts a message and never answers', async () => {
    stand.sandbox.market.fault({ source: 'slack', kind: 'hang', times: 1 })
    const work = fetch(stand.sandbox.slackWebhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"x"}',
      signal: AbortSignal.timeout(150),
    })
    expect(await failureOf(work)).to.match(/Timeout|aborted/i)
    expect(stand.sandbox.slack.messages()[0]).to.include({ status: 0, posted: true })
  })

  it('is not struck by a fault of the boards, nor they by one of Slack', async () => {
    stand.sandbox.market.fault({ kind: 'status', status: 500 })
    expect((await send({ text: 'x' })).status).to.equal(200)
    stand.sandbox.market.clearFaults()
    stand.sandbox.market.fault({ source: 'slack', kind: 'status', status: 500 })
    expect((await stand.get('/api.lever.co/robots.txt')).status).to.equal(200)
  })

  it('lists messages as JSON and shows the posted ones on a page that runs nothing', async () => {
    await send({ text: 'shown' })
    await send({})
    expect(await stand.json('/slack/messages')).to.deep.equal(stand.sandbox.slack.messages())
    const page = await stand.get('/slack')
    expect(page.headers.get('content-type')).to.match(/^text\/html/)
    expect(page.headers.get('content-security-policy')).to.include("default-src 'none'")
    const html = await page.text()
    expect(html).to.include('shown')
    expect(html).to.include('1 messages')
    expect((await stand.get('/slack/other')).status).to.equal(404)
  })

  it('forgets on demand', async () => {
    await send({ text: 'x' })
    const response = await fetch(`${stand.sandbox.url}/slack/messages`, { method: 'DELETE' })
    expect(await response.json()).to.deep.equal([])
    expect(stand.sandbox.slack.messages()).to.deep.equal([])
  })
})

describe('a faster Slack of the sandbox', () => {
  const stand = useSandbox({ boards: 1, postingsPerBoard: 1, slackPerSecond: 50 })

  it('takes as many as it was told to', async () => {
    const hook = new URL(stand.sandbox.slackWebhookUrl).pathname
    const statuses: number[] = []
    for (let i = 0; i < 52; i++) statuses.push((await stand.post(hook, { text: `m${i}` })).status)
    expect(statuses.filter((status) => status === 200)).to.have.length(50)
  })
})
