// Relevance, ranked in windows of the newest.

import { expect } from 'chai'
import { searchPostings } from '../../../services/store/posting-search.ts'
import { openWorld, type World } from '../../world.ts'
import { seedBoard, seedPostings } from '../api/seed.ts'

describe('relevance in windows', () => {
  const COUNT = 750
  let world: World
  before(async () => {
    world = await openWorld()
    const board = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
    await seedPostings(
      world.db,
      board,
      '2025-07-01T00:00:00Z',
      Array.from({ length: COUNT }, (_, index) => ({
        external_id: `${index}`,
        // Every tenth has the word in its title, the oldest of all too.
        title: index % 10 === 0 ? 'Welder' : 'Helper',
        description: 'With a welder.',
        posted_at: new Date(Date.UTC(2025, 0, 1) - index * 60_000).toISOString(),
      })),
    )
  })
  after(() => world.close())

  async function walk(limit: number): Promise<{ ids: string[]; pages: number[] }> {
    const ids: string[] = []
    const pages: number[] = []
    let cursor: string | undefined
    do {
      const page = await searchPostings(world.db, { q: 'welder', limit, cursor })
      ids.push(...page.items.map((item) => item.external_id))
      pages.push(page.items.length)
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    return { ids, pages }
  }

  for (const limit of [7, 50, 150, 200])
    it(`comes to every match once in pages of ${limit}`, async () => {
      const { ids, pages } = await walk(limit)
      expect(new Set(ids).size).to.equal(COUNT)
      expect(ids).to.have.length(COUNT)
      expect(pages.slice(0, -1).every((size) => size === limit)).to.equal(true)
    })
  it('has the titles first among the newest, then the others, newest first', async () => {
    const { ids } = await walk(200)
    expect(ids.slice(0, 4)).to.deep.equal(['0', '10', '20', '30'])
    expect(ids.slice(30, 33)).to.deep.equal(['1', '2', '3'])
  })
  it('ranks the older ones behind them, window by window', async () => {
    const { ids } = await walk(200)
    expect(ids[300]).to.equal('300')
    expect(ids[301]).to.equal('310')
  })
  it('gives the same however the pages are cut', async () => {
    expect((await walk(7)).ids).to.deep.equal((await walk(200)).ids)
  })
})
