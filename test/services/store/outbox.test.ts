// The outbox: claims that are committed before anything is sent, verdicts, and what is left when somebody is killed in between.

import { expect } from 'chai'
import { claimMessage, type Claim, type ClaimOptions, type Message } from '../../../services/store/claims.ts'
import { messagePostings } from '../../../services/store/message-postings.ts'
import { listUndelivered, outboxState, resend } from '../../../services/store/outbox.ts'
import type { Search } from '../../../services/store/searches.ts'
import { expireClaims, holdChannel, settle } from '../../../services/store/settle.ts'
import { openDesk, traceOf, type Desk } from '../notify/seed.ts'
import { openWorld, type World } from '../../world.ts'

describe('the outbox', () => {
  let world: World
  let desk: Desk
  let start = new Date()
  before(async () => {
    world = await openWorld()
    desk = await openDesk(world)
  })
  after(async () => {
    await world.close()
  })
  beforeEach(async () => {
    await desk.clear()
    start = new Date(Date.now() + 60_000)
  })

  /** So many seconds after everything was stored. */
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1000)
  const claim = (seconds: number, options: Partial<ClaimOptions> = {}): Promise<Claim> =>
    claimMessage(world.db, {
      channel: 'slack',
      owner: 'one',
      leaseSeconds: 30,
      intervalSeconds: 1,
      noticeSeconds: 60,
      now: at(seconds),
      ...options,
    })
  const claimed = async (seconds: number, options: Partial<ClaimOptions> = {}): Promise<Message> => {
    const result = await claim(seconds, options)
    if (result.kind !== 'message') throw new Error(`nothing was claimed: ${JSON.stringify(result)}`)
    return result.message
  }
  const deliver = (message: Message, seconds: number) =>
    settle(world.db, message, { kind: 'delivered', by: 'slack', secondsAgo: 0 }, at(seconds))
  const lose = (message: Message, seconds: number) =>
    settle(world.db, message, { kind: 'uncertain', delay: 0, error: 'no answer in time' }, at(seconds))

  it('gives all that is due of one search as one message, committed before it is sent', async () => {
    const search = await desk.search('alpha')
    const uids = [...(await desk.tell(search, 2, traceOf(1))), ...(await desk.tell(search, 1, traceOf(2)))]
    const message = await claimed(0)
    expect(message).to.deep.include({ search: { id: search.id, name: 'alpha', query: { q: 'alpha' } }, lost: [], lostRows: [], attempt: 1 })
    expect(message.rows.map((row) => row.uid)).to.have.members(uids)
    expect(message.rows.map((row) => [row.source, row.traceparent])).to.deep.equal([1, 1, 2].map((n) => ['greenhouse', traceOf(n)]))
    for (const row of await desk.rows())
      expect(row).to.deep.include({ state: 'sending', message_id: message.id, claimed_by: 'one', claimed_until: at(30), attempts: 1 })
  })

  it('shows the newest postings of a message', async () => {
    const search = await desk.search('alpha')
    const uids = await desk.tell(search, 3)
    await world.db('postings').where({ uid: uids[1] }).update({ posted_at: '2030-01-01T00:00:00Z' })
    const { id } = await claimed(0)
    const shown = await messagePostings(world.db, id, 2)
    expect(shown).to.have.length(2)
    expect(shown[0]).to.deep.include({ title: 'alpha 1', company: 'Acme', places: [], pay: [], closed: false })
  })

  it('has nothing for anybody while a search`s message is on its way', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 1)
    const message = await claimed(0)
    await desk.tell(search, 1)
    expect(await claim(5)).to.deep.equal({ kind: 'idle' })
    await deliver(message, 6)
    expect((await claimed(6)).rows).to.have.length(1)
  })

  it('gives a claim to one of many who ask at once', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) await desk.tell(await desk.search(name), 3)
    const claims = await Promise.all(Array.from({ length: 9 }, (_, index) => claim(0, { owner: `w${index}`, intervalSeconds: 0 })))
    const messages = claims.flatMap((one) => (one.kind === 'message' ? [one.message] : []))
    const uids = messages.flatMap((message) => message.rows.map((row) => row.uid))
    expect(new Set(uids).size).to.equal(uids.length)
    expect(new Set(messages.map((message) => message.search.id)).size).to.equal(messages.length)
  })

  it('keeps the interval of the channel over all processes, and takes no turn for nothing', async () => {
    await desk.tell(await desk.search('alpha'), 1)
    await desk.tell(await desk.search('beta'), 1)
    await claimed(0)
    expect(await claim(0.25, { owner: 'two' })).to.deep.equal({ kind: 'wait', seconds: 0.75 })
    await claimed(1, { owner: 'two' })
    expect(await claim(5)).to.deep.equal({ kind: 'idle' })
    await desk.tell(await desk.search('gamma'), 1)
    expect((await claim(2)).kind).to.equal('message')
  })

  it('keeps a channel quiet as long as it asks, and never shortens that', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 1)
    await deliver(await claimed(0), 0)
    await holdChannel(world.db, 'slack', 30, at(0))
    await holdChannel(world.db, 'slack', 1, at(0))
    await desk.tell(search, 1)
    expect(await claim(29)).to.deep.equal({ kind: 'wait', seconds: 1 })
    expect((await claim(30)).kind).to.equal('message')
  })

  it('serves the search that has waited longest, and one just served last', async () => {
    const [alpha, beta, gamma] = await Promise.all(['alpha', 'beta', 'gamma'].map((name) => desk.search(name)))
    await desk.tell(beta as Search, 1)
    await desk.tell(alpha as Search, 1)
    await desk.tell(gamma as Search, 1)
    const served: string[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      const message = await claimed(turn)
      served.push(message.search.name)
      await deliver(message, turn)
      await desk.tell(beta as Search, 1)
    }
    served.push((await claimed(4)).search.name)
    expect(served).to.deep.equal(['beta', 'alpha', 'gamma', 'beta'])
  })

  it('measures delivery from the row`s commit to the answer, however late it is written down', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 1, traceOf(7))
    await world.db('outbox').update({ created_at: at(-2) })
    const message = await claimed(0)
    const rows = await settle(world.db, message, { kind: 'delivered', by: 'slack', secondsAgo: 1.5 }, at(3))
    expect(rows).to.deep.equal([{ seconds: 3.5, traceparent: traceOf(7) }])
    expect((await desk.rows())[0]).to.deep.include({
      state: 'delivered',
      delivered_at: at(1.5),
      claimed_by: null,
      claimed_until: null,
      error: null,
    })
    expect(await claim(100)).to.deep.equal({ kind: 'idle' })
  })

  it('tries a refused message again after its delay, with what has come due by then', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 2)
    await settle(world.db, await claimed(0), { kind: 'retried', delay: 8, error: '500 rollup_error' }, at(1))
    for (const row of await desk.rows())
      expect(row).to.deep.include({
        state: 'pending',
        due_at: at(9),
        message_id: null,
        claimed_by: null,
        error: '500 rollup_error',
        attempts: 1,
      })
    expect(await claim(8)).to.deep.equal({ kind: 'idle' })
    await desk.tell(search, 1)
    const again = await claimed(9)
    expect(again.rows).to.have.length(3)
    expect(again.attempt).to.equal(2)
  })

  it('keeps what was refused for good until a person sends it again', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 2)
    const message = await claimed(0)
    await settle(world.db, message, { kind: 'failed', delay: 600, error: '404 no_service' }, at(0))
    expect((await desk.rows())[0]).to.include({ state: 'failed', error: '404 no_service', message_id: message.id })
    expect(await claim(10_000)).to.deep.equal({ kind: 'idle' })
    await world.db('outbox').update({ created_at: at(-5000) })
    expect(await resend(world.db, { messageId: message.id })).to.equal(2)
    const [row] = await desk.rows()
    expect(row).to.include({ state: 'pending', attempts: 0, error: null, message_id: null })
    expect(row?.created_at.getTime(), 'its clock starts again').to.be.greaterThan(at(-60).getTime())
    expect((await claimed(10_000)).rows).to.have.length(2)
  })

  it('sends again for a search what failed and what is uncertain, and nothing else', async () => {
    const [alpha, beta] = await Promise.all([desk.search('alpha'), desk.search('beta')])
    await desk.tell(alpha, 1)
    await deliver(await claimed(0), 0)
    await desk.tell(alpha, 1)
    await lose(await claimed(1), 1)
    await desk.tell(beta, 1)
    await settle(world.db, await claimed(2), { kind: 'failed', delay: 600, error: '403 action_prohibited' }, at(2))
    expect(await resend(world.db, { searchId: alpha.id })).to.equal(1)
    expect((await desk.rows()).map((row) => row.state)).to.deep.equal(['delivered', 'pending', 'failed'])
    expect(await resend(world.db, { searchId: 'nonsense' })).to.equal(0)
  })

  describe('after a message without an answer', () => {
    let search: Search
    let lost: Message
    beforeEach(async () => {
      search = await desk.search('alpha')
      await desk.tell(search, 2, traceOf(1))
      lost = await claimed(0)
      await lose(lost, 10)
    })

    it('never sends its postings again by itself', async () => {
      expect(await desk.states()).to.deep.equal(['uncertain'])
      expect(await claim(59)).to.deep.equal({ kind: 'idle' })
      expect((await claimed(10_000)).rows).to.deep.equal([])
    })

    it('lets the next message of the search mention it', async () => {
      await desk.tell(search, 1)
      const next = await claimed(20)
      expect(next.rows).to.have.length(1)
      expect(next.lost).to.deep.equal([{ messageId: lost.id, count: 2, at: at(0) }])
      expect(await deliver(next, 21), 'only its own rows count as delivered by it').to.have.length(1)
      expect((await desk.rows()).map((row) => [row.state, row.error])).to.deep.equal([
        ['delivered', 'announced'],
        ['delivered', 'announced'],
        ['delivered', null],
      ])
      expect(await claim(10_000)).to.deep.equal({ kind: 'idle' })
    })

    it('mentions it alone when nothing else comes for a minute', async () => {
      expect(await claim(59.9)).to.deep.equal({ kind: 'idle' })
      const notice = await claimed(60)
      expect(notice).to.deep.include({ rows: [], lost: [{ messageId: lost.id, count: 2, at: at(0) }] })
      expect(notice.lostRows.map((row) => row.traceparent)).to.deep.equal([traceOf(1), traceOf(1)])
      expect(await claim(61), 'while the notice is on its way').to.deep.equal({ kind: 'idle' })
      expect(await deliver(notice, 62)).to.deep.equal([])
      expect((await desk.rows()).map((row) => row.error)).to.deep.equal(['announced', 'announced'])
    })

    it('repeats the mention until it arrives, each time later', async () => {
      const notice = await claimed(60)
      await settle(world.db, notice, { kind: 'uncertain', delay: 4, error: 'no answer in time' }, at(70))
      expect(await desk.states()).to.deep.equal(['uncertain'])
      expect(await claim(73)).to.deep.equal({ kind: 'idle' })
      const again = await claimed(74)
      expect(again.attempt).to.equal(3)
      expect(again.lost).to.deep.equal(notice.lost)
    })

    it('mentions both when the message that was to mention it is lost too', async () => {
      await desk.tell(search, 3)
      const next = await claimed(20)
      await lose(next, 30)
      const notice = await claimed(95)
      expect(notice.lost).to.deep.equal([
        { messageId: lost.id, count: 2, at: at(0) },
        { messageId: next.id, count: 3, at: at(20) },
      ])
    })

    it('keeps the mention for later when the message that carries it is refused', async () => {
      await desk.tell(search, 1)
      const next = await claimed(20)
      await settle(world.db, next, { kind: 'retried', delay: 2, error: '429 rate_limited' }, at(20))
      expect(await desk.states()).to.deep.equal(['pending', 'uncertain'])
      expect((await claimed(22)).lost).to.have.length(1)
    })

    it('does not send again what is just being mentioned', async () => {
      await claimMessage(world.db, {
        channel: 'slack',
        owner: 'one',
        leaseSeconds: 600,
        intervalSeconds: 1,
        noticeSeconds: 60,
        now: at(60),
      })
      expect(await resend(world.db, { searchId: search.id })).to.equal(0)
    })

    it('believes an answer that comes after all', async () => {
      expect(await deliver(lost, 45)).to.have.length(2)
      expect(await desk.states()).to.deep.equal(['delivered'])
    })
  })

  describe('after a process was killed between claim and answer', () => {
    it('takes what it left as uncertain once its claim has expired', async () => {
      const search = await desk.search('alpha')
      await desk.tell(search, 2)
      const message = await claimed(0, { owner: 'killed' })
      expect(await expireClaims(world.db, 'slack', at(29))).to.deep.equal([])
      expect(await expireClaims(world.db, 'slack', at(30))).to.deep.equal([{ messageId: message.id, searchId: search.id, count: 2 }])
      for (const row of await desk.rows()) expect(row).to.include({ state: 'uncertain', claimed_by: null, message_id: message.id })
      expect((await claimed(60)).lost).to.deep.equal([{ messageId: message.id, count: 2, at: at(0) }])
    })

    it('mentions again what it was about to mention', async () => {
      const search = await desk.search('alpha')
      await desk.tell(search, 1)
      const first = await claimed(0)
      await lose(first, 1)
      await claimed(60, { owner: 'killed' })
      expect(await claim(89)).to.deep.equal({ kind: 'idle' })
      expect((await claimed(90)).lost).to.deep.equal([{ messageId: first.id, count: 1, at: at(0) }])
    })
  })

  it('forgets what a deleted search had to tell, even on its way', async () => {
    const search = await desk.search('alpha')
    await desk.tell(search, 1)
    const message = await claimed(0)
    await world.db('searches').where({ id: search.id }).delete()
    expect(await deliver(message, 1)).to.deep.equal([])
    expect(await desk.rows()).to.deep.equal([])
  })

  it('knows the age of the oldest that people have not been told of', async () => {
    const empty = { pending: 0, uncertain: 0, failed: 0, oldestSeconds: 0 }
    expect(await outboxState(world.db, 'slack')).to.deep.equal(empty)
    const search = await desk.search('alpha')
    await desk.tell(search, 2)
    await world.db('outbox').update({ created_at: at(-7) })
    const state = () => outboxState(world.db, 'slack', at(3))
    expect(await state()).to.deep.equal({ ...empty, pending: 2, oldestSeconds: 10 })
    const message = await claimed(0)
    expect(await state()).to.deep.equal({ ...empty, pending: 2, oldestSeconds: 10 })
    await lose(message, 1)
    expect(await state()).to.deep.equal({ ...empty, uncertain: 2, oldestSeconds: 10 })
    await world.db('outbox').update({ state: 'failed' })
    expect(await state()).to.deep.equal({ ...empty, failed: 2 })
    await world.db('outbox').update({ state: 'delivered' })
    expect(await state()).to.deep.equal(empty)
  })

  it('lists what is not delivered, by search and state, oldest first', async () => {
    const [alpha, beta] = await Promise.all([desk.search('alpha'), desk.search('beta')])
    await desk.tell(alpha, 1)
    await deliver(await claimed(0), 0)
    expect(await listUndelivered(world.db)).to.deep.equal([])
    await desk.tell(alpha, 2)
    await settle(world.db, await claimed(1), { kind: 'failed', delay: 600, error: '404 no_service' }, at(1))
    await desk.tell(beta, 1)
    const listed = (await listUndelivered(world.db)).map(({ oldest: _oldest, ...rest }) => rest)
    expect(listed).to.deep.equal([
      { search_id: alpha.id, name: 'alpha', state: 'failed', notifications: 2, error: '404 no_service' },
      { search_id: beta.id, name: 'beta', state: 'pending', notifications: 1, error: null },
    ])
  })

  it('uses PostgreSQL`s clock when it is given none', async () => {
    await desk.tell(await desk.search('alpha'), 1)
    const { now: _now, ...options } = {
      channel: 'slack',
      owner: 'one',
      leaseSeconds: 30,
      intervalSeconds: 1,
      noticeSeconds: 60,
      now: undefined,
    } as const
    const first = await claimMessage(world.db, options)
    expect(first.kind).to.equal('message')
    if (first.kind !== 'message') return
    const [row] = await settle(world.db, first.message, { kind: 'delivered', by: 'slack', secondsAgo: 0 })
    expect(row?.seconds).to.be.within(0, 5)
    expect(await expireClaims(world.db, 'slack')).to.deep.equal([])
  })
})
