// Runs as the command line lists them, and taking back what one of them closed.

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { runsCommand, undoCloseCommand } from '../../../services/cli/runs.ts'
import type { Database } from '../../../services/store/database.ts'
import { closePostings } from '../../../services/store/postings.ts'
import type { RunRow } from '../../../services/store/runs.ts'
import { countRows, openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { seedBoard, seedPostings, seedRun, type SeededBoard } from '../api/seed.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch runs and undo-close', () => {
  let ground: Ground
  let database: Database
  let acme: SeededBoard
  let runs: string[] = []
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    acme = await seedBoard(database.db, 'greenhouse', 'acme')
    const globex = await seedBoard(database.db, 'lever', 'acme', 'Globex')
    runs = [
      await seedRun(database.db, acme, { outcome: 'ok', started_at: '2026-03-01T00:00:00Z' }),
      await seedRun(database.db, acme, { outcome: 'blocked', started_at: '2026-03-02T00:00:00Z', error: '403: a wall\nof words' }),
      await seedRun(database.db, globex, { outcome: 'ok', started_at: '2026-03-03T00:00:00Z' }),
    ]
  })
  after(async () => {
    await database.close()
    await ground.close()
  })

  type Options = Partial<Parameters<typeof runsCommand>[1]>
  const ids = async (options: Options) =>
    (await answered<RunRow[]>(() => runsCommand(ground.config, { limit: 20, ...options, format: 'json' }))).map((run) =>
      runs.indexOf(run.id),
    )

  it('lists runs newest first, by source, board and outcome', async () => {
    expect(await ids({})).to.deep.equal([2, 1, 0])
    expect(await ids({ limit: 1 })).to.deep.equal([2])
    expect(await ids({ source: 'greenhouse' })).to.deep.equal([1, 0])
    expect(await ids({ board: 'acme' })).to.deep.equal([2, 1, 0])
    expect(await ids({ board: 'lever/acme' })).to.deep.equal([2])
    expect(await ids({ board: 'acme', source: 'lever' })).to.deep.equal([2])
    expect(await ids({ outcome: 'blocked' })).to.deep.equal([1])
    expect(await ids({ board: 'nobody' })).to.deep.equal([])
  })

  it('shows people a line per run', async () => {
    const { out } = await caught(() => runsCommand(ground.config, { limit: 2, format: 'table' }))
    expect(out).to.match(/^2026-03-02 00:00:00Z +greenhouse\/acme +blocked +3 .*403: a wall of words$/m)
    const { out: none } = await caught(() => runsCommand(ground.config, { limit: 2, board: 'nobody', format: 'table' }))
    expect(none).to.match(/^No such runs yet/)
  })

  it('refuses a source and an outcome that there are not', async () => {
    const told = (options: Options) => refused('Misuse', () => runsCommand(ground.config, { limit: 1, ...options, format: 'json' }))
    expect(await told({ source: 'myspace' })).to.match(/^No such source: myspace/)
    expect(await told({ board: 'myspace/acme' })).to.match(/^No such source: myspace/)
    expect(await told({ outcome: 'fine' })).to.match(/^No such outcome: fine\. There are ok, unchanged/)
  })

  it('opens again what a run closed, once', async () => {
    const uids = await seedPostings(database.db, acme, '2026-03-01T00:00:00Z', [{ external_id: 'a' }, { external_id: 'b' }])
    const run = await seedRun(database.db, acme, { outcome: 'ok', started_at: '2026-03-04T00:00:00Z' })
    await database.db('runs').where({ id: run }).update({ closed: 2 })
    await closePostings(database.db, { board: acme, runId: run, at: new Date('2026-03-04T00:00:00Z') }, uids)
    const undo = () => undoCloseCommand(ground.config, {}, [run])
    expect((await caught(undo)).out).to.match(/^2 postings are open again\. The next visit reads the board in full/)
    expect(await countRows(database.db('postings').whereNull('closed_at'))).to.equal(2)
    expect(await refused('Refusal', undo)).to.match(new RegExp(`^What the run ${run} closed was opened again at \\d{4}-.*Z already\\.$`))
    expect(await database.db('audit').select('action', 'target', 'after')).to.deep.equal([
      { action: 'postings.undo_close', target: `run/${run}`, after: { reopened: 2, board_id: acme.id } },
    ])
  })

  it('refuses a run that closed nothing, one that there is not, and what is no id', async () => {
    const told = (id: string) => refused('Refusal', () => undoCloseCommand(ground.config, {}, [id]))
    expect(await told(runs[0] ?? '')).to.match(/closed nothing\.$/)
    expect(await told(randomUUID())).to.match(/^There is no run .*: "rolewatch runs" shows them\.$/)
    for (const none of ['', '7', '-'.repeat(36)]) expect(await told(none)).to.match(/is not the id of a run/)
  })
})
