// Budget spent: what a stretch of time has cost, against what its period allows.

import { expect } from 'chai'
import { readSlos } from '../../../services/slo/specs.ts'
import { budgetSpentIn } from '../../../services/slo/spent.ts'
import { writeTallies, type TallyRow } from '../../../services/store/tallies.ts'
import { openWorld, type World } from '../../world.ts'

const at = (time: string) => new Date(`2030-01-01T${time}:00Z`)
const STRETCH = { from: at('12:00'), to: at('12:40') }

describe('services/slo/spent', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('slo_tallies').delete()
  })

  const write = (time: string, rows: { events?: TallyRow[]; slices?: TallyRow[] }) =>
    writeTallies(world.db, { at: at(time), seconds: 60, events: rows.events ?? [], slices: rows.slices ?? [] })
  const event = (slo: string, bad: number, total: number, labels = {}, bound = ''): TallyRow => ({ slo, bound, labels, bad, total })
  const spent = async () => budgetSpentIn(world.db, await readSlos(world.metrics), STRETCH)

  it('is nothing where nothing was counted, or nothing was bad', async () => {
    expect(await spent()).to.deep.equal([])
    await write('12:05', { events: [event('scrape-success', 0, 40)] })
    expect(await spent()).to.deep.equal([])
  })

  it('is the share of what the period allows, over all groups', async () => {
    await write('02:00', { events: [event('scrape-success', 3, 760, { source: 'greenhouse' })] })
    await write('12:05', {
      events: [event('scrape-success', 10, 30, { source: 'greenhouse' }), event('scrape-success', 2, 10, { source: 'lever' })],
    })
    const [one, ...more] = await spent()
    expect(more).to.deep.equal([])
    // 95% of 800 in 24 h allow 40.
    expect(one).to.deep.include({ slo: 'scrape-success', periodSeconds: 86_400, unit: 'events', bad: 12, total: 40 })
    expect(one?.share).to.be.closeTo(0.3, 1e-9)
  })

  it('leaves out what was before and after', async () => {
    await write('11:59', { events: [event('scrape-success', 5, 10)] })
    await write('12:41', { events: [event('scrape-success', 5, 10)] })
    expect(await spent()).to.deep.equal([])
  })

  it('takes the bound of the objective, and time where time is counted', async () => {
    const slos = await readSlos(world.metrics)
    const timed = slos.find(({ sli }) => sli.kind === 'age')?.slo ?? ''
    await write('12:05', {
      events: [event('alert-delivery', 1, 10, { channel: 'slack' }, '30'), event('alert-delivery', 0, 10, { channel: 'slack' }, '60')],
      slices: [event(timed, 60, 60, { source: 'lever' })],
    })
    const found = await spent()
    expect(found.map(({ slo, unit, bad }) => [slo, unit, bad])).to.have.deep.members([
      ['alert-delivery', 'events', 1],
      [timed, 'seconds', 60],
    ])
  })
})
