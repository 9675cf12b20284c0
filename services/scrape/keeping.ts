// Keeping pages: what goes to the archive, with people's names and addresses taken out first.

import type { Source } from '../../scrapers/source.ts'
import type { Archive } from './archive.ts'
import type { BadPage, ReadPage } from './reading.ts'

/** An archived page, ready to be recorded beside its run. */
export interface KeptPage {
  hash: string
  bytes: number
  storedBytes: number
  url: string
  status: number
}

/** An archived page that could not be read. */
export interface KeptBad {
  page: KeptPage
  reason: string
  path: string | null
}

/** RFC 5321: at most 64 characters before the @. */
const EMAIL = /[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/g
/** An object without objects in it that identifies somebody, cut off or not. */
const PERSON = /\{[^{}]{0,2000}"(?:email|user_id|employee_id)"\s*:[^{}]{0,2000}\}?/g

/** Archives the pages of a visit, those that could not be parsed among them. */
export function keepPages(archive: Archive, source: Source, pages: readonly ReadPage[]): Promise<KeptPage[]> {
  return Promise.all(
    pages.map(({ page }) => {
      const body = source.withoutPeople ? withoutPeople(source, page.body, () => page.json()) : page.body
      return keepPage(archive, body, page.url, page.status)
    }),
  )
}

/** Archives the evidence of what could not be read. */
export function keepBad(archive: Archive, source: Source, bad: readonly BadPage[]): Promise<KeptBad[]> {
  return Promise.all(
    bad.map(async ({ body, url, status, failure }) => ({
      page: await keepPage(
        archive,
        withoutPeople(source, body, () => JSON.parse(body) as unknown),
        url,
        status,
      ),
      reason: failure.message,
      path: failure.path ?? null,
    })),
  )
}

async function keepPage(archive: Archive, body: string, url: string, status: number): Promise<KeptPage> {
  return { ...(await archive.keep(body)), url, status }
}

/** The body without people; where it does not parse and the source's own rule cannot be applied, what identifies somebody is blotted out. */
function withoutPeople(source: Source, body: string, json: () => unknown): string {
  try {
    const value = json()
    const cleaned = source.withoutPeople?.(value)
    return cleaned === undefined ? body : JSON.stringify(cleaned)
  } catch {
    return body.replace(PERSON, '{}').replace(EMAIL, '[e-mail]')
  }
}
