// Rounds in the database: when one is taken, by whom, and how it ends.

import { expect } from 'chai'
import fc from 'fast-check'
import { endRound, isUnderWay, lastSuccess, outcomeOf, sightOf, takeTurn, type Sight } from '../../../services/store/canary.ts'
import { CANARY, CANARY_SEARCH } from '../../../services/store/canary-marks.ts'
import { openWorld, type World } from '../../world.ts'

const START = Date.parse('2026-03-02T09:00:00Z')

describe('what is seen of a round', () => {
  const states: Sight['state'][] = [null, 'pending', 'sending', 'delivered', 'failed', 'uncertain']
  const cases: [Sight['state'], string | null, string | undefined, string][] = [
    ['delivered', null, 'delivered', 'delivered'],
    ['delivered', 'announced', undefined, 'late'],
    ['failed', 'no_service', 'failed', 'failed'],
    ['uncertain', 'no answer in time', undefined, 'late'],
    ['sending', null, undefined, 'late'],
    ['pending', null, undefined, 'late'],
    ['pending', 'rate_limited', undefined, 'late'],
    [null, null, undefined, 'late'],
  ]
  for (const [state, error, meanwhile, over] of cases)
    it(`means ${meanwhile ?? 'nothing yet'}, and ${over} when its time is over: ${state ?? 'nothing'}${error ? `, ${error}` : ''}`, () => {
      expect(outcomeOf({ state, error }, false)).to.equal(meanwhile)
      expect(outcomeOf({ state, error }, true)).to.equal(over)
    })

  it('has an outcome when the time is over, the one that was known before if there was one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...states), fc.option(fc.string()), (state, error) => {
        const meanwhile = outcomeOf({ state, error }, false)
        expect(outcomeOf({ state, error }, true)).to.equal(meanwhile ?? 'late')
      }),
    )
  })
})

describe('rounds in the database', function () {
  this.timeout(30_000)
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  afterEach(() => world.db.raw('truncate canary, boards, searches cascade'))

  const query = { q: 'invented' }
  const options = { everySeconds: 300, owner: 'one', query }
  const at = (seconds: number) => new Date(START + seconds * 1000)
  const take = (seconds: number, more: Partial<Parameters<typeof takeTurn>[1]> = {}) =>
    takeTurn(world.db, { ...options, ...more, now: at(seconds) })

  it('are taken when they are due, and tell how long it is till then', async () => {
    const first = await take(0)
    expect(first.round).to.include({ patienceSeconds: 300 })
    expect(first.before).to.equal(null)
    const early = await take(120)
    expect([early.round, early.waitSeconds]).to.deep.equal([null, 180])
    const second = await take(300)
    expect(second.round?.id).to.be.a('string').and.not.equal(first.round?.id)
    expect(second.before).to.deep.include({ round: first.round?.id, outcome: 'late', seconds: 300 })
  })

  it('may take a minute at the least, where they would follow each other faster', async () => {
    expect((await take(0, { everySeconds: 10 })).round).to.include({ patienceSeconds: 60 })
    expect(await take(59, { everySeconds: 10 })).to.deep.include({ round: null, waitSeconds: 1 })
    expect((await take(60, { everySeconds: 10 })).before).to.include({ outcome: 'late', seconds: 60 })
  })

  it('follow each other by the interval once the one before has ended', async () => {
    const { round } = await take(0, { everySeconds: 10 })
    if (!round) throw new Error('no round was due')
    await endRound(world.db, round, 'at once', at(3))
    expect(await take(9, { everySeconds: 10 })).to.deep.include({ round: null, waitSeconds: 1 })
    expect((await take(10, { everySeconds: 10 })).round).not.to.equal(null)
  })

  it('can be taken ahead, but not while one is under way', async () => {
    const { round } = await take(0)
    if (!round) throw new Error('no round was due')
    expect((await take(10, { ahead: true })).round).to.equal(null)
    await endRound(world.db, round, 'failed', at(11))
    expect((await take(12)).round, 'the schedule waits').to.equal(null)
    expect((await take(12, { ahead: true })).round).not.to.equal(null)
    expect((await take(100)).waitSeconds, 'and counts from it').to.equal(212)
  })

  it('are taken by one of many who ask at once', async () => {
    const turns = await Promise.all(Array.from({ length: 8 }, (_, n) => take(0, { owner: `process ${n}` })))
    expect(turns.filter((turn) => turn.round !== null)).to.have.length(1)
    for (const turn of turns) if (!turn.round) expect(turn.waitSeconds).to.be.above(0)
    const again = await Promise.all(Array.from({ length: 8 }, () => take(300)))
    expect(again.filter((turn) => turn.round !== null)).to.have.length(1)
    expect(again.filter((turn) => turn.before !== null)).to.have.length(1)
  })

  it('end once', async () => {
    const { round } = await take(0)
    if (!round) throw new Error('no round was due')
    expect(await endRound(world.db, round)).to.equal(undefined)
    expect(await isUnderWay(world.db, round.id)).to.equal(true)
    const ended = await Promise.all([1, 2, 3].map(() => endRound(world.db, round, 'failed')))
    expect(ended.filter((one) => one !== undefined)).to.have.length(1)
    expect(ended.find((one) => one !== undefined)).to.include({ outcome: 'failed' })
    expect(await isUnderWay(world.db, round.id)).to.equal(false)
    expect(await endRound(world.db, round, 'at once')).to.equal(undefined)
  })

  it('know of no success before there was one, and of no sight before there was a round', async () => {
    expect(await lastSuccess(world.db)).to.equal(null)
    const missing = await sightOf(world.db, '5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11').catch((error: Error) => error.message)
    expect(missing).to.match(/none was ever taken/)
    await take(0)
    expect(await lastSuccess(world.db)).to.equal(null)
  })

  it('have one board, one company and one search, however often they are taken', async () => {
    for (const seconds of [0, 300, 600]) await take(seconds)
    expect(await world.db('boards').where({ source: CANARY }).select('enabled', 'configured')).to.deep.equal([
      { enabled: false, configured: false },
    ])
    expect(await world.db('searches').where({ id: CANARY_SEARCH }).pluck('query')).to.deep.equal([query])
    await take(900, { query: { q: 'another' } })
    expect(await world.db('searches').where({ id: CANARY_SEARCH }).pluck('query')).to.deep.equal([{ q: 'another' }])
  })

  it('keep their times, whatever happens in whatever order', async () => {
    const step = fc.record({
      pass: fc.integer({ min: 0, max: 400 }),
      act: fc.constantFrom('take', 'ahead', 'end'),
      every: fc.constantFrom(20, 300),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        await world.db('canary').delete()
        let now = 0
        let open: { id: string; boardId: number } | null = null
        let began = -Infinity
        for (const { pass, act, every } of steps) {
          now += pass
          if (act === 'end') {
            const ended: unknown = open && (await endRound(world.db, open, 'at once', at(now)))
            expect(ended !== null && ended !== undefined).to.equal(open !== null)
            open = null
            continue
          }
          const due = now - began >= (open ? Math.max(every, 60) : every)
          const turn = await take(now, { everySeconds: every, ahead: act === 'ahead' })
          expect(turn.round !== null).to.equal(due || (act === 'ahead' && open === null))
          expect(turn.before?.round ?? null).to.equal(turn.round && open ? open.id : null)
          if (!turn.round) continue
          open = turn.round
          began = now
        }
      }),
      { numRuns: 40 },
    )
  })
})
