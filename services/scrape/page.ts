// A page as the sources are given it, made from what was received or from the archive.

import { Failure } from '../../scrapers/failure.ts'
import type { Page } from '../../scrapers/source.ts'

export interface PageParts {
  /** The address that answered in the end, after redirects. */
  url: string
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
  /** The parsed JSON, where somebody has parsed the body already. */
  parsed?: unknown
}

/** Makes a page. `json()` parses once at the most and throws a Failure of kind `drift` when the body is not JSON. */
export function createPage(parts: PageParts): Page {
  const { parsed, ...page } = parts
  let value = parsed
  return {
    ...page,
    json() {
      if (value !== undefined) return value
      try {
        value = JSON.parse(page.body) as unknown
      } catch (error) {
        throw new Failure('drift', 'the page is not JSON', { status: page.status, cause: error })
      }
      return value
    },
  }
}
