// What a visit writes: what differs is found exactly and written once, with its history, and a closing can be taken back.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Posting } from '../../../services/postings/posting.ts'
import {
  closePostings,
  differ,
  insertPostings,
  knownPostings,
  rereadPostings,
  undoClose,
  updatePostings,
  type KnownPosting,
  type Writing,
} from '../../../services/store/postings.ts'
import { draft, pay, place, seedBoard, seedRun, type Draft, type SeededBoard } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

const DAY = (n: number) => new Date(Date.UTC(2026, 2, n, 12))

describe('the difference between a visit and what is known', () => {
  const UIDS = 'abcdefghij'.split('')
  const hash = fc.constantFrom('h0', 'h1')
  const visits = fc
    .record({
      seen: fc.uniqueArray(fc.record({ uid: fc.constantFrom(...UIDS), content_hash: hash }), { selector: ({ uid }) => uid }),
      known: fc.uniqueArray(fc.record({ uid: fc.constantFrom(...UIDS), content_hash: hash, open: fc.boolean() }), {
        selector: ({ uid }) => uid,
      }),
    })
    .map(({ seen, known }) => ({ seen: seen as Posting[], known: new Map<string, KnownPosting>(known.map((row) => [row.uid, row])) }))
  const uidsOf = (postings: readonly { uid: string }[]) => postings.map(({ uid }) => uid)

  it('puts every posting into exactly one part, and each part holds what its name says', () => {
    fc.assert(
      fc.property(visits, ({ seen, known }) => {
        const { opened, changed, reopened, same, missing } = differ(seen, known)
        expect(uidsOf([...opened, ...changed, ...reopened, ...same]).toSorted()).to.deep.equal(uidsOf(seen).toSorted())
        for (const { uid } of opened) expect(known.has(uid)).to.equal(false)
        for (const { uid } of reopened) expect(known.get(uid)?.open).to.equal(false)
        for (const one of changed) expect(known.get(one.uid)?.content_hash).not.to.equal(one.content_hash)
        for (const one of same) expect(known.get(one.uid)?.content_hash).to.equal(one.content_hash)
        const open = [...known.values()].filter((one) => one.open)
        expect([...missing, ...uidsOf([...changed, ...same])].toSorted()).to.deep.equal(uidsOf(open).toSorted())
      }),
    )
  })

  it('is nothing once it has been applied', () => {
    fc.assert(
      fc.property(visits, ({ seen, known }) => {
        const first = differ(seen, known)
        const after = new Map(known)
        for (const { uid, content_hash } of [...first.opened, ...first.changed, ...first.reopened])
          after.set(uid, { uid, content_hash, open: true })
        for (const uid of first.missing) after.set(uid, { uid, content_hash: 'h0', open: false })
        const second = differ(seen, after)
        expect(second).to.deep.include({ opened: [], changed: [], reopened: [], missing: [] })
        expect(second.same).to.deep.equal(seen)
      }),
    )
  })
})

