// Drills on what cannot come about any more: each breaks what broke elsewhere, and shows what keeps it from doing harm.

import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch } from '../../ops/sandbox/programs.ts'
import { ROOT } from '../config.ts'
import { forgetPages } from '../store/drill-past.ts'
import { outboxState } from '../store/outbox.ts'
import { readCounter } from '../store/counters.ts'
import { environmentOf } from './cast.ts'
import type { GuardDrill } from './drill.ts'
import type { Ground } from './ground.ts'
import { until } from './until.ts'

interface BoardRow {
  id: number
  source: string
  ident: string
  last_outcome: string
  last_run_at: Date
  last_run_id: string
}

/** A board of a source that has many postings, the same one each time. */
async function boardOf({ database }: Ground, source: string): Promise<BoardRow> {
  const { rows } = await database.db.raw<{ rows: BoardRow[] }>(
    `select b.* from boards b join postings p on p.board_id = b.id and p.closed_at is null
      where b.source = ? group by b.id order by count(*) desc, b.id limit 1`,
    [source],
  )
  if (!rows[0]) throw new Error(`no board of ${source} has postings`)
  return rows[0]
}

/** The board as its next visit since a moment left it. */
async function visited({ database }: Ground, { id }: BoardRow, since: Date, isGood = (_row: BoardRow) => true): Promise<BoardRow> {
  return until('the board to be visited', async () => {
    const row = await database.db('boards').where({ id }).where('last_run_at', '>', since).first<BoardRow | undefined>()
    return row && isGood(row) && row
  })
}

/** The board is as before when it was read well. */
async function healBoard(ground: Ground, name: string, source: string): Promise<void> {
  ground.heal(name)
  const board = await boardOf(ground, source)
  const since = new Date()
  await forgetPages(ground.database.db, { ids: [board.id] })
  await visited(ground, board, since, ({ last_outcome }) => ['ok', 'unchanged'].includes(last_outcome))
}

const openPostings = async ({ database }: Ground, { id }: BoardRow): Promise<number> =>
  (await database.db('postings').where({ board_id: id }).whereNull('closed_at')).length

function claim(holds: boolean, words: string): void {
  if (!holds) throw new Error(words)
}

const nothing = async (): Promise<void> => {}

