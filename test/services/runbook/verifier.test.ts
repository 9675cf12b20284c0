// Whether an alert is gone, asked of Prometheus or of what Alertmanager told: what cannot be seen is never called mended.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { AlertRule } from '../../../ops/slo/expressions.ts'
import { openVerifier } from '../../../services/runbook/verifier.ts'
import { openPrometheus, type Sample } from '../../../services/slo/prometheus.ts'
import type { Incident } from '../../../services/store/incidents.ts'
import { receiveAlerts } from '../../../services/store/alerts.ts'
import { openWorld, type World } from '../../world.ts'

const NOW = new Date('2030-01-01T12:00:00Z')
const LABELS = { alertname: 'BreakerOpen', severity: 'ticket', source: 'greenhouse' }
const RULES = new Map<string, AlertRule[]>([
  ['BreakerOpen', [{ expression: 'breaker > 0', labels: { severity: 'ticket' } }]],
  [
    'TwoRules',
    [
      { expression: 'fast > 1', labels: { severity: 'page' } },
      { expression: 'slow > 1', labels: { severity: 'ticket' } },
    ],
  ],
])
const signal = new AbortController().signal

describe('services/runbook/verifier', () => {
  let world: World
  let server: Server
  /** What Prometheus answers to each expression; what is not there is an error. */
  let answers: Map<string, Sample[]>
  before(async () => {
    world = await openWorld()
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const found = answers.get(new URLSearchParams(body).get('query') ?? '')
        response.setHeader('content-type', 'application/json')
        response.statusCode = found ? 200 : 422
        const result = found?.map(({ labels, value }) => ({ metric: labels, value: [0, String(value)] }))
        response.end(
          JSON.stringify(found ? { status: 'success', data: { resultType: 'vector', result } } : { status: 'error', error: 'no such' }),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(async () => {
    await new Promise((resolve) => server.close(resolve))
    await world.close()
  })
  beforeEach(() => {
    answers = new Map([['up{job="rolewatch"} == 1', [{ labels: { job: 'rolewatch' }, value: 1 }]]])
  })

  const verifier = (hasPrometheus: boolean) =>
    openVerifier({
      db: world.db,
      prometheus: hasPrometheus ? openPrometheus(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) : undefined,
      rules: RULES,
      now: () => NOW,
    })
  const ask = (alert = 'BreakerOpen', labels: Record<string, string> = LABELS, incident?: Incident) =>
    verifier(true)({ alert, labels, incident, signal })

  describe('with Prometheus', () => {
    it('calls it mended when its own expression gives nothing for its labels', async () => {
      answers.set('breaker > 0', [])
      expect(await ask()).to.deep.equal({ kind: 'mended', words: 'its expression gives nothing any more' })
      answers.set('breaker > 0', [{ labels: { source: 'lever' }, value: 1 }])
      expect((await ask()).kind).to.equal('mended')
    })

    it('says what it still gives', async () => {
      answers.set('breaker > 0', [
        { labels: { __name__: 'breaker', source: 'greenhouse', instance: 'a:1' }, value: 1.23456 },
        { labels: { source: 'lever' }, value: 9 },
      ])
      expect(await ask()).to.deep.equal({ kind: 'firing', words: 'its expression still gives 1.23' })
    })

    it('does not take the silence of a Prometheus that sees nothing for an answer', async () => {
      answers.set('breaker > 0', []).set('up{job="rolewatch"} == 1', [])
      expect(await ask()).to.deep.equal({ kind: 'unknown', words: 'Prometheus sees no process of Rolewatch' })
    })

    it('passes on that it cannot ask', async () => {
      expect(await ask().catch((error: Error) => error.message)).to.equal('it refused the query: no such')
    })

    it('asks the rule of the alert that fired, where a name has several', async () => {
      answers.set('slow > 1', [])
      expect((await ask('TwoRules', { alertname: 'TwoRules', severity: 'ticket' })).kind).to.equal('mended')
    })
  })

  describe('without', () => {
    const tell = (labels: Record<string, string>, status: 'firing' | 'resolved', at: Date) =>
      world.database.inTransaction((trx) =>
        receiveAlerts(
          trx,
          [{ fingerprint: labels['source'] ?? '', status, starts_at: new Date(0), ends_at: null, labels, annotations: {} }],
          at,
        ),
      )
    const kind = async (labels: Record<string, string>, alert = 'Other') =>
      (await verifier(false)({ alert, labels, incident: undefined, signal })).kind

    it('goes by what Alertmanager told last, and knows nothing when that is long ago or was never', async () => {
      const labels = (source: string) => ({ alertname: 'Other', source })
      await tell(labels('a'), 'firing', NOW)
      await tell(labels('b'), 'firing', new Date(NOW.getTime() - 3_600_000))
      await tell(labels('c'), 'firing', NOW)
      await tell(labels('c'), 'resolved', NOW)
      expect(await kind(labels('a'))).to.equal('firing')
      expect(await kind(labels('b'))).to.equal('unknown')
      expect(await kind(labels('c'))).to.equal('mended')
      expect(await kind(labels('d'))).to.equal('unknown')
      expect(await kind({}), 'any of them').to.equal('firing')
      expect(await kind({}, 'Never')).to.equal('unknown')
    })
  })

  it('believes Alertmanager when it says that the alert is over, whoever else is asked', async () => {
    answers.set('breaker > 0', [{ labels: { source: 'greenhouse' }, value: 1 }])
    expect(await ask('BreakerOpen', LABELS, { state: 'resolved' } as Incident)).to.deep.include({ kind: 'mended' })
  })
})
