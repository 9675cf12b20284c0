// A process that is killed in the middle of a refresh, ten times: nothing is lost, nothing is there twice, nobody is told twice.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROOT } from '../../services/config.ts'
import type { Database } from '../../services/store/database.ts'
import { createSearch } from '../../services/store/searches.ts'
import { openGround, openTownDatabase, type Ground } from './town.ts'

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
    const [{ n: before } = { n: 0 }] = (await database.db('runs').count('* as n')) as { n: number }[]
    const child = refresh()
    const ended = once(child, 'exit')
    for (;;) {
      const [{ n } = { n: 0 }] = (await database.db('runs').count('* as n')) as { n: number }[]
      if (Number(n) >= Number(before) + 3) break
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

    for (const board of ground.sandbox.market.boards()) {
      const rows = (await database
        .db('postings as p')
        .join('boards as b', 'b.id', 'p.board_id')
        .where({ 'b.source': board.source, 'b.ident': board.ident })
        .whereNull('p.closed_at')
        .count('* as n')) as { n: number }[]
      expect(Number(rows[0]?.n), `${board.source}/${board.ident}`).to.equal(board.count)
    }
    const twice = await database
      .db('postings')
      .select('board_id', 'external_id')
      .groupBy('board_id', 'external_id')
      .havingRaw('count(*) > 1')
    expect(twice, 'postings that are there twice').to.deep.equal([])
    const [{ told } = { told: 0 }] = (await database.db('outbox').countDistinct('uid as told')) as { told: number }[]
    const [{ seen } = { seen: 0 }] = (await database.db('postings').count('* as seen')) as { seen: number }[]
    expect(told, 'every posting has exactly one notification').to.equal(seen)
    expect(announced(ground), 'postings told of in Slack').to.be.at.most(Number(seen))
    const links = ground.sandbox.slack
      .messages()
      .flatMap(({ payload }) => [...JSON.stringify(payload).matchAll(/"uid:([0-9a-f]{40})/g)].map((m) => m[1]))
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
