// Prometheus and the database are asked the same: a real Prometheus beside the product's own tallies, while a town lives through faults.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { print } from '../../../ops/slo/decimal.ts'
import { boundOf, countsTime } from '../../../ops/slo/query.ts'
import { ruleGroup } from '../../../ops/slo/rules.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { keepGauges } from '../../../services/gauges.ts'
import { openPrometheus } from '../../../services/slo/prometheus.ts'
import { reportSlos, type SloReport } from '../../../services/slo/report.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import type { Figures } from '../../../services/slo/standing.ts'
import { openTallies, type Tallies } from '../../../services/slo/tallies.ts'
import { createSearch } from '../../../services/store/searches.ts'
import { openTown, type Town } from '../../journey/town.ts'
import { startPrometheus, type Program } from '../../programs.ts'
import { needTool } from '../../tools.ts'
import { openWorld, type World } from '../../world.ts'
import { HEALTHY, serveApi, type Served } from '../api/client.ts'

/** Both sides count a slice of time per second here; a change of state may fall into another second on either side, its begin and end too. */
const SLICES_OFF = 3
/** `increase` reaches to the end of the window beyond the last sample: by one scrape at the most. */
const SCRAPE_SECONDS = 1

describe('budgets from Prometheus and from the database', function () {
  this.timeout(120_000)
  let town: Town
  let ledger: World
  let api: Served
  let exposition: Server
  let prometheus: Program
  let tallies: Tallies
  let folder = ''
  let slos: Slo[] = []
  const sides: { prometheus: Map<string, SloReport>; database: Map<string, SloReport> } = { prometheus: new Map(), database: new Map() }
  /** Seconds from the first event to the last evaluation: what the counts of `increase` may be off is a share of it. */
  let lasted = 0

  before(async function () {
    needTool(this, 'prometheus')
    town = await openTown({ boards: 6, postingsPerBoard: 8 })
    const { watch, database } = town.works
    keepGauges(town.works)
    // Beside the town's own database: its minutes must not mix with the seconds of this suite.
    ledger = await openWorld()
    let slow = 0
    api = await serveApi(town.works, {
      health: {
        components: { ...HEALTHY.components, slow: async () => (await sleep(slow), { status: 'ok' }) },
        essential: HEALTHY.essential,
      },
      refresh: () => Promise.reject(new Error('a fault of ours')),
    })
    await staleSource(town)
    await createSearch(database.db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })

    slos = await readSlos(watch.metrics)
    const answer = async (accept: string | undefined, response: ServerResponse) => {
      const { contentType, body } = await watch.metrics.expose(accept)
      response.setHeader('content-type', contentType).end(body)
    }
    exposition = createServer((request, response) => void answer(request.headers.accept, response)).listen(0, '127.0.0.1')
    await once(exposition, 'listening')
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-agreement-'))
    prometheus = await startPrometheus({
      folder,
      config: {
        global: { scrape_interval: `${SCRAPE_SECONDS}s`, evaluation_interval: '1s' },
        scrape_configs: [
          { job_name: 'rolewatch', static_configs: [{ targets: [`127.0.0.1:${(exposition.address() as AddressInfo).port}`] }] },
        ],
      },
      rules: { groups: slos.map((slo) => ({ ...ruleGroup(slo), interval: '1s' })) },
    })
    tallies = openTallies({ watch, db: ledger.db, slos, seconds: 1 })

    await evaluatedAfter(Date.now() + 2000)
    const began = Date.now()
    tallies.start()
    await live(town, api, (ms) => (slow = ms))
    const ended = Date.now()
    await evaluatedAfter(ended + 2000)
    await tallies.close()
    lasted = (Date.now() - began) / 1000
    const asked = { slos, db: async () => ledger.db, sliceSeconds: 1 }
    for (const report of await reportSlos({ ...asked, prometheusUrl: prometheus.url })) sides.prometheus.set(report.slo, report)
    for (const report of await reportSlos({ ...asked, prometheusUrl: undefined })) sides.database.set(report.slo, report)
  })
  after(async () => {
    await prometheus?.stop()
    exposition?.closeAllConnections()
    exposition?.close()
    await api?.close()
    await ledger?.close()
    await town?.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  /** Waits until there is a scrape later than this moment, and every group of rules has been evaluated behind it. */
  async function evaluatedAfter(at: number): Promise<void> {
    const client = openPrometheus(prometheus.url)
    let scraped: number | undefined
    for (let tries = 0; tries < 400; tries++) {
      const [latest] = await client.query('timestamp(up)')
      if (latest && latest.value * 1000 > at) scraped ??= latest.value
      const found = await client.query('timestamp(slo:objective:ratio)')
      if (scraped !== undefined && found.length === slos.length && found.every(({ value }) => value > (scraped ?? 0))) return
      await sleep(100)
    }
    throw new Error(`the rules were not evaluated:\n${prometheus.output()}`)
  }

  const pair = (slo: string): [SloReport, SloReport] => {
    const [a, b] = [sides.prometheus.get(slo), sides.database.get(slo)]
    if (!a || !b) throw new Error(`no report on ${slo}`)
    return [a, b]
  }

  it('are counted by whom they say', () => {
    for (const { slo } of slos) {
      const [a, b] = pair(slo)
      expect([a.source, a.note, b.source, b.note], slo).to.deep.equal(['prometheus', null, 'database', null])
    }
  })

  it('are of a day on which something went wrong with every SLO of events, and not with everything', () => {
    for (const slo of slos.filter(({ sli }) => !countsTime(sli))) {
      const [, { bad, total, state }] = pair(slo.slo)
      expect(bad, slo.slo).to.be.above(0).and.below(total)
      expect(state, slo.slo).to.be.oneOf(['page', 'warning'])
    }
    const [, freshness] = pair('freshness')
    expect(freshness.by.map(({ labels, state }) => [labels['source'], state])).to.deep.equal([
      ['ashby', 'ok'],
      ['greenhouse', 'ok'],
      ['lever', 'warning'],
    ])
    expect(pair('restore-drill')[1].state).to.equal('no_data')
  })

  it('agree to 1e-6 on every ratio and budget of events, and to a thousandth on every burn', () => {
    for (const slo of slos.filter(({ sli }) => !countsTime(sli))) {
      const [a, b] = pair(slo.slo)
      expect(a.by.map(({ labels }) => labels)).to.deep.equal(b.by.map(({ labels }) => labels))
      agree(slo.slo, a, b)
      for (const [index, part] of a.by.entries()) agree(`${slo.slo} ${JSON.stringify(part.labels)}`, part, b.by[index] as Figures)
    }
  })

  it('agree on how many events there were, but for the stretch of one scrape that increase adds', () => {
    for (const slo of slos.filter(({ sli }) => !countsTime(sli))) {
      const [a, b] = pair(slo.slo)
      expect(Number.isInteger(b.bad) && Number.isInteger(b.total), slo.slo).to.equal(true)
      expect(a.total, slo.slo).to.be.within(b.total * (1 - 1e-9), b.total * (1 + (2 * SCRAPE_SECONDS) / (lasted - 2 * SCRAPE_SECONDS)))
      expect(a.bad / a.total).to.be.closeTo(b.bad / b.total, 1e-9)
    }
  })

  it('agree on seconds of time but for the slices at the edges, and on their states', () => {
    for (const slo of slos.filter(({ sli }) => countsTime(sli))) {
      const [a, b] = pair(slo.slo)
      expect(a.by.map(({ labels }) => labels)).to.deep.equal(b.by.map(({ labels }) => labels))
      for (const [one, other] of [[a, b] as const, ...a.by.map((part, index) => [part, b.by[index] as Figures] as const)]) {
        const parts = one === a ? Math.max(1, a.by.length) : 1
        expect(one.state, slo.slo).to.equal(other.state)
        // Prometheus looks for two seconds before the tallies begin.
        expect(one.total - other.total, slo.slo).to.be.within(-SLICES_OFF * parts, (SLICES_OFF + 4) * parts)
        if (one.bad === 0 || one.bad === one.total) expect(one.sli, slo.slo).to.equal(other.sli)
        else expect(one.bad - other.bad, slo.slo).to.be.within(-SLICES_OFF, SLICES_OFF + 4)
      }
    }
  })

  it('are what the rules have recorded', async () => {
    const recorded = await openPrometheus(prometheus.url).query('slo:error_budget:remaining_ratio')
    expect(recorded).to.have.length.above(slos.length / 2)
    for (const { labels, value } of recorded) {
      const slo = slos.find((one) => one.slo === labels['slo'])
      if (!slo) throw new Error(`the rules know ${labels['slo']}`)
      const [a] = pair(slo.slo)
      const bound = boundOf(slo)
      expect(labels['bound'] ?? '').to.equal(bound ? print(bound) : '')
      const part = slo.sli.by.length === 0 ? a : a.by.find((one) => slo.sli.by.every((label) => one.labels[label] === labels[label]))
      // A group without events is quiet to the rules, and no data to us; slices go on being counted.
      if (!part) expect(value).to.equal(1)
      else if (part.budget_remaining !== null) expect(value).to.be.closeTo(part.budget_remaining, countsTime(slo.sli) ? 2 : 1e-9)
    }
  })
})

function agree(what: string, a: Figures, b: Figures): void {
  expect(a.state, what).to.equal(b.state)
  expect(a.sli, what).to.be.closeTo(b.sli ?? Number.NaN, 1e-6)
  // Budgets and burns are ratios, magnified by what may go wrong.
  const near = (one: number, other: number) => expect(one, what).to.be.closeTo(other, 1e-6 * Math.max(1, Math.abs(other)))
  near(a.budget_remaining ?? Number.NaN, b.budget_remaining ?? Number.NaN)
  near(a.pace.rate, b.pace.rate)
  expect(a.burn.length).to.equal(b.burn.length)
  for (const [index, burn] of a.burn.entries()) {
    const { rate, ...same } = burn
    const { rate: other = Number.NaN, ...theirs } = b.burn[index] ?? {}
    expect(same).to.deep.equal(theirs)
    // A scrape that comes late stretches increase() of one window and not of another.
    expect(rate, what).to.be.closeTo(other, 1e-3 * Math.max(1, Math.abs(other)))
  }
  if (a.exhausted_in_seconds === null || b.exhausted_in_seconds === null) expect(a.exhausted_in_seconds).to.equal(b.exhausted_in_seconds)
  else near(a.exhausted_in_seconds, b.exhausted_in_seconds)
}

/** Lever was read completely long ago, the others just now, before anybody looks. */
async function staleSource({ works }: Town): Promise<void> {
  const { db } = works.database
  await db('boards').update({ last_complete_at: new Date() })
  await db('boards')
    .where({ source: 'lever' })
    .update({ last_complete_at: new Date(Date.now() - 30 * 86_400_000) })
}

/** A day with faults: visits, requests, and what no part of the product does yet. */
async function live(town: Town, api: Served, makeSlow: (ms: number) => void): Promise<void> {
  const { market } = town.sandbox
  const { metrics } = town.works.watch
  town.works.notifier.start()
  const sick = market.boards().find(({ source }) => source === 'greenhouse')
  const careless = market.boards().find(({ source }) => source === 'ashby')
  market.fault({ source: 'greenhouse', board: sick?.ident ?? '', kind: 'status', status: 500 })
  market.fault({ source: 'ashby', board: careless?.ident ?? '', kind: 'dropped_field', share: 0.4 })
  const visits = (async () => {
    for (let round = 0; round < 2; round++) await town.refresh({ sources: ['greenhouse', 'ashby'] })
  })()
  for (let n = 0; n < 8; n++) expect((await api.ask('/api/v1/postings?limit=1')).status).to.equal(200)
  for (const ms of [500, 900, 1700]) {
    makeSlow(ms)
    expect((await api.ask('/api/v1/health')).status).to.equal(200)
  }
  makeSlow(0)
  expect((await api.ask('/api/v1/runs', { method: 'POST', body: {} })).status).to.equal(500)
  for (const seconds of [0.4, 45, 90, 200]) metrics.alertDeliverySeconds.observe({ channel: 'slack' }, seconds)
  for (const seconds of [1, 6, 9, 13]) metrics.resumeAnalysisSeconds.observe({}, seconds)
  for (const seconds of [60, 1000, 1200]) metrics.detectionSeconds.observe({ kind: 'outage' }, seconds)
  for (const seconds of [2, 45, 50]) metrics.canaryRoundTripSeconds.observe({ channel: 'slack' }, seconds)
  metrics.restoreDrill.set({ kind: 'rollback' }, 30)
  await sleep(3000)
  // It changes while it is watched.
  metrics.restoreDrill.set({ kind: 'rollback' }, 400)
  await visits
  await town.works.notifier.deliverDue()
}
