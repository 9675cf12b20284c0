// One visit that is printed and not stored.

import { expect } from 'chai'
import { tryCommand } from '../../../services/cli/try.ts'
import type { Database } from '../../../services/store/database.ts'
import type { Posting } from '../../../services/postings/posting.ts'
import { countRows, openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { caught, refused } from './desk.ts'

describe('rolewatch try', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 6 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    for (const table of ['postings', 'runs', 'boards', 'raw_pages', 'quarantine'])
      expect(await countRows(database.db(table)), `${table} stays empty`).to.equal(0)
    await database.close()
    await ground.close()
  })
  const boardOf = (source: string) => ground.sandbox.market.boards().find((board) => board.source === source)
  const tried = (format: 'json' | 'table', source: string) =>
    caught(() => tryCommand(ground.config, { format }, [source, boardOf(source)?.ident ?? '']))

  for (const source of ['ashby', 'greenhouse', 'lever'])
    it(`reads a board of ${source} and prints its postings`, async () => {
      const { out, err } = await tried('json', source)
      const postings = JSON.parse(out) as Posting[]
      expect(postings).to.have.length(boardOf(source)?.count ?? 0)
      expect(postings[0]).to.include({ source, board: boardOf(source)?.ident })
      expect(err).to.equal(`${postings.length} postings in 1 pages, 0 unreadable`)
    })

  it('shows people a line per posting, and on stderr what could not be read', async () => {
    const board = boardOf('greenhouse')
    const id = ground.sandbox.market.fault({ board: board?.ident ?? '', kind: 'dropped_field', field: 'title', share: 0.5 })
    const { out, err } = await tried('table', 'greenhouse')
    ground.sandbox.market.clearFaults(id)
    expect(out).to.match(/^id +title +places +mode +pay +posted\n/)
    expect(err).to.match(/^\d+ postings in 1 pages, [1-9]\d* unreadable\n {2}jobs\[\d+\]\.title: /)
  })

  it('refuses with the reason when it cannot be read', async () => {
    expect(await refused('Refusal', () => tryCommand(ground.config, { format: 'json' }, ['lever', 'nobody-at-all']))).to.match(
      /^lever\/nobody-at-all: gone: .*404/,
    )
    expect(await refused('Misuse', () => tryCommand(ground.config, { format: 'json' }, ['myspace', 'x']))).to.match(/^No such source/)
  })
})
