// Visits as a whole: what they store, what they refuse to believe, and what they leave alone.

import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { visit } from '../../../services/scrape/run.ts'
import { findBoards, pauseBoards, type Board } from '../../../services/store/boards.ts'
import type { RunRecord } from '../../../services/store/runs.ts'
import { createSearch } from '../../../services/store/searches.ts'
import { countRows, openTown, type Town } from '../../journey/town.ts'

describe('a visit', () => {
  let town: Town
  let now = new Date('2026-03-01T12:00:00Z')
  let name = ''

  async function open(env: Record<string, string> = {}, source = 'greenhouse'): Promise<void> {
    town = await openTown({ boards: 6, postingsPerBoard: 20, env, now: () => now })
    const boards = town.sandbox.market.boards().filter((one) => one.source === source)
    const largest = boards.toSorted((a, b) => (b.count ?? 0) - (a.count ?? 0))[0]
    name = `${source}/${largest?.ident ?? ''}`
  }
  async function board(): Promise<Board> {
    const [found] = await findBoards(town.works.database.db, { idents: [name] })
    if (!found) throw new Error(`no board ${name}`)
    return found
  }
  const run = async (): Promise<RunRecord> => visit(town.works.runParts, { board: await board(), trigger: 'refresh' })
  const table = (rows: string) => town.works.database.db(rows)
  const rowsOfPostings = () =>
    table('postings').select('uid', 'content_hash', town.works.database.db.raw('ctid::text, xmin::text')).orderBy('uid')
  const fault = (rule: object) => town.sandbox.market.fault({ board: name.split('/')[1] ?? '', ...rule })

  beforeEach(() => open())
  afterEach(() => town.close())

  it('stores what is new, and when nothing changed one run row and nothing else', async () => {
    const first = await run()
    expect(first).to.include({ outcome: 'ok', complete: true, closed: 0 })
    expect(first.new).to.equal(first.seen).and.to.be.above(0)
    const before = await rowsOfPostings()
    const second = await run()
    expect(second).to.include({ outcome: 'unchanged', complete: true, seen: first.seen, new: 0 })
    expect(await rowsOfPostings()).to.deep.equal(before)
    expect(await countRows(table('runs'))).to.equal(2)
    expect((await board()).recent_counts).to.deep.equal([first.seen, first.seen])
  })

  it('keeps history as validity ranges when a day changes, closes and reopens postings', async () => {
    await run()
    for (let day = 1; day <= 8; day++) {
      now = new Date(Date.UTC(2026, 2, 1 + day, 12))
      town.sandbox.market.advance(1)
      await run()
    }
    const totals = await table('runs').sum({ changed: 'changed', closed: 'closed', reopened: 'reopened' }).first<Record<string, string>>()
    expect(await countRows(table('posting_versions'))).to.equal(Number(totals['changed']) + Number(totals['reopened']))
    const overlaps = await table('posting_history as a')
      .join('posting_history as b', 'a.uid', 'b.uid')
      .whereRaw('a.valid_from < b.valid_from and coalesce(a.valid_to, ?) > b.valid_from', [new Date('2100-01-01')])
    expect(overlaps, 'ranges of one posting never overlap').to.deep.equal([])
    expect(await countRows(table('postings').whereNull('closed_at'))).to.equal((await board()).open_count)
  })

  it('stores neither rows nor validators when its transaction fails, so the next visit reads everything', async () => {
    const { db } = town.works.database
    await createSearch(db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    await db.raw('alter table matches rename to matches_away')
    let broken: unknown
    await run().catch((error: unknown) => (broken = error))
    expect(broken).to.be.instanceOf(Error)
    expect(await countRows(table('postings'))).to.equal(0)
    expect((await board()).pages).to.equal(null)
    await db.raw('alter table matches_away rename to matches')
    expect((await run()).outcome).to.equal('ok')
  })

  it('does not take "not modified" for an answer while it has no posting of the board', async () => {
    fault({ kind: 'empty_board', times: 1 })
    const empty = await run()
    expect(empty.outcome).to.equal('empty_verified')
    expect((await run()).new).to.be.above(0)
  })

  it('believes an empty board only after most of its window was empty', async () => {
    const { seen } = await run()
    town.sandbox.market.fault({ board: name.split('/')[1] ?? '', kind: 'empty_board' })
    const outcomes: string[] = []
    for (let visits = 0; visits < 3; visits++) outcomes.push((await run()).outcome)
    expect(outcomes).to.deep.equal(['empty_suspect', 'empty_suspect', 'empty_verified'])
    expect(await countRows(table('postings').whereNotNull('closed_at'))).to.equal(seen)
  })

  it('closes nothing when half of the board is missing, and reads it in full the next time', async () => {
    const { seen } = await run()
    fault({ kind: 'half_board', times: 1 })
    const half = await run()
    expect(half).to.include({ outcome: 'partial', closed: 0 })
    expect(half.guard).to.include({ name: 'drop', median: seen })
    expect((await board()).pages).to.equal(null)
    expect(await countRows(table('postings').whereNull('closed_at'))).to.equal(seen)
    expect(await run()).to.include({ outcome: 'unchanged', seen })
  })

  it('stores what it can read, closes nothing and keeps the page when a few entries cannot be read', async () => {
    await run()
    await table('boards').update({ pages: null })
    fault({ kind: 'dropped_field', field: 'title', share: 0.1, times: 1 })
    const partial = await run()
    expect(partial.outcome).to.equal('partial')
    expect(partial.rejected).to.be.above(0)
    expect(partial).to.include({ closed: 0, complete: false })
    expect(partial.error_path).to.match(/title/)
    expect(await countRows(table('quarantine'))).to.equal(1)
  })

  it('is skipped while the board is paused', async () => {
    await pauseBoards(town.works.database.db, { board: name }, new Date(now.getTime() + 3_600_000), 'moving')
    const before = town.sandbox.market.requests().length
    expect(await run()).to.include({ outcome: 'skipped', error: 'paused: moving' })
    expect(town.sandbox.market.requests().length).to.equal(before)
  })

  it('leaves for tomorrow what the daily cap of new postings does not grant', async () => {
    await town.close()
    await open({ MAX_NEW_JOBS_PER_DAY: '5' })
    const capped = await run()
    expect(capped).to.include({ outcome: 'partial', new: 5, complete: false })
    expect(await run()).to.include({ outcome: 'partial', new: 0, closed: 0 })
  })

  it('is skipped without a request when the daily cap of calls is reached', async () => {
    await town.close()
    await open({ MAX_CALLS_PER_DAY: '1' })
    expect((await run()).outcome).to.equal('ok')
    const before = town.sandbox.market.requests().length
    expect((await run()).outcome).to.equal('skipped')
    expect(town.sandbox.market.requests().length).to.equal(before)
  })

  it('reads an unchanged board again for a new version of the parsers, which is no edit by the employer', async () => {
    await run()
    await table('boards').update({ reader: 'greenhouse@0+0' })
    await table('postings').update({ level: null, title: 'misread' })
    const again = await run()
    expect(again).to.include({ outcome: 'unchanged', changed: 0 })
    expect(await countRows(table('postings').where({ title: 'misread' }))).to.equal(0)
    expect(await countRows(table('posting_versions'))).to.equal(0)
    expect((await board()).reader).to.match(/^greenhouse@[1-9]/)
  })

  it('stores each posting once when two workers visit the same board at once', async () => {
    const same = await board()
    const runs = await Promise.all([1, 2, 3].map(() => visit(town.works.runParts, { board: same, trigger: 'refresh' })))
    const [first, ...others] = runs.toSorted((a, b) => b.seen - a.seen)
    expect(first).to.include({ outcome: 'ok', new: first?.seen })
    for (const other of others) expect(other).to.include({ outcome: 'skipped', new: 0 })
    expect(await countRows(table('postings'))).to.equal(first?.seen)
  })

  it('stores nothing of what it saw when a later visit ended before it', async () => {
    await run()
    await table('boards').update({ pages: null })
    const { runParts } = town.works
    const past = await board()
    const overtaken = Promise.withResolvers<void>()
    const seen = Promise.withResolvers<void>()
    const fetch: typeof runParts.door.fetch = async (...request) => {
      const fetched = await runParts.door.fetch(...request)
      seen.resolve()
      await overtaken.promise
      return fetched
    }
    const late = visit({ ...runParts, door: { ...runParts.door, fetch } }, { board: past, trigger: 'schedule' })
    await seen.promise
    now = new Date(now.getTime() + 86_400_000)
    for (let changes = 0; changes === 0;) {
      town.sandbox.market.advance(1)
      const { new: opened, closed, changed } = await run()
      changes = opened + closed + changed
    }
    const stored = await rowsOfPostings()
    overtaken.resolve()
    expect(await late).to.include({ outcome: 'skipped', changed: 0, closed: 0, reopened: 0 })
    expect(await rowsOfPostings()).to.deep.equal(stored)
  })

  it('closes nothing when the first complete visit sees far less than partial ones have stored', async () => {
    fault({ kind: 'dropped_field', field: 'title', share: 0.1, times: 1 })
    expect((await run()).outcome).to.equal('partial')
    fault({ kind: 'half_board', times: 1 })
    expect(await run()).to.include({ outcome: 'partial', complete: true, closed: 0 })
    expect(await run()).to.include({ outcome: 'ok', closed: 0 })
  })

  it('brings a new name of the company to postings that did not change, and keeps edits of the same visit as edits', async () => {
    const { seen } = await run()
    const { company_id } = await board()
    await table('companies').where({ id: company_id }).update({ name: 'Zanzibar Works' })
    const edited = table('postings').orderBy('uid').limit(2).select('uid')
    await table('postings').whereIn('uid', edited).update({ content_hash: 'before the edit' })
    expect(await run()).to.include({ outcome: 'ok', changed: 2 })
    expect(await countRows(table('postings').where({ company_name: 'Zanzibar Works' }))).to.equal(seen)
    expect(await countRows(table('postings').whereRaw(`search @@ to_tsquery('rolewatch', 'zanzibar:B')`))).to.equal(seen)
    expect(await countRows(table('posting_versions'))).to.equal(2)
    expect((await run()).outcome).to.equal('unchanged')
  })

  it('reads a board anew until new parsers have seen the whole of it', async () => {
    await town.close()
    town = await openTown({ boards: 24, postingsPerBoard: 300, now: () => now })
    const large = town.sandbox.market.boards().find((one) => one.source === 'lever' && (one.count ?? 0) > 100)
    name = `lever/${large?.ident ?? ''}`
    await run()
    const { runParts } = town.works
    const before = runParts.sources['lever']
    if (!before) throw new Error('no lever')
    const parse: typeof before.parse = (...given) => {
      const parsed = before.parse(...given)
      return { ...parsed, postings: parsed.postings.map((posting) => ({ ...posting, facts: { read: 'anew' } })) }
    }
    const parts = { ...runParts, sources: { lever: { ...before, version: before.version + 1, parse } } }
    const fetch: typeof runParts.door.fetch = (request, asking) =>
      request.url.includes('skip=100') ? Promise.reject(new Failure('timeout', 'silence')) : runParts.door.fetch(request, asking)
    const broken = await visit({ ...parts, door: { ...runParts.door, fetch } }, { board: await board(), trigger: 'refresh' })
    expect(broken).to.include({ outcome: 'partial', changed: 0 })
    expect(await visit(parts, { board: await board(), trigger: 'refresh' })).to.include({ outcome: 'unchanged', changed: 0 })
    expect(await countRows(table('posting_versions'))).to.equal(0)
    expect(await countRows(table('postings').whereRaw(`facts ->> 'read' = 'anew'`))).to.equal(large?.count)
  })

  it('pages through a large Lever board, finds its region once and remembers it', async () => {
    await town.close()
    town = await openTown({ boards: 24, postingsPerBoard: 300, now: () => now })
    const european = town.sandbox.market.boards().find((one) => one.source === 'lever' && one.region === 'eu' && (one.count ?? 0) > 100)
    name = `lever/${european?.ident ?? ''}`
    await table('boards').update({ region: null })
    const first = await run()
    expect(first).to.include({ outcome: 'ok', seen: european?.count })
    expect(first.pages).to.be.above(1)
    expect((await board()).region).to.equal('eu')
    town.sandbox.market.clearRequests()
    expect((await run()).outcome).to.equal('unchanged')
    expect(new Set(town.sandbox.market.requests().map((request) => request.host))).to.deep.equal(new Set(['api.eu.lever.co']))
  })

  it('is made when it was asked for while the task before was still on its way out of the queue', async () => {
    const { db } = town.works.database
    await town.refresh({ boards: [name] })
    await db.raw(`update pgboss.job set state = 'active', completed_on = null where name = 'visit'`)
    const asked = town.refresh({ boards: [name] })
    await db.raw(`update pgboss.job set state = 'completed', completed_on = now() where name = 'visit' and pg_sleep(0.3) is not null`)
    expect((await asked).totals).to.deep.equal({ unchanged: 1 })
  })

  it('is no longer waited for when its board is disabled while the task waits', async () => {
    await table('boards')
      .update({ enabled: false })
      .whereNot({ id: (await board()).id })
    const { db } = town.works.database
    await town.refresh({ boards: [name] })
    await db.raw(`update pgboss.job set state = 'active', completed_on = null where name = 'visit'`)
    const asked = town.refresh({ boards: [name] })
    await table('boards').update({ enabled: false })
    expect((await asked).runs).to.deep.equal([])
  })

  it('asks all regions again once a board is gone from the one where it was', async () => {
    await town.close()
    await open({}, 'lever')
    await run()
    const { region } = await board()
    expect(region).to.be.oneOf(['us', 'eu'])
    fault({ kind: 'status', status: 404, times: 1 })
    expect((await run()).outcome).to.equal('gone')
    expect((await board()).region).to.equal(null)
    await run()
    expect((await board()).region).to.equal(region)
  })
})
