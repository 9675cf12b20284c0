// Telemetry: a stage is a span, a timing and a log line at once, and a trace goes on where it is stored.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { expect } from 'chai'
import { createLog, type Fields } from '../../ops/log.ts'
import { createMetrics } from '../../ops/metrics.ts'
import { readSpans, type ReceivedSpan } from '../../ops/sandbox/otlp.ts'
import { createWatch, currentTraceId, currentTraceParent, span, type Watch } from '../../ops/telemetry.ts'
import { Failure } from '../../scrapers/failure.ts'
import { ROOT } from '../../services/config.ts'

interface Visit {
  traceId: string
  stored: string
  bug: string
}
interface Outcome {
  outside: null[]
  first: Visit
  second: Visit
  continued: string
  alone: string
  fresh: string
  metrics: string
  lines: Fields[]
  seconds: number
}

/** Runs the program against an endpoint; what it printed and logged. */
async function runProgram(endpoint: string, probe = '', databaseUrl = ''): Promise<Outcome> {
  const started = performance.now()
  const child = spawn(process.execPath, [join(ROOT, 'test/ops/telemetry-program.ts'), endpoint, probe, databaseUrl])
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
  if (code !== 0) throw new Error(`the program ended with ${code}: ${stderr}`)
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return {
    ...(JSON.parse(stdout) as Outcome),
    lines: lines.map((line) => JSON.parse(line) as Fields),
    seconds: (performance.now() - started) / 1000,
  }
}

