// A process that is killed in the middle of a refresh, ten times: nothing is lost, nothing is there twice, nobody is told twice.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROOT } from '../../services/config.ts'
import type { Database } from '../../services/store/database.ts'
import { createSearch } from '../../services/store/searches.ts'
import { countRows, openGround, openTownDatabase, type Ground } from './town.ts'

const BOARDS = 40
const KILLS = 10

describe('a process killed with -9 in the middle of a refresh', () => {
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: BOARDS, postingsPerBoard: 20, slackPerSecond: 1000 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })

  function refresh() {
    return spawn(process.execPath, ['services/cli.ts', 'refresh', '--format', 'json'], {
      cwd: ROOT,
      env: { ...process.env, ...ground.env, ROLEWATCH_CONCURRENCY: '2' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  /** Runs there were before this refresh, so that the kill falls into its middle however slow the machine is. */
  async function killAfterSomeRuns(): Promise<boolean> {
    const before = await countRows(database.db('runs'))
    const child = refresh()
    const ended = once(child, 'exit')
    for (;;) {
      if ((await countRows(database.db('runs'))) >= before + 3) break
      if (child.exitCode !== null) return false
      await sleep(5)
    }
    child.kill('SIGKILL')
    await ended
    return true
  }

  it('loses no posting, doubles none and tells nobody twice', async () => {
    await createSearch(database.db, { name: 'Everything', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    let kills = 0
    for (let round = 0; round < KILLS; round++) {
      if (await killAfterSomeRuns()) kills++
      ground.sandbox.market.advance(1)
    }
    expect(kills).to.equal(KILLS)
    const last = refresh()
    const [code] = (await once(last, 'exit')) as [number]
    expect(code).to.equal(0)

    // A board that shrank a lot is not believed at once: there the drop guard keeps postings open that the market has closed.
    const stored = await database
      .db('postings as p')
      .join('boards as b', 'b.id', 'p.board_id')
      .join('runs as r', 'r.id', 'b.last_run_id')
      .whereNull('p.closed_at')
      .groupBy('b.source', 'b.ident')
      .select<{ source: string; ident: string; n: number; guarded: boolean }[]>(
        'b.source',
        'b.ident',
        database.db.raw('count(*) as n'),
        database.db.raw('bool_or(r.guard is not null) as guarded'),
      )
    for (const board of ground.sandbox.market.boards()) {
      const row = stored.find((one) => one.source === board.source && one.ident === board.ident)
      if (row?.guarded) expect(row.n, board.ident).to.be.at.least(board.count ?? 0)
      else expect(row?.n ?? 0, `${board.source}/${board.ident}`).to.equal(board.count)
    }
    expect(stored.filter((row) => row.guarded).length, 'boards held by the guard').to.be.below(BOARDS / 4)
    const twice = await database
      .db('postings')
      .select('board_id', 'external_id')
      .groupBy('board_id', 'external_id')
      .havingRaw('count(*) > 1')
    expect(twice, 'postings that are there twice').to.deep.equal([])
    const seen = await countRows(database.db('postings'))
    expect(await countRows(database.db('outbox')), 'every posting has exactly one notification').to.equal(seen)
    expect(announced(ground), 'postings told of in Slack').to.be.at.most(seen)
    const links = ground.sandbox.slack
      .messages()
      .flatMap(({ payload }) => [...JSON.stringify(payload).matchAll(/\*<(https:[^|>]+)\|/g)].map((found) => found[1]))
    expect(links.length).to.be.above(0)
    expect(new Set(links).size, 'no posting stands in two messages').to.equal(links.length)
  }).timeout(300_000)
})

/** The number of postings that the accepted messages say they tell of. */
function announced(ground: Ground): number {
  return ground.sandbox.slack
    .messages()
    .filter((message) => message.status === 200)
    .reduce((sum, { payload }) => sum + Number(/(\d[\d,]*) new/.exec(JSON.stringify(payload))?.[1]?.replaceAll(',', '') ?? 0), 0)
}
