// The visits of a process: drained and begun anew without losing one or making one twice.

import { expect } from 'chai'
import { visitTask, VISITS } from '../../services/scrape/schedule.ts'
import { findBoards } from '../../services/store/boards.ts'
import { openWorks, type Works } from '../../services/works.ts'
import { openVisitors, type Visitors } from '../../services/visitors.ts'
import { countRows, openGround, type Ground } from '../journey/town.ts'

describe('the visits of a process', function () {
  this.timeout(60_000)
  let ground: Ground
  let works: Works
  let visitors: Visitors
  beforeEach(async () => {
    ground = await openGround({ boards: 12, postingsPerBoard: 4 })
    works = await openWorks(ground.config)
    visitors = openVisitors(works.runParts, works.queue, 3)
  })
  afterEach(async () => {
    await visitors.stop()
    await works.close()
    await ground.close()
  })

  const ask = async () => {
    const boards = await findBoards(works.database.db)
    await works.queue.add(VISITS, await Promise.all(boards.map((board) => visitTask(board, 'refresh'))))
  }
  const runs = () => countRows(works.database.db('runs'))
  const until = async (look: () => Promise<boolean>) => {
    while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('begin anew in the middle of their work, as many at once as told, and visit each board once', async () => {
    ground.sandbox.market.fault({ kind: 'slow', ms: 100 })
    await ask()
    await until(async () => visitors.active() > 0)
    await Promise.all([visitors.restart(1), visitors.restart(6)])
    expect(visitors.concurrency()).to.equal(6)
    await until(async () => (await runs()) === 12)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await runs()).to.equal(12)
    expect(await countRows(works.database.db('runs').where({ outcome: 'ok' }))).to.equal(12)
  })

  it('end what is in hand before they begin anew', async () => {
    ground.sandbox.market.fault({ kind: 'slow', ms: 300 })
    await ask()
    await until(async () => visitors.active() > 0)
    await until(async () => ground.sandbox.market.requests().length > 0)
    await visitors.restart(2)
    const after = ground.sandbox.market.requests()
    expect(
      after.filter(({ status }) => status === 0),
      'no request was cut off',
    ).to.deep.equal([])
    expect(await runs()).to.be.within(1, 11)
  })

  it('make no visit once they are stopped, a restart that was ordered before included', async () => {
    const restarting = visitors.restart(5)
    await visitors.stop()
    await restarting
    await ask()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await runs()).to.equal(0)
    await visitors.restart(5)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await runs()).to.equal(0)
  })
})
