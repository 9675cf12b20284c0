// How a channel stands: the first refusal counts, an acceptance ends it, what it asked for is kept, and a person may put mail in its place.

import { expect } from 'chai'
import { channelState, noteAcceptance, noteRefusal, setSubstitute } from '../../../services/store/channels.ts'
import { OUTBOX_CHANNEL } from '../../../services/store/matches.ts'
import { listenTo } from '../../../services/store/listen.ts'
import { openWorld, type World } from '../../world.ts'
import { openDesk } from '../notify/seed.ts'

const T0 = Date.parse('2025-11-21T12:00:00Z')
const at = (seconds: number) => new Date(T0 + seconds * 1000)
const AT_EASE = { failingSeconds: null, quietSeconds: 0, substitute: null }

describe('the state of a channel', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db('channels').delete())

  const state = (seconds: number) => channelState(world.db, 'slack', at(seconds))
  const refuse = (seconds: number, quiet = 0) => noteRefusal(world.db, 'slack', quiet, at(seconds))
  const put = (substitute: 'email' | null) => world.database.inTransaction((trx) => setSubstitute(trx, 'slack', substitute))

  it('is at ease before anything was sent', async () => {
    expect(await state(0)).to.deep.equal(AT_EASE)
  })

  it('fails since its first refusal, however many follow, and is at ease again once it accepts', async () => {
    expect(await refuse(0)).to.deep.equal({ ...AT_EASE, failingSeconds: 0 })
    expect(await refuse(10)).to.deep.equal({ ...AT_EASE, failingSeconds: 10 })
    expect(await state(25)).to.deep.equal({ ...AT_EASE, failingSeconds: 25 })
    await noteAcceptance(world.db, 'slack')
    expect(await state(30)).to.deep.equal(AT_EASE)
    expect(await refuse(40)).to.deep.equal({ ...AT_EASE, failingSeconds: 0 })
  })

  it('remembers how long it asked to be left alone, and a shorter wish shortens none', async () => {
    expect(await refuse(0, 100)).to.include({ quietSeconds: 100 })
    expect(await refuse(10, 5)).to.include({ quietSeconds: 90 })
    expect(await refuse(20, 200)).to.include({ quietSeconds: 200 })
    expect(await state(300)).to.include({ quietSeconds: 0 })
  })

  it('asks for nothing any more once it has accepted', async () => {
    await refuse(0, 100)
    await noteAcceptance(world.db, 'slack')
    expect(await refuse(1)).to.include({ quietSeconds: 0 })
  })

  it('is each channel`s own, and leaves its turns alone', async () => {
    await world.db('channels').insert({ name: 'slack', next_at: at(7) })
    await refuse(0, 100)
    expect(await world.db('channels').where({ name: 'slack' }).first<object>('next_at')).to.deep.equal({ next_at: at(7) })
    expect(await channelState(world.db, 'email', at(0))).to.deep.equal(AT_EASE)
  })

  it('never says less than nothing by a clock that runs behind', async () => {
    await refuse(0)
    expect(await state(-5)).to.include({ failingSeconds: 0 })
  })

  it('is counted from the first of many refusals at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, second) => refuse(second)))
    const { failingSeconds } = await state(10)
    expect(failingSeconds).to.be.within(3, 10)
    await refuse(20)
    expect((await state(10)).failingSeconds).to.equal(failingSeconds)
  })

  it('uses PostgreSQL`s clock when it is given none', async () => {
    await noteRefusal(world.db, 'slack', 60)
    const { failingSeconds, quietSeconds } = await channelState(world.db, 'slack')
    expect(failingSeconds).to.be.within(0, 5)
    expect(quietSeconds).to.be.within(55, 60)
  })

  it('takes a substitute and gives it back, and tells what there was', async () => {
    expect(await put('email')).to.equal(null)
    expect(await put('email')).to.equal('email')
    expect(await state(0)).to.deep.equal({ ...AT_EASE, substitute: 'email' })
    expect(await refuse(0), 'beside a refusal').to.include({ substitute: 'email' })
    expect(await put(null)).to.equal('email')
    expect(await state(0)).to.include({ substitute: null, failingSeconds: 0 })
  })

  it('takes no channel for a substitute that there is not', async () => {
    const failed: unknown = await put('pigeon' as 'email').catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(Error)
  })

  it('wakes those who send, when and only when it is switched', async () => {
    const desk = await openDesk(world)
    await desk.tell(await desk.search('alpha'), 1)
    await world.db('outbox').update({ due_at: new Date(Date.now() + 600_000) })
    let ring = () => {}
    const listener = await listenTo(world.database, OUTBOX_CHANNEL, () => ring())
    const rung = new Promise<void>((resolve) => (ring = resolve))
    await world.database
      .inTransaction((trx) => setSubstitute(trx, 'slack', 'email').then(() => Promise.reject(new Error('no'))))
      .catch(() => {})
    expect((await desk.rows())[0]?.due_at.getTime()).to.be.above(Date.now())
    await put('email')
    await rung
    expect((await desk.rows())[0]?.due_at.getTime()).to.be.at.most(Date.now())
    await listener.close()
  })
})
