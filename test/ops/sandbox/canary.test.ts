// The canary's webhook of the sandbox: a channel of its own beside people's.

import { expect } from 'chai'
import { useSandbox } from './stand.ts'

describe("the canary's Slack of the sandbox", () => {
  const stand = useSandbox({ boards: 2, postingsPerBoard: 1 })
  beforeEach(() => {
    stand.pass(60)
    stand.sandbox.canary.clear()
  })
  const send = (url: string, text: string) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) })

  it('keeps its messages apart, and is limited apart', async () => {
    for (let n = 0; n < 3; n += 1) expect((await send(stand.sandbox.canaryWebhookUrl, `canary ${n}`)).status).to.equal(200)
    expect((await send(stand.sandbox.canaryWebhookUrl, 'too many')).status).to.equal(429)
    expect((await send(stand.sandbox.slackWebhookUrl, 'for people')).status).to.equal(200)
    const texts = (messages: { payload: unknown; posted: boolean }[]) =>
      messages.filter((message) => message.posted).map((message) => (message.payload as { text: string }).text)
    expect(texts(stand.sandbox.slack.messages())).to.deep.equal(['for people'])
    expect(texts(stand.sandbox.canary.messages())).to.deep.equal(['canary 0', 'canary 1', 'canary 2'])
    expect(await stand.json<unknown[]>('/canary/messages')).to.have.length(4)
  })

  it('shows its channel', async () => {
    await send(stand.sandbox.canaryWebhookUrl, 'hello from the cage')
    const page = await (await stand.get('/canary')).text()
    expect(page).to.include('hello from the cage').and.include('#canary')
    expect(await (await stand.get('/slack')).text())
      .to.include('#job-alerts')
      .and.not.include('hello from the cage')
  })

  it('knows no other webhook than its own, and no other page', async () => {
    const [, tail] = stand.sandbox.slackWebhookUrl.split('/slack')
    expect((await send(`${stand.sandbox.url}/canary${tail}`, 'x')).status).to.equal(200)
    expect((await send(`${stand.sandbox.url}/canary/services/T1/B1/x`, 'x')).status).to.equal(404)
    expect(await (await stand.get('/canary/else')).text()).to.include('there is /canary and /canary/messages')
  })

  it('is away when Slack is away', async () => {
    stand.sandbox.market.fault({ source: 'slack', kind: 'status', status: 503 })
    expect((await send(stand.sandbox.canaryWebhookUrl, 'x')).status).to.equal(503)
  })
})
