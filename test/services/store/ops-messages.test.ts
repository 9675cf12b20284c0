// The queue of what on-call is told: who claims what, in what order, how much at once, and what becomes of it.

import { expect } from 'chai'
import {
  claimOpsMessage,
  expireOpsClaims,
  giveUpStale,
  queueOpsUpdate,
  settleOpsMessage,
  type OpsClaimOptions,
  type OpsMessage,
} from '../../../services/store/ops-messages.ts'
import { openWorld, type World } from '../../world.ts'

const T0 = new Date('2030-01-01T12:00:00Z')
const RUN = (n: number) => `a0000000-0000-4000-8000-${String(n).padStart(12, '0')}`

describe('services/store/ops-messages', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    await world.db('ops_messages').delete()
    await world.db('channels').delete()
  })

  const at = (seconds: number) => new Date(T0.getTime() + seconds * 1000)
  const queue = (runId: string, kind: string, seconds: number, payload: unknown = {}, lane: 'ops' | 'ops_mail' = 'ops') =>
    queueOpsUpdate(world.db, { lane, incidentId: null, runId, kind, payload }, at(seconds))
  const claim = (seconds: number, more: Partial<OpsClaimOptions> = {}) =>
    claimOpsMessage(world.db, { lane: 'ops', owner: 'a', leaseSeconds: 60, intervalSeconds: 1, now: at(seconds), ...more })
  async function claimed(seconds: number, more: Partial<OpsClaimOptions> = {}): Promise<OpsMessage> {
    const answer = await claim(seconds, more)
    if (answer.kind !== 'message') throw new Error(`nothing was claimed: ${answer.kind}`)
    return answer.message
  }
  const states = async () => (await world.db('ops_messages').orderBy('id').pluck('state')) as string[]

  it('gives all that waits of one thread, oldest first, and nothing of another', async () => {
    await queue(RUN(1), 'opened', 0, { n: 1 })
    await queue(RUN(2), 'opened', 1, { n: 2 })
    await queue(RUN(1), 'done', 2, { n: 3 })
    const message = await claimed(3)
    expect(message.updates).to.deep.equal([
      { kind: 'opened', payload: { n: 1 } },
      { kind: 'done', payload: { n: 3 } },
    ])
    expect(message).to.deep.include({ count: 2, attempt: 1, lostAt: null, lostSeconds: null, incidentId: null })
    expect(await states()).to.deep.equal(['sending', 'pending', 'sending'])
  })

  it('gives the newest of each kind for each run, and a dozen at the most', async () => {
    for (let n = 0; n < 500; n++) await queue(RUN(1), n % 2 ? 'found' : 'opened', 0, { run: { id: RUN(n % 40) }, n })
    const { updates, count } = await claimed(1)
    expect(count).to.equal(500)
    expect(updates).to.have.length(12)
    expect(updates.map(({ payload }) => (payload as { n: number }).n)).to.deep.equal(Array.from({ length: 12 }, (_, n) => 488 + n))
  }).timeout(30_000)

  it('keeps the pace of a lane over all who claim, and each lane has its own', async () => {
    for (const n of [1, 2]) {
      await queue(RUN(n), 'opened', 0)
      await queue(RUN(n), 'escalated', 0, {}, 'ops_mail')
    }
    await claimed(0)
    expect(await claim(0.4, { owner: 'b' })).to.deep.equal({ kind: 'wait', seconds: 0.6 })
    await claimed(0.4, { lane: 'ops_mail' })
    await claimed(1.1, { owner: 'b' })
    expect(await claim(5)).to.deep.equal({ kind: 'idle' })
  })

  it('gives a thread to one at a time, many though they are', async () => {
    for (let n = 0; n < 5; n++) await queue(RUN(n), 'opened', 0)
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => claim(1, { owner: `o${n}`, intervalSeconds: 0 })))
    const all = answers.flatMap((answer) => (answer.kind === 'message' ? [answer.message.id] : []))
    expect(new Set(all).size).to.equal(all.length)
    expect((await states()).filter((state) => state === 'sending')).to.have.length(all.length)
  })

  it('lets nothing of a thread out while something of it is on its way', async () => {
    await queue(RUN(1), 'opened', 0)
    const first = await claimed(0)
    await queue(RUN(1), 'done', 1)
    expect(await claim(2)).to.deep.equal({ kind: 'idle' })
    await settleOpsMessage(world.db, first.id, { kind: 'delivered', by: 'slack', secondsAgo: 0.5 }, at(3))
    expect((await claimed(4)).updates.map(({ kind }) => kind)).to.deep.equal(['done'])
    const [row] = await world.db('ops_messages').orderBy('id').limit(1)
    expect(row).to.deep.include({ state: 'delivered', delivered_by: 'slack', delivered_at: at(2.5) })
  })

  it('puts what was refused back for later, and what nobody answered with a mark', async () => {
    await queue(RUN(1), 'opened', 0)
    await settleOpsMessage(world.db, (await claimed(0)).id, { kind: 'retried', delay: 4, error: '503' }, at(1))
    expect(await claim(4.9)).to.deep.equal({ kind: 'idle' })
    const again = await claimed(5)
    expect(again).to.deep.include({ attempt: 2, lostAt: null })
    await settleOpsMessage(world.db, again.id, { kind: 'uncertain', delay: 60, error: 'no answer in time' }, at(15))
    expect(await claimed(75)).to.deep.include({ attempt: 3, lostAt: at(5), lostSeconds: 70 })
  })

  it('keeps what was refused for good', async () => {
    await queue(RUN(1), 'opened', 0)
    await settleOpsMessage(world.db, (await claimed(0)).id, { kind: 'failed', delay: 600, error: '404' }, at(1))
    expect(await states()).to.deep.equal(['pending'])
    expect(await claim(600)).to.deep.equal({ kind: 'idle' })
    expect((await claimed(601)).lostAt).to.equal(null)
  })

  it('finds what a killed process left, and takes its late answer all the same', async () => {
    await queue(RUN(1), 'opened', 0)
    const { id } = await claimed(0)
    expect(await expireOpsClaims(world.db, at(59))).to.deep.equal([])
    expect(await expireOpsClaims(world.db, at(61))).to.deep.equal([id])
    expect(await expireOpsClaims(world.db, at(62)), 'once').to.deep.equal([])
    await settleOpsMessage(world.db, id, { kind: 'delivered', by: 'slack', secondsAgo: 0 }, at(63))
    expect(await states()).to.deep.equal(['delivered'])
    expect(await claim(64)).to.deep.equal({ kind: 'idle' })
  })

  it('does not let a late refusal touch what another has claimed since', async () => {
    await queue(RUN(1), 'opened', 0)
    const { id } = await claimed(0)
    await expireOpsClaims(world.db, at(61))
    const second = await claimed(62, { owner: 'b' })
    await settleOpsMessage(world.db, id, { kind: 'retried', delay: 1, error: 'x' }, at(63))
    expect(await states()).to.deep.equal(['sending'])
    await settleOpsMessage(world.db, second.id, { kind: 'delivered', by: 'email', secondsAgo: 0 }, at(64))
    expect(await states()).to.deep.equal(['delivered'])
  })

  it('gives up what has waited for a day', async () => {
    await queue(RUN(1), 'opened', 0)
    await queue(RUN(2), 'opened', 2)
    expect(await giveUpStale(world.db, at(86_401))).to.equal(1)
    expect(await states()).to.deep.equal(['failed', 'pending'])
  })

  it('refuses an update of nothing', async () => {
    const error = await queueOpsUpdate(world.db, { lane: 'ops', incidentId: null, runId: null, kind: 'done', payload: {} }).catch(String)
    expect(error).to.match(/belongs to an incident or to a run/)
  })
})
