// Writing postings: whatever a text holds, and beside people who take closings back.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { RawPosting } from '../../../scrapers/source.ts'
import { normalise } from '../../../services/postings/normalise.ts'
import { getBoard, syncBoards, type Board } from '../../../services/store/boards.ts'
import { closePostings, insertPostings, undoClose, type Writing } from '../../../services/store/postings.ts'
import { openWorld, type World } from '../../world.ts'

const ODD = 'half \ud83d a NUL \0 and more'

function raw(id: string, own: Partial<RawPosting> = {}): RawPosting {
  const nothing = { applyUrl: null, description: null, workMode: null, department: null, team: null, employmentType: null }
  const base = { externalId: id, title: `Engineer ${id}`, url: `https://jobs.example.org/${id}`, places: [], pay: [], facts: {} }
  return { ...nothing, requisitionId: null, language: null, postedAt: null, editedAt: null, ...base, ...own }
}

describe('services/store/postings', () => {
  let world: World
  let board: Board
  let writing: Writing
  beforeEach(async () => {
    world = await openWorld()
    const entry = { slug: 'acme', display_name: 'Acme', ats_type: 'greenhouse', ats_id: 'acme', careers_url: null, enabled: true }
    await world.database.inTransaction((trx) => syncBoards(trx, [{ ...entry, cadence_seconds: 3600, country: null, region: null }]))
    const { id } = await world.db('boards').first<{ id: number }>('id')
    board = (await getBoard(world.db, id))!
    writing = { board, runId: randomUUID(), at: new Date('2026-03-01T12:00:00Z') }
  })
  afterEach(() => world.close())

  const home = { source: 'greenhouse', ident: 'acme', country: null }
  const insert = (...given: RawPosting[]) =>
    insertPostings(
      world.db,
      writing,
      given.map((one) => normalise(one, home)),
    )

  it('stores texts with half characters and NULs in every field', async () => {
    await insert(
      raw(ODD, {
        title: ODD,
        url: `https://jobs.example.org/${ODD}`,
        applyUrl: ODD,
        department: ODD,
        team: ODD,
        employmentType: ODD,
        requisitionId: ODD,
        language: ODD,
        facts: { [ODD]: [ODD], other: ODD },
        description: { kind: 'html', value: ODD },
        places: [{ text: ODD, city: ODD, region: ODD, country: ODD }],
        pay: [{ minMinor: 1, maxMinor: null, currency: ODD, period: null, basis: 'base', label: ODD, evidence: ODD }],
      }),
    )
    expect(await world.db('postings').pluck('description')).to.have.length(1)
  })

  it('stores a description longer than a search index can hold, found by its beginning', async () => {
    const words = Array.from({ length: 150_000 }, (_, index) => `word${index.toString(36)}`)
    await insert(raw('long', { description: { kind: 'text', value: words.join(' ') } }), raw('short'))
    const [long] = await world.db('postings').whereRaw(`search @@ to_tsquery('rolewatch', 'wordz')`).pluck<string[]>('description')
    expect(long).to.equal(words.join(' '))
    expect(await world.db('postings').pluck('external_id')).to.have.members(['long', 'short'])
  })

  it('lets a closing be taken back while a visit is writing the same board', async () => {
    await insert(raw('1'), raw('2'))
    const uids = await world.db('postings').pluck<string[]>('uid')
    const row = { id: writing.runId, board_id: board.id, source: 'greenhouse', trigger: 'refresh', outcome: 'ok', complete: true }
    await world.db('runs').insert({ ...row, closed: 2, started_at: writing.at, seconds: 1 })
    await closePostings(world.db, writing, uids)
    const { undone } = await world.database.inTransaction(async (trx) => {
      await trx('boards').where({ id: board.id }).forUpdate().first('id')
      const undoing = world.database.inTransaction((other) => undoClose(other, writing.runId))
      await waitForLock(world)
      await trx('postings').where({ uid: uids[0] }).update({ closed_at: null, close_batch: null })
      return { undone: undoing }
    })
    expect(await undone).to.deep.equal({ reopened: 1, board_id: board.id })
  })
})

/** Until one transaction of the world waits for another. */
async function waitForLock(world: World): Promise<void> {
  for (;;) {
    const { rows } = await world.db.raw<{ rows: { n: number }[] }>(
      `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if ((rows[0]?.n ?? 0) > 0) return
  }
}
