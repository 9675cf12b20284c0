// Dead letters, seen and put back.

import { expect } from 'chai'
import { fromKnex, openQueue, type Queue } from '../../../ops/queue.ts'
import { quietLog } from '../../../ops/log.ts'
import { deadCommand, redriveCommand } from '../../../services/cli/queue.ts'
import { VISITS } from '../../../services/scrape/schedule.ts'
import type { Database } from '../../../services/store/database.ts'
import { queueDatabase } from '../../../services/store/queue.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught } from './desk.ts'

describe('rolewatch queue', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  let queue: Queue
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    queue = openQueue({
      database: queueDatabase(database),
      log: quietLog,
      queues: [VISITS],
      supervise: false,
      retry: { limit: 0, delaySeconds: 0 },
    })
    await queue.start()
  })
  after(async () => {
    await queue.close()
    await database.close()
    await ground.close()
  })

  it('shows the tasks that failed for good, and puts them back into the queue', async () => {
    expect((await caught(() => deadCommand(ground.config, { format: 'table' }))).out).to.equal('No dead letters.')
    await queue.add(VISITS, [{ key: '7', data: { board_id: 7, trigger: 'refresh', traceparent: null } }], fromKnex(database.db))
    const worker = queue.work(VISITS, { concurrency: 1, idleMs: 20 }, () => Promise.reject(new Error('the board is on fire')))
    while ((await queue.deadLetters(VISITS)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await worker.stop()

    const letters = await answered<{ data: { board_id: number }; error: unknown; at: string }[]>(() =>
      deadCommand(ground.config, { format: 'json' }),
    )
    expect(letters).to.have.length(1)
    expect(letters[0]?.data).to.include({ board_id: 7 })
    expect(letters[0]?.error).to.deep.include({ message: 'the board is on fire' })
    expect((await caught(() => deadCommand(ground.config, { format: 'table' }))).out).to.match(/"board_id":7.*on fire/)

    expect((await caught(() => redriveCommand(ground.config))).out).to.equal('1 tasks are in the queue again.')
    expect(await queue.deadLetters(VISITS)).to.deep.equal([])
    const worked: unknown[] = []
    const again = queue.work(VISITS, { concurrency: 1, idleMs: 20 }, async (data) => void worked.push(data))
    while (worked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await again.stop()
    expect(worked).to.have.length(1).and.to.have.nested.property('[0].board_id', 7)
    expect((await caught(() => redriveCommand(ground.config))).out).to.equal('0 tasks are in the queue again.')
    expect(await database.db('audit').orderBy('id').pluck('after')).to.deep.equal([{ count: 1 }, { count: 0 }])
  })
})
