// The breaker as the gate relies on it: when it opens, what counts, and that closing begins anew.

import { mock } from 'node:test'
import { expect } from 'chai'
import { BreakerOpen, createBreaker, type Breaker, type BreakerLimits } from '../../ops/breaker.ts'

describe('the breaker', () => {
  const made: Breaker[] = []
  afterEach(() => {
    for (const breaker of made.splice(0)) breaker.shutdown()
  })

  function create(limits: Partial<BreakerLimits> = {}): { breaker: Breaker; opened: unknown[] } {
    const opened: unknown[] = []
    const breaker = createBreaker({
      name: 'jobs.example.com',
      limits,
      counts: (error) => error instanceof TypeError,
      onOpen: (error) => void opened.push(error),
    })
    made.push(breaker)
    return { breaker, opened }
  }

  const fails = (breaker: Breaker, error: Error = new TypeError('down')): Promise<unknown> =>
    breaker.run(() => Promise.reject(error)).catch((thrown: unknown) => thrown)

  it('hands on what the work gives, and what it throws', async () => {
    const { breaker } = create()
    expect(await breaker.run(async () => 7)).to.equal(7)
    const error = new RangeError('a bug')
    expect(await fails(breaker, error)).to.equal(error)
  })

  it('opens with the tenth failure of ten, tells which error tipped it, and tells it once', async () => {
    const { breaker, opened } = create()
    for (let i = 0; i < 9; i++) await fails(breaker)
    expect(breaker.open).to.equal(false)
    const last = new TypeError('the last straw')
    await fails(breaker, last)
    expect(breaker).to.include({ open: true, openings: 1 })
    expect(opened).to.deep.equal([last])
  })

  it('runs nothing while it is open', async () => {
    const { breaker, opened } = create({ volume: 1 })
    await fails(breaker)
    let ran = false
    const error = await breaker
      .run(async () => {
        ran = true
      })
      .catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(BreakerOpen)
    expect(String(error)).to.include('jobs.example.com')
    expect(ran).to.equal(false)
    expect(opened).to.have.length(1)
  })

  it('opens above half, not at half', async () => {
    const { breaker } = create()
    for (let i = 0; i < 5; i++) await breaker.run(async () => 'well')
    for (let i = 0; i < 5; i++) await fails(breaker)
    expect(breaker.open, '5 of 10').to.equal(false)
    await fails(breaker)
    expect(breaker.open, '6 of 11').to.equal(true)
  })

  it('does not count errors that say nothing about the host', async () => {
    const { breaker } = create({ volume: 3 })
    for (let i = 0; i < 20; i++) await fails(breaker, new RangeError('no such board'))
    expect(breaker.open).to.equal(false)
  })

  it('forgets what lies further back than its window', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    try {
      const { breaker } = create({ volume: 3 })
      await fails(breaker)
      await fails(breaker)
      mock.timers.tick(61_000)
      await fails(breaker)
      expect(breaker.open).to.equal(false)
      mock.timers.tick(50_000)
      await fails(breaker)
      await fails(breaker)
      expect(breaker.open, 'three within a minute').to.equal(true)
    } finally {
      mock.timers.reset()
    }
  })

  it('counts anew after a reset: what was under way before does not open it', async () => {
    const { breaker, opened } = create({ volume: 2 })
    let end = (): void => {}
    const slow = breaker.run(() => new Promise((_resolve, reject) => (end = () => reject(new TypeError('late'))))).catch(() => 'failed')
    await fails(breaker)
    breaker.reset()
    await fails(breaker)
    end()
    expect(await slow).to.equal('failed')
    expect(breaker).to.include({ open: false, openings: 0 })
    await fails(breaker)
    expect(breaker).to.include({ open: true, openings: 1 })
    breaker.reset()
    expect(breaker.open).to.equal(false)
    expect(await breaker.run(async () => 'well')).to.equal('well')
    expect(opened).to.have.length(1)
  })
})
