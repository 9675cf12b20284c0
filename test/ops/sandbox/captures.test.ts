// Captured boards: read from an index, served as they were, and replayed day by day.

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { parseCsv } from '../../../ops/sandbox/captures.ts'
import { openSandbox, type Sandbox } from '../../../ops/sandbox/sandbox.ts'
import { ashbyPath, greenhousePath, leverPath } from './stand.ts'

const job = (id: number, title = `Job ${id}`) => ({ id, title, absolute_url: `https://example.com/${id}`, location: { name: 'Oslo' } })
const wrapped = (jobs: unknown[]) => JSON.stringify({ company: 'x', fetched_at: '2026-01-01', job_count: jobs.length, jobs }, null, 2)

const FILES: Record<string, string> = {
  'greenhouse/acme/board.json': wrapped([job(1), job(2)]),
  'greenhouse/acme/board_full.json': wrapped([job(1), job(2), job(3)]),
  'greenhouse/torn/board.json': '{"jobs": [',
  'greenhouse/listless/board.json': '{"company":"x"}',
  'ashby/Two_20Words/board.json': '{"jobs": [{"id": "a", "title": "A", "isListed": true}], "apiVersion": "1"}',
  'lever/acme/postings.json': JSON.stringify(Array.from({ length: 130 }, (_, i) => ({ id: `p${i}`, text: `P${i}` }))),
  'greenhouse_timeseries/acme/2026-01-05.json': wrapped([job(1)]),
  'greenhouse_timeseries/acme/2026-01-09.json': wrapped([job(1), job(2)]),
  'greenhouse_timeseries/late/2026-01-08.json': wrapped([job(7)]),
}
const INDEX = `file,source,key,count,bytes,capture_date,endpoint,note
greenhouse/acme/board.json,greenhouse,acme,2,1,2026-01-01,x,"with ""quotes"", and commas"
greenhouse/acme/board_full.json,greenhouse,acme,3,1,2026-01-02,x,
greenhouse/torn/board.json,greenhouse,torn,5,1,2026-01-02,x,
greenhouse/listless/board.json,greenhouse,listless,5,1,2026-01-02,x,
greenhouse/missing/board.json,greenhouse,missing,5,1,2026-01-02,x,
ashby/Two_20Words/board.json,ashby,Two Words,1,1,2026-01-02,x,
ashby/Two_20Words/board.json,ashby,two-words,1,1,2026-01-02,x,
lever/acme/postings.json,lever,acme,130,1,2026-01-02,x,
hn/thread.json,hn,2026-01,400,1,2026-01-02,x,
greenhouse_timeseries/acme/2026-01-09.json,greenhouse_timeseries,acme,2,1,2026-01-09,x,
greenhouse_timeseries/acme/2026-01-05.json,greenhouse_timeseries,acme,1,1,2026-01-05,x,
greenhouse_timeseries/late/2026-01-08.json,greenhouse_timeseries,late,1,1,2026-01-08,x,
`

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'captures-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

