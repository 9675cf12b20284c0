// The whole sandbox against the product's own parsers, and its door to the machine.

import { expect } from 'chai'
import { openSandbox } from '../../../ops/sandbox/sandbox.ts'
import { sources } from '../../../scrapers/index.ts'
import type { Page, PageRequest } from '../../../scrapers/source.ts'
import { useSandbox } from './stand.ts'

describe('the parsers of the product', () => {
  const stand = useSandbox({ boards: 120, postingsPerBoard: 30 })

  async function fetchPage(request: PageRequest): Promise<Page> {
    const url = new URL(request.url)
    const response = await fetch(`${stand.sandbox.upstream}/${url.host}${url.pathname}${url.search}`, { headers: request.headers ?? {} })
    const body = await response.text()
    return {
      url: request.url,
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body,
      json: () => JSON.parse(body) as unknown,
    }
  }

  async function visit(name: string, ident: string, region: string | null) {
    const source = sources[name]
    if (!source) throw new Error(`no source ${name}`)
    const board = { ident, region }
    let found = 0
    let rejected: string[] = []
    let request: PageRequest | null = source.first(board)
    while (request) {
      const page = await fetchPage(request)
      expect(page.status, request.url).to.equal(200)
      const parsed = source.parse(page, board, request)
      found += parsed.postings.length
      rejected = [...rejected, ...parsed.rejected.map((failure) => `${ident}: ${failure.path} ${failure.message}`)]
      request = parsed.next
    }
    return { found, rejected }
  }

  for (const day of [0, 7])
    it(`read every board on day ${day}, every posting that is listed, and reject none`, async () => {
      stand.sandbox.market.advance(day)
      for (const board of stand.sandbox.market.boards()) {
        const { found, rejected } = await visit(board.source, board.ident, board.region)
        expect(rejected).to.deep.equal([])
        expect(found, `${board.source}/${board.ident}`).to.equal(board.count)
      }
    })
})

describe('the sandbox', () => {
  it('can be opened many times at once, each on its own port', async () => {
    const several = await Promise.all([openSandbox({ boards: 1 }), openSandbox({ boards: 1 })])
    expect(new Set(several.map((sandbox) => sandbox.url)).size).to.equal(2)
    for (const sandbox of several) {
      expect(sandbox.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect([sandbox.upstream, sandbox.otlpEndpoint]).to.deep.equal([sandbox.url, sandbox.url])
      await sandbox.close()
    }
  })

  it('fails when its port is taken', async () => {
    const first = await openSandbox({ boards: 1 })
    const error = await openSandbox({ boards: 1, port: Number(new URL(first.url).port) }).then(
      () => '',
      (cause: NodeJS.ErrnoException) => cause.code,
    )
    expect(error).to.equal('EADDRINUSE')
    await first.close()
  })

  it('tells when it opens and closes', async () => {
    const events: string[] = []
    const sandbox = await openSandbox({ boards: 1, onEvent: (event) => events.push(event) })
    await sandbox.close()
    expect(events).to.deep.equal(['sandbox.open', 'sandbox.closed'])
  })

  it('can be warmed without changing what it answers', async () => {
    const options = { boards: 10, postingsPerBoard: 5, now: () => new Date(0) }
    const [warm, cold] = [await openSandbox(options), await openSandbox(options)]
    await warm.warm()
    const ident = warm.market.boards().find((board) => board.source === 'greenhouse')?.ident
    const path = `/boards-api.greenhouse.io/v1/boards/${ident}/jobs?content=true&pay_transparency=true`
    expect(await (await fetch(warm.url + path)).text()).to.equal(await (await fetch(cold.url + path)).text())
    await Promise.all([warm.close(), cold.close()])
  })
})
