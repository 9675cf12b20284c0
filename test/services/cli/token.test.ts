// Tokens from the command line: shown once, listed without their text, revoked.

import { expect } from 'chai'
import { createCommand, listCommand, revokeCommand } from '../../../services/cli/token.ts'
import type { Database } from '../../../services/store/database.ts'
import { findToken, type TokenRow } from '../../../services/store/tokens.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { answered, caught, refused } from './desk.ts'

describe('rolewatch token', () => {
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
  const list = () => answered<TokenRow[]>(() => listCommand(ground.config, { format: 'json' }))

  it('shows a token once, alone on stdout, and it works until it is revoked', async () => {
    const { out: none } = await caught(() => listCommand(ground.config, { format: 'table' }))
    expect(none).to.equal('No tokens: the API is open on this machine alone.')
    const { out: token, err } = await caught(() => createCommand(ground.config, { scope: ['read', 'metrics'] }, ['grafana']))
    expect(token).to.match(/^rw_[\w-]{43}$/)
    expect(err).to.contain('"grafana" (read, metrics)').and.not.to.contain(token)
    const [row, ...more] = await list()
    expect(more).to.deep.equal([])
    expect(row).to.deep.include({ name: 'grafana', scopes: ['read', 'metrics'], revoked_at: null })
    expect(row).not.to.have.property('hash')
    expect(await findToken(database.db, token)).to.deep.equal({ id: row?.id, name: 'grafana', scopes: ['read', 'metrics'] })

    const revoke = () => revokeCommand(ground.config, {}, ['grafana'])
    expect((await caught(revoke)).out).to.equal('Revoked.')
    expect(await findToken(database.db, token)).to.equal('revoked')
    expect(await refused('Refusal', revoke)).to.match(/^There is no token "grafana" that could be revoked/)
    const told = JSON.stringify([await list(), await database.db('audit').select()])
    expect(told).to.contain('token.create').and.to.contain('token.revoke').and.not.to.contain(token)
  })

  it('may read where nothing else is said, and is revoked by its id too', async () => {
    await caught(() => createCommand(ground.config, {}, ['phone']))
    const row = (await list()).find(({ name }) => name === 'phone')
    expect(row?.scopes).to.deep.equal(['read'])
    expect((await caught(() => revokeCommand(ground.config, {}, [row?.id ?? '']))).out).to.equal('Revoked.')
  })

  it('refuses scopes that there are not, and a name with nothing in it', async () => {
    const before = (await list()).length
    expect(await refused('Misuse', () => createCommand(ground.config, { scope: ['read', 'king'] }, ['x']))).to.equal(
      'No such scope: king. There are read, write, metrics, hooks, admin.',
    )
    expect(await refused('Misuse', () => createCommand(ground.config, {}, [' ']))).to.match(/1 to 120 characters/)
    expect(await list()).to.have.length(before)
  })
})