describe('writing postings', () => {
  let world: World
  let board: SeededBoard
  let number = 0
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    board = await seedBoard(world.db, 'greenhouse', `board-${++number}`, 'Acme')
  })

  const writing = (day: number, runId = randomUUID()): Writing => ({ board, runId, at: DAY(day) })
  const of = (fields: Draft) => draft(board, fields)
  const row = async (id: string) => {
    const found = await world.db('postings').where({ board_id: board.id, external_id: id }).first<Record<string, unknown> | undefined>()
    if (!found) throw new Error(`no posting ${id}`)
    return found
  }
  const versions = async (uid: string) =>
    (await world.db('posting_versions').where({ uid }).orderBy('valid_to')) as Record<string, unknown>[]
  const insert = async (day: number, ...fields: [Draft, ...Draft[]]) => {
    const postings = fields.map(of) as [Posting, ...Posting[]]
    await insertPostings(world.db, writing(day), postings)
    return postings
  }

  it('inserts every field, and what it is found by', async () => {
    const [posting] = await insert(1, {
      external_id: 'a',
      title: 'Staff Engineer',
      apply_url: 'https://jobs.example/a/apply',
      places: [place('Berlin, Germany', 'DE', 'Berlin'), place('Remote, Germany', 'DE'), place('Anywhere')],
      work_mode: 'hybrid',
      work_mode_origin: 'source',
      department: 'Platform',
      team: 'Storage',
      employment_type: 'full_time',
      requisition_id: 'R-1',
      language: 'en',
      posted_at: '2026-02-01T08:00:00.000Z',
      edited_at: '2026-02-02T08:00:00.000Z',
      pay: [pay('EUR', 90_000, 120_000), pay('EUR', 80_000, null), pay('USD', 1, 2)],
      level: 'staff',
      track: 'ic',
      skills: ['Go', 'PostgreSQL'],
      facts: { visa: true, tags: ['x', 'y'] },
    })
    const { posted_at, edited_at, board: _board, ...rest } = posting
    const stored = await row('a')
    expect(stored).to.deep.include({
      ...rest,
      posted_at: new Date(posted_at ?? ''),
      edited_at: new Date(edited_at ?? ''),
      board_id: board.id,
      company_id: board.company_id,
      company_name: 'Acme',
      countries: ['DE'],
      place_text: 'Berlin, Germany · Remote, Germany · Anywhere',
      pay_currency: 'EUR',
      pay_annual_min: '80000',
      pay_annual_max: '120000',
      first_seen_at: DAY(1),
      valid_from: DAY(1),
      closed_at: null,
      close_batch: null,
      reopened: 0,
    })
    for (const words of ['engineer', 'acme', 'berlin', 'postgresql', 'build'])
      expect(
        await world.db('postings').where({ uid: posting.uid }).whereRaw(`search @@ websearch_to_tsquery('rolewatch', ?)`, [words]),
        words,
      ).to.have.length(1)
  })

  it('leaves pay without an annual figure out of what is compared', async () => {
    await insert(1, { external_id: 'a', pay: [{ ...pay('GBP', null, null), period: null }] }, { external_id: 'b' })
    for (const id of ['a', 'b']) expect(await row(id)).to.include({ pay_currency: null, pay_annual_min: null, pay_annual_max: null })
  })

  it('keeps what was when a content changes, and dates the new one', async () => {
    const [before] = await insert(1, { external_id: 'a', title: 'Engineer', pay: [pay('USD', 1, 2)] })
    const run = randomUUID()
    await updatePostings(world.db, writing(3, run), [of({ external_id: 'a', title: 'Senior Engineer' })])
    const now = { title: 'Senior Engineer', valid_from: DAY(3), first_seen_at: DAY(1), reopened: 0, pay_currency: null }
    expect(await row('a')).to.deep.include(now)
    const then = { title: 'Engineer', valid_from: DAY(1), valid_to: DAY(3), ended_by: 'change', run_id: run, pay: before.pay }
    expect(await versions(before.uid))
      .to.have.length(1)
      .and.to.have.property('0')
      .that.deep.includes(then)
  })

  it('closes, and opens again with the gap between', async () => {
    const [before] = await insert(1, { external_id: 'a', title: 'Engineer' }, { external_id: 'b' })
    const close = randomUUID()
    await closePostings(world.db, writing(3, close), [before.uid])
    expect(await row('a')).to.deep.include({ closed_at: DAY(3), close_batch: close })
    expect(await row('b')).to.include({ closed_at: null })
    await updatePostings(world.db, writing(7), [of({ external_id: 'a', title: 'Engineer II' })])
    expect(await row('a')).to.deep.include({ closed_at: null, close_batch: null, reopened: 1, valid_from: DAY(7), title: 'Engineer II' })
    expect((await versions(before.uid))[0]).to.deep.include({ title: 'Engineer', valid_from: DAY(1), valid_to: DAY(3), ended_by: 'close' })
  })

  it('writes a new reading over the old one without a trace in history', async () => {
    const [before] = await insert(1, { external_id: 'a', level: 'mid' })
    const run = randomUUID()
    await closePostings(world.db, writing(2, run), [before.uid])
    await rereadPostings(world.db, writing(5), [of({ external_id: 'a', level: 'senior', places: [place('Paris', 'FR')] })])
    expect(await row('a')).to.deep.include({ level: 'senior', countries: ['FR'], valid_from: DAY(1), closed_at: DAY(2), close_batch: run })
    expect(await versions(before.uid)).to.deep.equal([])
  })

  it('writes nothing for nothing', async () => {
    for (const write of [insertPostings, updatePostings, rereadPostings]) await write(world.db, writing(1), [])
    await closePostings(world.db, writing(1), [])
    expect((await knownPostings(world.db, board.id)).size).to.equal(0)
  })

  it('knows the postings of its board, open or not, and of no other', async () => {
    const [a, b] = await insert(1, { external_id: 'a' }, { external_id: 'b' })
    await closePostings(world.db, writing(2), [b?.uid ?? ''])
    const other = await seedBoard(world.db, 'lever', `other-${number}`, 'Globex')
    await insertPostings(world.db, { ...writing(1), board: other }, [draft(other, { external_id: 'z' })])
    const known = await knownPostings(world.db, board.id)
    expect([...known.values()]).to.have.deep.members([
      { uid: a.uid, content_hash: a.content_hash, open: true },
      { uid: b?.uid, content_hash: b?.content_hash, open: false },
    ])
  })

  it('takes NUL characters out, which PostgreSQL does not keep, and leaves what only looks like one', async () => {
    const written = String.raw`a \u0000 that is written out`
    await insert(1, {
      external_id: 'a',
      title: 'Eng\0ineer',
      description: `\0${written}\0`,
      skills: ['G\0o'],
      facts: { note: 'x\0y', list: ['\0'] },
      places: [place('Ber\0lin', 'DE')],
    })
    const clean = { title: 'Engineer', description: written, skills: ['Go'], facts: { note: 'xy', list: [''] }, place_text: 'Berlin' }
    expect(await row('a')).to.deep.include(clean)
  })

  it('writes a thousand rows in three statements each way, with nothing lost at the seams', async () => {
    let statements = 0
    const count = () => void statements++
    world.db.on('query', count)
    const many = Array.from({ length: 1000 }, (_, index) => of({ external_id: `p${index}`, title: `Engineer ${index}` }))
    await insertPostings(world.db, writing(1), many)
    expect(statements).to.equal(3)
    const changed = many.map((_, index) => of({ external_id: `p${index}`, title: `Engineer ${index}, second` }))
    await updatePostings(world.db, writing(2), changed)
    expect(statements).to.equal(3 + 6)
    world.db.off('query', count)
    const known = await knownPostings(world.db, board.id)
    expect(known.size).to.equal(1000)
    expect(differ(changed, known).same).to.have.length(1000)
    expect(await world.db('posting_versions').whereIn('uid', [...known.keys()])).to.have.length(1000)
  })

  it('stands or falls as a whole with its transaction', async () => {
    const twice = [of({ external_id: 'a' }), of({ external_id: 'b' }), of({ external_id: 'a' })]
    const failed = await world.database
      .inTransaction(async (trx) => {
        await insertPostings(trx, writing(1), [of({ external_id: 'c' })])
        await insertPostings(trx, writing(1), twice)
      })
      .catch((error: unknown) => error)
    expect(failed).to.have.property('code', '23505')
    expect((await knownPostings(world.db, board.id)).size).to.equal(0)
  })

  describe('and taking a closing back', () => {
    let run: ReturnType<typeof randomUUID>
    let postings: Posting[] = []
    beforeEach(async () => {
      postings = await insert(1, { external_id: 'a' }, { external_id: 'b' }, { external_id: 'c' })
      run = (await seedRun(world.db, board, { outcome: 'ok', started_at: DAY(3).toISOString() })) as typeof run
      await world.db('runs').where({ id: run }).update({ closed: 2 })
      await world.db('boards').where({ id: board.id }).update({ open_count: 1, pages: '[]' })
      const uids = postings.slice(0, 2).map(({ uid }) => uid)
      await closePostings(world.db, writing(3, run), uids)
    })
    const memory = () => world.db('boards').where({ id: board.id }).first('open_count', 'pages')

    it('opens what the run closed, counts it, and has the board read in full', async () => {
      expect(await undoClose(world.db, run)).to.deep.equal({ reopened: 2, board_id: board.id })
      expect([...(await knownPostings(world.db, board.id)).values()].every((one) => one.open)).to.equal(true)
      expect(await row('a')).to.deep.include({ closed_at: null, close_batch: null, valid_from: DAY(1), reopened: 0 })
      expect(await memory()).to.deep.equal({ open_count: 3, pages: null })
      expect(await world.db('runs').where({ id: run }).whereNotNull('undone_at')).to.have.length(1)
      expect(await versions(postings[0]?.uid ?? ''), 'as if it had never been closed').to.deep.equal([])
    })

    it('leaves alone what was seen again since, and what another run closed', async () => {
      await updatePostings(world.db, writing(4), [of({ external_id: 'a', title: 'Back' })])
      await closePostings(world.db, writing(5), [postings[2]?.uid ?? ''])
      expect(await undoClose(world.db, run)).to.deep.equal({ reopened: 1, board_id: board.id })
      expect(await row('a')).to.deep.include({ title: 'Back', reopened: 1 })
      expect(await row('c')).to.deep.include({ closed_at: DAY(5) })
    })

    it('opens nothing the second time, and knows of nothing to open where nothing was closed', async () => {
      await undoClose(world.db, run)
      expect(await undoClose(world.db, run)).to.deep.include({ reopened: 0 })
      expect(await memory()).to.deep.include({ open_count: 3 })
      expect(await undoClose(world.db, randomUUID())).to.equal(undefined)
      const idle = await seedRun(world.db, board, { outcome: 'ok', started_at: DAY(6).toISOString() })
      expect(await undoClose(world.db, idle)).to.equal(undefined)
    })
  })
})