export const guardDrills: readonly GuardDrill[] = [
  {
    name: 'board-gone',
    kind: 'guard',
    alert: null,
    about: 'one board of a source answers 404, night after night, while all others are well',
    incidents: [6],
    needs: ['lever'],
    inject: nothing,
    async prove(ground) {
      const board = await boardOf(ground, 'lever')
      const since = new Date()
      ground.break('board-gone', { source: 'lever', board: board.ident, kind: 'status', status: 404 })
      await forgetPages(ground.database.db, { ids: [board.id] })
      await visited(ground, board, since, ({ last_outcome }) => last_outcome === 'gone')
      await until(
        'the board to be counted',
        async () => (await ground.ask('rolewatch_boards{source="lever",outcome="gone"} >= 1')).length > 0,
      )
      return 'The board by itself is told of as gone, in the table of boards and as a number, while its source is well.'
    },
    repair: (ground) => healBoard(ground, 'board-gone', 'lever'),
  },
  {
    name: 'unknown-feed',
    kind: 'guard',
    alert: null,
    about: 'a board is configured that no parser reads',
    incidents: [7],
    needs: [],
    inject: nothing,
    async prove({ folder, settings }) {
      const boards = join(folder, 'unknown-feed')
      await mkdir(boards)
      await writeFile(join(boards, 'companies.yaml'), '- slug: acme\n  display_name: Acme\n  ats_type: gopher\n  ats_id: acme\n')
      const refused = await launch(process.execPath, ['services/cli.ts', 'refresh'], {
        cwd: ROOT,
        env: environmentOf({ ...settings, ROLEWATCH_CONFIG: boards }),
      })
      await refused.gone
      const said = refused.output().trim().split('\n').at(-1) ?? ''
      claim(/gopher.*is not a source/.test(refused.output()), `the board was not refused: ${said}`)
      return `Nothing starts with it: ${said.trim()}`
    },
    repair: nothing,
  },
  {
    name: 'large-digest',
    kind: 'guard',
    alert: null,
    about: 'hundreds of postings are to be told in one message, with more text than a message can hold',
    incidents: [10],
    needs: ['slack'],
    inject: nothing,
    async prove(ground) {
      const { db } = ground.database
      const [searchId = ''] = ground.searches
      const refusedBefore = ground.sandbox.slack.messages().filter(({ status }) => status === 400).length
      const { rows } = await db.raw<{ rows: { uid: string }[] }>(
        `insert into outbox (channel, search_id, uid) select 'slack', ?, uid from postings where closed_at is null
         on conflict do nothing returning uid`,
        [searchId],
      )
      claim(rows.length > 300, `only ${rows.length} postings were there to be told`)
      await until('everything to be told', async () => {
        const { pending, failed, uncertain } = await outboxState(db, 'slack')
        claim(failed === 0, 'Slack refused some for good')
        return pending + uncertain === 0
      })
      const messages = ground.sandbox.slack.messages()
      claim(messages.filter(({ status }) => status === 400).length === refusedBefore, 'Slack refused a message for its size')
      return `${rows.length} postings were told, and Slack, which counts characters and blocks, took every message.`
    },
    repair: nothing,
  },
  {
    name: 'validator-before-rows',
    kind: 'guard',
    alert: null,
    about: 'a page is received with its ETag and cannot be read: the ETag must not be kept, or nothing is ever read again',
    incidents: [12],
    needs: ['ashby'],
    inject: nothing,
    async prove(ground) {
      const { db } = ground.database
      const board = await boardOf(ground, 'ashby')
      let since = new Date()
      ground.break('validator-before-rows', {
        source: 'ashby',
        board: board.ident,
        kind: 'renamed_field',
        field: 'jobs',
        name: 'positions',
      })
      await forgetPages(db, { ids: [board.id] })
      await visited(ground, board, since, ({ last_outcome }) => last_outcome === 'drift')
      ground.heal('validator-before-rows')
      since = new Date()
      await db('boards').where({ id: board.id }).update({ next_at: since })
      const { last_run_id } = await visited(ground, board, since)
      const asked = ground.sandbox.market.requests(since.toISOString()).find((request) => request.board === board.ident)
      const run = await db('runs').where({ id: last_run_id }).first<{ outcome: string; seen: number; complete: boolean }>()
      claim(asked?.if_none_match === null, 'the next visit sent the ETag of a page that nobody could read')
      claim(run.complete && run.seen > 0, `the next visit read nothing: ${run.outcome}`)
      return `The next visit asked without an ETag and read all ${run.seen} postings.`
    },
    repair: (ground) => healBoard(ground, 'validator-before-rows', 'ashby'),
  },
  {
    name: 'tiny-answer',
    kind: 'guard',
    alert: null,
    about: 'a valid answer that is far too small: an empty list from a board that had many postings',
    incidents: [14],
    needs: ['greenhouse'],
    inject: nothing,
    async prove(ground) {
      const board = await boardOf(ground, 'greenhouse')
      const before = await openPostings(ground, board)
      const since = new Date()
      ground.break('tiny-answer', { source: 'greenhouse', board: board.ident, kind: 'empty_board' })
      await forgetPages(ground.database.db, { ids: [board.id] })
      const { last_outcome } = await visited(ground, board, since, (row) => !['ok', 'unchanged'].includes(row.last_outcome))
      const after = await openPostings(ground, board)
      claim(after === before, `${before - after} of ${before} postings were closed`)
      return `The visit ended as ${last_outcome}, and all ${before} postings stayed open.`
    },
    repair: (ground) => healBoard(ground, 'tiny-answer', 'greenhouse'),
  },
  {
    name: 'retries-counted',
    kind: 'guard',
    alert: null,
    about: 'a board fails, and is tried again: each try must take from the limits as any other request',
    incidents: [15],
    needs: ['lever', 'caps'],
    inject: nothing,
    async prove(ground) {
      const { db } = ground.database
      const board = await boardOf(ground, 'lever')
      const began = new Date()
      const before = await readCounter(db, 'calls')
      ground.break('retries-counted', { source: 'lever', board: board.ident, kind: 'status', status: 503, times: 3 })
      await db('boards').where({ id: board.id }).update({ next_at: began })
      const { last_run_id } = await visited(ground, board, began)
      await sleep(200)
      const sent = ground.sandbox.market.requests(began.toISOString())
      const counted = (await readCounter(db, 'calls')) - before
      const run = await db('runs').where({ id: last_run_id }).first<{ attempts: number }>()
      const tries = sent.filter((request) => request.board === board.ident).length
      claim(run.attempts > 1 && tries >= run.attempts, `the board was tried ${tries} times`)
      claim(counted >= sent.length, `${sent.length} requests were sent, and ${counted} taken from the cap`)
      return `The visit made ${run.attempts} tries; of ${sent.length} requests of that time every one was taken from the cap.`
    },
    repair: (ground) => healBoard(ground, 'retries-counted', 'lever'),
  },
]
