// Places in words, as people type them.

import { expect } from 'chai'
import fc from 'fast-check'
import { escapeLike, quoteWords, wherePlace } from '../../../services/store/place-filter.ts'
import { openWorld, type World } from '../../world.ts'

const letters = (text: string) => fc.constantFrom(...Array.from(text))

describe('places in words', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  /** Whether a posting with this text, these countries and this work mode is met by the words. */
  async function meets(location: string, placeText: string, countries: string[] = [], mode: string | null = null): Promise<boolean> {
    const query = world.db
      .from(world.db.raw('(select ?::text as place_text, ?::text[] as countries, ?::text as work_mode) as p', [placeText, countries, mode]))
      .select(world.db.raw('1 as met'))
    wherePlace(query, location)
    return (await query.first()) !== undefined
  }

  const met: [string, string, string[]?, (string | null)?][] = [
    ['London', 'London, UK', ['GB']],
    ['london', 'LONDON'],
    ['London', 'Greater London'],
    ['Greater London', 'London'],
    ['San Francisco Bay Area', 'San Francisco, CA'],
    ['Bay Area', 'Bay Area'],
    ['SF', 'San Francisco, CA'],
    ['NYC', 'New York, NY'],
    ['New York City', 'NYC office'],
    ['Zürich', 'Zurich'],
    ['Zurich', 'Zürich'],
    ['OSTERREICH', 'Österreich'],
    ['Kobenhavn', 'København'],
    ['Łódź', 'Łódź, Poland'],
    ['Lodz', 'Łódź'],
    ['München', 'Munich, Germany'],
    ['Georgia', 'Atlanta, Georgia', ['US']],
    ['Georgia', 'Tbilisi', ['GE']],
    ['CA', 'San Diego, CA', ['US']],
    ['CA', 'Toronto', ['CA']],
    ['London, UK', 'London', ['GB']],
    ['Berlin, Deutschland', 'Berlin', ['DE']],
    ['Remote', 'Anywhere', [], 'remote'],
    ['Remote', 'Remote - US'],
    ['remote, US', 'Remote', ['US'], 'remote'],
    ['St. Louis', 'St. Louis, MO'],
    ['Winston-Salem', 'Winston-Salem, NC'],
    ['cambri', 'Cambridge'],
    [' , ', 'Anywhere'],
  ]
  for (const [location, text, countries, mode] of met)
    it(`“${location}” is met by “${text}” ${countries?.join() ?? ''} ${mode ?? ''}`, async () => {
      expect(await meets(location, text, countries, mode)).to.equal(true)
    })

  const missed: [string, string, string[]?][] = [
    ['India', 'Indianapolis, IN', ['US']],
    ['LA', 'Cleveland'],
    ['Oslo', 'Coslow'],
    ['London, Canada', 'London', ['GB']],
    ['York', 'Corkyork'],
    ['London', 'Paris', ['GB']],
    ['Remote', 'London'],
    ['.*', 'London'],
    ['%', 'London'],
    ['St. Louis', 'Stx Louis'],
  ]
  for (const [location, text, countries] of missed)
    it(`“${location}” is not met by “${text}” ${countries?.join() ?? ''}`, async () => {
      expect(await meets(location, text, countries)).to.equal(false)
    })

  it('takes whatever is typed as words, never as a pattern that PostgreSQL refuses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: letters('ab.*+?^${}()|[]\\%_\'",-:&! ü'), maxLength: 12 }), async (location) => {
        expect(await meets(location, 'x')).to.be.a('boolean')
      }),
      { numRuns: 150 },
    )
  })
})

describe('quoting for PostgreSQL', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  it('makes any text one operand of a tsquery', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: letters('ab\'\\:*&|!()<-> "'), minLength: 1, maxLength: 12 }), async (text) => {
        await world.db.raw(`select to_tsquery('rolewatch', ?)`, [quoteWords(text, 'A')])
      }),
      { numRuns: 150 },
    )
  })
  it('makes any text stand for itself inside LIKE', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: letters('ab%_\\'), maxLength: 8 }),
        fc.string({ unit: letters('ab%_\\'), maxLength: 8 }),
        async (text, other) => {
          const { rows } = await world.db.raw<{ rows: { like: boolean }[] }>('select ?::text like ? as "like"', [other, escapeLike(text)])
          expect(rows[0]?.like).to.equal(text === other)
        },
      ),
      { numRuns: 150 },
    )
  })
})