describe('captures in the sandbox', () => {
  let folder: string
  let sandbox: Sandbox
  let series: Sandbox
  const events: { event: string; fields: Record<string, unknown> }[] = []
  const json = async (path: string, of = sandbox) => (await fetch(of.url + path)).json()

  before(async () => {
    folder = await folderOf({ ...FILES, 'INDEX.csv': INDEX })
    sandbox = await openSandbox({ captures: folder, onEvent: (event, fields) => events.push({ event, fields }) })
    series = await openSandbox({ captures: folder, series: true })
  })
  after(async () => {
    await sandbox.close()
    await series.close()
    await rm(folder, { recursive: true })
  })

  it('become boards by their key, a second file of the same key a board of its own', () => {
    const idents = sandbox.market.boards().map((board) => `${board.source}/${board.ident}`)
    expect(idents).to.deep.equal([
      'greenhouse/acme',
      'greenhouse/acme--board_full',
      'greenhouse/torn',
      'greenhouse/listless',
      'greenhouse/missing',
      'ashby/Two Words',
      'ashby/two-words',
      'lever/acme',
    ])
  })

  it('are served without their wrapper, with the total Greenhouse states', async () => {
    expect(await json(greenhousePath('acme'))).to.deep.equal({ jobs: [job(1), job(2)], meta: { total: 2 } })
    expect(await json(greenhousePath('acme--board_full'))).to.deep.include({ meta: { total: 3 } })
    expect(await json(ashbyPath('Two Words'))).to.deep.equal({ jobs: [{ id: 'a', title: 'A', isListed: true }], apiVersion: '1' })
  })

  it('are paged where the source pages', async () => {
    const first = (await json(leverPath('acme'))) as unknown[]
    const rest = (await json(leverPath('acme', '?mode=json&skip=100'))) as unknown[]
    expect([first.length, rest.length]).to.deep.equal([100, 30])
  })

  it('have ETags of their content', async () => {
    const response = await fetch(sandbox.url + greenhousePath('acme'))
    const etag = response.headers.get('etag') ?? ''
    expect((await fetch(sandbox.url + greenhousePath('acme'), { headers: { 'if-none-match': etag } })).status).to.equal(304)
    const other = await openSandbox({ captures: folder })
    expect((await fetch(other.url + greenhousePath('acme'))).headers.get('etag')).to.equal(etag)
    await other.close()
  })

  it('that cannot be read are named, and nothing else falls', async () => {
    for (const [ident, words] of [
      ['torn', 'greenhouse/torn/board.json'],
      ['listless', 'no list of jobs'],
      ['missing', 'ENOENT'],
    ] as const) {
      const response = await fetch(sandbox.url + greenhousePath(ident))
      expect(response.status).to.equal(500)
      expect(((await response.json()) as { error: string }).error).to.include(words)
    }
    expect(events.filter((one) => one.event === 'capture.unreadable').map((one) => one.fields['board'])).to.deep.equal([
      'torn',
      'listless',
      'missing',
    ])
    expect((await fetch(sandbox.url + greenhousePath('acme'))).status).to.equal(200)
  })

  it('know what the index counts', () => {
    expect(sandbox.market.expectedCount('greenhouse', 'acme--board_full')).to.equal(3)
    expect(sandbox.market.expectedCount('lever', 'acme')).to.equal(130)
    expect(sandbox.market.expectedCount('lever', 'nobody')).to.equal(undefined)
  })

  it('write a configuration with slugs that differ within a source', () => {
    const entries = parse(sandbox.companiesYaml()) as { slug: string; ats_type: string; ats_id: string; display_name: string }[]
    expect(entries.map((entry) => entry.slug)).to.deep.equal([
      'acme',
      'acme-board-full',
      'torn',
      'listless',
      'missing',
      'two-words',
      'two-words-2',
      'acme',
    ])
    expect(entries[5]).to.include({ ats_id: 'Two Words', display_name: 'Two Words' })
  })

  it('stand still', () => {
    expect(() => sandbox.market.advance(1)).to.throw('captures stand still')
    expect(() => sandbox.market.setDate('2026-01-01')).to.throw('captures stand still')
  })

  it('can be damaged like any board', async () => {
    sandbox.market.fault({ kind: 'half_board', board: 'acme', source: 'greenhouse', times: 1 })
    expect(await json(greenhousePath('acme'))).to.deep.include({ meta: { total: 1 } })
  })

  it('need an index', async () => {
    const empty = await folderOf({})
    const error = await openSandbox({ captures: empty }).then(
      () => '',
      (cause: Error) => cause.message,
    )
    expect(error).to.include(join(empty, 'INDEX.csv'))
    await rm(empty, { recursive: true })
  })

  it('of a series answer with the newest snapshot of the day or before', async () => {
    const at = async (date: string, board: string) => {
      series.market.setDate(date)
      const response = await fetch(series.url + greenhousePath(board))
      return response.ok ? ((await response.json()) as { meta: { total: number } }).meta.total : response.status
    }
    expect(await at('2026-01-04', 'acme')).to.equal(404)
    expect(await at('2026-01-05', 'acme')).to.equal(1)
    expect(await at('2026-01-08', 'acme')).to.equal(1)
    expect(await at('2026-01-09', 'acme')).to.equal(2)
    expect(await at('2026-01-07', 'late')).to.equal(404)
    expect(await at('2027-01-01', 'late')).to.equal(1)
    expect(series.market.expectedCount('greenhouse', 'acme')).to.equal(2)
    series.market.setDate('2026-01-05')
    expect(series.market.expectedCount('greenhouse', 'acme')).to.equal(1)
    expect(series.market.expectedCount('greenhouse', 'late')).to.equal(undefined)
  })

  it('of a series begin at the newest day, and days pass in them', () => {
    expect(series.market.boards().map((board) => board.ident)).to.deep.equal(['acme', 'late'])
    series.market.setDate('2026-01-30')
    series.market.advance(3)
    expect(series.market.date).to.equal('2026-02-02')
  })
})

describe('an index in CSV', () => {
  it('is read with quotes, doubled quotes, commas and line ends inside them', () => {
    expect(parseCsv('a,b\r\n"x ""y"", z","1\n2"\nplain,\n')).to.deep.equal([
      { a: 'x "y", z', b: '1\n2' },
      { a: 'plain', b: '' },
    ])
  })

  it('gives back any cells', () => {
    const cell = fc.string().filter((text) => text.length > 0)
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
        const csv = ['a,b', ...rows.map((row) => row.map(quote).join(','))].join('\n')
        expect(parseCsv(csv).map(({ a, b }) => [a, b])).to.deep.equal(rows)
      }),
    )
  })
})

describe('the captures of this machine', function () {
  this.timeout(120_000)
  const folder = process.env['ROLEWATCH_CAPTURES'] ?? join(import.meta.dirname, '../../../../shared/captures')

  before(function () {
    if (!existsSync(join(folder, 'INDEX.csv'))) this.skip()
  })

  it('are all served with the number of postings the index counts', async () => {
    const sandbox = await openSandbox({ captures: folder })
    const wrong: string[] = []
    for (const board of sandbox.market.boards()) {
      const path = { greenhouse: greenhousePath, ashby: ashbyPath, lever: leverPath }[board.source](board.ident)
      const json = (await (await fetch(sandbox.url + path)).json()) as unknown[] & { jobs?: unknown[] }
      if ((json.jobs ?? json).length !== board.count) wrong.push(`${board.source}/${board.ident}`)
    }
    expect(sandbox.market.boards().length).to.be.greaterThan(700)
    expect(wrong).to.deep.equal([])
    await sandbox.close()
  })
})
