// Looks at the watching itself: objectives, Prometheus, changes by hand, caps and drills.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { appendAudit } from '../../../../services/store/audit.ts'
import { takeFromCap } from '../../../../services/store/counters.ts'
import { beat } from '../../../../services/store/workers.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago } from './seed.ts'

describe('looks at the watching', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench({ env: { MAX_CALLS_PER_DAY: '10' } })
  })
  after(() => bench.close())

  describe('slo.state', () => {
    const look = (slo: string) => bench.look('slo.state', { slo })
    const tally = (bad: number, total: number) =>
      bench.db('slo_tallies').insert({ slo: 'scrape-success', bound: '', at: ago(120), seconds: 60, labels: '{}', bad, total })
    afterEach(() => bench.db('slo_tallies').delete())

    it('says nothing while nothing was counted', async () => {
      expect(await look('scrape-success')).to.deep.include({ verdict: 'inconclusive', causes: [] })
    })

    it('is healthy while the budget holds, and broken when it burns as for a page', async () => {
      await tally(0, 100)
      const well = await look('scrape-success')
      expect(well).to.include({ verdict: 'healthy', words: 'Visits to boards succeed: 100% of its budget is left.' })
      expect(well.facts).to.include({ source: 'database', state: 'ok' })
      await bench.db('slo_tallies').delete()
      await tally(90, 100)
      const burning = await look('scrape-success')
      expect(burning.verdict).to.equal('broken')
      expect(burning.words).to.match(/^Visits to boards succeed: -?\d+% of its budget is left/)
    })

    it('knows only the objectives that there are', () => {
      expect(bench.refusal('slo.state', { slo: 'happiness' })).to.match(/^slo: must be one of .*scrape-success/)
    })
  })

  describe('monitoring.state', () => {
    /** What a query that names this series is answered; null: nothing. */
    const series: Record<string, number | null> = {}
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const name = Object.keys(series).find((one) => body.includes(one))
        const value = name === undefined ? null : (series[name] ?? null)
        const result = value === null ? [] : [{ metric: {}, value: [1, String(value)] }]
        response.writeHead(200, { 'content-type': 'application/json' })
        return response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
      })
    })
    let watched: Bench
    before(async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      watched = await openBench({ env: { PROMETHEUS_URL: `http://ann:geheim@127.0.0.1:${(server.address() as AddressInfo).port}` } })
    })
    after(async () => {
      server.closeAllConnections()
      server.close()
      await watched.close()
    })
    beforeEach(() =>
      Object.assign(series, {
        prometheus_rule_evaluation_failures_total: 0,
        prometheus_notifications_alertmanagers_discovered: 1,
        prometheus_notifications_errors_total: 0,
        alertmanager_notifications_failed_total: 0,
      }),
    )
    const look = () => watched.look('monitoring.state')

    it('is healthy when rules are evaluated and alerts get out', async () => {
      expect(await look()).to.deep.include({ verdict: 'healthy', causes: [] })
    })

    it('is broken by each of the faults, and names them', async () => {
      series['prometheus_rule_evaluation_failures_total'] = 2
      series['prometheus_notifications_alertmanagers_discovered'] = 0
      series['prometheus_notifications_errors_total'] = 1.5
      series['alertmanager_notifications_failed_total'] = 3
      expect(await look()).to.deep.include({
        verdict: 'broken',
        causes: ['monitoring'],
        words:
          'In the last ten minutes: rules fail, no Alertmanager is known, alerts do not reach Alertmanager, Alertmanager cannot deliver.',
      })
    })

    it('says nothing of what Prometheus does not watch', async () => {
      series['prometheus_notifications_alertmanagers_discovered'] = null
      expect(await look()).to.deep.include({ verdict: 'inconclusive', causes: [] })
    })

    it('says nothing without a Prometheus, and is broken when it does not answer, without its password', async () => {
      expect(await bench.look('monitoring.state')).to.deep.include({ verdict: 'inconclusive' })
      const away = await openBench({ env: { PROMETHEUS_URL: 'http://ann:geheim@127.0.0.1:1' } })
      try {
        const finding = await away.look('monitoring.state')
        expect(finding).to.deep.include({ verdict: 'broken', causes: ['monitoring'] })
        expect(JSON.stringify(finding)).not.to.contain('geheim')
      } finally {
        await away.close()
      }
    })
  })

  describe('changes.recent', () => {
    it('tells what people changed and what began, and not what runbooks did', async () => {
      await appendAudit(bench.db, { actor: `ann's phone`, action: 'source.pause', target: 'source/greenhouse' })
      await appendAudit(bench.db, { actor: 'runbook/ScrapeOutage', action: 'source.slow', target: 'source/lever' })
      const state = { event_loop_p99_seconds: 0, rss_bytes: 1, heap_bytes: 1, heap_limit_bytes: 2, concurrency: 1, active: 0 }
      await beat(bench.db, { owner: 'one:1', role: 'all', version: '1.2.3', host: 'one', pid: 1, started_at: ago(3000), state })
      const finding = await bench.look('changes.recent', { hours: '1' })
      expect(finding.verdict).to.equal('healthy')
      expect(finding.words).to.match(
        /^Within 1 hour: 1 change by hand, the last source\.pause of source\/greenhouse at .* UTC \(line 1 of the audit\); 1 process began, the last heard of with version 1\.2\.3\.$/,
      )
      expect(JSON.stringify(finding), 'who it was is in the audit').not.to.contain('phone')
      bench.clock.at = new Date(Date.now() + 7200_000)
      expect((await bench.look('changes.recent', { hours: '1' })).words).to.equal('Within 1 hour: 0 changes by hand; 0 processes began.')
      bench.clock.at = undefined
    })

    it('looks back a week at the most', () => {
      expect(bench.refusal('changes.recent', { hours: '169' })).to.equal('hours: must be 1 to 168')
    })
  })

  describe('caps.state', () => {
    it('is healthy below a cap, degraded at it, and says that there is none', async () => {
      expect(await bench.look('caps.state')).to.deep.include({ verdict: 'healthy', words: 'Used today (UTC): 0 of 10 calls.' })
      await takeFromCap(bench.db, 'calls', 10, 10)
      expect(await bench.look('caps.state')).to.deep.include({
        verdict: 'degraded',
        causes: ['load'],
        words: 'Used today (UTC): 10 of 10 calls.',
      })
      const free = await openBench()
      expect(await free.look('caps.state')).to.deep.include({ verdict: 'healthy', words: 'No daily cap is set.' })
      await free.close()
    })
  })

  describe('restore.state', () => {
    it('tells how the drills went, holds them against the objectives, and says when none is known', async () => {
      const { metrics } = bench.world
      expect(await bench.look('restore.state')).to.deep.include({
        verdict: 'inconclusive',
        words: 'This process knows of no restore drill.',
      })
      metrics.restoreDrillSuccess.set({ kind: 'rollback' }, ago(3 * 86_400).getTime() / 1000)
      metrics.restoreDrill.set({ kind: 'rollback' }, 120)
      metrics.restoreDrillLoss.set({ kind: 'rollback' }, 30)
      expect(await bench.look('restore.state')).to.deep.include({
        verdict: 'healthy',
        words: 'The last rollback drill was 3 days ago, took 2 min and lost 30 s.',
      })
      expect(await bench.look('restore.state', { kind: 'disaster' })).to.include({ verdict: 'inconclusive' })
      metrics.restoreDrill.set({ kind: 'rollback' }, 301)
      metrics.restoreDrillLoss.set({ kind: 'rollback' }, 901)
      metrics.restoreDrillSuccess.set({ kind: 'rollback' }, ago(9 * 86_400).getTime() / 1000)
      expect(await bench.look('restore.state')).to.deep.include({
        verdict: 'degraded',
        words: 'The last rollback drill was 9 days ago, took 5 min and lost 15 min: overdue, too slow, too much was lost.',
      })
      expect(bench.refusal('restore.state', { kind: 'fire' })).to.match(/must be one of rollback, disaster/)
    })
  })
})
