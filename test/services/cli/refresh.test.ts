// Visiting boards by hand: what is chosen, what is printed, and what is refused before anybody is visited.

import { expect } from 'chai'
import { refreshCommand } from '../../../services/cli/refresh.ts'
import { readConfig } from '../../../services/config.ts'
import type { RefreshSummary } from '../../../services/scrape/refresh.ts'
import { countRows, openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import type { Database } from '../../../services/store/database.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch refresh', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 6, postingsPerBoard: 5 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })

  type Options = Parameters<typeof refreshCommand>[1]
  const json = (options: Partial<Options> = {}, env: Record<string, string> = {}) =>
    answered<RefreshSummary>(() => refreshCommand(readConfig({ ...ground.env, ...env }), { ...options, format: 'json' }))
  const boardsOf = (source: string) => ground.sandbox.market.boards().filter((board) => board.source === source)
  const named = (summary: RefreshSummary) => summary.runs.map((run) => `${run.source}/${run.board}`).toSorted()

  it('prints what became of every board, in the shape of the contract', async () => {
    const summary = await json()
    expect(summary).to.have.all.keys('runs', 'totals', 'seconds', 'postings_per_second', 'peak_rss_mb')
    const all = ground.sandbox.market.boards()
    expect(named(summary)).to.deep.equal(all.map((board) => `${board.source}/${board.ident}`).toSorted())
    expect(summary.totals).to.deep.equal({ ok: 6 })
    const [run] = summary.runs
    expect(run).to.include.all.keys(
      'id',
      'source',
      'board',
      'outcome',
      'seen',
      'new',
      'changed',
      'closed',
      'started_at',
      'seconds',
      'trace_id',
      'error',
    )
    const seen = summary.runs.reduce((sum, one) => sum + one.seen, 0)
    expect(seen).to.equal(all.reduce((sum, board) => sum + (board.count ?? 0), 0))
    expect(await countRows(database.db('postings'))).to.equal(seen)
    expect(summary.postings_per_second).to.be.closeTo(seen / summary.seconds, 1)
    expect(summary.peak_rss_mb).to.be.within(50, 2000)
  })

  it('visits only the sources and the boards that are named', async () => {
    const [lever] = boardsOf('lever')
    const [ashby] = boardsOf('ashby')
    expect([...new Set((await json({ source: ['lever', 'ashby'] })).runs.map((run) => run.source))].toSorted()).to.deep.equal([
      'ashby',
      'lever',
    ])
    const two = await json({ board: [lever?.ident ?? '', `ashby/${ashby?.ident ?? ''}`] })
    expect(named(two)).to.deep.equal([`ashby/${ashby?.ident}`, `lever/${lever?.ident}`])
    expect(two.totals).to.deep.equal({ unchanged: 2 })
  })

  it('visits no more than --limit and MAX_FETCH_PER_RUN allow', async () => {
    expect((await json({ limit: 2 })).runs).to.have.length(2)
    expect((await json({ limit: 5 }, { MAX_FETCH_PER_RUN: '3' })).runs).to.have.length(3)
    expect((await json({ limit: 1 }, { MAX_FETCH_PER_RUN: '3' })).runs).to.have.length(1)
  })

  it('has done what it should however the visits end, and tells people which boards are in trouble', async () => {
    const [sick] = boardsOf('greenhouse')
    const id = ground.sandbox.market.fault({ source: 'greenhouse', board: sick?.ident ?? '', kind: 'status', status: 404 })
    const { value, out } = await caught(() => refreshCommand(ground.config, { format: 'table' }))
    ground.sandbox.market.clearFaults(id)
    expect(value, 'exit code 0').to.equal(undefined)
    const lines = out.split('\n')
    expect(lines[0]).to.match(/^source +boards +gone +unchanged +seen +new +changed +closed +reopened$/)
    for (const source of ['ashby', 'greenhouse', 'lever']) expect(out).to.match(new RegExp(`^${source} +\\d`, 'm'))
    expect(out).to.match(new RegExp(`^greenhouse/${sick?.ident} +gone +.*404`, 'm'))
    expect(lines.at(-1)).to.match(/^6 boards in \d+\.\d s · [\d,]+ postings\/s · peak memory \d+ MB$/)
  })

  describe('refuses before anybody is visited', () => {
    let runs = 0
    before(async () => {
      runs = await countRows(database.db('runs'))
    })
    afterEach(async () => {
      expect(await countRows(database.db('runs'))).to.equal(runs)
    })
    const told = (options: Partial<Options>, name: 'Refusal' | 'Misuse' = 'Refusal') =>
      refused(name, () => refreshCommand(ground.config, { ...options, format: 'json' }))

    it('a board that there is not, even beside one that there is', async () => {
      const [lever] = boardsOf('lever')
      expect(await told({ board: ['nowhere', `lever/${lever?.ident}`, 'lever/void'] })).to.match(
        /^No board fits nowhere, lever\/void: .*companies\.yaml/,
      )
      expect(await told({ source: ['ashby'], board: [`lever/${lever?.ident}`] })).to.match(/^No board fits lever\//)
    })
    it('a source that there is not', async () => {
      expect(await told({ source: ['lever', 'myspace'] }, 'Misuse')).to.match(
        /^No such source: myspace\. There are ashby, greenhouse, lever/,
      )
    })
    it('boards that are switched off', async () => {
      // Bringing the configuration in would enable it again: its own folder says that it is not.
      const [lever] = boardsOf('lever')
      const { writeFile, mkdtemp } = await import('node:fs/promises')
      const folder = await mkdtemp(`${ground.env['ROLEWATCH_CONFIG']}/off-`)
      await writeFile(
        `${folder}/companies.yaml`,
        `- { slug: x, display_name: X, ats_type: lever, ats_id: ${JSON.stringify(lever?.ident)}, careers_url: "https://x.example", enabled: false }\n`,
      )
      const off = readConfig({ ...ground.env, ROLEWATCH_CONFIG: folder })
      expect(await refused('Refusal', () => refreshCommand(off, { format: 'json' }))).to.match(/^There is no board to visit/)
    })
  })
})
