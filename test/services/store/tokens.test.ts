// Tokens: shown once, kept as a hash, refused once revoked.

import { expect } from 'chai'
import { countTokens, createToken, findToken, listTokens, revokeToken, SCOPES } from '../../../services/store/tokens.ts'
import { openWorld, type World } from '../../world.ts'

describe('services/store/tokens', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())
  beforeEach(() => world.db('tokens').delete())

  it('knows a token again with its name and scopes', async () => {
    const { id, token } = await createToken(world.db, 'grafana', ['metrics', 'read', 'read'])
    expect(token).to.match(/^rw_[A-Za-z0-9_-]{43}$/)
    expect(await findToken(world.db, token)).to.deep.equal({ id, name: 'grafana', scopes: ['metrics', 'read'] })
  })

  it('makes another one each time', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => createToken(world.db, 'x', ['read'])))
    expect(new Set(made.map(({ token }) => token)).size).to.equal(20)
    expect(await countTokens(world.db)).to.equal(20)
  })

  it('keeps nothing in the database that could be used', async () => {
    const { token } = await createToken(world.db, 'x', ['admin'])
    const [row] = await world.db('tokens')
    expect(row.hash).to.match(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(row)).to.not.contain(token.slice(3))
    expect(await findToken(world.db, row.hash)).to.equal('unknown')
    expect(JSON.stringify(await listTokens(world.db))).to.not.contain(row.hash)
  })

  it('does not know what it did not make, however near it is', async () => {
    const { token } = await createToken(world.db, 'x', ['read'])
    const last = token.at(-1) === 'A' ? 'B' : 'A'
    for (const wrong of [
      '',
      'rw_',
      token.slice(0, -1),
      `${token.slice(0, -1)}${last}`,
      token.toUpperCase(),
      ` ${token}`,
      `${token}\n`,
      `x' or '1'='1`,
    ])
      expect(await findToken(world.db, wrong), JSON.stringify(wrong)).to.equal('unknown')
  })

  it('says revoked for one that was, by its id or by its name, and counts it no more', async () => {
    const one = await createToken(world.db, 'one', ['read'])
    const two = await createToken(world.db, 'two', ['read'])
    const three = await createToken(world.db, 'two', ['write'])
    expect(await revokeToken(world.db, one.id)).to.equal(1)
    expect(await findToken(world.db, one.token)).to.equal('revoked')
    expect(await countTokens(world.db)).to.equal(2)
    expect(await revokeToken(world.db, 'two')).to.equal(2)
    expect([await findToken(world.db, two.token), await findToken(world.db, three.token)]).to.deep.equal(['revoked', 'revoked'])
    expect(await countTokens(world.db)).to.equal(0)
    expect(await revokeToken(world.db, 'two')).to.equal(0)
    expect(await revokeToken(world.db, 'nobody')).to.equal(0)
  })

  it('notes when a token was last used, at most once a minute and never for a revoked one', async () => {
    const { id, token } = await createToken(world.db, 'x', ['read'])
    const used = async () => (await listTokens(world.db)).find((row) => row.id === id)?.last_used_at?.getTime()
    expect(await used()).to.equal(undefined)
    await findToken(world.db, token)
    const first = await used()
    expect(first).to.be.closeTo(Date.now(), 60_000)
    await findToken(world.db, token)
    expect(await used()).to.equal(first)
    const old = new Date(Date.now() - 61_000)
    await world.db('tokens').update({ last_used_at: old })
    await findToken(world.db, token)
    expect(await used()).to.be.above(old.getTime())
    await world.db('tokens').update({ last_used_at: old })
    await revokeToken(world.db, id)
    await findToken(world.db, token)
    expect(await used()).to.equal(old.getTime())
  })

  it('lists the newest first, revoked ones too', async () => {
    for (const name of ['a', 'b', 'c']) await createToken(world.db, name, SCOPES)
    await revokeToken(world.db, 'b')
    const rows = await listTokens(world.db)
    expect(rows.map((row) => row.name)).to.deep.equal(['c', 'b', 'a'])
    expect(rows.map((row) => row.revoked_at === null)).to.deep.equal([true, false, true])
    expect(rows[0]?.scopes).to.deep.equal([...SCOPES])
  })
})
