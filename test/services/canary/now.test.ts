// A round that somebody asks for: its stages, who sent it, and what is said when it does not come through.

import { expect } from 'chai'
import { STAGES } from '../../../ops/metrics.ts'
import { canaryNow, type AskParts } from '../../../services/canary/now.ts'
import { CANARY_QUERY } from '../../../services/canary/source.ts'
import { takeTurn } from '../../../services/store/canary.ts'
import { CANARY_SEARCH } from '../../../services/store/canary-marks.ts'
import { openStand, type Stand } from './stand.ts'

describe('a canary that is asked for', function () {
  this.timeout(20_000)
  let stand: Stand
  before(async () => {
    stand = await openStand()
  })
  after(() => stand.close())
  afterEach(() => stand.clear())

  const asking = (more: Partial<AskParts> = {}): AskParts => {
    const { parts, notifier } = stand.process()
    return { ...parts, owner: 'asker', timeoutSeconds: 5, graceSeconds: 0.1, send: () => notifier.deliverDue(), ...more }
  }
  const never = () => Promise.reject(new Error('it is not to send'))

  it('tells the seconds of every stage, in their order, and leaves nothing behind', async () => {
    stand.process().notifier.start()
    const started = performance.now()
    const way = await canaryNow(asking({ graceSeconds: 5, send: never }))
    expect(way?.stages.map((one) => one.stage)).to.deep.equal([...STAGES.slice(0, -1), 'outbox', 'notify'])
    for (const { stage, seconds } of way?.stages ?? []) expect(seconds, stage).to.be.within(0, 5)
    expect(way).to.deep.include({ outcome: 'delivered', sent_by: 'worker', attempts: 1, error: null })
    const sum = (way?.stages ?? []).slice(-2).reduce((total, one) => total + (one.seconds ?? 0), 0)
    expect(way?.round_trip_seconds).to.be.closeTo(sum, 1e-6)
    expect(performance.now() - started, 'nobody is waited for who has sent it').to.be.below(4000)
    expect(stand.cage.accepted).to.have.length(1)
    expect(await stand.leftovers()).to.deep.equal({})
  })

  it('sends by itself when no process takes it, and says so', async () => {
    const way = await canaryNow(asking())
    expect(way).to.deep.include({ outcome: 'delivered', sent_by: 'us' })
    expect(way?.round_trip_seconds).to.be.above(0.1)
  })

  it('is late when nobody sends it', async () => {
    const way = await canaryNow(asking({ timeoutSeconds: 0.5, send: async () => 0 }))
    expect(way).to.deep.include({ outcome: 'late', sent_by: 'nobody', attempts: 0 })
    expect(way?.error).to.match(/is a worker running/)
    expect(way?.stages.at(-1)).to.deep.equal({ stage: 'notify', seconds: null })
    expect(await stand.leftovers()).to.deep.equal({})
  })

  it('says what Slack said', async () => {
    stand.cage.next({ status: 404, body: 'no_service' })
    const way = await canaryNow(asking())
    expect(way).to.deep.include({ outcome: 'failed', attempts: 1 })
    expect(way?.error).to.include('no_service')
  })

  it('says what was in the way before it could be sent', async () => {
    await canaryNow(asking())
    await stand.world.db('searches').where({ id: CANARY_SEARCH }).update({ enabled: false })
    const way = await canaryNow(asking({ send: never }))
    expect(way).to.deep.include({ outcome: 'failed', sent_by: 'nobody' })
    expect(way?.error).to.match(/no search found it/)
    expect(way?.stages.map((one) => one.stage)).to.deep.equal(STAGES.slice(0, -1))
  })

  it('waits for a round under way, and gives up when that does not end', async () => {
    const { parts } = stand.process()
    await takeTurn(stand.world.db, { ...parts, query: CANARY_QUERY })
    expect(await canaryNow(asking({ timeoutSeconds: 0.5 }))).to.equal(undefined)
    const waiting = canaryNow(asking())
    setTimeout(
      () =>
        void stand.world
          .db('canary')
          .update({ round: null })
          .catch(() => {}),
      200,
    )
    expect(await waiting).to.include({ outcome: 'delivered' })
  })

  it('ends its round when it cannot be visited', async () => {
    const broken = asking({ folder: '/dev/null/canary' })
    const error: unknown = await canaryNow(broken).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'ENOTDIR')
    expect(await canaryNow(asking())).to.include({ outcome: 'delivered' })
  })
})
