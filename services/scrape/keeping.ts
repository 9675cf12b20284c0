// Keeping pages: what goes to the archive, with people's names and addresses taken out first.

import type { Page, Source } from '../../scrapers/source.ts'
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

const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g

/** Archives the pages of a visit. */
export function keepPages(archive: Archive, source: Source, pages: readonly ReadPage[]): Promise<KeptPage[]> {
  return Promise.all(pages.map(({ page }) => keepPage(archive, withoutPeople(source, page), page.url, page.status)))
}

/** Archives the evidence of what could not be read. */
export function keepBad(archive: Archive, source: Source, bad: readonly BadPage[]): Promise<KeptBad[]> {
  return Promise.all(
    bad.map(async ({ body, url, status, failure }) => ({
      page: await keepPage(archive, scrub(source, body), url, status),
      reason: failure.message,
      path: failure.path ?? null,
    })),
  )
}

async function keepPage(archive: Archive, body: string, url: string, status: number): Promise<KeptPage> {
  return { ...(await archive.keep(body)), url, status }
}

function withoutPeople(source: Source, page: Page): string {
  const cleaned = source.withoutPeople?.(page.json())
  return cleaned === undefined ? page.body : JSON.stringify(cleaned)
}

/** A body that may not even parse: where the source's own rule cannot be applied, addresses are blotted out. */
function scrub(source: Source, body: string): string {
  try {
    const cleaned = source.withoutPeople?.(JSON.parse(body))
    return cleaned === undefined ? body : JSON.stringify(cleaned)
  } catch {
    return body.replace(EMAIL, '[e-mail]')
  }
}
