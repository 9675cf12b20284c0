// On-call's webhook of the sandbox: a channel of its own beside people's.

import { expect } from 'chai'
import { useSandbox } from './stand.ts'

describe("on-call's Slack of the sandbox", () => {
  const stand = useSandbox({ boards: 2, postingsPerBoard: 1 })
  const send = (url: string, text: string) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) })

  it('keeps its messages apart, shows them, and forgets them', async () => {
    stand.pass(60)
    expect((await send(stand.sandbox.opsWebhookUrl, 'INC-1 fires')).status).to.equal(200)
    expect((await send(stand.sandbox.slackWebhookUrl, 'a posting')).status).to.equal(200)
    expect(stand.sandbox.ops.messages().map(({ payload }) => payload)).to.deep.equal([{ text: 'INC-1 fires' }])
    const page = await (await stand.get('/ops')).text()
    expect(page).to.include('INC-1 fires').and.include('#incidents').and.not.include('a posting')
    expect(await stand.json<unknown[]>('/ops/messages')).to.have.length(1)
    stand.sandbox.ops.clear()
    expect(stand.sandbox.ops.messages()).to.deep.equal([])
  })
})
