// The pages of the house: every runbook read once at the start, with the hash by which the audit knows what was run.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lintPage } from '../../ops/runbook/lint.ts'
import { readPage, type Page } from '../../ops/runbook/page.ts'
import type { Registry } from '../../ops/runbook/action.ts'
import { ConfigError } from '../config.ts'

export interface StoredPage {
  alert: string
  text: string
  /** SHA-256 of the text, hex. */
  hash: string
  page: Page
}

export interface Pages {
  get(alert: string): StoredPage | undefined
  /** Names of the alerts, sorted. */
  list(): string[]
}

/**
 * Reads all pages of a folder.
 * @param labelsOf the labels that an alert carries beyond those that all carry
 * @throws ConfigError with every fault of every page: a page that cannot be run is found at the start, not at night
 */
export function openPages(folder: string, registry: Registry<never>, labelsOf: (alert: string) => readonly string[]): Pages {
  const names = readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -3)] : []))
  const faults: string[] = []
  const pages = new Map<string, StoredPage>()
  for (const alert of names.toSorted()) {
    const text = readFileSync(join(folder, `${alert}.md`), 'utf8')
    faults.push(...lintPage(alert, text, registry, labelsOf(alert)).map(({ line, words }) => `runbooks/${alert}.md:${line} ${words}`))
    pages.set(alert, { alert, text, hash: createHash('sha256').update(text).digest('hex'), page: readPage(text).page })
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return { get: (alert) => pages.get(alert), list: () => [...pages.keys()] }
}
