// Rounds: one at a time, none missed, and an end that waits.

import { expect } from 'chai'
import { openRounds } from '../../../services/notify/rounds.ts'
import { openWorld, type World } from '../../world.ts'

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 1000 && !isSo(); n++) await tick(5)
  expect(isSo()).to.equal(true)
}

describe('services/notify/rounds', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  it('are one at a time, in the order in which they were asked for', async () => {
    let [going, most, number] = [0, 0, 0]
    const rounds = openRounds({
      async work() {
        most = Math.max(most, ++going)
        await tick(5)
        going -= 1
        return ++number
      },
      pollSeconds: 60,
      onError: () => {},
    })
    expect(await Promise.all([rounds.once(), rounds.once(), rounds.once()])).to.deep.equal([1, 2, 3])
    expect(most).to.equal(1)
    await rounds.close()
  })

  it('go on after one that failed, and say so', async () => {
    const errors: unknown[] = []
    let count = 0
    const rounds = openRounds({
      async work() {
        if (++count === 1) throw new Error('first')
        return 1
      },
      pollSeconds: 0.01,
      onError: (error) => void errors.push(error),
    })
    rounds.start()
    await until(() => count >= 3)
    await rounds.close()
    expect(errors.map(String)).to.deep.equal(['Error: first'])
    let isAway = true
    const failing = openRounds({ work: async () => (isAway ? Promise.reject(new Error('away')) : 1), pollSeconds: 1, onError: () => {} })
    expect(await failing.once().catch(String)).to.equal('Error: away')
    isAway = false
    expect(await failing.once()).to.equal(1)
  })

  it('begin with a word from PostgreSQL, one that comes in the middle of a round too', async () => {
    let count = 0
    let release = () => {}
    const rounds = openRounds({
      async work() {
        count += 1
        await new Promise<void>((resolve) => (release = resolve))
        return 1
      },
      listen: { database: world.database, channel: 'rounds_test' },
      pollSeconds: 60,
      onError: () => {},
    })
    rounds.start()
    await until(() => count >= 1)
    await world.db.raw(`select pg_notify('rounds_test', '')`)
    await tick(50)
    expect(count).to.equal(1)
    release()
    await until(() => count >= 2)
    const closed = rounds.close()
    release()
    await closed
  })

  it('end with the one that goes on, which is told', async () => {
    let aborted = false
    let isOver = false
    const rounds = openRounds({
      async work(signal) {
        signal.addEventListener('abort', () => (aborted = true))
        await tick(30)
        isOver = true
        return 1
      },
      pollSeconds: 0.001,
      onError: () => {},
    })
    rounds.start()
    await tick(5)
    await rounds.close()
    expect([aborted, isOver]).to.deep.equal([true, true])
  })
})
