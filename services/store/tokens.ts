// Tokens of the API: shown once, kept as a hash, each with the scopes it may use.

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Db } from './database.ts'

export const SCOPES = ['read', 'write', 'metrics', 'hooks', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export interface Token {
  id: string
  name: string
  scopes: Scope[]
}

export interface TokenRow extends Token {
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

const SHAPE = /^rw_[A-Za-z0-9_-]{43}$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** 256 random bits cannot be guessed, so a fast hash is enough; looking up by it also gives nothing away by its timing. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Makes a token. Its text is in the answer and nowhere else. */
export async function createToken(db: Db, name: string, scopes: readonly Scope[]): Promise<{ id: string; token: string }> {
  const id = randomUUID()
  const token = `rw_${randomBytes(32).toString('base64url')}`
  await db('tokens').insert({ id, name, hash: hashOf(token), scopes: [...new Set(scopes)] })
  return { id, token }
}

/** Who holds this token. Notes the use, at most once a minute. */
export async function findToken(db: Db, token: string): Promise<Token | 'unknown' | 'revoked'> {
  if (!SHAPE.test(token)) return 'unknown'
  const { rows } = await db.raw<{ rows: TokenRow[] }>(
    `with found as (
       select id, name, scopes, revoked_at from tokens where hash = ?
     ), used as (
       update tokens t set last_used_at = clock_timestamp() from found f
        where t.id = f.id and f.revoked_at is null
          and (t.last_used_at is null or t.last_used_at < clock_timestamp() - interval '1 minute')
     )
     select * from found`,
    [hashOf(token)],
  )
  const found = rows[0]
  if (!found) return 'unknown'
  if (found.revoked_at) return 'revoked'
  return { id: found.id, name: found.name, scopes: found.scopes }
}

/** Ends a token by its id, or all of a name. Returns how many ended. */
export async function revokeToken(db: Db, idOrName: string): Promise<number> {
  return db('tokens')
    .where(UUID.test(idOrName) ? { id: idOrName } : { name: idOrName })
    .whereNull('revoked_at')
    .update({ revoked_at: db.raw('clock_timestamp()') })
}

/** All tokens, revoked ones too, newest first, without anything that could be used. */
export async function listTokens(db: Db): Promise<TokenRow[]> {
  const columns = ['id', 'name', 'scopes', 'created_at', 'last_used_at', 'revoked_at']
  return (await db('tokens').select(columns).orderBy('created_at', 'desc')) as TokenRow[]
}

/** How many tokens can be used: at 0 the API is open, and on loopback alone. */
export async function countTokens(db: Db): Promise<number> {
  const row = (await db('tokens').whereNull('revoked_at').count('* as n').first()) as { n: number } | undefined
  return row?.n ?? 0
}
