// The share of open postings that have each field.

import { expect } from 'chai'
import { FIELDS } from '../../../ops/metrics.ts'
import { fieldCoverage } from '../../../services/store/coverage.ts'
import { closeSeeded, pay, place, seedBoard, seedPostings, type Draft } from '../api/seed.ts'
import { openWorld, type World } from '../../world.ts'

const FULL: Omit<Draft, 'external_id'> = {
  posted_at: '2026-02-01T08:00:00Z',
  places: [place('Berlin', 'DE')],
  work_mode: 'remote',
  pay: [pay('EUR', 1, 2)],
  department: 'Platform',
  employment_type: 'full_time',
  description: 'Build.',
  level: 'senior',
}

describe('the coverage of fields', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  it('is the share of open postings that have each field, source by source', async () => {
    const acme = await seedBoard(world.db, 'greenhouse', 'acme')
    const globex = await seedBoard(world.db, 'lever', 'globex')
    await seedPostings(world.db, acme, '2026-03-01T00:00:00Z', [
      { external_id: 'a', ...FULL },
      { external_id: 'b', ...FULL, places: [place('Somewhere')], level: null, pay: [] },
      { external_id: 'c', description: '' },
      { external_id: 'd', description: '' },
    ])
    await seedPostings(world.db, globex, '2026-03-01T00:00:00Z', [{ external_id: 'x', ...FULL }])
    const rows = await fieldCoverage(world.db)
    expect(rows.toSorted((a, b) => (a.source < b.source ? -1 : 1))).to.deep.equal([
      {
        source: 'greenhouse',
        posted_at: 0.5,
        places: 0.5,
        country: 0.25,
        work_mode: 0.5,
        pay: 0.25,
        department: 0.5,
        employment_type: 0.5,
        description: 0.5,
        level: 0.25,
      },
      { source: 'lever', ...Object.fromEntries(FIELDS.map((field) => [field, 1])) },
    ])
  })

  it('does not count what is closed, and has no row where nothing is open', async () => {
    const acme = await seedBoard(world.db, 'ashby', 'acme')
    const uids = await seedPostings(world.db, acme, '2026-03-01T00:00:00Z', [{ external_id: 'a', ...FULL }, { external_id: 'b' }])
    await closeSeeded(world.db, acme, '2026-03-02T00:00:00Z', uids.slice(1))
    expect(await fieldCoverage(world.db))
      .to.have.length(1)
      .and.to.have.nested.property('[0].level', 1)
    await closeSeeded(world.db, acme, '2026-03-02T00:00:00Z', uids)
    expect(await fieldCoverage(world.db)).to.deep.equal([])
  })
})
