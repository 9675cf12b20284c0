// What an answer is: a page, the same page as before, a way elsewhere, or one of the closed list of failures.

import { Failure, type FailureKind } from '../../scrapers/failure.ts'
import type { Page } from '../../scrapers/source.ts'
import { decode } from './body.ts'
import { withBody } from './evidence.ts'
import { createPage } from './page.ts'
import { parseRetryAfter } from './retry.ts'
import type { Answer } from './wire.ts'

export interface PageAnswer {
  kind: 'page'
  page: Page
  etag: string | null
  lastModified: string | null
  /** SHA-256 of the decoded body, in hex. */
  hash: string
  /** After decompression. */
  bytes: number
}

export type Judged = PageAnswer | { kind: 'unchanged' } | { kind: 'redirect'; to: string }

export interface Asked {
  url: URL
  /** Whether JSON is expected. */
  json: boolean
  /** Whether a validator was sent, so that 304 is an answer. */
  conditional: boolean
  /** The hash of a body that was read well before: the same body need not be looked into. */
  knownHash?: string | null | undefined
  redirected: boolean
  now: Date
}

const REDIRECTS = [301, 302, 303, 307, 308]
const GONE = [404, 410]
/** 451: unavailable for legal reasons; 999: LinkedIn's own. */
const REFUSED = [401, 403, 451, 999]

/** Judges an answer to a request for a page. @throws Failure; those that come from the body carry it, see `bodyOf` */
export function judge(answer: Answer, asked: Asked): Judged {
  const { status, headers } = answer
  if (status >= 200 && status <= 299) return judgeBody(answer, asked)
  if (status === 304) {
    if (asked.conditional) return { kind: 'unchanged' }
    throw new Failure('network', `${asked.url.host} answered 304 to a request without a validator`, { status })
  }
  if (REDIRECTS.includes(status) && headers['location']) return { kind: 'redirect', to: headers['location'] }
  throw refusalOf(answer, asked.url.host, asked.now)
}

/** The failure that a status other than 2xx and 304 stands for. */
export function refusalOf({ status, headers }: Answer, host: string, now: Date): Failure {
  const retryAfter = status === 429 || status >= 500 ? parseRetryAfter(headers['retry-after'], now) : undefined
  const challenge = headers['cf-mitigated'] === 'challenge'
  const wait = retryAfter === undefined ? '' : ` and wants ${retryAfter} s of peace`
  return new Failure(challenge ? 'blocked' : kindOf(status), `${host} answered ${status}${challenge ? ' with a challenge' : wait}`, {
    status,
    retryAfter,
  })
}

function kindOf(status: number): FailureKind {
  if (GONE.includes(status)) return 'gone'
  if (REFUSED.includes(status)) return 'blocked'
  if (status === 429) return 'throttled'
  if (status === 408) return 'timeout'
  return status >= 500 && status <= 599 ? 'server_error' : 'drift'
}

function judgeBody(answer: Answer, asked: Asked): PageAnswer {
  const { status, headers, bytes } = answer
  const { host } = asked.url
  if (bytes.length === 0 || status === 206) {
    const what = bytes.length === 0 ? 'an empty body' : 'a part of the body nobody asked for'
    throw new Failure('network', `${host} answered ${status} with ${what}`, { status })
  }
  const { text, hash } = decode(bytes, headers['content-type'])
  const parsed = asked.json && hash !== asked.knownHash ? parseJson(text, asked, status) : undefined
  return {
    kind: 'page',
    page: createPage({ url: asked.url.href, status, headers, body: text, parsed }),
    etag: headers['etag'] ?? null,
    lastModified: headers['last-modified'] ?? null,
    hash,
    bytes: bytes.length,
  }
}

/** Signs of a page that stands between us and the board: challenges, captchas, login walls. */
const WALL =
  /cf-chl-|__cf_chl|challenge-platform|cf-browser-verification|just a moment\.\.\.|attention required! \| cloudflare|authwall|captcha|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|unusual traffic|_incapsula_|datadome|type=["']?password/i
const WALL_PATH = /authwall|captcha|challenge|\/(?:log-?in|sign-?in|uas)(?:\/|$)/i
const LOOK_INTO = 100_000

function parseJson(text: string, asked: Asked, status: number): unknown {
  const { host } = asked.url
  const start = /\S/.exec(text)?.[0]
  if (start === undefined) throw new Failure('network', `${host} answered ${status} with an empty body`, { status })
  if (start !== '{' && start !== '[') {
    const wall = WALL.test(text.slice(0, LOOK_INTO)) || (asked.redirected && WALL_PATH.test(asked.url.pathname))
    if (wall) throw withBody(new Failure('blocked', `${host} put a wall before the page: a challenge or a login`, { status }), text)
    throw withBody(
      new Failure('drift', `${host} sent ${start === '<' ? 'HTML' : 'something else'} where JSON was expected`, { status }),
      text,
    )
  }
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const failure = endsInTheMiddle(text, cause)
      ? new Failure('network', `${host} sent truncated JSON: it ends after ${text.length} characters`, { status, cause })
      : new Failure('drift', `${host} sent JSON that cannot be read`, { status, cause })
    throw withBody(failure, text)
  }
}

/** The longest piece that a cut can leave half: an escape (\u1234) or a word (false). */
const HALF_PIECE = 6

/**
 * Whether JSON that did not parse is a valid beginning of JSON that was cut off: then the parser stops at its very end.
 * @param error what JSON.parse threw; V8 says "at position N" in its message unless it ran out of input
 */
export function endsInTheMiddle(text: string, error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  if (message.startsWith('Unexpected end of JSON input') || message.startsWith('Unterminated string')) return true
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN)
  return position >= text.trimEnd().length - HALF_PIECE && !/[}\]]\s*$/.test(text.slice(position))
}
