// From what a source gives to what the product keeps: pure, the same in, the same out.

import { hash } from 'node:crypto'
import type { RawPosting } from '../../scrapers/source.ts'
import { modeOfPlaces, modeOfTitle } from './mode.ts'
import { normalisePay } from './pay.ts'
import { normalisePlaces } from './place.ts'
import { type Posting, uidOf } from './posting.ts'
import { skillsIn } from './skills.ts'
import { oneLine, plainText, storable, tidy } from './text.ts'
import { rankOf } from './title.ts'

/** Raise it when a posting would come out differently for the same input: boards are then read again although unchanged. */
export const NORMALISE_VERSION = 1

/** A raw posting as it is kept. `board.country` is the company's home as ISO 3166-1 alpha-2: it settles places that may be in several countries. */
export function normalise(raw: RawPosting, board: { source: string; ident: string; country: string | null }): Posting {
  const title = oneLine(raw.title)
  const description =
    raw.description === null ? '' : raw.description.kind === 'html' ? plainText(raw.description.value) : tidy(raw.description.value)
  return {
    uid: uidOf(board.source, board.ident, raw.externalId),
    source: board.source,
    board: board.ident,
    external_id: storable(raw.externalId),
    title,
    url: storable(raw.url),
    apply_url: raw.applyUrl === null ? null : storable(raw.applyUrl),
    description,
    description_html: raw.description?.kind === 'html' ? storable(raw.description.value) : null,
    places: normalisePlaces(raw.places, board.country),
    ...workMode(raw, title),
    department: line(raw.department),
    team: line(raw.team),
    employment_type: line(raw.employmentType),
    requisition_id: line(raw.requisitionId),
    language: line(raw.language),
    posted_at: raw.postedAt,
    edited_at: raw.editedAt,
    pay: normalisePay(raw.pay),
    ...rankOf(title),
    skills: skillsIn(`${title}\n${description}`),
    facts: Object.fromEntries(Object.entries(raw.facts).map(([name, fact]) => [oneLine(name), kept(fact)])),
    content_hash: contentHash(raw),
  }
}

/** The source's own enumeration before the words of a place, and those before the words of the title. */
function workMode(raw: RawPosting, title: string): Pick<Posting, 'work_mode' | 'work_mode_origin'> {
  if (raw.workMode !== null) return { work_mode: raw.workMode, work_mode_origin: 'source' }
  const ofPlaces = modeOfPlaces(raw.places)
  if (ofPlaces !== null) return { work_mode: ofPlaces, work_mode_origin: 'place' }
  const ofTitle = modeOfTitle(title)
  return { work_mode: ofTitle, work_mode_origin: ofTitle === null ? null : 'title' }
}

function line(text: string | null): string | null {
  return text === null ? null : oneLine(text) || null
}

function kept(fact: Posting['facts'][string]): Posting['facts'][string] {
  if (typeof fact === 'string') return tidy(fact)
  return Array.isArray(fact) ? fact.map(oneLine) : fact
}

/**
 * SHA-256 over what the source says, in a form that does not depend on the order of keys. It is taken before anything is derived, so that
 * a better reading of places, pay, levels or skills never looks like an edit by the employer; the time of the last edit is left out too.
 */
export function contentHash(raw: RawPosting): string {
  const { editedAt: _, ...content } = raw
  return hash('sha256', JSON.stringify(sorted(content)))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
