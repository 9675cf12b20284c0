// Work with an end, words and facts that can be kept, and a lease that is not believed for longer than it lasts.

import { expect } from 'chai'
import fc from 'fast-check'
import { bounded, digestOf, kept, keptFacts, reasonOf } from '../../../services/runbook/bounded.ts'
import { holdRun } from '../../../services/runbook/hold.ts'
import { claimRun, enqueueRun, LeaseLost, renewClaim } from '../../../services/store/runbook-runs.ts'
import { openWorld, type World } from '../../world.ts'

const never = new AbortController().signal
const failed = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: Error) => error,
  )

describe('services/runbook/bounded', () => {
  it('gives what the work gives, and what it throws', async () => {
    expect(await bounded(1, never, async () => 7)).to.equal(7)
    expect((await failed(bounded(1, never, () => Promise.reject(new Error('no'))))).message).to.equal('no')
  })

  it('waits no longer than its time, and tells the work', async () => {
    let heard: AbortSignal | undefined
    const error = await failed(
      bounded(0.05, never, (signal) => {
        heard = signal
        return new Promise(() => {})
      }),
    )
    expect(error.message).to.equal('no answer in 0.05 s')
    expect(heard?.aborted).to.equal(true)
  })

  it('ends with the reason of whoever calls it off, before it begins or in between', async () => {
    const caller = new AbortController()
    const work = bounded(5, caller.signal, () => new Promise(() => {}))
    caller.abort(new Error('closing'))
    expect((await failed(work)).message).to.equal('closing')
    let began = false
    const late = bounded(5, caller.signal, async () => void (began = true))
    expect((await failed(late)).message).to.equal('closing')
    expect(began).to.equal(false)
  })

  it('keeps words and facts that PostgreSQL can hold, of whatever there is', async () => {
    const world = await openWorld()
    try {
      await world.db.raw('create table kept (words text, facts jsonb)')
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), fc.jsonValue({ noUnicodeString: false }), async (words, facts) => {
          await world.db('kept').insert({ words: kept(`${words}\0\uD800`), facts: JSON.stringify(keptFacts([facts, '\0\uDC00'])) })
        }),
        { numRuns: 60 },
      )
    } finally {
      await world.close()
    }
    expect(kept('x'.repeat(5000)))
      .to.have.length(2000)
      .and.to.match(/…$/)
    expect(keptFacts({ rows: 'x'.repeat(30_000) })).to.deep.equal({ left_out: '30011 characters' })
    expect(keptFacts(undefined)).to.equal(null)
    expect(reasonOf('plain')).to.equal('plain')
    expect(digestOf({ a: 1 }))
      .to.equal(digestOf({ a: 1 }))
      .and.not.to.equal(digestOf({ a: 2 }))
    expect(digestOf(undefined)).to.match(/^[0-9a-f]{64}$/)
  })
})

describe('services/runbook/hold', () => {
  let world: World
  let id: string
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    id =
      (await enqueueRun(world.db, {
        incidentId: null,
        alert: 'A',
        labels: {},
        mode: 'auto',
        dryRun: false,
        trigger: 'hand',
        actor: 'x',
      })) ?? ''
    await world.db('runbook_runs').whereNot({ id }).delete()
  })
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  it('keeps a run for longer than a lease, as long as it is held', async () => {
    expect((await claimRun(world.db, 'one', 0.3, null))?.id).to.equal(id)
    const hold = holdRun(world.db, id, 'one', 0.3, () => null)
    await wait(700)
    hold.check()
    expect(await claimRun(world.db, 'two', 0.3, null)).to.equal(undefined)
    hold.stop()
    await wait(400)
    expect(await claimRun(world.db, 'two', 0.3, null)).to.deep.include({ id, takeovers: 1, claimed_by: 'two' })
  })

  it('knows that it has lost it to somebody else, and that nobody can keep what he has no more', async () => {
    await claimRun(world.db, 'one', 0.2, null)
    const hold = holdRun(world.db, id, 'one', 0.2, () => null)
    await world.db('runbook_runs').where({ id }).update({ claimed_by: 'two' })
    await wait(150)
    expect(hold.signal.aborted).to.equal(true)
    expect(() => hold.check()).to.throw(LeaseLost)
    hold.stop()
    expect(await renewClaim(world.db, id, 'one', 60, null)).to.equal(false)
  })

  it('does not believe in a lease that it could not renew in time', async () => {
    await claimRun(world.db, 'one', 60, null)
    const hold = holdRun(world.db, id, 'one', 0.05, () => null)
    // A machine that sleeps: no timer runs, and the clock goes on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80)
    expect(() => hold.check()).to.throw(LeaseLost)
    hold.stop()
  })
})
