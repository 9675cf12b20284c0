// A page as the house hands it to a source, from a body or from parsed JSON.

import { Failure } from '../../scrapers/failure.ts'
import type { BoardRef, Page, ParsedPage, Source } from '../../scrapers/source.ts'

export const BOARD: BoardRef = { ident: 'exampleco', region: null }

/** A good answer with this body; `json()` fails as the house's does. */
export function pageOf(body: string, url = 'https://example.com/'): Page {
  return {
    url,
    status: 200,
    headers: {},
    body,
    json() {
      try {
        return JSON.parse(body) as unknown
      } catch (cause) {
        throw new Failure('drift', 'the page is not JSON', { cause })
      }
    },
  }
}

/** What a source makes of a value that came as JSON, as the first page of a board. */
export function parseJson(source: Source, value: unknown, board = BOARD): ParsedPage {
  const request = source.first(board)
  return source.parse(pageOf(JSON.stringify(value), request.url), board, request)
}

/** The Failure that a call throws; anything else that it throws, or nothing, fails the test. */
export function failureOf(call: () => unknown): Failure {
  try {
    call()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
