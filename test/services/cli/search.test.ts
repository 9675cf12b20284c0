// Saved searches from the command line.

import { expect } from 'chai'
import { addCommand, listCommand, removeCommand } from '../../../services/cli/search.ts'
import type { Database } from '../../../services/store/database.ts'
import type { Search } from '../../../services/store/searches.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch search', () => {
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  const list = () => answered<Search[]>(() => listCommand(ground.config, { format: 'json' }))
  const audited = () => database.db('audit').orderBy('id').select('actor', 'action', 'target')

  it('saves, lists and deletes, and each change is in the audit', async () => {
    const { out: none } = await caught(() => listCommand(ground.config, { format: 'table' }))
    expect(none).to.match(/^No saved searches yet: rolewatch search add/)
    const made = await answered<Search>(() => addCommand(ground.config, { q: 'golang', mode: 'remote', format: 'json' }, [' Remote Go ']))
    expect(made).to.include({ name: 'Remote Go', enabled: true })
    expect(made.query).to.deep.equal({ q: 'golang', mode: 'remote' })
    expect(made.notify).to.deep.equal({ channel: 'slack', cadence: 'instant' })
    expect(await list()).to.deep.equal([made])
    const { out: table } = await caught(() => listCommand(ground.config, { format: 'table' }))
    expect(table).to.contain(made.id).and.to.contain('{"q":"golang","mode":"remote"}')

    const { out: gone } = await caught(() => removeCommand(ground.config, {}, [made.id.toUpperCase()]))
    expect(gone).to.equal('Deleted.')
    expect(await list()).to.deep.equal([])
    expect(await audited()).to.deep.equal([
      { actor: 'cli', action: 'search.create', target: `search/${made.id}` },
      { actor: 'cli', action: 'search.delete', target: `search/${made.id}` },
    ])
  })

  it('says whether anybody will be told', async () => {
    const add = async (slackWebhookUrl: string | undefined) =>
      (await caught(() => addCommand({ ...ground.config, slackWebhookUrl }, { q: 'x', format: 'table' }, ['X']))).out
    expect(await add('http://127.0.0.1:9/hook')).to.match(/^Saved as [0-9a-f-]{36}\. New postings that fit will be told on Slack\.$/)
    expect(await add(undefined)).to.match(/told on Slack once SLACK_WEBHOOK_URL is set\.$/)
  })

  it('refuses one that everything would match, one without a name, and one that there is not', async () => {
    const before = (await list()).length
    expect(await refused('Misuse', () => addCommand(ground.config, { format: 'json' }, ['All']))).to.match(/at least one field/)
    expect(await refused('Misuse', () => addCommand(ground.config, { mode: 'moon', format: 'json' }, ['M']))).to.match(/^--mode /)
    expect(await refused('Misuse', () => addCommand(ground.config, { q: 'x', format: 'json' }, ['  ']))).to.match(/1 to 120 characters/)
    const nobody = 'a0000000-0000-4000-8000-000000000000'
    expect(await refused('Refusal', () => removeCommand(ground.config, {}, [nobody]))).to.equal(
      `There is no search ${nobody}: "rolewatch search list" shows them.`,
    )
    expect(await refused('Refusal', () => removeCommand(ground.config, {}, ['-'.repeat(36)]))).to.match(/is not the id of a search/)
    expect(await list()).to.have.length(before)
  })
})
