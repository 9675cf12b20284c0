// What each fault does to a request, seen from the other end of the wire.

import { request as httpRequest } from 'node:http'
import { expect } from 'chai'
import type { FaultRule } from '../../../ops/sandbox/faults.ts'
import { ashbyPath, failureOf, greenhousePath, leverPath, useSandbox } from './stand.ts'

interface Answer {
  jobs: Record<string, unknown>[]
  meta: { total: number }
}

/** What arrives of an answer, without a client that repairs it. */
function bare(url: string, method = 'GET', headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer; broken: boolean }>((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      const done = (broken: boolean) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), broken })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => done(false))
      response.on('error', () => done(true))
    })
    request.on('error', reject)
    request.end()
  })
}

describe('a good answer of the sandbox', () => {
  const stand = useSandbox({ boards: 20, postingsPerBoard: 12 })

  it('is packed when gzip is taken and plain otherwise, with the same content and ETag', async () => {
    const url = stand.sandbox.url + greenhousePath(stand.board('greenhouse').ident)
    const plain = await bare(url)
    const packed = await bare(url, 'GET', { 'accept-encoding': 'gzip, deflate' })
    const refused = await bare(url, 'GET', { 'accept-encoding': 'gzip;q=0, identity' })
    expect(packed.headers['content-encoding']).to.equal('gzip')
    expect(packed.body.length).to.be.lessThan(plain.body.length / 3)
    expect([plain.headers['content-encoding'], refused.headers['content-encoding']]).to.deep.equal([undefined, undefined])
    expect(packed.headers['etag']).to.equal(plain.headers['etag'])
    expect(refused.body.equals(plain.body)).to.equal(true)
    expect(await (await fetch(url)).text()).to.equal(plain.body.toString())
  })

  it('has no body for HEAD, and the length it would have', async () => {
    const url = stand.sandbox.url + ashbyPath(stand.board('ashby').ident)
    const whole = await bare(url)
    const head = await bare(url, 'HEAD')
    expect([head.status, head.body.length]).to.deep.equal([200, 0])
    expect(head.headers['content-length']).to.equal(String(whole.body.length))
    expect(head.headers['etag']).to.equal(whole.headers['etag'])
  })

  it('refuses other methods', async () => {
    const response = await fetch(stand.sandbox.url + leverPath('x'), { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD'])
  })

  it('serves robots.txt on every host', async () => {
    for (const host of ['boards-api.greenhouse.io', 'api.lever.co', 'api.eu.lever.co', 'api.ashbyhq.com']) {
      const response = await stand.get(`/${host}/robots.txt`)
      expect(response.headers.get('content-type')).to.match(/^text\/plain/)
      expect(await response.text()).to.match(/^User-agent: \*/)
    }
    expect(await (await stand.get('/api.lever.co/robots.txt')).text()).to.include('Crawl-delay: 1')
  })

  it('says that a host is not of this market', async () => {
    const response = await stand.get('/boards.example.org/x')
    expect(response.status).to.equal(502)
    expect(((await response.json()) as { error: string }).error).to.include('boards.example.org')
  })

  it('does not fall over names that are no encoding', async () => {
    expect((await stand.get('/api.ashbyhq.com/posting-api/job-board/%E0%A4%A')).status).to.equal(404)
  })

  it('does not reveal a change as long as there is none, and does on the day of one', async () => {
    const path = greenhousePath(stand.board('greenhouse', (board) => (board.count ?? 0) > 10).ident)
    const etag = (await stand.get(path)).headers.get('etag') ?? ''
    let days = 0
    while ((await stand.get(path, { 'if-none-match': etag })).status === 304 && days < 30) {
      stand.sandbox.market.advance(1)
      days++
    }
    expect(days).to.be.within(1, 29)
    expect((await stand.get(path)).headers.get('etag')).to.not.equal(etag)
  })
})

describe('a fault of the sandbox', () => {
  const stand = useSandbox({ boards: 40, postingsPerBoard: 12 })
  const fault = (rule: FaultRule) => stand.sandbox.market.fault(rule)
  const board = () => stand.board('greenhouse', ({ count }) => (count ?? 0) > 8)
  const path = () => greenhousePath(board().ident)
  const url = () => stand.sandbox.url + path()

  for (const status of [403, 404, 429, 500, 503])
    it(`answers ${status}`, async () => {
      fault({ kind: 'status', status })
      const response = await stand.get(path())
      expect(response.status).to.equal(status)
      expect(response.headers.get('retry-after')).to.equal(null)
      expect(((await response.json()) as { error: string }).error).to.be.a('string')
    })

  it('asks to come back after seconds or at a date', async () => {
    fault({ kind: 'status', status: 429, retryAfter: 7, times: 1 })
    expect((await stand.get(path())).headers.get('retry-after')).to.equal('7')
    fault({ kind: 'status', status: 429, retryAfter: 60, retryAfterForm: 'date' })
    expect((await stand.get(path())).headers.get('retry-after')).to.equal('Tue, 10 Mar 2026 12:01:00 GMT')
  })

  it('answers late', async () => {
    fault({ kind: 'slow', ms: 120 })
    const started = performance.now()
    expect((await stand.get(path())).status).to.equal(200)
    expect(performance.now() - started).to.be.within(110, 2000)
  })

  it('never answers', async () => {
    fault({ kind: 'hang' })
    expect(await failureOf(fetch(url(), { signal: AbortSignal.timeout(150) }))).to.match(/Timeout|aborted/i)
  })

  it('resets the connection', async () => {
    fault({ kind: 'reset' })
    expect(await failureOf(fetch(url()))).to.match(/ECONNRESET|other side closed|UND_ERR_SOCKET/)
  })

  it('cuts the body in half and says so, or lies about it', async () => {
    const whole = await bare(url())
    fault({ kind: 'truncated', times: 1 })
    const honest = await bare(url(), 'GET', { 'accept-encoding': 'gzip' })
    expect([honest.status, honest.broken, honest.body.length]).to.deep.equal([200, false, Math.floor(whole.body.length / 2)])
    expect(() => JSON.parse(honest.body.toString()) as unknown).to.throw()
    fault({ kind: 'truncated', length: 'wrong' })
    const lying = await bare(url())
    expect([lying.broken, lying.headers['content-length']]).to.deep.equal([true, String(whole.body.length)])
    expect(lying.body.length).to.be.lessThan(whole.body.length)
  })

  it('answers nothing at all, as good', async () => {
    fault({ kind: 'empty' })
    const answer = await bare(url())
    expect([answer.status, answer.body.length, answer.headers['content-length']]).to.deep.equal([200, 0, '0'])
  })

  it('answers a good board without postings, in the form of each source', async () => {
    fault({ kind: 'empty_board' })
    expect(await stand.json(path())).to.deep.equal({ jobs: [], meta: { total: 0 } })
    expect(await stand.json(leverPath(stand.board('lever', ({ region }) => region === null).ident))).to.deep.equal([])
    expect(await stand.json(ashbyPath(stand.board('ashby').ident))).to.deep.equal({ jobs: [], apiVersion: '1' })
  })

  for (const [kind, words] of [
    ['html', 'Work with us'],
    ['login_wall', 'type="password"'],
    ['captcha', 'captcha'],
  ] as const)
    it(`puts a page for people in the way: ${kind}`, async () => {
      fault({ kind })
      const response = await stand.get(path())
      expect([response.status, response.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8'])
      expect(await response.text()).to.include(words)
    })

  it('renames the title, any field, or the list itself', async () => {
    fault({ kind: 'renamed_field', times: 1 })
    const [job] = (await stand.json<Answer>(path())).jobs
    expect(job).to.have.property('name')
    expect(job).to.not.have.property('title')
    fault({ kind: 'renamed_field', field: 'absolute_url', name: 'href', times: 1 })
    expect((await stand.json<Answer>(path())).jobs.every((one) => 'href' in one && !('absolute_url' in one))).to.equal(true)
    fault({ kind: 'renamed_field', field: 'jobs' })
    expect(Object.keys(await stand.json<object>(path()))).to.deep.equal(['positions', 'meta'])
  })

  it('drops a field on its share of the postings', async () => {
    const { count } = board()
    fault({ kind: 'dropped_field', times: 1 })
    const half = (await stand.json<Answer>(path())).jobs.filter((job) => !('title' in job)).length
    expect(half).to.equal(Math.floor(count / 2))
    fault({ kind: 'dropped_field', field: 'content', share: 1 })
    expect((await stand.json<Answer>(path())).jobs.some((job) => 'content' in job)).to.equal(false)
  })

  it('loses half of the board and stays valid', async () => {
    const { count } = board()
    const etag = (await stand.get(path())).headers.get('etag')
    fault({ kind: 'half_board' })
    const response = await stand.get(path())
    const { jobs, meta } = (await response.json()) as Answer
    expect([jobs.length, meta.total]).to.deep.equal([Math.ceil(count / 2), Math.ceil(count / 2)])
    expect(response.headers.get('etag')).to.not.equal(etag)
  })

  it('gives the same page for ever', async () => {
    const { ident } = stand.board('lever', ({ region, count }) => region === null && (count ?? 0) > 6)
    const page = (skip: number) => stand.json<{ id: string }[]>(leverPath(ident, `?mode=json&skip=${skip}&limit=3`))
    const [healthy, second] = [await page(0), await page(3)]
    fault({ kind: 'repeated_page' })
    const [first, repeated] = [await page(0), await page(3)]
    expect([first, repeated]).to.deep.equal([healthy, healthy])
    expect(repeated).to.not.deep.equal(second)
  })

  it('sends elsewhere, in a circle, or into a private network', async () => {
    const location = async (rule: FaultRule) => {
      stand.sandbox.market.clearFaults()
      fault(rule)
      const response = await stand.get(path())
      expect(response.status).to.equal(302)
      return response.headers.get('location')
    }
    expect(await location({ kind: 'redirect' })).to.equal('https://www.example.com/careers')
    expect(await location({ kind: 'redirect', to: 'loop' })).to.equal(`https:/${path()}`)
    expect(await location({ kind: 'redirect', to: 'private' })).to.match(/^http:\/\/169\.254\./)
    expect((await stand.get('/www.example.com/careers')).headers.get('content-type')).to.match(/^text\/html/)
  })

  it('gives an ETag that is never the same, or 304 to whatever comes', async () => {
    fault({ kind: 'wrong_etag', times: 2 })
    const [one, other] = [await stand.get(path()), await stand.get(path())]
    expect(one.headers.get('etag')).to.not.equal(other.headers.get('etag'))
    expect(await one.text()).to.equal(await other.text())
    stand.sandbox.market.clearFaults()
    fault({ kind: 'wrong_etag', etag: 'stuck' })
    expect((await stand.get(path(), { 'if-none-match': '"anything"' })).status).to.equal(304)
    expect((await stand.get(path())).status).to.equal(200)
  })

  it('passes, and what follows is good again', async () => {
    fault({ sequence: [500, 500, 'ok'] })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await stand.get(path())).status)
    expect(statuses).to.deep.equal([500, 500, 200, 200])
  })

  it('strikes boards that do not exist, too', async () => {
    fault({ kind: 'status', status: 503 })
    expect((await stand.get(greenhousePath('nobody'))).status).to.equal(503)
    stand.sandbox.market.clearFaults()
    fault({ kind: 'hang' })
    expect(await failureOf(fetch(stand.sandbox.url + greenhousePath('nobody'), { signal: AbortSignal.timeout(100) }))).to.match(
      /Timeout|aborted/i,
    )
  })

  it('takes a whole host away, robots.txt included', async () => {
    fault({ kind: 'status', status: 503, host: 'api.lever.co' })
    expect((await stand.get('/api.lever.co/robots.txt')).status).to.equal(503)
    expect((await stand.get('/api.eu.lever.co/robots.txt')).status).to.equal(200)
  })

  it('is written in the log of requests', async () => {
    fault({ kind: 'status', status: 500, times: 1 })
    const { ident } = board()
    await stand.get(path(), { 'user-agent': 'tester/1', 'if-none-match': '"old"' })
    await stand.get(path())
    const [first, second] = stand.sandbox.market.requests()
    expect(first).to.include({ source: 'greenhouse', board: ident, host: 'boards-api.greenhouse.io', status: 500, fault: 'status' })
    expect(first).to.include({ method: 'GET', user_agent: 'tester/1', if_none_match: '"old"', at: '2026-03-10T12:00:00.000Z' })
    expect(first?.ms).to.be.within(0, 2000)
    expect(second).to.include({ status: 200, fault: null, query: 'content=true&pay_transparency=true' })
  })

  it('leaves no request behind when the sandbox closes', async () => {
    const { openSandbox } = await import('../../../ops/sandbox/sandbox.ts')
    const short = await openSandbox({ boards: 3 })
    short.market.fault({ kind: 'hang' })
    const hanging = failureOf(fetch(short.url + greenhousePath(short.market.boards()[0]?.ident ?? '')))
    while (short.market.requests().length === 0) await new Promise((resolve) => setImmediate(resolve))
    await short.close()
    expect(await hanging).to.not.equal('none')
    expect(await failureOf(fetch(short.url))).to.equal('ECONNREFUSED')
  })
})
