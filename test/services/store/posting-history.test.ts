// The history of a posting, version by version.

import { expect } from 'chai'
import { getHistory } from '../../../services/store/posting-history.ts'
import { getPosting } from '../../../services/store/posting-row.ts'
import { openWorld, type World } from '../../world.ts'
import { changePostings, closeSeeded, seedBoard, seedPostings, type SeededBoard } from '../api/seed.ts'

describe('the history of a posting', () => {
  let world: World
  let board: SeededBoard
  let uid = ''
  before(async () => {
    world = await openWorld()
    board = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
    const first = { external_id: '1', title: 'Cook', team: 'Day', skills: ['knife'] }
    uid = (await seedPostings(world.db, board, '2025-01-01T00:00:00Z', [first]))[0] ?? ''
    await changePostings(world.db, board, '2025-01-02T00:00:00Z', [
      { ...first, team: 'Night', skills: ['knife', 'fire'], edited_at: '2025-01-02T00:00:00Z' },
    ])
    await closeSeeded(world.db, board, '2025-01-03T00:00:00Z', [uid])
    await changePostings(world.db, board, '2025-01-04T00:00:00Z', [
      { ...first, team: 'Night', skills: ['knife', 'fire'], edited_at: '2025-01-04T00:00:00Z' },
    ])
  })
  after(() => world.close())

  it('has every content, newest first, with the time it was valid, its end, and what changed', async () => {
    const history = await getHistory(world.db, uid)
    expect(
      history.map(({ valid_from, valid_to, ended_by, changed }) => [
        valid_from.slice(0, 10),
        valid_to?.slice(0, 10) ?? null,
        ended_by,
        changed,
      ]),
    ).to.deep.equal([
      ['2025-01-04', null, null, []],
      ['2025-01-02', '2025-01-03', 'close', ['team', 'skills']],
      ['2025-01-01', '2025-01-02', 'change', []],
    ])
    expect(history[2]?.skills).to.deep.equal(['knife'])
  })
  it('is empty for a posting that there is not', async () => {
    expect(await getHistory(world.db, '0'.repeat(40))).to.deep.equal([])
    expect(await getPosting(world.db, '0'.repeat(40))).to.equal(undefined)
  })
  it('counts in the posting how often it came back', async () => {
    expect(await getPosting(world.db, uid)).to.deep.include({
      reopened: 1,
      status: 'open',
      closed_at: null,
      team: 'Night',
      company: { slug: 'acme', name: 'Acme' },
    })
  })
})
