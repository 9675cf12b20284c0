// Daily caps: what is taken at once by many never exceeds the cap.

import { expect } from 'chai'
import fc from 'fast-check'
import { readCounter, takeFromCap } from '../../../services/store/counters.ts'
import { openWorld, type World } from '../../world.ts'

describe('services/store/counters', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  it('grants what is asked until the cap is reached, then the rest, then nothing', async () => {
    const granted = []
    for (const amount of [4, 4, 4, 4]) granted.push(await takeFromCap(world.db, 'simple', amount, 10))
    expect(granted).to.deep.equal([4, 4, 2, 0])
    expect(await readCounter(world.db, 'simple')).to.equal(10)
  })

  it('grants nothing for nothing, for less than nothing, and under a cap of 0', async () => {
    expect(await takeFromCap(world.db, 'none', 0, 10)).to.equal(0)
    expect(await takeFromCap(world.db, 'none', -5, 10)).to.equal(0)
    expect(await takeFromCap(world.db, 'none', 5, 0)).to.equal(0)
    expect(await readCounter(world.db, 'none')).to.equal(0)
  })

  it('takes nothing back when the cap is lowered, and goes on when it is raised', async () => {
    expect(await takeFromCap(world.db, 'moved', 8, 10)).to.equal(8)
    expect(await takeFromCap(world.db, 'moved', 1, 5)).to.equal(0)
    expect(await readCounter(world.db, 'moved')).to.equal(8)
    expect(await takeFromCap(world.db, 'moved', 9, 12)).to.equal(4)
  })

  it('begins again at midnight UTC and keeps names apart', async () => {
    const evening = new Date('2030-01-01T23:59:59.999Z')
    const night = new Date('2030-01-02T00:00:00.000Z')
    expect(await takeFromCap(world.db, 'daily', 5, 5, evening)).to.equal(5)
    expect(await takeFromCap(world.db, 'daily', 1, 5, evening)).to.equal(0)
    expect(await takeFromCap(world.db, 'daily', 1, 5, night)).to.equal(1)
    expect(await takeFromCap(world.db, 'other', 1, 5, evening)).to.equal(1)
    expect([await readCounter(world.db, 'daily', evening), await readCounter(world.db, 'daily', night)]).to.deep.equal([5, 1])
    expect(await readCounter(world.db, 'never')).to.equal(0)
  })

  it('gives back what was taken in a transaction that failed', async () => {
    await world.database
      .inTransaction(async (trx) => {
        expect(await takeFromCap(trx, 'undone', 3, 5)).to.equal(3)
        throw new Error('the page could not be stored')
      })
      .catch(() => {})
    expect(await readCounter(world.db, 'undone')).to.equal(0)
  })

  it('makes others wait for an unfinished transaction and then tells them the truth', async () => {
    await takeFromCap(world.db, 'held', 1, 10)
    let second: Promise<number> | undefined
    await world.database.inTransaction(async (trx) => {
      await takeFromCap(trx, 'held', 7, 10)
      second = takeFromCap(world.db, 'held', 7, 10)
      await trx.raw('select pg_sleep(0.05)')
    })
    expect(await second).to.equal(2)
  })

  it('never grants more than the cap in all, and no less than it could, however many take at once', async () => {
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 0, max: 40 }),
        async (amounts, cap) => {
          const name = `race-${++round}`
          const granted = await Promise.all(amounts.map((amount) => takeFromCap(world.db, name, amount, cap)))
          const asked = amounts.reduce((sum, amount) => sum + amount, 0)
          const total = granted.reduce((sum, amount) => sum + amount, 0)
          expect(total).to.equal(Math.min(asked, cap))
          expect(await readCounter(world.db, name)).to.equal(total)
          for (const [index, amount] of amounts.entries()) expect(granted[index]).to.be.within(0, amount)
        },
      ),
      { numRuns: 60 },
    )
  })
})
