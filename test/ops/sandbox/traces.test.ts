// The receiver of traces: what it takes, and the tree it shows.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { openSandbox, type Sandbox } from '../../../ops/sandbox/sandbox.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const START = 1_773_144_000_000_000_000n

interface SpanOptions {
  parent?: string
  from?: number
  ms?: number
  attributes?: Record<string, string | number>
  error?: string
  link?: string
  trace?: string
}

function span(name: string, id: string, options: SpanOptions = {}) {
  const { parent, from = 0, ms = 10, attributes = {}, error, link, trace = TRACE } = options
  return {
    traceId: trace,
    spanId: id,
    ...(parent ? { parentSpanId: parent } : {}),
    name,
    kind: 1,
    startTimeUnixNano: String(START + BigInt(from) * 1_000_000n),
    endTimeUnixNano: String(START + BigInt(from + ms) * 1_000_000n),
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
    })),
    status: error === undefined ? { code: 0 } : { code: 2, message: error },
    links: link ? [{ traceId: link, spanId: 'aaaaaaaaaaaaaaaa', attributes: [] }] : [],
  }
}

const body = (...spans: object[]) => ({
  resourceSpans: [
    { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'rolewatch' } }] }, scopeSpans: [{ scope: {}, spans }] },
  ],
})

describe('the receiver of traces', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await openSandbox({ boards: 1, postingsPerBoard: 1 })
  })
  beforeEach(() => sandbox.traces.clear())
  after(() => sandbox.close())

  const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.otlpEndpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: payload,
    })
  const give = async (...spans: object[]) => {
    const response = await post(JSON.stringify(body(...spans)))
    expect(response.status).to.equal(200)
    expect(await response.json()).to.deep.equal({ partialSuccess: {} })
  }

  it('shows a trace as a tree, children under their parent and in the order of their start', async () => {
    await give(
      span('parse', 'c2', { parent: 'a1', from: 40, ms: 5, attributes: { 'rolewatch.source': 'lever' } }),
      span('fetch', 'b1', { parent: 'a1', from: 1, ms: 30, attributes: { 'rolewatch.source': 'lever', 'rolewatch.outcome': 'ok' } }),
      span('GET', 'b2', { parent: 'b1', from: 2, ms: 28, attributes: { 'http.response.status_code': 200, 'url.full': 'x' } }),
      span('run', 'a1', { ms: 60 }),
    )
    expect(sandbox.traces.tree(TRACE)).to.equal(
      [
        `trace ${TRACE}  4 spans  60.0 ms  rolewatch`,
        'run  +0.0 ms  60.0 ms',
        '  fetch  source=lever  outcome=ok  +1.0 ms  30.0 ms',
        '    GET  status=200  +2.0 ms  28.0 ms',
        '  parse  source=lever  +40.0 ms  5.0 ms',
        '',
      ].join('\n'),
    )
  })

  it('says what went wrong, shows orphans at the root, and links', async () => {
    const linked = 'b'.repeat(32)
    await give(
      span('run', 'a1', { error: 'the host did not answer' }),
      span('store', 'b1', { parent: 'a1', from: 3, error: '', link: linked }),
      span('notify', 'd1', { parent: 'nowhere', from: 90 }),
    )
    const lines = sandbox.traces.tree(TRACE).split('\n')
    expect(lines[1]).to.match(/^run .* ERROR: the host did not answer$/)
    expect(lines[2]).to.match(/^ {2}store .* ERROR$/)
    expect(lines[3]).to.equal(`    → linked trace ${linked}`)
    expect(lines[4]).to.match(/^notify .*\(its parent was not received\)$/)
  })

  it('puts together what comes in several requests', async () => {
    await give(span('late', 'b1', { parent: 'a1', from: 5 }))
    await give(span('run', 'a1'))
    expect(sandbox.traces.tree(TRACE)).to.match(/2 spans.*\nrun .*\n {2}late /)
  })

  it('does not lose its way in a circle of parents', async () => {
    await give(span('one', 'a1', { parent: 'a2' }), span('two', 'a2', { parent: 'a1', from: 1 }))
    expect(sandbox.traces.tree(TRACE).split('\n')).to.have.length(4)
  })

  it('takes packed bodies', async () => {
    const response = await post(gzipSync(JSON.stringify(body(span('run', 'a1')))), { 'content-encoding': 'gzip' })
    expect(response.status).to.equal(200)
    expect(sandbox.traces.ids()).to.deep.equal([TRACE])
  })

  it('refuses what is no OTLP in JSON', async () => {
    expect((await post('{}')).status).to.equal(400)
    expect((await post('{"resourceSpans"')).status).to.equal(400)
    expect((await post('x', { 'content-encoding': 'gzip' })).status).to.equal(400)
    expect((await post('\u0001', { 'content-type': 'application/x-protobuf' })).status).to.equal(415)
    expect(sandbox.traces.ids()).to.deep.equal([])
  })

  it('keeps the newest two thousand', async () => {
    const id = (i: number) => i.toString(16).padStart(32, '0')
    await give(...Array.from({ length: 2100 }, (_, i) => span('run', 'a1', { trace: id(i + 1) })))
    expect(sandbox.traces.ids()).to.have.length(2000)
    expect(sandbox.traces.ids()[0]).to.equal(id(101))
  })

  it('lists traces as JSON or as a page, the newest first, and shows one as text', async () => {
    await give(span('run <1>', 'a1', { ms: 12, error: 'x' }), span('run', 'a1', { trace: 'c'.repeat(32) }))
    const list = (await (await fetch(`${sandbox.url}/traces`)).json()) as object[]
    expect(list).to.have.length(2)
    expect(list[1]).to.deep.equal({
      trace_id: TRACE,
      root: 'run <1>',
      started_at: '2026-03-10T12:00:00.000Z',
      ms: 12,
      spans: 1,
      errors: 1,
    })
    const page = await fetch(`${sandbox.url}/traces`, { headers: { accept: 'text/html' } })
    const html = await page.text()
    expect(html).to.include(`<a href="/traces/${TRACE}">run &lt;1&gt;</a>`)
    expect(html).to.not.include('<script')
    const one = await fetch(`${sandbox.url}/traces/${TRACE.toUpperCase()}`)
    expect([one.status, one.headers.get('content-type')]).to.deep.equal([200, 'text/plain; charset=utf-8'])
    expect(await one.text()).to.include('run <1>')
  })

  it('says when a trace is not known', async () => {
    expect(sandbox.traces.tree('f'.repeat(32))).to.include('no spans')
    expect((await fetch(`${sandbox.url}/traces/${'f'.repeat(32)}`)).status).to.equal(404)
    expect((await fetch(`${sandbox.url}/traces/short`)).status).to.equal(404)
  })

  it("understands the product's own exporter", async () => {
    const script = `
      import { span, startTelemetry } from './ops/telemetry.ts'
      const stop = startTelemetry({ endpoint: process.argv[1], version: '0', role: 'test' })
      await span('run', { parent: null }, () => span('fetch', { attributes: { 'rolewatch.source': 'ashby' } }, () => {}))
      await stop()`
    await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script, sandbox.otlpEndpoint], {
      cwd: `${import.meta.dirname}/../../..`,
    })
    expect(sandbox.traces.ids()).to.have.length(1)
    expect(sandbox.traces.tree(sandbox.traces.ids()[0] ?? '')).to.match(/rolewatch\nrun .*\n {2}fetch {2}source=ashby {2}\+/)
  })
})
