// token create, list, revoke: who may use the API.

import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { createToken, listTokens, revokeToken, SCOPES, type Scope } from '../store/tokens.ts'
import { openHouse } from '../works.ts'
import { misuse, refusal } from '../refusal.ts'
import { readName } from './given.ts'
import { print, utc, type Format } from './print.ts'

export async function createCommand(config: Config, options: { scope?: string[] }, args: string[]): Promise<void> {
  const name = readName(args[0])
  const wanted = options.scope ?? ['read']
  const unknown = wanted.filter((scope) => !SCOPES.includes(scope as Scope))
  if (unknown.length > 0) throw misuse(`No such scope: ${unknown.join(', ')}. There are ${SCOPES.join(', ')}.`)
  const house = await openHouse(config, { quiet: true })
  try {
    const { id, token } = await createToken(house.database.db, name, wanted as Scope[])
    await appendAudit(house.database.db, { actor: 'cli', action: 'token.create', target: `token/${id}`, after: { name, scopes: wanted } })
    console.error(`Token "${name}" (${wanted.join(', ')}). It is shown this once; send it as "Authorization: Bearer …".`)
    console.log(token)
  } finally {
    await house.close()
  }
}

export async function listCommand(config: Config, options: { format: Format }): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const tokens = await listTokens(house.database.db)
    print(
      options.format,
      tokens,
      tokens,
      {
        name: (t) => t.name,
        scopes: (t) => t.scopes.join(', '),
        created: (t) => utc(t.created_at),
        'last used': (t) => utc(t.last_used_at),
        revoked: (t) => utc(t.revoked_at),
        id: (t) => t.id,
      },
      'No tokens: the API is open on this machine alone.',
    )
  } finally {
    await house.close()
  }
}

export async function revokeCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const name = args[0] ?? ''
  const house = await openHouse(config, { quiet: true })
  try {
    if (!(await revokeToken(house.database.db, name)))
      throw refusal(`There is no token "${name}" that could be revoked: "rolewatch token list" shows them.`)
    await appendAudit(house.database.db, { actor: 'cli', action: 'token.revoke', target: `token/${name}` })
    console.log('Revoked.')
  } finally {
    await house.close()
  }
}
