// Where the dead man's switch listens: what counts as a sign of life, and what is turned away.

import { connect } from 'node:net'
import { once } from 'node:events'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Deadman } from '../../../services/notify/deadman.ts'
import { serveDeadman, type DeadmanServer } from '../../../services/notify/deadman-server.ts'

const TOKEN = '0123456789abcdef'
const watchdog = { status: 'firing', labels: { alertname: 'Watchdog', severity: 'none' }, startsAt: '2025-11-21T12:00:00Z' }
const other = { status: 'firing', labels: { alertname: 'OutboxStuck' } }
const payload = (...alerts: unknown[]) => JSON.stringify({ version: '4', status: 'firing', receiver: 'deadman', alerts })

describe("the dead man's switch on a port", () => {
  let seen = 0
  let view: ReturnType<Deadman['look']>
  const open: DeadmanServer[] = []
  const deadman: Deadman = { seen: () => void (seen += 1), tick: async () => {}, look: () => view, close: async () => {} }
  beforeEach(() => {
    seen = 0
    view = { silent: false, lastSeen: null, waitedSeconds: 0, unsaid: [] }
  })
  afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

  async function listen(hookToken?: string): Promise<string> {
    const server = await serveDeadman({ deadman, host: '127.0.0.1', port: 0, hookToken })
    open.push(server)
    return server.url
  }
  const post = async (url: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/watchdog`, { method: 'POST', body, headers })
    return [response.status, await response.text()] as const
  }

  it('takes a Watchdog that fires, alone or among others', async () => {
    const url = await listen()
    expect(await post(url, payload(watchdog))).to.deep.equal([200, 'ok\n'])
    expect(await post(url, payload(other, watchdog))).to.deep.equal([200, 'ok\n'])
    expect(seen).to.equal(2)
  })

  const ignored: [string, string][] = [
    ['another alert', payload(other)],
    ['a Watchdog that has resolved', payload({ ...watchdog, status: 'resolved' })],
    ['no alert', payload()],
    ['an alert without a name', payload({ status: 'firing', labels: {} })],
  ]
  for (const [what, body] of ignored)
    it(`ignores ${what}`, async () => {
      expect(await post(await listen(), body)).to.deep.equal([200, 'ignored: no firing Watchdog in it\n'])
      expect(seen).to.equal(0)
    })

  for (const [what, body, says] of [
    ['what is no JSON', '{', /not JSON/],
    ['nothing', '', /not JSON/],
    ['JSON of somebody else', '{"text":"hello"}', /not Alertmanager's webhook/],
    ['alerts without labels', '{"alerts":[{"status":"firing"}]}', /not Alertmanager's webhook/],
    ['null', 'null', /not Alertmanager's webhook/],
  ] as const)
    it(`answers ${what} with 400 and a sentence`, async () => {
      const [status, text] = await post(await listen(), body)
      expect(status).to.equal(400)
      expect(text).to.match(says)
      expect(seen).to.equal(0)
    })

  it('never takes anything at random for a sign of life', async () => {
    const url = await listen()
    await fc.assert(
      fc.asyncProperty(fc.json(), async (body) => {
        expect((await post(url, body))[0]).to.be.oneOf([200, 400])
        expect(seen).to.equal(0)
      }),
      { numRuns: 60 },
    )
  })

  describe('with a token', () => {
    it('lets in who has it', async () => {
      const url = await listen(TOKEN)
      expect((await post(url, payload(watchdog), { authorization: `Bearer ${TOKEN}` }))[0]).to.equal(200)
      expect((await post(url, payload(watchdog), { authorization: `bearer ${TOKEN}` }))[0]).to.equal(200)
      expect(seen).to.equal(2)
    })

    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ])
      it(`keeps out ${JSON.stringify(authorization)}`, async () => {
        const url = await listen(TOKEN)
        const response = await fetch(`${url}/watchdog`, {
          method: 'POST',
          body: payload(watchdog),
          headers: authorization === undefined ? {} : { authorization },
        })
        expect(response.status).to.equal(401)
        expect(response.headers.get('www-authenticate')).to.equal('Bearer')
        expect(await response.text()).to.not.contain(TOKEN.slice(1))
        expect(seen).to.equal(0)
      })

    it('does not ask for it where nothing is told', async () => {
      const url = await listen(TOKEN)
      expect((await fetch(`${url}/healthz`)).status).to.equal(200)
      expect((await fetch(`${url}/metrics`)).status).to.equal(200)
    })
  })

  it('refuses more than a megabyte, announced or not, and listens on', async () => {
    const url = await listen()
    const large = payload(watchdog, { ...other, annotations: { text: 'x'.repeat(1_000_000) } })
    expect((await post(url, large))[0]).to.equal(413)
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.write('POST /watchdog HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    for (let part = 0; part < 17; part += 1) socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`)
    await once(socket, 'close')
    expect(text).to.match(/^HTTP\/1\.1 413 /)
    expect(seen).to.equal(0)
    expect((await post(url, payload(watchdog)))[0]).to.equal(200)
  })

  it('outlives a request that breaks off', async () => {
    const url = await listen()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write('POST /watchdog HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"alerts"')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.resetAndDestroy()
    expect((await post(url, payload(watchdog)))[0]).to.equal(200)
  })

  it('knows its paths and their methods', async () => {
    const url = await listen()
    expect((await fetch(`${url}/`)).status).to.equal(404)
    expect((await fetch(`${url}/toString`)).status, 'no name of an object is a path').to.equal(404)
    const wrong = await fetch(`${url}/watchdog`)
    expect([wrong.status, wrong.headers.get('allow')]).to.deep.equal([405, 'POST'])
    expect((await fetch(`${url}/healthz?x=1`)).status).to.equal(200)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).to.equal(405)
  })

  it('shows how it stands as metrics', async () => {
    const url = await listen()
    const read = async () =>
      (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(await read()).to.deep.equal(['rolewatch_deadman_waited_seconds 0', 'rolewatch_deadman_silent 0', 'rolewatch_deadman_unsaid 0'])
    view = { silent: true, lastSeen: new Date(1_700_000_000_500), waitedSeconds: 301.25, unsaid: ['slack', 'email'] }
    expect(await read()).to.deep.equal([
      'rolewatch_deadman_last_seen_timestamp_seconds 1700000000.5',
      'rolewatch_deadman_waited_seconds 301.25',
      'rolewatch_deadman_silent 1',
      'rolewatch_deadman_unsaid 2',
    ])
  })
})
