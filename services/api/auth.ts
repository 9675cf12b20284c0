// Who asks and what they may: tokens with scopes, or, while there is no token at all, whoever sits at this machine.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { isLoopbackHost } from '../config.ts'
import { countTokens, findToken, type Scope, type Token } from '../store/tokens.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'

/** How long a first token takes to close the API. */
const COUNT_MS = 5000
/** How long a token that was good is believed while the database does not answer: /metrics must tell of that very outage. */
const REMEMBER_MS = 600_000

type Identity = Token | 'missing' | 'unknown' | 'revoked'

export interface Gate {
  /** Refuses what a page of another site could send through somebody's browser. */
  guard: RequestHandler
  /** Gives the actor. @throws Problem 401 or 403 */
  authorise(request: Request, scope: Scope | null): Promise<string>
  /** The holder's id, where there is a good token. */
  holder(request: Request): Promise<string | undefined>
}

export function createGate({ config, database, watch, now = () => new Date() }: ApiParts): Gate {
  const failures = watch.metrics.authFailures
  const local = isLoopbackHost(config.host)
  const tokens = knownTokens(database.db, now)
  const identities = new WeakMap<Request, Promise<Identity>>()

  const identify = (request: Request): Promise<Identity> => {
    const known = identities.get(request) ?? tokens.identify(request.headers.authorization)
    identities.set(request, known)
    return known
  }
  /** Whoever gave Alertmanager a password means it to be asked for. */
  const isOpen = (scope: Scope) => local && (scope !== 'hooks' || config.hookToken === undefined)
  const refuse = (reason: 'host' | 'origin', detail: string): never => {
    failures.inc({ reason })
    throw new Problem(403, detail)
  }

  return {
    guard: async (request, _response, next) => {
      if (isCrossOrigin(request)) refuse('origin', 'Pages of other sites may not change anything here.')
      const open = local && !isProbe(request.path) && (await tokens.none().catch(() => false))
      if (open && !isLoopbackHost(hostOf(request)))
        refuse('host', 'Without a token the API answers to localhost alone: ask for it by that name, or make a token.')
      next()
    },
    async authorise(request, scope) {
      if (scope === null) return 'nobody'
      if (scope === 'hooks' && config.hookToken !== undefined && isSecret(bearerOf(request.headers.authorization), config.hookToken))
        return 'alertmanager'
      const identity = await identify(request)
      if (typeof identity === 'object') {
        if (allows(identity.scopes, scope)) return `token:${identity.name}`
        failures.inc({ reason: 'scope' })
        throw new Problem(403, `The token "${identity.name}" lacks the scope ${scope}.`, {
          headers: { 'www-authenticate': `Bearer realm="rolewatch", error="insufficient_scope", scope="${scope}"` },
        })
      }
      if (identity === 'missing' && isOpen(scope) && isLoopbackAddress(request.socket.remoteAddress) && (await tokens.none()))
        return 'local'
      failures.inc({ reason: identity })
      throw new Problem(401, ADVICE[identity], {
        headers: { 'www-authenticate': `Bearer realm="rolewatch"${identity === 'missing' ? '' : ', error="invalid_token"'}` },
      })
    },
    async holder(request) {
      const identity = await identify(request).catch(() => undefined)
      return typeof identity === 'object' ? identity.id : undefined
    },
  }
}

const ADVICE = {
  missing: 'This needs a token: send "Authorization: Bearer rw_…".',
  unknown: 'The token is not one of ours.',
  revoked: 'The token was revoked.',
} as const

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
}

/** Compares digests, which are of one length, so that the time it takes tells nothing. */
function isSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(digest(given), digest(secret))
}

function knownTokens(db: ApiParts['database']['db'], now: () => Date) {
  let counted: { tokens: number; at: number } | undefined
  const good = new Map<string, { token: Token; at: number }>()
  return {
    /** Whether there is no token that could be used. While the database does not answer, what it said last counts. */
    async none(): Promise<boolean> {
      if (counted === undefined || now().getTime() - counted.at > COUNT_MS) {
        try {
          counted = { tokens: await countTokens(db), at: now().getTime() }
        } catch (error) {
          if (counted === undefined) throw error
        }
      }
      return counted.tokens === 0
    },
    async identify(header: string | undefined): Promise<Identity> {
      const text = bearerOf(header)
      if (text === undefined) return 'missing'
      const key = createHash('sha256').update(text).digest('base64')
      try {
        const found = await findToken(db, text)
        good.delete(key)
        if (typeof found === 'object') good.set(key, { token: found, at: now().getTime() })
        return found
      } catch (error) {
        const remembered = good.get(key)
        if (remembered && now().getTime() - remembered.at < REMEMBER_MS) return remembered.token
        throw error
      }
    },
  }
}

function allows(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(wanted) || (wanted === 'read' && scopes.includes('write'))
}

/** Load balancers ask these by address. */
function isProbe(path: string): boolean {
  return path === '/healthz' || path === '/readyz'
}

function hostOf(request: Request): string {
  return (request.headers.host ?? '').replace(/:\d*$/, '').toLowerCase()
}

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && isLoopbackHost(address.replace(/^::ffff:/, ''))
}

/** A write that a browser says came from a page of another site. Specification: W3C Fetch Metadata. */
function isCrossOrigin(request: Request): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = request.headers.origin
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== request.headers.host)
}
