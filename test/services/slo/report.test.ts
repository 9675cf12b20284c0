// Who counts: Prometheus where it answers and knows the SLO, else the database, and the report says which and why.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import type { Slo } from '../../../ops/slo/spec.ts'
import { reportSlos, type ReportParts } from '../../../services/slo/report.ts'
import { readSlos } from '../../../services/slo/specs.ts'
import { writeTallies } from '../../../services/store/tallies.ts'
import { freePort } from '../../programs.ts'
import { openWorld, type World } from '../../world.ts'

const NOW = new Date('2026-03-10T12:34:56Z')

interface Series {
  metric: Record<string, string>
  value: [number, string]
}
const series = (name: string, labels: Record<string, string>, value: number): Series => ({
  metric: { __name__: name, ...labels },
  value: [0, String(value)],
})

describe('services/slo/report', () => {
  let world: World
  let slos: readonly Slo[]
  let url = ''
  let recorded: Series[] = []
  let direct: Series[] = []
  let queries: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const query = new URLSearchParams(body).get('query') ?? ''
      queries.push(query)
      const result = query.startsWith('{__name__') ? recorded : direct
      return response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
    })
  })
  before(async () => {
    world = await openWorld()
    slos = await readSlos(world.metrics)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const row = { slo: 'scrape-success', bound: '', labels: {}, bad: 4, total: 100 }
    await writeTallies(world.db, { at: new Date('2026-03-10T12:30:00Z'), seconds: 60, events: [row], slices: [] })
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await world.close()
  })
  beforeEach(() => {
    recorded = []
    direct = []
    queries = []
  })

  const only = (...names: string[]) => slos.filter(({ slo }) => names.includes(slo))
  const report = (names: string[], more: Partial<ReportParts> = {}) =>
    reportSlos({ slos: only(...names), prometheusUrl: url, db: async () => world.db, now: () => NOW, ...more })
  const noDatabase = { db: () => Promise.reject(new Error('nobody needs it')) }

  it('counts in the database where no Prometheus is configured, and that needs no note', async () => {
    const [found] = await report(['scrape-success'], { prometheusUrl: undefined })
    expect(found).to.deep.include({ source: 'database', note: null, as_of: '2026-03-10T12:34:56.000Z', bad: 4, total: 100, state: 'ok' })
    expect(found?.budget_remaining).to.be.closeTo(0.2, 1e-9)
    expect(found?.pace.rate).to.be.closeTo(0.8, 1e-9)
    expect(queries).to.deep.equal([])
  })

  it('takes the recorded series from Prometheus and leaves the database alone', async () => {
    recorded = [
      series('slo:objective:ratio', { slo: 'scrape-success' }, 0.95),
      series('slo:bad:events24h', { slo: 'scrape-success' }, 10),
      series('slo:total:events24h', { slo: 'scrape-success' }, 1000),
      series('slo:bad:events1h', { slo: 'scrape-success' }, 12),
      series('slo:total:events1h', { slo: 'scrape-success' }, 100),
      series('slo:bad:events15m', { slo: 'scrape-success' }, 3),
      series('slo:total:events15m', { slo: 'scrape-success' }, 20),
    ]
    const [found] = await report(['scrape-success'], noDatabase)
    expect(found).to.deep.include({ source: 'prometheus', note: null, bad: 10, total: 1000, state: 'page' })
    expect(queries, 'every view is recorded').to.have.length(1)
  })

  it('asks for what no rule records in one query, of the same moment', async () => {
    recorded = [
      series('slo:objective:ratio', { slo: 'api-latency' }, 0.95),
      series('slo:bad:events7d', { slo: 'api-latency', bound: '0.4' }, 10),
      series('slo:bad:events30m', { slo: 'api-latency', bound: '0.8' }, 77),
      series('slo:total:events7d', { slo: 'api-latency' }, 1000),
    ]
    direct = [
      { metric: { ask: 'bad0' }, value: [0, '3'] },
      { metric: { ask: 'total0' }, value: [0, '30'] },
    ]
    const [found] = await report(['api-latency'], noDatabase)
    expect(found).to.deep.include({ bad: 10, total: 1000 })
    expect(found?.pace.rate).to.be.closeTo(2, 1e-9)
    expect(queries).to.have.length(2)
    expect(queries[1]).to.match(
      /^label_replace\(.*\[1h\].*, "ask", "bad0", "", ""\)\nor label_replace\(.*\[1h\].*, "ask", "total0", "", ""\)$/s,
    )
  })

  it('makes seconds of slices, by how often the rules are evaluated, and one group of what two Prometheis say', async () => {
    const freshness = (name: string, value: number, more: Record<string, string> = {}) =>
      series(name, { slo: 'freshness', source: 'lever', ...more }, value)
    recorded = [
      series('slo:objective:ratio', { slo: 'freshness' }, 0.99),
      ...['a', 'b'].flatMap((replica) => [
        freshness('slo:bad:events7d', 2, { replica }),
        freshness('slo:total:events7d', 400, { replica }),
      ]),
    ]
    const [found] = await report(['freshness'], noDatabase)
    expect(found).to.deep.include({ unit: 'seconds', bad: 60, total: 12_000 })
    expect(found?.by.map(({ labels }) => labels)).to.deep.equal([{ source: 'lever' }])
    const [scaled] = await report(['freshness'], { ...noDatabase, sliceSeconds: 1 })
    expect(scaled).to.deep.include({ bad: 2, total: 400 })
  })

  it('falls back to the database for what Prometheus has no rules for, or others, and says so', async () => {
    recorded = [
      series('slo:objective:ratio', { slo: 'api-availability' }, 0.999),
      series('slo:objective:ratio', { slo: 'scrape-success' }, 0.9),
      series('slo:total:events24h', { slo: 'scrape-success' }, 9),
    ]
    const found = await report(['api-availability', 'extraction', 'scrape-success'])
    expect(found.map(({ slo, source, note, total }) => [slo, source, note, total])).to.deep.equal([
      ['api-availability', 'prometheus', null, 0],
      ['extraction', 'database', 'Prometheus records nothing of this SLO: load alerts/rules into it. Counted from the database.', 0],
      [
        'scrape-success',
        'database',
        'Prometheus has other rules for this SLO, with 0.9 as its objective: load alerts/rules into it. Counted from the database.',
        100,
      ],
    ])
  })

  it('falls back to the database when Prometheus does not answer, and says why, without the password', async () => {
    const found = await report(['scrape-success', 'extraction'], { prometheusUrl: `http://me:secret@127.0.0.1:${await freePort()}` })
    for (const { source, note } of found) {
      expect(source).to.equal('database')
      expect(note).to.equal('Prometheus gave no answer: it cannot be reached (ECONNREFUSED). Counted from the database.')
    }
    expect(found.map(({ slo, total }) => [slo, total])).to.deep.equal([
      ['extraction', 0],
      ['scrape-success', 100],
    ])
  })

  it('fails with the words of the database where that is away too', async () => {
    const error = await report(['scrape-success'], { ...noDatabase, prometheusUrl: undefined }).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('message', 'nobody needs it')
  })
})