describe('ops/telemetry', () => {
  describe('a process that sends its traces', () => {
    let server: Server
    let spans: ReceivedSpan[]
    let probes: IncomingMessage[]
    let outcome: Outcome

    before(async () => {
      spans = []
      probes = []
      server = createServer((request, response) => {
        void (async () => {
          const body = await buffer(request)
          if (request.url === '/v1/traces') spans.push(...(readSpans(JSON.parse(body.toString())) ?? []))
          else probes.push(request)
          response.end('{}')
        })()
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      outcome = await runProgram(url, `${url}/probe`, process.env['TEST_DATABASE_URL'])
    })
    after(async () => {
      server.close()
      await once(server, 'close')
    })

    const named = (name: string, traceId?: string): ReceivedSpan => {
      const found = spans.find((one) => one.name === name && (traceId === undefined || one.traceId === traceId))
      if (!found) throw new Error(`no span ${name} among ${spans.map((one) => one.name).join(', ')}`)
      return found
    }
    const first = (name: string) => named(name, outcome.first.traceId)

    it('has no trace outside of any span', () => {
      expect(outcome.outside).to.deep.equal([null, null])
    })

    it('nests stages through every await', () => {
      expect(first('run').parentId).to.equal(null)
      expect(first('fetch').parentId).to.equal(first('run').spanId)
      expect(first('parse').parentId).to.equal(first('fetch').spanId)
      for (const name of ['normalise', 'store']) expect(first(name).parentId).to.equal(first('run').spanId)
      expect(first('fetch').start >= first('run').start && first('fetch').end <= first('run').end).to.equal(true)
      expect(first('fetch').end - first('fetch').start >= 5_000_000n).to.equal(true)
    })

    it('says on the span which stage of which source it is, who sent it and what was set', () => {
      expect(first('fetch').attributes).to.include({ 'rolewatch.stage': 'fetch', 'rolewatch.source': 'ashby' })
      expect(first('run').attributes).to.include({ board: 'one', done: 'true' })
      expect(first('run').service).to.equal('rolewatch')
    })

    it('marks what failed with its error and its outcome, and nothing else', () => {
      expect(first('normalise')).to.include({ error: 'no title' })
      expect(first('normalise').attributes).to.include({ 'rolewatch.outcome': 'drift' })
      expect(first('store')).to.include({ error: 'oops' })
      expect(first('store').attributes).to.include({ 'rolewatch.outcome': 'bug' })
      expect(outcome.first.bug).to.equal('TypeError: oops')
      expect(['run', 'fetch', 'parse'].map((name) => first(name).error)).to.deep.equal([null, null, null])
    })

    it('goes on with a stored trace, linked to another; a link that is none is left out', () => {
      expect(outcome.first.stored).to.equal(`00-${outcome.first.traceId}-${first('run').spanId}-01`)
      expect(outcome.continued).to.equal(outcome.first.traceId)
      expect(first('task').parentId).to.equal(first('run').spanId)
      expect(first('task').links).to.deep.equal([outcome.second.traceId])
    })

    it('begins a new trace for each visit, and inside of another when told to', () => {
      const ids = [outcome.first.traceId, outcome.second.traceId, outcome.alone, outcome.fresh]
      expect(new Set(ids).size).to.equal(4)
      for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/)
      expect(named('inner').traceId).to.equal(outcome.fresh).and.not.to.equal(named('outer').traceId)
      expect(named('inner').parentId).to.equal(null)
    })

    it('sends the trace along with a request made inside of a span, and makes no span for one outside', () => {
      expect(probes).to.have.length(3)
      const [inside, , outside] = probes.map((request) => request.headers['traceparent'])
      expect(String(inside).split('-')[1]).to.equal(outcome.first.traceId)
      expect(outside).to.equal(undefined)
      const requests = spans.filter((one) => Object.values(one.attributes).some((value) => value.endsWith('/probe')))
      expect(requests.map((one) => one.traceId)).to.deep.equal([outcome.first.traceId, outcome.second.traceId])
      expect(requests[0]?.parentId).to.equal(first('fetch').spanId)
    })

    it('shows the statements of the database below the span they belong to, and none without one', () => {
      const statements = spans.filter((one) => Object.values(one.attributes).some((value) => value.startsWith('select')))
      expect(statements.map((one) => one.parentId)).to.deep.equal([named('asking').spanId])
    })

    it('writes a line per stage with the ids of trace and span, louder when it failed and loudest for a bug', () => {
      const lines = outcome.lines.filter((line) => line['trace_id'] === outcome.first.traceId)
      expect(lines.map((line) => `${String(line['level'])} ${String(line['event'])} ${String(line['outcome'])}`)).to.deep.equal([
        'debug stage.parse ok',
        'debug stage.fetch ok',
        'warn stage.normalise drift',
        'error stage.store bug',
      ])
      expect(lines[1]).to.include({ source: 'ashby', span_id: first('fetch').spanId })
      expect(lines[1]?.['seconds']).to.be.within(0.004, 5)
    })

    it('counts the time of each stage by its outcome, with the trace as exemplar', () => {
      const count = (stage: string, result: string) =>
        new RegExp(`rolewatch_stage_seconds_count\\{stage="${stage}",source="ashby",outcome="${result}"\\} (\\d+)`).exec(
          outcome.metrics,
        )?.[1]
      expect(count('fetch', 'ok')).to.equal('2')
      expect(count('normalise', 'drift')).to.equal('2')
      expect(count('store', 'bug')).to.equal('2')
      expect(count('store', 'ok')).to.equal('0')
      expect(outcome.metrics).to.match(
        new RegExp(`stage="store",source="ashby",outcome="bug"\\} \\d # \\{trace_id="${outcome.second.traceId}"\\}`),
      )
    })
  })

  it('has ids to store and to log when traces are sent nowhere', async () => {
    const outcome = await runProgram('')
    expect(outcome.first.traceId).to.match(/^[0-9a-f]{32}$/)
    expect(outcome.continued).to.equal(outcome.first.traceId)
    expect(outcome.lines[0]?.['trace_id']).to.equal(outcome.first.traceId)
    expect(outcome.metrics).to.contain(outcome.second.traceId)
  })

  it('ends in time when nobody takes the traces', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    const outcome = await runProgram(`http://127.0.0.1:${port}`)
    expect(outcome.first.traceId).to.match(/^[0-9a-f]{32}$/)
    expect(outcome.seconds).to.be.lessThan(10)
  })

  describe('a process without tracing', () => {
    let watch: Watch
    let output: Promise<string>
    let paper: PassThrough
    beforeEach(() => {
      paper = new PassThrough()
      output = text(paper)
      watch = createWatch(
        createMetrics({ sources: ['ashby'], queues: [], version: '0' }),
        createLog({ format: 'json', level: 'debug', stream: paper }),
      )
    })

    it('runs and times its stages all the same, and hands back what they give', async () => {
      expect(currentTraceId()).to.equal(undefined)
      expect(currentTraceParent()).to.equal(undefined)
      expect(await watch.stage('fetch', { source: 'ashby' }, () => 7)).to.equal(7)
      expect(await span('x', { parent: null, links: ['?'] }, () => 'y')).to.equal('y')
      expect(await watch.metrics.value(watch.metrics.stageSeconds, { stage: 'fetch', outcome: 'ok' })).to.be.greaterThan(0)
    })

    for (const [kind, error] of [
      ['timeout', new Failure('timeout', 'too slow')],
      ['bug', new TypeError('oops')],
      ['bug', Object.assign(new Error('dressed up'), { kind: 'timeout' })],
    ] as const)
      it(`calls ${error.name} "${error.message}" ${kind} and throws it on`, async () => {
        const thrown = await watch.stage('parse', { source: 'ashby' }, () => Promise.reject(error)).catch((reason: unknown) => reason)
        expect(thrown).to.equal(error)
        const count = { stage: 'parse', source: 'ashby', outcome: kind, le: '+Inf' }
        expect(await watch.metrics.value(watch.metrics.stageSeconds, count)).to.equal(1)
        await new Promise((resolve) => setImmediate(resolve))
        paper.end()
        expect(JSON.parse(await output)).to.include({
          level: kind === 'bug' ? 'error' : 'warn',
          event: 'stage.parse',
          outcome: kind,
          source: 'ashby',
        })
      })
  })
})
