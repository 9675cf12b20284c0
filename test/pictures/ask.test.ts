// What Prometheus and PostgreSQL answer becomes tables: holes stay holes, legends are filled, times are times.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import type { Asking } from '../../ops/dashboard/expand.ts'
import { openWorld, type World } from '../world.ts'
import { askAnnotations, askExemplars, askPanel, askTarget, askVariable, type Backend } from './ask.ts'
import type { Dashboard, Panel, Target } from './dashboard.ts'

const FROM = Date.UTC(2026, 0, 31, 12)
const asking: Asking = { from: new Date(FROM), to: new Date(FROM + 600_000), interval: 60, source: ['lever'], scrape: 15 }
const at = (minute: number): number => FROM / 1000 + minute * 60

describe('asking', () => {
  let world: World
  let server: Server
  let backend: Backend
  /** What Prometheus answers next, and what it was asked. */
  let result: unknown = []
  const asked: { path: string; body: URLSearchParams }[] = []

  before(async () => {
    world = await openWorld()
    const answer = async (request: IncomingMessage): Promise<object> => {
      const body = await text(request)
      const url = new URL(request.url ?? '', 'http://localhost')
      asked.push({ path: url.pathname, body: new URLSearchParams(body || url.search) })
      if (typeof result === 'string') return { status: 'error', error: result }
      return { status: 'success', data: /exemplars$|values$/.test(url.pathname) ? result : { result } }
    }
    server = createServer((request, response) => {
      answer(request).then(
        (found) => response.end(JSON.stringify(found)),
        (error: unknown) => response.destroy(error as Error),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    backend = { prometheus: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, db: world.db }
  })
  after(async () => {
    server.close()
    server.closeAllConnections()
    await world.close()
  })

  const target = (more: Partial<Target>): Target => ({ refId: 'A', expr: 'up{source=~"$source"}', ...more })

  it('a range begins and ends at multiples of its step, and a hole stays a hole', async () => {
    result = [
      {
        metric: { source: 'lever' },
        values: [
          [at(1), '1'],
          [at(2), '2'],
          [at(5), 'NaN'],
        ],
      },
    ]
    const [frame] = await askTarget(backend, target({ range: true, legendFormat: 'of {{source}}' }), asking)
    expect(frame?.columns.map(({ values }) => values)).to.deep.equal([
      [0, 1, 2, 3, 5].map((minute) => at(minute) * 1000),
      [null, 1, 2, null, Number.NaN],
    ])
    expect(frame?.columns[1]).to.include({ legend: 'of lever' })
    const { path, body } = asked.at(-1) ?? { path: '', body: new URLSearchParams() }
    expect(path).to.equal('/api/v1/query_range')
    expect(Object.fromEntries(body)).to.deep.equal({ query: 'up{source=~"lever"}', start: `${at(0)}`, end: `${at(10)}`, step: '60' })
  })

  it('without a legend the labels are one', async () => {
    result = [
      { metric: { __name__: 'up', job: 'a', instance: 'b' }, value: [at(0), '1'] },
      { metric: { job: 'a' }, value: [at(0), '1'] },
    ]
    const frames = await askTarget(backend, target({ instant: true }), asking)
    expect(frames.map(({ columns }) => columns[1]?.legend)).to.deep.equal(['up{job="a", instance="b"}', 'a'])
    expect(asked.at(-1)?.path).to.equal('/api/v1/query')
  })

  it('tables of a panel tell their values apart', async () => {
    result = [{ metric: { source: 'lever' }, value: [at(0), '3'] }]
    const tables = ['A', 'B'].map((refId) => target({ refId, instant: true, format: 'table' }))
    const panel: Panel = { type: 'table', targets: [...tables, target({ refId: 'C', hide: true })] }
    const frames = await askPanel(backend, panel, asking)
    expect(frames.map(({ columns }) => columns.map(({ name }) => name))).to.deep.equal([
      ['Time', 'source', 'Value #A'],
      ['Time', 'source', 'Value #B'],
    ])
  })

  it('what Prometheus does not understand is told in its words', async () => {
    result = 'parse error'
    const failure = await askTarget(backend, target({}), asking).catch((error: unknown) => String(error))
    expect(failure).to.include('Prometheus: parse error')
  })

  it('of exemplars in one place the slowest are kept', async () => {
    const exemplar = (value: number) => ({ labels: { trace_id: `t${value}` }, value: `${value}`, timestamp: at(1) })
    result = [{ exemplars: [1, 5, 3].map(exemplar) }]
    const panel: Panel = { type: 'timeseries', targets: [target({ exemplar: true }), target({ refId: 'B' })] }
    expect((await askExemplars(backend, panel, asking)).map(({ trace }) => trace)).to.deep.equal(['t5', 't3'])
  })

  it('annotations are stretches of what is not 0', async () => {
    result = [
      {
        metric: { alertname: 'SourceStale' },
        values: [
          [at(0), '1'],
          [at(1), '1'],
          [at(2), '0'],
          [at(6), '1'],
        ],
      },
    ]
    const annotation = { name: 'Alerts', iconColor: 'red', expr: 'ALERTS', titleFormat: '{{alertname}}', textFormat: '' }
    const dashboard: Dashboard = { uid: 'd', title: 'D', panels: [], annotations: { list: [annotation, { name: 'Off', enable: false }] } }
    const marks = await askAnnotations(backend, dashboard, asking)
    expect(marks.map(({ from, to, text: words }) => [from / 1000, to / 1000, words])).to.deep.equal([
      [at(0), at(1), 'SourceStale'],
      [at(6), at(6), 'SourceStale'],
    ])
  })

  it('rows with a time and a name become series, and filled up where the query says so', async () => {
    const sql = (fill: string) => `select $__timeGroup(t, '5m'${fill}) as "time", name as metric, sum(n)::bigint as n
      from (values (timestamptz '2026-01-31 12:05Z', 'b', 2), ('2026-01-31 12:05Z', 'a', 1)) as v (t, name, n) group by 1, 2 order by 2`
    const frames = (fill: string) => askTarget(backend, { refId: 'A', rawSql: sql(fill), format: 'time_series' }, asking)
    const plain = await frames('')
    expect(plain.map(({ columns }) => [columns[1]?.legend, columns[0]?.values, columns[1]?.values])).to.deep.equal([
      ['a', [at(5) * 1000], [1]],
      ['b', [at(5) * 1000], [2]],
    ])
    const [filled] = await frames(', 0')
    expect(filled?.columns.map(({ values }) => values)).to.deep.equal([[0, 5, 10].map((minute) => at(minute) * 1000), [0, 1, 0]])
  })

  it('tables keep their columns: numbers as numbers, question marks as they are', async () => {
    const rawSql = `select 'why?' as word, 12345678901::bigint as big, 1.5::numeric as exact, null::int as none, timestamptz '2026-01-31 12:00Z' as day`
    const [frame] = await askTarget(backend, { refId: 'A', rawSql, format: 'table' }, asking)
    expect(frame?.columns.map(({ name, kind, values }) => [name, kind, ...values])).to.deep.equal([
      ['word', 'text', 'why?'],
      ['big', 'number', 12_345_678_901],
      ['exact', 'number', 1.5],
      ['none', 'text', null],
      ['day', 'time', FROM],
    ])
  })

  it('variables take their values from labels, or from rows', async () => {
    result = ['ashby', 'lever']
    expect(await askVariable(backend, 'label_values(up, source)', asking)).to.deep.equal(['ashby', 'lever'])
    expect(asked.at(-1)?.path).to.equal('/api/v1/label/source/values')
    expect(await askVariable(backend, "select unnest(array['USD', 'EUR'])", asking)).to.deep.equal(['USD', 'EUR'])
  })
})
