// Exports of postings as CSV and NDJSON, streamed and safe to open.

import { expect } from 'chai'
import fc from 'fast-check'
import { request } from 'node:http'
import { once } from 'node:events'
import { cell } from '../../../services/api/export.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'
import { pay, place, seedBoard, seedPostings, type SeededBoard } from './seed.ts'

/** RFC 4180 read back: rows of cells. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy
  for (let match = pattern.exec(text); match && pattern.lastIndex <= text.length; match = pattern.exec(text)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '\r\n') rows.push([])
    if (match[3] === '') break
  }
  return rows.filter((row) => row.length > 1)
}

describe('GET /api/v1/postings/export', () => {
  let world: World
  let api: Served
  let board: SeededBoard
  before(async () => {
    world = await openWorld()
    board = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme, Inc.')
    await seedPostings(world.db, board, '2025-07-01T00:00:00Z', [
      {
        external_id: '1',
        title: '=HYPERLINK("https://evil.example")',
        places: [place('Oslo', 'NO'), place('Bergen', 'NO')],
        skills: ['go', 'sql'],
        pay: [pay('EUR', 5, 7)],
      },
      { external_id: '2', title: 'Plain "quoted", Engineer\nsecond line', posted_at: '2025-06-01T00:00:00Z' },
    ])
    api = await serveApi(world, { now: () => new Date('2025-07-10T12:00:00Z') })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('is CSV with a head, quoted where it has to be, and no formulas', async () => {
    const { headers, text } = await api.ask('/api/v1/postings/export?format=csv')
    expect(headers['content-type']).to.equal('text/csv; charset=utf-8')
    expect(headers['content-disposition']).to.equal('attachment; filename="postings-2025-07-10.csv"')
    const [head, first, second] = readCsv(text)
    const row = Object.fromEntries(head?.map((name, index) => [name, first?.[index]]) ?? [])
    expect(row).to.include({
      title: `'=HYPERLINK("https://evil.example")`,
      company: 'Acme, Inc.',
      places: 'Oslo; Bergen',
      countries: 'NO',
      skills: 'go; sql',
      pay_currency: 'EUR',
      pay_annual_max: '7',
    })
    expect(second?.[6]).to.equal('Plain "quoted", Engineer\nsecond line')
  })
  it('is NDJSON with the shape of the list', async () => {
    const { headers, text } = await api.ask('/api/v1/postings/export?format=ndjson&q=engineer')
    expect(headers['content-type']).to.equal('application/x-ndjson; charset=utf-8')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ external_id: '2', status: 'open' })
  })
  it('has the filters of the list, and no pages', async () => {
    expect(readCsv((await api.ask('/api/v1/postings/export?location=oslo')).text)).to.have.length(2)
    expect((await api.ask('/api/v1/postings/export?q=zzz')).text.split('\r\n')).to.have.length(2)
    for (const query of ['cursor=x', 'limit=1', 'format=xls', 'as_of=2999-01-01'])
      expect((await api.ask(`/api/v1/postings/export?${query}`)).status, query).to.equal(400)
  })
  it('has all of many, each once, while they are read', async () => {
    const many = await seedBoard(world.db, 'lever', 'many', 'Many')
    await seedPostings(
      world.db,
      many,
      '2025-07-02T00:00:00Z',
      Array.from({ length: 1203 }, (_, index) => ({ external_id: `m${index}`, title: 'Baker' })),
    )
    for (const query of ['source=lever', 'source=lever&q=baker', 'source=lever&sort=salary']) {
      const { text } = await api.ask(`/api/v1/postings/export?format=ndjson&${query}`)
      const ids = text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { uid: string }).uid)
      expect(ids, query).to.have.length(1203)
      expect(new Set(ids).size, query).to.equal(1203)
    }
  })
  it('ends quietly when whoever reads goes away', async () => {
    const asked = request({ host: '127.0.0.1', port: api.port, path: '/api/v1/postings/export?format=ndjson', agent: false })
    asked.end()
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
    await once(response, 'data')
    asked.destroy()
    expect((await api.ask('/healthz')).status).to.equal(200)
  })

  it('never writes a cell that a spreadsheet would run, and loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '"', ',', '\r', '\n', '\t', "'", 'a', ' ') }), (text) => {
        const written = cell(text)
        const [read] = readCsv(`x,${written}\r\n`)
        expect(read?.[1]).to.be.oneOf([text, `'${text}`])
        expect(read?.[1] ?? '').not.to.match(/^[=+\-@\t\r]/)
      }),
    )
    expect(cell(null)).to.equal('')
    expect(cell(-5)).to.equal('-5')
  })
})
